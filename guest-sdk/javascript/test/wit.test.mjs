import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { readExports } from "../build/types.mjs";
import { kebab, worldSource } from "../build/wit.mjs";

function world(source, file = "plugin.ts") {
  const project = mkdtempSync(join(tmpdir(), "sqlservice-wit-"));
  try {
    writeFileSync(join(project, "wit-types.ts"), "export type int = number; export type uint32 = number;");
    writeFileSync(join(project, file), source);
    const { functions, types } = readExports(project, join(project, file));
    return worldSource({ name: "p", exports: functions, types, raw: false, imports: [] });
  } finally {
    rmSync(project, { recursive: true });
  }
}

test("names are written as WIT writes them", () => {
  assert.deepEqual(["addNote", "userID", "HTTPServer", "a_b", "x2"].map(kebab), [
    "add-note",
    "user-id",
    "http-server",
    "a-b",
    "x2",
  ]);
});

test("types are those of WIT", () => {
  const text = world(`
    import type { int } from "./wit-types.ts";
    export type Colour = "red" | "dark blue";
    export interface Item { id: int; size?: number; tags: string[]; colour: Colour | null }
    /** Finds items. */
    export async function find(name: string, most: bigint, data: Uint8Array, all?: boolean): Promise<Item[] | undefined> { return; }
    export async function stop(): Promise<void> {}
  `);
  assert.match(text, /enum colour \{ red, dark-blue \}/);
  assert.match(
    text,
    /record item \{\s+id: s64,\s+size: option<f64>,\s+tags: list<string>,\s+colour: option<colour>,\s+\}/,
  );
  assert.match(
    text,
    /\/\/\/ Finds items\.\n {2}export find: async func\(name: string, most: s64, data: list<u8>, all: option<bool>\) -> result<option<list<item>>, string>;/,
  );
  assert.match(text, /export stop: async func\(\) -> result<_, string>;/);
});

test("JavaScript says its types in JSDoc", () => {
  const text = world(
    `/** @param {string} name @param {import("./wit-types.ts").uint32} n @returns {Promise<string[]>} */
     export async function list(name, n) { return [name]; }`,
    "plugin.js",
  );
  assert.match(text, /export %?list: async func\(name: string, n: u32\) -> result<list<string>, string>;/);
});

test("a type that WIT lacks is an error with its place", () => {
  assert.throws(
    () => world("export async function f(at: Date): Promise<void> {}"),
    /plugin\.ts:1:\d+: f-at: Date has no WIT type/,
  );
  assert.throws(
    () => world("export async function f(at: string | number): Promise<void> {}"),
    /the union string \| number/,
  );
});

test("what never throws has no error", () => {
  const text = world(`
    /**
     * Answers.
     *
     * @throws {never}
     */
    export async function answer(question: string): Promise<string> { return question; }
    /** @throws {never} */
    export async function stop(): Promise<void> {}
    /** @throws {Error} sometimes */
    export async function ask(): Promise<void> {}
  `);
  assert.match(text, /\/\/\/ Answers\.\n {2}export answer: async func\(question: string\) -> string;/);
  assert.match(text, /export stop: async func\(\);/);
  assert.match(text, /export ask: async func\(\) -> result<_, string>;/);
});
