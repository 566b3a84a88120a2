/** Selects of one table: columns, order, how many. */

import { programs } from "./program.ts";

const NO_FETCH = "it says limit";
const NO_LOCKS = "it locks the whole database";

export const selects = programs("select", {
  "a column": (db) => db.selectFrom("person").select("first_name").orderBy("id").execute(),
  "columns with aliases": (db) =>
    db.selectFrom("person as p").select(["p.first_name as name", "p.age as p.age"]).orderBy("p.id").execute(),
  "all columns": (db) => db.selectFrom("person").selectAll().orderBy("id").execute(),
  "all columns of a table": (db) =>
    db.selectFrom("person").innerJoin("pet", "pet.owner_id", "person.id").selectAll("pet").orderBy("pet.id").execute(),
  "all columns of several tables": (db) =>
    db.selectFrom(["toy", "counter"]).selectAll(["toy", "counter"]).orderBy("toy.id").orderBy("counter.name").execute(),
  "all columns and one more": (db) =>
    db.selectFrom("pet").selectAll().select("name as again").where("id", "=", 1).execute(),
  "several tables": (db) =>
    db
      .selectFrom(["person as p", "pet"])
      .select(["p.first_name", "pet.name"])
      .whereRef("p.id", "=", "pet.owner_id")
      .orderBy("pet.id")
      .execute(),
  "no table": (db) => db.selectNoFrom((eb) => [eb.val("x").as("x"), eb.lit(2).as("two")]).execute(),
  distinct: (db) => db.selectFrom("pet").select("species").distinct().orderBy("species").execute(),
  "distinct on": {
    run: (db) =>
      db
        .selectFrom("pet")
        .select(["species", "name"])
        .distinctOn("species")
        .orderBy("species")
        .orderBy("name")
        .execute(),
    refused: "distinct on",
  },
  "order by several, both ways": (db) =>
    db.selectFrom("pet").select(["species", "name"]).orderBy("species", "desc").orderBy("name", "asc").execute(),
  "order by an expression": (db) =>
    db
      .selectFrom("pet")
      .select("name")
      .orderBy((eb) => eb.fn<string>("lower", ["species"]))
      .orderBy("name", (ob) => ob.desc())
      .execute(),
  "order by an alias": (db) =>
    db.selectFrom("pet").select(["name as n", "species as s"]).orderBy("s").orderBy("n", "desc").execute(),
  "nulls first": {
    run: (db) =>
      db
        .selectFrom("person")
        .select("id")
        .orderBy("age", (ob) => ob.asc().nullsFirst())
        .execute(),
    not: { mariadb: "it has no nulls first" },
  },
  "nulls last": {
    run: (db) =>
      db
        .selectFrom("person")
        .select("id")
        .orderBy("age", (ob) => ob.desc().nullsLast())
        .execute(),
    not: { mariadb: "it has no nulls last" },
  },
  "order with a collation": {
    run: (db) =>
      db
        .selectFrom("pet")
        .select("name")
        .orderBy("name", (ob) => ob.collate("nocase"))
        .execute(),
    refused: "CollateNode",
  },
  "clear clauses": (db) =>
    db
      .selectFrom("pet")
      .select("name")
      .clearSelect()
      .select("species")
      .where("id", ">", 3)
      .clearWhere()
      .where("id", "<", 3)
      .orderBy("name")
      .clearOrderBy()
      .orderBy("id")
      .limit(1)
      .clearLimit()
      .execute(),
  limit: (db) => db.selectFrom("person").select("id").orderBy("id").limit(2).execute(),
  "limit of nothing": (db) => db.selectFrom("person").select("id").limit(0).execute(),
  "limit and offset": (db) => db.selectFrom("person").select("id").orderBy("id").limit(2).offset(1).execute(),
  "limit as a bigint": (db) => db.selectFrom("person").select("id").orderBy("id").limit(1n).offset(2n).execute(),
  "limit by an expression": (db) =>
    db
      .selectFrom("person")
      .select("id")
      .orderBy("id")
      .limit((eb) => eb.val(1))
      .execute(),
  fetch: {
    run: (db) => db.selectFrom("person").select("id").orderBy("id").offset(1).fetch(2).execute(),
    insideOnly: { sqlite: NO_FETCH, mariadb: "it writes an offset otherwise" },
  },
  "fetch with ties": {
    run: (db) => db.selectFrom("person").select("id").orderBy("gender").fetch(2, "with ties").execute(),
    refused: "with ties",
  },
  "for update": {
    run: (db) => db.selectFrom("pet").select("name").where("id", "=", 1).forUpdate().execute(),
    not: { sqlite: NO_LOCKS },
  },
  "for share": {
    run: (db) => db.selectFrom("pet").select("name").where("id", "=", 1).forShare().execute(),
    not: { sqlite: NO_LOCKS },
    insideOnly: { mariadb: "it says lock in share mode" },
  },
  "for update of a table, skip locked": {
    run: (db) =>
      db
        .selectFrom("pet")
        .innerJoin("toy", "toy.pet_id", "pet.id")
        .select("toy.name")
        .orderBy("toy.id")
        .forUpdate("toy")
        .skipLocked()
        .execute(),
    not: { sqlite: NO_LOCKS, mariadb: "it locks all tables of a select" },
  },
  "for update, no wait": {
    run: (db) => db.selectFrom("pet").select("name").where("id", "=", 2).forUpdate().noWait().execute(),
    not: { sqlite: NO_LOCKS },
  },
  "for no key update": {
    run: (db) => db.selectFrom("pet").select("name").forNoKeyUpdate().execute(),
    refused: "ForNoKeyUpdate",
  },
  "for key share": {
    run: (db) => db.selectFrom("pet").select("name").forKeyShare().execute(),
    refused: "ForKeyShare",
  },
  "first row": (db) => db.selectFrom("person").select("id").orderBy("id", "desc").executeTakeFirst(),
  "first row of none": (db) => db.selectFrom("person").select("id").where("id", "=", 99).executeTakeFirst(),
  "first row or an error": (db) => db.selectFrom("person").select("id").where("id", "=", 1).executeTakeFirstOrThrow(),
  "first row or an error of none": async (db) => {
    try {
      return await db.selectFrom("person").select("id").where("id", "=", 99).executeTakeFirstOrThrow();
    } catch (error) {
      return (error as Error).message;
    }
  },
  "first row or an error of one's own": async (db) => {
    const query = db.selectFrom("person").select("id").where("id", "=", 99);
    return query.executeTakeFirstOrThrow(() => new RangeError("none")).catch((error: Error) => error.message);
  },
});
