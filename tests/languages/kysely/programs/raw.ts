/** Raw snippets: what of them is understood as data. */

import { sql } from "kysely";

import { programs } from "./program.ts";

export const raw = programs("raw", {
  "a reference, a value, a literal": (db) =>
    db
      .selectFrom("person")
      .select([sql<string>`${sql.ref("first_name")}`.as("name"), sql.val("x").as("x"), sql.lit(6).as("six")])
      .where("id", "=", sql.val(1))
      .execute(),
  "operators around what is in it": (db) =>
    db
      .selectFrom("person")
      .select((eb) => [
        "id",
        sql<number>`${eb("age", "+", 1)} * 2`.as("x"),
        sql<number>`2 * (${eb("age", "+", 1)})`.as("y"),
      ])
      .where(
        (eb) => sql<boolean>`${eb.or([eb("id", "=", 1), eb("id", "=", 2)])} and ${sql<boolean>`age > 60 or id = 3`}`,
      )
      .orderBy("id")
      .execute(),
  "frames of windows": (db) =>
    db
      .selectFrom("pet")
      .select([
        "id",
        sql<number>`min(id) over (order by id rows between 1 preceding and current row)`.as("before"),
        sql<number>`max(id) over (order by id rows between unbounded preceding and unbounded following)`.as("last"),
      ])
      .orderBy("id")
      .execute(),
  extract: {
    run: (db) =>
      db
        .selectFrom("person")
        .select(sql<number>`extract(year from born)`.as("y"))
        .where("id", "=", 1)
        .execute()
        .then((rows) => rows.map(({ y }) => Number(y))),
    insideOnly: { sqlite: "it says strftime" },
  },
  "a decimal": {
    run: (db) =>
      db
        .selectFrom("toy")
        .select("id")
        .where(sql<boolean>`price = 3.50`)
        .execute(),
    insideOnly: { sqlite: "its decimals are texts outside of the host" },
  },
  constants: (db) =>
    db
      .selectFrom("person")
      .select(["id", sql<number | null>`null`.as("nothing")])
      .where(sql<boolean>`true`)
      .where("id", "=", 1)
      .execute(),
  arithmetic: (db) =>
    db
      .selectFrom("person")
      .select([sql<number>`${sql.ref("age")} + 1`.as("next"), sql<number>`age * ${2} - id`.as("x")])
      .where("id", "=", 1)
      .execute(),
  functions: {
    run: (db) =>
      db
        .selectFrom("person")
        .select([
          sql<string>`lower(first_name)`.as("lower"),
          sql<string>`coalesce(${sql.ref("person.last_name")}, 'none')`.as("last"),
          sql<number>`length(upper(first_name))`.as("length"),
        ])
        .orderBy(sql`lower(first_name)`, "desc")
        .execute(),
    insideOnly: { mariadb: "its length counts bytes" },
  },
  aggregates: (db) =>
    db
      .selectFrom("pet")
      .select([
        sql<number>`count(*)`.as("n"),
        sql<number>`count(distinct species)`.as("kinds"),
        sql<number>`max(id)`.as("last"),
      ])
      .execute(),
  conditions: async (db) => {
    const where = (condition: ReturnType<typeof sql<boolean>>) =>
      db.selectFrom("person").select("id").where(condition).orderBy("id").execute();
    return [
      await where(sql<boolean>`age > ${60} and not gender = 'female'`),
      await where(sql<boolean>`first_name like ${"A%"} or last_name is null`),
      await where(sql<boolean>`id in (${sql.join([1, 3])})`),
      await where(sql<boolean>`id not in (1, 2)`),
      await where(sql<boolean>`age between 50 and 76`),
      await where(sql<boolean>`(age = 54 or age <> 76) and age is not null`),
      await where(sql<boolean>`first_name not like '%n%'`),
    ];
  },
  case: (db) =>
    db
      .selectFrom("person")
      .select([
        "id",
        sql<string>`case when age > 60 then 'old' when age is null then 'ageless' else 'young' end`.as("age"),
      ])
      .orderBy("id")
      .execute(),
  "case of a value": (db) =>
    db
      .selectFrom("pet")
      .select(["id", sql<number>`case species when 'cat' then 1 else 0 end`.as("cat")])
      .orderBy("id")
      .execute(),
  cast: (db) =>
    db
      .selectFrom("person")
      .select(sql<string>`cast(balance as decimal(12, 1))`.as("b"))
      .where("id", "=", 1)
      .execute()
      .then((rows) => rows.map(({ b }) => Number(b))),
  "a query in it": (db) =>
    db
      .selectFrom("person")
      .select("id")
      .where(
        sql<boolean>`exists ${db.selectFrom("pet").select("pet.id").whereRef("owner_id", "=", sql.ref("person.id"))}`,
      )
      .orderBy("id")
      .execute(),
  windows: (db) =>
    db
      .selectFrom("pet")
      .select(["id", sql<number>`row_number() over (partition by species order by id desc)`.as("n")])
      .orderBy("id")
      .execute(),
  names: (db) =>
    db
      .selectFrom("pet")
      .select(sql<string>`${sql.id("pet", "name")}`.as("name"))
      .where("id", "=", 1)
      .execute(),
  "a table": (db) =>
    db
      .selectFrom(sql<{ name: string }>`${sql.table("counter")}`.as("c"))
      .select("c.name")
      .orderBy("c.name")
      .execute(),
  "in a change": (db) =>
    db
      .updateTable("counter")
      .set({ hits: sql<number>`hits + ${10}` })
      .where(sql<boolean>`name = ${"home"}`)
      .execute()
      .then(() => null),
  "in an order": (db) =>
    db
      .selectFrom("person")
      .select("id")
      .orderBy(sql`age`, (ob) => ob.desc())
      .orderBy("id")
      .limit(2)
      .execute(),
  "in a group": (db) =>
    db
      .selectFrom("pet")
      .select([sql<string>`upper(species)`.as("kind"), sql<number>`count(id)`.as("n")])
      .groupBy(sql`upper(species)`)
      .having(sql<boolean>`count(id) > 1`)
      .execute(),
  "quoted text and names": {
    run: (db) =>
      db
        .selectFrom("person")
        .select([sql<string>`'it''s'`.as("text"), sql<string>`"first_name"`.as("name")])
        .where("id", "=", 1)
        .execute(),
    insideOnly: { mariadb: "its names have other quotes" },
  },
  "a type's name": {
    run: (db) =>
      db
        .selectFrom("person")
        .select(sql<string>`age::text`.as("age"))
        .where("id", "=", 1)
        .execute(),
    insideOnly: { sqlite: "it says cast", mariadb: "it says cast" },
  },
  "what it does not understand": {
    run: (db) =>
      db
        .selectFrom("person")
        .select(sql`string_agg(first_name, ',' order by id)`.as("names"))
        .execute(),
    refused: "RawNode",
  },
  "what ends a statement": {
    run: (db) =>
      db
        .selectFrom("person")
        .select(sql`1; drop table person`.as("x"))
        .execute(),
    refused: "RawNode",
  },
  "a whole statement": {
    run: (db) => sql`select 1`.execute(db),
    refused: "a statement of SQL text",
  },
  modifiers: {
    run: (db) =>
      db
        .selectFrom("person")
        .select("id")
        .modifyEnd(sql`limit 1`)
        .execute(),
    refused: "the modifier",
  },
  "modifiers in front": {
    run: (db) =>
      db
        .selectFrom("person")
        .modifyFront(sql`sql_no_cache`)
        .select("id")
        .execute(),
    refused: "the modifier",
  },
});
