/** Runs a program by a Node.js that has SQLite and reads TypeScript: this one, or that of the package `node-linux-…`. */

import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const [major] = process.versions.node.split(".").map(Number);

function node() {
  if (major >= 24) return process.execPath;
  const manifest = createRequire(import.meta.url).resolve(`node-linux-${process.arch}/package.json`);
  return join(dirname(manifest), "bin", "node");
}

const { status } = spawnSync(node(), ["--disable-warning=ExperimentalWarning", ...process.argv.slice(2)], {
  stdio: "inherit",
});
process.exitCode = status ?? 1;
