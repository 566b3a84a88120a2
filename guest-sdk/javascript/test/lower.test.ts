import assert from "node:assert/strict";
import { test } from "node:test";
import { DummyDriver, Kysely, SqliteAdapter, SqliteQueryCompiler, sql } from "kysely";

import { KnownTables } from "../src/catalog.ts";
import { LimitError, TypeMismatchError, UnsupportedError } from "../src/errors.ts";
import { bigint, id, int64, json, text } from "../src/schema/column.ts";
import { models, type Schema } from "../src/schema/models.ts";
import { table } from "../src/schema/table.ts";
import { bulkInsert } from "../src/statement/bulk-insert.ts";
import { lower } from "../src/statement/lower.ts";

const schema = models({
  users: table("users", { id: id(), name: text().unique(), big: bigint().nullable(), doc: json().nullable() }),
  devices: table("devices", { id: id(), user_id: int64().references("users.id"), name: text() }),
});
const tables = new KnownTables(schema);
const db = new Kysely<Schema<typeof schema>>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: () => undefined as never,
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
});

const lowered = (query: { toOperationNode(): any }) => lower(tables, query.toOperationNode());

test("nodes name only nodes before them", () => {
  const query = db
    .with("named", (inner) => inner.selectFrom("users").select(["id", "name"]))
    .selectFrom("named")
    .innerJoin("devices as d", "d.user_id", "named.id")
    .select((eb) => ["named.name", eb.fn.countAll<number>().as("n")])
    .where((eb) => eb.or([eb("d.name", "in", ["a", "b"]), eb.exists(eb.selectFrom("users").select("id"))]))
    .groupBy("named.name")
    .orderBy("n", "desc")
    .limit(3);
  const { statement, columns } = lowered(query);
  statement.nodes.forEach((node, at) => {
    const positions = JSON.stringify(node.val).match(/"(?:left|right|value|query|source|where|on)":(\d+)/g) ?? [];
    for (const one of positions) assert.ok(Number(one.split(":")[1]) < at);
  });
  assert.deepEqual(
    columns.map(({ name }) => name),
    ["name", "n"],
  );
});

test("statements that differ in values only are one statement", () => {
  const of = (name: string) => lowered(db.selectFrom("users").selectAll().where("name", "=", name));
  assert.deepEqual(of("a").statement, of("b").statement);
  assert.notDeepEqual(of("a").parameters, of("b").parameters);
});

test("a value has the type of the column beside it", () => {
  const { parameters } = lowered(
    db
      .selectFrom("users")
      .select("id")
      .where("big", "=", 5n)
      .where("doc", "=", { a: 1 } as never),
  );
  assert.deepEqual(parameters, [
    { tag: "scalar", val: { tag: "integer", val: 5n } },
    { tag: "scalar", val: { tag: "json", val: '{"a":1}' } },
  ]);
  assert.throws(
    () =>
      lowered(
        db
          .selectFrom("users")
          .select("id")
          .where("name", "=", 5 as never),
      ),
    /name: expected a text/,
  );
});

test("what cannot be sent is named", () => {
  const refused = (query: { toOperationNode(): any }, what: RegExp) =>
    assert.throws(
      () => lowered(query),
      (error: Error) => error instanceof UnsupportedError && what.test(error.message),
    );
  refused(
    db.selectFrom("users").select(sql<number>`1; drop table users`.as("r")),
    /RawNode `1; drop table users`.*`; drop/,
  );
  refused(db.selectFrom("users").selectAll().distinctOn("id"), /distinct on/);
  refused(
    db
      .selectFrom("users")
      .selectAll()
      .where("name", "regexp" as never, "a"),
    /the operator regexp/,
  );
  refused(db.schema.createTable("x").addColumn("id", "integer"), /CreateTableNode .* createAll/);
  refused(
    db
      .insertInto("users")
      .values({ name: "a" })
      .onConflict((oc) => oc.doNothing()),
    /name the columns of the key/,
  );
  refused(db.deleteFrom("users").limit(1), /limit of DeleteQueryNode/);
});

test("an upsert, a pattern with an escape, a tuple", () => {
  const upsert = db
    .insertInto("users")
    .values({ name: "a" })
    .onConflict((oc) => oc.column("name").doUpdateSet((eb) => ({ name: eb.ref("excluded.name") })));
  assert.ok(lowered(upsert).statement.nodes.some(({ tag }) => tag === "excluded"));
  const like = lowered(
    db
      .selectFrom("users")
      .select("id")
      .where("name", "like", sql<string>`${"5!%%"} escape '!'`),
  );
  assert.ok(like.statement.nodes.some((node) => node.tag === "matching" && node.val.escape === "!"));
  const tuple = db
    .selectFrom("users")
    .select("id")
    .where((eb) => eb(eb.refTuple("id", "name"), "in", [eb.tuple(1, "a")]));
  assert.equal(
    lowered(tuple).statement.nodes.filter((node) => node.tag === "listed" && node.val.op === "row-values").length,
    2,
  );
});

test("an insert of many plain rows is sent as columns", () => {
  const rows = Array.from({ length: 40 }, (_, i) => ({ user_id: i, name: `device ${i}` }));
  const bulk = (query: { toOperationNode(): any }) => bulkInsert(tables, query.toOperationNode());
  const made = bulk(db.insertInto("devices").values(rows).returning(["id", "devices.name"]));
  assert.deepEqual(
    [made?.table, made?.columns, made?.returning, made?.rows.rows],
    ["devices", ["user_id", "name"], ["id", "name"], 40],
  );
  assert.equal(bulk(db.insertInto("devices").values(rows))?.counted, "id");
  assert.equal(bulk(db.insertInto("devices").values(rows.slice(0, 5))), undefined);
  assert.equal(bulk(db.insertInto("devices").values([...rows, { name: "x", user_id: sql<number>`1 + 1` }])), undefined);
  const skipping = db.insertInto("devices").values(rows);
  assert.equal(bulk(skipping.onConflict((oc) => oc.column("id").doNothing())), undefined);
  assert.equal(bulk(skipping.ignore()), undefined);
  assert.equal(bulk(skipping.returning((eb) => eb("user_id", "+", 1).as("x"))), undefined);
  assert.throws(() => bulk(db.insertInto("devices").values([...rows, { user_id: 1.5, name: "x" }])), TypeMismatchError);
});

test("statements that nest too deeply are refused", () => {
  let condition = sql<boolean>`true`;
  for (let i = 0; i < 500; i++) condition = sql`not (${condition})`;
  assert.throws(() => lowered(db.selectFrom("users").selectAll().where(condition)), LimitError);
  const many = db.selectFrom("users").select("id");
  lowered(many.where((eb) => eb.or(Array.from({ length: 5_000 }, (_, i) => eb("id", "=", i)))));
});

test("half a character is refused, wherever it stands", () => {
  const refused = (query: { toOperationNode(): any }) => assert.throws(() => lowered(query), TypeMismatchError);
  refused(db.selectFrom("users").select("id").where("name", "=", "\ud800"));
  refused(db.selectFrom("users").select("a\udc00" as never));
  refused(db.selectFrom("users").select("id as \ud800"));
  refused(db.deleteFrom("\ud800" as never));
  refused(db.insertInto("users").values({ "\ud800": 1 } as never));
});

test("a table of a schema in which it was not declared is named with it", () => {
  const named = { name: "NotFoundError", code: "no-such-table" };
  const query = db.withSchema("public").selectFrom("users").select("id");
  assert.throws(() => lowered(query), {
    ...named,
    message: "there is no table public.users: users is declared without a schema",
  });
  assert.throws(() => lowered(db.withSchema("s").deleteFrom("users")), named);
  assert.throws(() => lowered(db.withSchema("s").updateTable("users").set({ name: "x" })), named);
  assert.throws(() => lowered(db.withSchema("s").insertInto("users").values({ name: "x" })), named);
  const both = new KnownTables(schema);
  both.add({ ...schema.toContract().tables[0]!, schema: "s" });
  assert.ok(lower(both, db.withSchema("s").selectFrom("users").select("id").toOperationNode()));
});
