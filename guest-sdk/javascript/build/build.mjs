#!/usr/bin/env node
/** Builds the component of a project: `node build.mjs PROJECT --out FILE [--wit DIRECTORY] [--keep DIRECTORY]`. */

import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { bundle, entrySource } from "./bundle.mjs";
import { readExports } from "./types.mjs";
import { kebab, worldSource } from "./wit.mjs";

const SDK = dirname(dirname(fileURLToPath(import.meta.url)));
const USAGE = "usage: build.mjs PROJECT --out FILE [--wit DIRECTORY] [--keep DIRECTORY]";

/** An error in a project, printed without a stack. */
class BuildError extends Error {}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { out: { type: "string" }, wit: { type: "string" }, keep: { type: "string" } },
  });
  const [project = "."] = positionals;
  if (!values.out) throw new BuildError(USAGE);
  const work = values.keep ? resolve(values.keep) : mkdtempSync(join(tmpdir(), "sqlservice-js-"));
  mkdirSync(work, { recursive: true });
  try {
    await build({ project: resolve(project), out: resolve(values.out), wit: values.wit, work });
  } finally {
    if (!values.keep) rmSync(work, { recursive: true, force: true });
  }
}

async function build({ project, out, wit, work }) {
  const { name, entry, raw } = readProject(project);
  const exported = readExports(project, entry);
  const code = await bundle({ sdk: SDK, project, entry: entrySource(entry, exported) });
  writeFileSync(join(work, "plugin.js"), code.text);
  const witDirectory = join(work, "wit");
  layOutWit(witDirectory, wit ? resolve(wit) : findWit());
  const world = worldSource({ name, exports: exported.functions, types: exported.types, raw, imports: code.imports });
  writeFileSync(join(witDirectory, "world.wit"), world);
  mkdirSync(dirname(out), { recursive: true });
  const flags = ["--wit", witDirectory, "--js", join(work, "plugin.js"), "--world", "plugin", "--output", out];
  const { status, stderr } = spawnSync(componentizer(), flags, {
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
  });
  if (status !== 0) throw new BuildError(`the component cannot be made: ${stderr.split("\n\nStack backtrace")[0]}`);
}

function readProject(project) {
  const path = join(project, "package.json");
  if (!existsSync(path))
    throw new BuildError(`${path} is missing: a project has a package.json with a name and a main`);
  const manifest = JSON.parse(readFileSync(path, "utf8"));
  const candidates = [
    manifest.main,
    "src/plugin.ts",
    "src/index.ts",
    "src/plugin.js",
    "src/index.js",
    "index.ts",
    "index.js",
  ];
  const entry = candidates
    .filter(Boolean)
    .map((one) => join(project, one))
    .find(existsSync);
  if (!entry) throw new BuildError(`${path}: "main" names no file`);
  return {
    name: kebab((manifest.name ?? "plugin").split("/").pop()),
    entry,
    raw: manifest.sqlservice?.rawSql === true,
  };
}

function findWit() {
  const places = [join(SDK, "wit"), join(SDK, "..", "wit"), join(SDK, "..", "..", "wit")];
  const found = places.find((place) => existsSync(join(place, "databases.wit")));
  if (!found)
    throw new BuildError(`the contract's WIT is not beside the SDK (looked in ${places.join(", ")}): say --wit`);
  return found;
}

function layOutWit(target, contract) {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(join(target, "deps", "sqlservice"), { recursive: true });
  cpSync(contract, join(target, "deps", "sqlservice"), {
    recursive: true,
    filter: (path) => !path.includes("deps/clocks") && !/[\\/]wit[\\/]deps$/.test(path),
  });
  cpSync(join(contract, "deps"), join(target, "deps"), { recursive: true });
  cpSync(join(SDK, "build", "wasi"), join(target, "deps"), { recursive: true });
}

/** Returns the program that makes components, 0.5.0. Older ones cannot link asynchronous functions of the host. */
function componentizer() {
  const program = process.env.COMPONENTIZE_QJS ?? "componentize-qjs";
  try {
    execFileSync(program, ["--help"], { stdio: "ignore" });
    return program;
  } catch {
    throw new BuildError(
      `${program} cannot be run: install it by "cargo install --locked componentize-qjs-cli --version 0.5.0", or name it in COMPONENTIZE_QJS`,
    );
  }
}

try {
  await main();
} catch (error) {
  const isPlain = error instanceof BuildError || error?.isPlain;
  console.error(isPlain ? `error: ${error.message}` : error);
  process.exitCode = 1;
}
