/** What Kysely has around its queries: streams, plugins, dynamic names, schemas, introspection. */

import {
  CamelCasePlugin,
  DeduplicateJoinsPlugin,
  HandleEmptyInListsPlugin,
  pushValueIntoList,
  replaceWithNoncontingentExpression,
  type Selectable,
} from "kysely";

import { programs } from "./program.ts";
import type { Pet } from "./schema.ts";

/** Tables are declared without a schema: the default one has no name. */
const UNDECLARED = {
  sqlite: "there is no table main.pet: pet is declared without a schema",
  postgresql: "there is no table public.pet: pet is declared without a schema",
  mariadb: "there is no table public.pet: pet is declared without a schema",
};

export const kysely = programs("kysely", {
  "a stream": async (db) => {
    const names: string[] = [];
    for await (const { name } of db.selectFrom("pet").select("name").orderBy("id").stream(2)) names.push(name);
    return names;
  },
  "a stream that is left": async (db) => {
    const names: string[] = [];
    for await (const { name } of db.selectFrom("pet").select("name").orderBy("id").stream(1)) {
      names.push(name);
      if (names.length === 2) break;
    }
    return [names, await db.selectFrom("toy").select("name").orderBy("id").execute()];
  },
  "a stream in a transaction": (db) =>
    db.transaction().execute(async (trx) => {
      const names: string[] = [];
      for await (const { name } of trx.selectFrom("toy").select("name").orderBy("id").stream(1)) names.push(name);
      return names;
    }),
  "a stream of a change": {
    run: async (db) => {
      const rows: unknown[] = [];
      for await (const row of db.insertInto("counter").values({ name: "new" }).returning("name").stream())
        rows.push(row);
      return rows;
    },
    insideOnly: { sqlite: "its driver streams selects only" },
  },
  $if: async (db) => {
    const find = (name: boolean) =>
      db
        .selectFrom("pet")
        .select("species")
        .$if(name, (query) => query.select("name"))
        .where("id", "=", 1)
        .execute();
    return [await find(true), await find(false)];
  },
  $call: (db) =>
    db
      .selectFrom("pet")
      .select("name")
      .$call((query) => query.where("id", ">", 3).limit(1))
      .execute(),
  "$castTo, $narrowType, $assertType": (db) =>
    db.selectFrom("pet").select("name").where("id", "=", 1).$castTo<Pick<Selectable<Pet>, "name">>().execute(),
  "dynamic references": (db) => {
    const { ref } = db.dynamic;
    return db
      .selectFrom("person")
      .select([ref<"first_name">("first_name"), ref<"age">("person.age")])
      .where(ref("person.id"), "=", 1)
      .orderBy(ref("first_name"))
      .execute();
  },
  "dynamic tables": (db) =>
    db
      .selectFrom(db.dynamic.table("pet").as("p"))
      .select("p.name" as never)
      .where("p.id" as never, "=", 1 as never)
      .execute(),
  CamelCasePlugin: async (db) => {
    const camel = db.withPlugin(new CamelCasePlugin()) as any;
    await camel.updateTable("person").set({ lastName: "Camel" }).where("firstName", "=", "Arnold").execute();
    return camel.selectFrom("person").select(["id", "firstName", "lastName as family_name"]).orderBy("id").execute();
  },
  "CamelCasePlugin, all columns": (db) =>
    (db.withPlugin(new CamelCasePlugin()) as any).selectFrom("person").selectAll().where("id", "=", 1).execute(),
  DeduplicateJoinsPlugin: (db) =>
    db
      .withPlugin(new DeduplicateJoinsPlugin())
      .selectFrom("person")
      .innerJoin("pet", "pet.owner_id", "person.id")
      .innerJoin("pet", "pet.owner_id", "person.id")
      .select("pet.name")
      .orderBy("pet.id")
      .execute(),
  HandleEmptyInListsPlugin: async (db) => {
    const none = db.withPlugin(new HandleEmptyInListsPlugin({ strategy: replaceWithNoncontingentExpression }));
    return [
      await none.selectFrom("pet").select("id").where("id", "in", []).execute(),
      await none.selectFrom("pet").select("id").where("id", "not in", []).orderBy("id").execute(),
    ];
  },
  "HandleEmptyInListsPlugin, with a value": {
    run: (db) =>
      db
        .withPlugin(new HandleEmptyInListsPlugin({ strategy: pushValueIntoList("") }))
        .selectFrom("pet")
        .select("name")
        .where("name", "in", [])
        .execute(),
  },
  withSchema: {
    run: (db, { dialect }) =>
      db
        .withSchema(dialect === "sqlite" ? "main" : "public")
        .selectFrom("pet")
        .innerJoin("person", "person.id", "pet.owner_id")
        .select(["pet.name", "person.first_name"])
        .orderBy("pet.id")
        .execute(),
    refusedOn: UNDECLARED,
  },
  "a table with its schema": {
    run: (db, { dialect }) =>
      (db as any)
        .selectFrom(dialect === "sqlite" ? "main.pet" : "public.pet")
        .select("name")
        .orderBy("id")
        .execute(),
    refusedOn: UNDECLARED,
  },
  withTables: (db) =>
    db
      .withTables<{ extra: { name: string } }>()
      .with("extra", (cte) => cte.selectFrom("pet").select("name"))
      .selectFrom("extra")
      .select("name")
      .orderBy("name")
      .execute(),
  "a query that comes again and again": async (db) => {
    const names: unknown[] = [];
    for (const id of [1, 2, 3, 4, 1]) {
      names.push(await db.selectFrom("pet").select("name").where("id", "=", id).executeTakeFirst());
    }
    return names;
  },
  "queries beside each other": async (db) =>
    Promise.all([1, 2, 3].map((id) => db.selectFrom("pet").select("name").where("id", "=", id).executeTakeFirst())),
  introspection: async (db) => {
    const names = ["counter", "document", "person", "pet", "toy"];
    const tables = await db.introspection.getTables();
    return tables
      .filter(({ name }) => names.includes(name))
      .map(({ name, isView, columns }) => ({
        name,
        isView,
        columns: columns.map((column) => [column.name, column.isNullable]),
      }))
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  },
  executeQuery: async (db) => {
    const compiled = db.selectFrom("pet").select("name").where("id", "=", 1).compile();
    return (await db.executeQuery(compiled)).rows;
  },
  "a compiled query has text": (db) => {
    const { sql, parameters } = db.selectFrom("pet").select("name").where("id", "=", 1).compile();
    return Promise.resolve([/^select .name. from .pet. where .id. = (\?|\$1)$/.test(sql), parameters]);
  },
});
