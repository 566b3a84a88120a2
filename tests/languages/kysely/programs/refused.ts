/** What is no query, or no query of these databases: each is refused by its name. */

import { CompiledQuery, sql } from "kysely";
import { Migrator } from "kysely/migration";

import { programs } from "./program.ts";

const DDL = "tables are made by createAll";

export const refusals = programs("refused", {
  "create table": {
    run: (db) =>
      db.schema
        .createTable("x")
        .addColumn("id", "integer", (column) => column.primaryKey().generatedAlwaysAsIdentity())
        .addColumn("person_id", "integer", (column) =>
          column
            .references("person.id")
            .defaultTo(1)
            .check(sql`true`),
        )
        .addUniqueConstraint("u", ["id"])
        .addCheckConstraint("c", sql`true`)
        .addPrimaryKeyConstraint("p", ["id"])
        .addForeignKeyConstraint("f", ["person_id"], "person", ["id"])
        .execute(),
    refused: DDL,
  },
  "alter table": {
    run: (db) =>
      db.schema
        .alterTable("pet")
        .addColumn("x", "integer")
        .dropColumn("y")
        .renameColumn("a", "b")
        .alterColumn("c", (column) => column.setDefault(1))
        .modifyColumn("d", "integer")
        .execute(),
    refused: "AlterTableNode",
  },
  "add and drop a constraint": {
    run: async (db) => {
      await db.schema.alterTable("pet").addUniqueConstraint("u", ["id"]).execute();
    },
    refused: "AlterTableNode",
  },
  "drop a constraint": {
    run: (db) => db.schema.alterTable("pet").dropConstraint("u").execute(),
    refused: "AlterTableNode",
  },
  "rename a constraint": {
    run: (db) => db.schema.alterTable("pet").renameConstraint("u", "v").execute(),
    refused: "AlterTableNode",
  },
  "add an index to a table": {
    run: (db) => db.schema.alterTable("pet").addIndex("i").columns(["id"]).execute(),
    refused: "AlterTableNode",
  },
  "drop table": { run: (db) => db.schema.dropTable("nothing").execute(), refused: DDL },
  "create index": {
    run: (db) => db.schema.createIndex("i").on("pet").column("id").execute(),
    refused: "CreateIndexNode",
  },
  "drop index": { run: (db) => db.schema.dropIndex("i").execute(), refused: "DropIndexNode" },
  "create schema": { run: (db) => db.schema.createSchema("s").execute(), refused: "CreateSchemaNode" },
  "drop schema": { run: (db) => db.schema.dropSchema("nothing").execute(), refused: "DropSchemaNode" },
  "create view": {
    run: (db) => db.schema.createView("nothing; x").as(db.selectFrom("pet").select("id")).execute(),
    refused: "CreateViewNode",
  },
  "drop view": { run: (db) => db.schema.dropView("nothing").execute(), refused: "DropViewNode" },
  "refresh a view": {
    run: (db) => db.schema.refreshMaterializedView("nothing").execute(),
    refused: "RefreshMaterializedViewNode",
  },
  "create type": { run: (db) => db.schema.createType("t").asEnum(["a"]).execute(), refused: "CreateTypeNode" },
  "alter type, new value": {
    run: (db) => db.schema.alterType("nothing").addValue("b").execute(),
    refused: "AlterTypeNode",
  },
  "alter type, other name": {
    run: (db) => db.schema.alterType("nothing").renameValue("a", "b").execute(),
    refused: "AlterTypeNode",
  },
  "drop type": { run: (db) => db.schema.dropType("nothing").execute(), refused: "DropTypeNode" },
  merge: {
    run: (db) =>
      db
        .mergeInto("pet")
        .using("toy", "toy.pet_id", "pet.id")
        .whenMatched()
        .thenDelete()
        .whenNotMatched()
        .thenInsertValues({ owner_id: 1, name: "x", species: "y" })
        .execute(),
    refused: "MergeQueryNode",
  },
  "merge, with conditions and actions": {
    run: (db) =>
      db
        .mergeInto("pet")
        .using("toy", "toy.pet_id", "pet.id")
        .whenMatchedAnd("pet.species", "=", "cat")
        .thenUpdateSet({ name: "x" })
        .whenMatchedAndRef("pet.name", "=", "toy.name")
        .thenDoNothing()
        .whenNotMatchedAnd("toy.id", ">", 1)
        .thenDoNothing()
        .whenNotMatchedBySource()
        .thenDelete()
        .execute(),
    refused: "MergeQueryNode",
  },
  "explain of a change": {
    run: (db) => db.deleteFrom("pet").explain("json"),
    refused: "explain",
  },
  "explain, analyze": {
    run: (db) =>
      db
        .selectFrom("pet")
        .select("id")
        .explain(undefined, sql`analyze`),
    refused: "ExplainNode",
  },
  "a statement of SQL text": {
    run: (db) => sql`select name from pet`.execute(db),
    refused: "a statement of SQL text",
  },
  "a compiled statement of SQL text": {
    run: (db) => db.executeQuery(CompiledQuery.raw("delete from pet", [])),
    refused: "a statement of SQL text",
  },
  "SQL text of one's own": {
    run: (db) =>
      db
        .selectFrom("pet")
        .select(sql<string>`${sql.raw("name; drop table pet")}`.as("x"))
        .execute(),
    refused: "RawNode",
  },
  "temporary tables": {
    run: (db) =>
      db.schema.createTable("x").temporary().ifNotExists().addColumn("id", "serial").onCommit("drop").execute(),
    refused: DDL,
  },
  "create table as": {
    run: (db) => db.schema.createTable("x").as(db.selectFrom("pet").select("name")).execute(),
    refused: DDL,
  },
  "columns of a new table": {
    run: (db) =>
      db.schema
        .createTable("x")
        .addColumn("id", "bigint", (column) => column.autoIncrement().primaryKey().unsigned())
        .addColumn("both", "text", (column) =>
          column
            .generatedAlwaysAs(sql`name`)
            .stored()
            .notNull(),
        )
        .addColumn("one", "varchar(3)", (column) => column.unique().nullsNotDistinct())
        .modifyEnd(sql`strict`)
        .execute(),
    refused: DDL,
  },
  "rename a table, or move it": {
    run: async (db) => {
      await db.schema.alterTable("nothing").renameTo("animal").execute();
    },
    refused: "AlterTableNode",
  },
  "a unique index of expressions": {
    run: (db) =>
      db.schema
        .createIndex("i")
        .unique()
        .ifNotExists()
        .on("nothing")
        .using("btree")
        .expression(sql`lower(name)`)
        .where(sql.ref("species"), "=", "cat")
        .execute(),
    refused: "CreateIndexNode",
  },
  "a materialized view": {
    run: (db) => db.schema.createView("v").materialized().orReplace().as(db.selectFrom("pet").select("id")).execute(),
    refused: "CreateViewNode",
  },
  migrations: {
    run: async (db) => {
      const provider = { getMigrations: () => Promise.resolve({ one: { up: () => Promise.resolve() } }) };
      const { error } = await new Migrator({ db, provider }).migrateToLatest();
      if (error instanceof Error) throw error;
      throw new Error("no error");
    },
    refused: DDL,
  },
  "insert or something else": {
    run: async (db) => {
      const into = () => db.insertInto("counter").values({ name: "new" });
      for (const query of [into().orIgnore(), into().orAbort(), into().orFail(), into().orRollback()]) {
        const error: unknown = await query.execute().catch((thrown: unknown) => thrown);
        if (!(error instanceof Error && error.message.includes("OrActionNode"))) throw new Error(String(error));
      }
      await into().orReplace().execute();
    },
    refused: "OrActionNode",
  },
  "a change in a common table expression": {
    run: (db) =>
      db
        .with("gone", (cte) => cte.deleteFrom("toy").returning("toy.name"))
        .selectFrom("gone")
        .select("name")
        .execute(),
    refused: "DeleteQueryNode",
  },
  explain: { run: (db) => db.selectFrom("pet").selectAll().explain(), refused: "ExplainNode" },
  top: { run: (db) => db.selectFrom("pet").select("id").top(1).execute(), refused: "TopNode" },
});
