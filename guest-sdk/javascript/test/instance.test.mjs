/** The state of instances of one component: its memory, with the state of random numbers, is in the component. */

import assert from "node:assert/strict";
import { randomFillSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import vm from "node:vm";
import esbuild from "esbuild";

import { bundle, entrySource } from "../build/bundle.mjs";

const sdk = dirname(dirname(fileURLToPath(import.meta.url)));

/** The standard error output of instances. */
const printed = [];

/** The host of an instance: interfaces by name. */
const host = {
  "wasi:random/random@0.2.6": {
    getRandomBytes: (count) => [...randomFillSync(new Uint8Array(Number(count)))],
  },
  "wasi:clocks/monotonic-clock@0.3.0": {
    now: () => process.hrtime.bigint(),
    waitFor: (nanoseconds) => new Promise((resolve) => setTimeout(resolve, Number(nanoseconds) / 1e6)),
  },
  "wasi:cli/stderr@0.2.6": {
    getStderr: () => ({ blockingWriteAndFlush: (bytes) => printed.push(new TextDecoder().decode(bytes)) }),
  },
  "wasi:cli/stdout@0.2.6": {},
};

/** Resolves a bundle's imports of the host from the global `host`. */
const hosted = {
  name: "hosted",
  setup(build) {
    build.onResolve({ filter: /^(wasi|sqlservice):/ }, ({ path }) => ({ path, namespace: "hosted" }));
    build.onLoad({ filter: /.*/, namespace: "hosted" }, ({ path }) => ({
      contents: `export default host[${JSON.stringify(path)}];`,
    }));
  },
};

/** Builds a plugin as a script whose value is its exported functions. */
async function script(source) {
  const project = mkdtempSync(join(tmpdir(), "sqlservice-instance-"));
  try {
    const entry = join(project, "plugin.js");
    writeFileSync(entry, source);
    const functions = [{ name: "run", parameters: [], result: { t: "list", of: { t: "string" } } }];
    const { text } = await bundle({ sdk, project, entry: entrySource(entry, { functions }) });
    const stdin = { contents: text, resolveDir: sdk };
    const made = await esbuild.build({
      stdin,
      bundle: true,
      write: false,
      format: "iife",
      globalName: "plugin",
      plugins: [hosted],
    });
    return `${made.outputFiles[0].text}; plugin`;
  } finally {
    rmSync(project, { recursive: true });
  }
}

/** Creates an instance, whose engine starts with the random numbers and the clock of the component. */
function instance(code) {
  const context = vm.createContext({ host, DOMException });
  vm.runInContext("Math.random = () => 0.5; globalThis.performance = { now: () => -1, timeOrigin: 1 };", context);
  return vm.runInContext(code, context);
}

async function lines(source) {
  const code = await script(source);
  return Promise.all([instance(code).run(), instance(code).run()]);
}

test("random numbers are not those of another instance", async () => {
  const [one, other] = await lines(`
    export const run = async () => [
      Math.random(),
      globalThis.Math["random"](),
      crypto.randomUUID(),
      crypto.getRandomValues(new BigUint64Array(2)).join(),
    ].map(String);
  `);
  one.forEach((line, i) => assert.notEqual(line, other[i]));
  assert.match(one[2], /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("numbers are random in their range", async () => {
  const [one] = await lines(`
    export const run = async () => {
      const counts = new Array(10).fill(0);
      for (let i = 0; i < 10_000; i++) counts[Math.floor(Math.random() * 10)]++;
      return counts.map(String);
    };
  `);
  assert.equal(one.length, 10);
  for (const count of one) assert.ok(Number(count) > 800 && Number(count) < 1_200, one.join());
});

test("what a build takes of random numbers is the same in each, and an instance takes none of it", async () => {
  const [one, other] = await lines(`
    const early = Math.random();
    export const run = async () => [early, Math.random()].map(String);
  `);
  assert.equal(one[0], other[0]);
  assert.notEqual(one[1], other[1]);
});

test("secrets are not made while a component is built", async () => {
  const code = await script("const secret = crypto.randomUUID(); export const run = async () => [secret];");
  assert.throws(() => instance(code), /while a component is built/);
});

test("arrays that cannot be filled are errors as on the web", async () => {
  const [one] = await lines(`
    const named = (run) => { try { run(); return "none"; } catch (error) { return error.name; } };
    export const run = async () => [
      named(() => crypto.getRandomValues(new Float64Array(1))),
      named(() => crypto.getRandomValues([1])),
      named(() => crypto.getRandomValues(undefined)),
      named(() => crypto.getRandomValues(new Uint8Array(65_537))),
      String(crypto.getRandomValues(new Uint8ClampedArray(0)).length),
    ];
  `);
  const mismatch = "TypeMismatchError";
  assert.deepEqual([...one], [mismatch, mismatch, mismatch, "QuotaExceededError", "0"]);
});

test("time is counted from when an instance begins", async () => {
  const before = Date.now();
  const [one] = await lines(`
    const early = performance.now();
    export const run = async () => [early, performance.now(), globalThis.performance.timeOrigin].map(String);
  `);
  assert.equal(one[0], "0");
  assert.ok(Number(one[1]) >= 0 && Number(one[1]) < 5_000);
  assert.ok(Number(one[2]) >= before && Number(one[2]) <= Date.now());
});

test("an error in a timer is printed, and other timers go on", async () => {
  printed.length = 0;
  const [one] = await lines(`
    export const run = async () => {
      setTimeout(() => { throw new RangeError("too late"); }, 1);
      await new Promise((resolve) => setTimeout(resolve, 20));
      return ["went on"];
    };
  `);
  assert.deepEqual([...one], ["went on"]);
  assert.match(printed.join(""), /an error in a timer: RangeError: too late/);
});

test("signals tell that work is no longer wanted", async () => {
  const [one] = await lines(`
    export const run = async () => {
      const [first, second] = [new AbortController(), new AbortController()];
      const any = AbortSignal.any([first.signal, second.signal]);
      const said = [String(any.aborted)];
      any.addEventListener("abort", ({ type }) => said.push(type + " " + any.reason.name));
      second.abort();
      second.abort(new Error("again"));
      const timeout = AbortSignal.timeout(1);
      await new Promise((resolve) => timeout.addEventListener("abort", resolve, { once: true }));
      try { timeout.throwIfAborted(); } catch (error) { said.push(error.name); }
      return [...said, String(first.signal.aborted), String(AbortSignal.abort("why").reason)];
    };
  `);
  assert.deepEqual([...one], ["false", "abort AbortError", "TimeoutError", "false", "why"]);
});
