import assert from "node:assert/strict";
import { test } from "node:test";

import { KnownTables } from "../src/catalog.ts";
import type { Batch, Change } from "../src/contract.ts";
import { id, int64, text } from "../src/schema/column.ts";
import { models } from "../src/schema/models.ts";
import { hasMany } from "../src/schema/relationship.ts";
import { table } from "../src/schema/table.ts";
import type { FlushPlan } from "../src/session/flush-plan.ts";
import { Mapping, type Row } from "../src/session/mapping.ts";
import { UnitOfWork } from "../src/session/unit-of-work.ts";

const schema = models(
  {
    author: table("author", { id: id(), name: text() }),
    book: table("book", { id: id(), author_id: int64().references("author.id").nullable(), title: text() }),
  },
  { author: { books: hasMany("book") } },
);

/** Returns rows as a database would, with generated keys that count up. */
class Keys {
  private last = 0n;

  take(plan: FlushPlan): Batch[] {
    return plan.changes.map(({ tag, val }: Change) => {
      if (tag !== "inserts" || val.returning.length === 0) return { rows: 0, columns: [] };
      const keys = Array.from({ length: val.rows.rows }, () => ++this.last);
      return { rows: keys.length, columns: [{ validity: null, values: { tag: "integers", val: keys } }] };
    });
  }
}

function save(unit: UnitOfWork, keys: Keys, name: string, object: Row): FlushPlan {
  const plan = unit.plan([...unit.add(name, object), object]);
  unit.done(plan, keys.take(plan));
  return plan;
}

const open = (): [UnitOfWork, Keys] => [new UnitOfWork(Mapping.of(schema, new KnownTables(schema))), new Keys()];
const told = ({ changes }: FlushPlan) => changes.map(({ tag, val }) => `${tag} ${val.table}`);

test("to save an object, others are not looked at", () => {
  const [unit, keys] = open();
  const first: Row = { name: "first" };
  save(unit, keys, "author", first);
  let looked = 0;
  const name = { enumerable: true, get: () => String(++looked) };
  Object.defineProperty(first, "name", name);
  for (let i = 0; i < 50; i++) save(unit, keys, "author", { name: `author ${i}` });
  assert.equal(looked, 0);
  assert.deepEqual(told(unit.plan()), ["updates author"]);
});

test("an object that is saved again takes what it reaches with it", () => {
  const [unit, keys] = open();
  const books: Row[] = [{ title: "one" }, { title: "two" }];
  const author: Row = { name: "ann", books };
  save(unit, keys, "author", author);
  const [one, two] = books as [Row, Row];
  assert.equal(one["author_id"], author["id"]);
  one["title"] = "another";
  author["books"] = [one, { title: "three" }];
  const plan = save(unit, keys, "author", author);
  assert.deepEqual(told(plan).sort(), ["inserts book", "updates book", "updates book"]);
  assert.equal(two["author_id"], null);
  assert.deepEqual(told(unit.plan()), []);
});

test("what was deleted goes with the next object that is saved", () => {
  const [unit, keys] = open();
  const gone: Row = { name: "gone" };
  save(unit, keys, "author", gone);
  unit.delete(gone);
  assert.deepEqual(told(save(unit, keys, "author", { name: "new" })), ["inserts author", "deletes author"]);
});
