/** Checks the formatting, types and tests of the repository's JavaScript. `npm run check` runs this. */

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const sdk = dirname(dirname(fileURLToPath(import.meta.url)));
const root = join(sdk, "..", "..");
/** Projects with a package.json of their own. */
const projects = [
  "plugins/prices",
  "tests/languages/javascript",
  "tests/languages/hostile-javascript",
  "tests/languages/kysely",
].map((path) => join(root, path));
const drizzle = join(sdk, "examples", "drizzle");

function run(what, program, args, cwd = sdk) {
  console.log(`# ${what}`);
  execFileSync(program, args, { cwd, stdio: "inherit" });
}

const tool = (name) => join(sdk, "node_modules", ".bin", name);

/** Installs the packages of the lock file, unless they are installed. Packages run no install scripts. */
function install(project) {
  const lock = createHash("sha256")
    .update(readFileSync(join(project, "package-lock.json")))
    .digest("hex");
  const mark = join(project, "node_modules", ".checked");
  if (existsSync(mark) && readFileSync(mark, "utf8") === lock) return;
  const flags = ["ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--no-update-notifier"];
  run(`the packages of ${relative(root, project)}`, "npm", flags, project);
  writeFileSync(mark, lock);
}

/** Checks the types of a project that is not installed: an example, or a template, which links this SDK. */
function checkCopy(work, name, sources, tsconfig) {
  const project = join(work, name);
  mkdirSync(join(project, "node_modules", "@sqlservice"), { recursive: true });
  cpSync(join(sdk, sources), join(project, "src"), { recursive: true });
  writeFileSync(join(project, "tsconfig.json"), tsconfig);
  symlinkSync(sdk, join(project, "node_modules", "@sqlservice", "guest"));
  symlinkSync(join(sdk, "node_modules", "kysely"), join(project, "node_modules", "kysely"));
  run(`the types of ${sources}`, tool("tsc"), ["--noEmit", "-p", project]);
}

function checkCopies() {
  const work = mkdtempSync(join(tmpdir(), "sqlservice-template-"));
  try {
    const tsconfig = readFileSync(join(sdk, "template", "tsconfig.json"), "utf8");
    checkCopy(work, "typescript", "template/src", tsconfig);
    checkCopy(work, "tour", "examples/tour/src", tsconfig);
    const { compilerOptions, ...rest } = JSON.parse(tsconfig);
    const ofJavascript = { ...rest, compilerOptions: { ...compilerOptions, allowJs: true, checkJs: true } };
    checkCopy(work, "javascript", "template/javascript/src", JSON.stringify(ofJavascript));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

for (const project of [...projects, drizzle]) install(project);
const made = projects.flatMap((path) => [`!${path}/build/**`, `!${path}/outcomes.json`]);
run("formatting", tool("prettier"), ["--check", ".", ...projects, ...made]);
run("the types of the SDK", tool("tsc"), ["--noEmit", "-p", "tsconfig.json"]);
for (const project of [...projects, drizzle]) {
  run(`the types of ${relative(root, project)}`, tool("tsc"), ["--noEmit", "-p", project]);
}
checkCopies();
run("tests", process.execPath, [join(sdk, "test", "run.mjs")]);
