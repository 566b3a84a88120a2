import assert from "node:assert/strict";
import { test } from "node:test";

import { expose } from "../src/exported.ts";
import { inspect } from "../src/runtime/inspect.ts";
import { structuredClone } from "../src/runtime/structured-clone.ts";
import * as ours from "../src/runtime/text.ts";
import { URL } from "../src/runtime/url.ts";

test("text is encoded and decoded as the platform does", () => {
  for (const text of ["", "plain", "grün €", "😀", "lone \ud800 surrogate"]) {
    assert.deepEqual(new ours.TextEncoder().encode(text), new TextEncoder().encode(text));
  }
  const odd = [
    [0xc0, 0x80],
    [0xe2, 0x82],
    [0xed, 0xa0, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0xef, 0xbb, 0xbf, 0x61],
    [0xff, 0x61],
  ];
  for (const bytes of odd) {
    assert.equal(
      new ours.TextDecoder().decode(Uint8Array.from(bytes)),
      new TextDecoder().decode(Uint8Array.from(bytes)),
    );
  }
  assert.throws(() => new ours.TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.of(0xff)), TypeError);
});

test("a copy has circles where its original has them", () => {
  const original: any = { list: [1, new Date(0)], map: new Map([["a", { b: 1 }]]) };
  original.self = original;
  const copy = structuredClone(original);
  assert.equal(copy.self, copy);
  assert.deepEqual(copy.map.get("a"), { b: 1 });
  assert.notEqual(copy.list, original.list);
});

test("URLs are parsed", () => {
  const url = new URL("../b?x=1&y=a%20b#z", "https://example.org:8080/a/c");
  assert.equal(url.href, "https://example.org:8080/b?x=1&y=a%20b#z");
  assert.equal(url.searchParams.get("y"), "a b");
});

test("values are shown to people", () => {
  assert.equal(inspect({ a: [1, "x", 2n], d: new Date(0) }), '{a: [1, "x", 2n], d: 1970-01-01T00:00:00.000Z}');
});

test("what a function returns is checked before the host sees it", async () => {
  const returning = (value: unknown, shape: any) => expose("f", async () => value, [], shape)();
  await assert.rejects(returning("5", { t: "s64", as: "number" }), (error) => String(error).includes("f: an integer"));
  assert.equal(await returning(5, { t: "s64", as: "number" }), 5n);
  assert.equal(await returning(undefined, { t: "option", of: { t: "string" } }), null);
  await assert.rejects(
    returning({ a: 1 }, { t: "record", name: "r", fields: [{ js: "a", wit: "a", shape: { t: "string" } }] }),
  );
});

test("what is thrown is told, an object that is no error too", async () => {
  const throwing = (thrown: unknown) =>
    expose("f", async () => Promise.reject(thrown), [], { t: "unit" })().catch((told: unknown) => told);
  assert.equal(await throwing(new Error("a", { cause: "b" })), "a: b");
  assert.equal(await throwing({ code: 5, message: "said" }), "said");
  assert.equal(await throwing({ code: 5 }), "{code: 5}");
  assert.equal(await throwing(null), "null");
});
