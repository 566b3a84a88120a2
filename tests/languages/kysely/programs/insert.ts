/** Inserts. */

import { programs } from "./program.ts";

const NO_CONFLICT = "it says on duplicate key";
const NO_RETURNING = "Kysely takes it for MySQL, which has no returning";
const DEFAULTS = "Kysely writes null for what a row lacks";

export const inserts = programs("insert", {
  "a row": async (db) => {
    const result = await db.insertInto("counter").values({ name: "new", hits: 7 }).executeTakeFirstOrThrow();
    return result.numInsertedOrUpdatedRows;
  },
  rows: (db) =>
    db
      .insertInto("counter")
      .values([
        { name: "a", hits: 1 },
        { name: "b", hits: 2 },
        { name: "c", hits: 3 },
      ])
      .executeTakeFirst()
      .then((result) => result.numInsertedOrUpdatedRows),
  "many rows": async (db) => {
    const rows = Array.from({ length: 300 }, (_, i) => ({ text: `note ${String(i).padStart(3, "0")}`, stars: i % 7 }));
    const { numInsertedOrUpdatedRows, insertId } = await db.insertInto("note").values(rows).executeTakeFirstOrThrow();
    const named = await db
      .selectFrom("note")
      .select("text")
      .where("id", "=", Number(insertId ?? -1))
      .execute();
    return [numInsertedOrUpdatedRows, named];
  },
  "many rows of which one is there": async (db) => {
    const rows = Array.from({ length: 100 }, (_, i) => ({ name: `row ${i}`, hits: i }));
    return db
      .insertInto("counter")
      .values([...rows, { name: "home", hits: 1 }])
      .execute()
      .then(
        () => "no error",
        () => "an error",
      );
  },
  "many rows, returning": {
    run: (db) =>
      db
        .insertInto("note")
        .values(Array.from({ length: 50 }, (_, i) => ({ text: `note ${i}`, stars: i })))
        .returning(["text", "note.stars"])
        .execute(),
    insideOnly: { mariadb: NO_RETURNING },
  },
  "what is undefined is left out": (db) =>
    db
      .insertInto("counter")
      .values({ name: "new", hits: undefined })
      .execute()
      .then(() => null),
  null: (db) =>
    db
      .updateTable("person")
      .set({ last_name: null, age: null })
      .where("id", "=", 1)
      .execute()
      .then(() => null),
  expressions: (db) =>
    db
      .insertInto("counter")
      .values((eb) => ({
        name: eb.fn<string>("upper", [eb.val("loud")]),
        hits: eb.selectFrom("pet").select((inner) => inner.fn.countAll<number>().as("n")),
      }))
      .execute()
      .then(() => null),
  "the key that was made": {
    run: async (db) => {
      const { insertId } = await db.insertInto("note").values({ text: "new" }).executeTakeFirstOrThrow();
      if (insertId === undefined) return "none";
      return db.selectFrom("note").select("text").where("id", "=", Number(insertId)).execute();
    },
  },
  returning: {
    run: (db) =>
      db
        .insertInto("note")
        .values([{ text: "one" }, { text: "two", stars: 4 }])
        .returning(["text", "stars as s"])
        .execute(),
    insideOnly: { mariadb: NO_RETURNING, sqlite: DEFAULTS },
  },
  "returning all": {
    run: (db) => db.insertInto("counter").values({ name: "new", hits: 2 }).returningAll().executeTakeFirstOrThrow(),
    insideOnly: { mariadb: NO_RETURNING },
  },
  "returning an expression": {
    run: (db) =>
      db
        .insertInto("counter")
        .values({ name: "new", hits: 2 })
        .returning((eb) => ["name", eb("hits", "+", 1).as("more")])
        .execute(),
    insideOnly: { mariadb: NO_RETURNING },
  },
  "of a query": (db) =>
    db
      .insertInto("counter")
      .columns(["name", "hits"])
      .expression((eb) => eb.selectFrom("pet").select(["pet.name", "pet.owner_id"]).where("species", "=", "cat"))
      .executeTakeFirst()
      .then((result) => result.numInsertedOrUpdatedRows),
  "of a query with a constant": (db) =>
    db
      .insertInto("counter")
      .columns(["name", "hits"])
      .expression(
        db
          .selectFrom("pet")
          .select((eb) => ["pet.name", eb.val(9).as("hits")])
          .where("id", "=", 1),
      )
      .execute()
      .then(() => null),
  "of a query with a with": {
    run: (db) =>
      db
        .with("cats", (cte) => cte.selectFrom("pet").select(["name", "owner_id"]).where("species", "=", "cat"))
        .insertInto("counter")
        .columns(["name", "hits"])
        .expression((eb) => eb.selectFrom("cats").select(["cats.name", "cats.owner_id"]))
        .execute()
        .then(() => null),
    insideOnly: { mariadb: "a with stands before its select" },
  },
  "default values": {
    run: (db) => db.insertInto("counter").defaultValues().execute(),
    not: {
      sqlite: "a name is needed",
      postgresql: "a name is needed",
      mariadb: "it has other words",
    },
  },
  "rows with other columns": {
    run: (db) =>
      db
        .insertInto("counter")
        .values([{ name: "a", hits: 1 }, { name: "b" }])
        .execute()
        .then(() => null),
    insideOnly: { sqlite: DEFAULTS },
  },
  "on conflict, do nothing": {
    run: (db) =>
      db
        .insertInto("counter")
        .values({ name: "home", hits: 99 })
        .onConflict((oc) => oc.column("name").doNothing())
        .execute()
        .then(() => null),
    insideOnly: { mariadb: NO_CONFLICT },
  },
  "on any conflict, do nothing": {
    run: (db) =>
      db
        .insertInto("counter")
        .values({ name: "home", hits: 99 })
        .onConflict((oc) => oc.doNothing())
        .execute()
        .then(() => null),
    insideOnly: { mariadb: NO_CONFLICT },
  },
  "on conflict, do update": {
    run: (db) =>
      db
        .insertInto("counter")
        .values([
          { name: "home", hits: 10 },
          { name: "new", hits: 1 },
        ])
        .onConflict((oc) =>
          oc.columns(["name"]).doUpdateSet({ hits: (eb) => eb("counter.hits", "+", eb.ref("excluded.hits")) }),
        )
        .execute()
        .then(() => null),
    insideOnly: { mariadb: NO_CONFLICT },
  },
  "on conflict, do update where": {
    run: (db) =>
      db
        .insertInto("counter")
        .values([
          { name: "home", hits: 10 },
          { name: "about", hits: 10 },
        ])
        .onConflict((oc) => oc.column("name").doUpdateSet({ hits: 0 }).where("counter.hits", ">", 2))
        .execute()
        .then(() => null),
    not: { mariadb: "its upserts have no condition" },
  },
  "on conflict, returning": {
    run: (db) =>
      db
        .insertInto("counter")
        .values({ name: "home", hits: 5 })
        .onConflict((oc) => oc.column("name").doUpdateSet((eb) => ({ hits: eb.ref("excluded.hits") })))
        .returning(["name", "hits"])
        .execute(),
    insideOnly: { mariadb: NO_CONFLICT },
  },
  "on conflict of several columns": {
    run: (db) =>
      db
        .insertInto("person")
        .columns(["id", "first_name", "last_name", "age", "gender", "balance", "score", "active", "born", "created"])
        .values({
          id: 9,
          first_name: "Arnold",
          last_name: "Schwarzenegger",
          age: 1,
          gender: "male",
          balance: "1.00",
          score: null,
          active: true,
          born: null,
          created: new Date(0),
        })
        .onConflict((oc) => oc.columns(["first_name", "last_name"]).doUpdateSet({ age: 100 }))
        .execute()
        .then(() => null),
    not: { mariadb: "of a table with several keys it does not tell which one an upsert is about" },
  },
  "on conflict of a constraint": {
    run: (db) =>
      db
        .insertInto("counter")
        .values({ name: "home" })
        .onConflict((oc) => oc.constraint("counter_pkey").doNothing())
        .execute(),
    refused: "a conflict that names a constraint",
  },
  "on conflict of an expression": {
    run: (db) =>
      db
        .insertInto("counter")
        .values({ name: "home" })
        .onConflict((oc) => oc.column("name").where("hits", ">", 1).doNothing())
        .execute(),
    refused: "a conflict that names a part of an index",
  },
  "on duplicate key": {
    run: (db) =>
      db
        .insertInto("counter")
        .values({ name: "home", hits: 10 })
        .onDuplicateKeyUpdate({ hits: 42 })
        .execute()
        .then(() => null),
    insideOnly: { sqlite: "it is MySQL's", postgresql: "it is MySQL's" },
  },
  ignore: {
    run: (db) =>
      db
        .insertInto("counter")
        .ignore()
        .values({ name: "home" })
        .execute()
        .then(() => null),
    refused: "insert or ignore",
  },
  "or replace": {
    run: (db) => db.insertInto("counter").orReplace().values({ name: "home" }).execute(),
    refused: "insert or replace",
  },
  "replace into": {
    run: (db) => db.replaceInto("counter").values({ name: "home" }).execute(),
    refused: "replace",
  },
  "a key twice": async (db) => {
    try {
      await db.insertInto("counter").values({ name: "home" }).execute();
      return "no error";
    } catch {
      return "an error";
    }
  },
  "top, output": {
    run: (db) => db.insertInto("counter").output("inserted.name").values({ name: "x" }).execute(),
    refused: "output",
  },
});
