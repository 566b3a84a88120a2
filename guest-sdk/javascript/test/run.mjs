/** Bundles the tests, because the SDK is TypeScript, and runs them with Node's test runner. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import esbuild from "esbuild";

const directory = dirname(fileURLToPath(import.meta.url));
const out = mkdtempSync(join(tmpdir(), "sqlservice-js-test-"));
const entryPoints = readdirSync(directory)
  .filter((name) => name.endsWith(".test.ts"))
  .map((name) => join(directory, name));
await esbuild.build({
  entryPoints,
  bundle: true,
  external: ["node:*"],
  format: "esm",
  outdir: out,
  outExtension: { ".js": ".mjs" },
  alias: Object.fromEntries(
    ["sessions", "databases"].map((name) => [`sqlservice:database/${name}@0.2.0`, join(directory, "no-host.mjs")]),
  ),
});
const { status } = spawnSync(process.execPath, ["--test", out], { stdio: "inherit" });
const plain = readdirSync(directory)
  .filter((name) => name.endsWith(".test.mjs"))
  .map((name) => join(directory, name));
const builds = spawnSync(process.execPath, ["--test", ...plain], { stdio: "inherit" });
rmSync(out, { recursive: true });
process.exitCode = status || builds.status;
