import assert from "node:assert/strict";
import { test } from "node:test";

import { KnownTables } from "../src/catalog.ts";
import type { Batch, Change } from "../src/contract.ts";
import { id, text } from "../src/schema/column.ts";
import { models } from "../src/schema/models.ts";
import { table } from "../src/schema/table.ts";
import { Session } from "../src/session/session.ts";

const schema = models({ note: table("note", { id: id(), text: text() }) });

/** Creates a session of a slow host, and counts the rows that the host received. */
function slowHost() {
  let rows = 0;
  const flush = async (changes: Change[]): Promise<Batch[]> => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return changes.map(({ tag, val }) => {
      assert.equal(tag, "inserts");
      const keys = Array.from({ length: (val as { rows: Batch }).rows.rows }, () => BigInt(++rows));
      return { rows: keys.length, columns: [{ validity: null, values: { tag: "integers", val: keys } }] };
    });
  };
  const session = new Session(schema, {
    session: { flush, commit: async () => undefined } as never,
    close: async () => undefined,
    tables: new KnownTables(schema),
    executor: undefined as never,
    options: {},
  });
  return { session, rows: () => rows };
}

test("an object that is being saved is not written again by what comes next", async () => {
  const { session, rows } = slowHost();
  void session.save("note", { text: "not awaited" });
  await session.commit();
  assert.equal(rows(), 1);
});

test("objects that are saved at once are written once each", async () => {
  const { session, rows } = slowHost();
  const saved = await Promise.all(["a", "b", "c"].map((text) => session.save("note", { text })));
  await session.flush();
  assert.equal(rows(), 3);
  assert.deepEqual(saved.map(({ id }) => id).sort(), [1, 2, 3]);
});
