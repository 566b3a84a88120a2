/** What is no query, or no query of these databases: each is refused by its name. */

import { sql } from "kysely";

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
  explain: { run: (db) => db.selectFrom("pet").selectAll().explain(), refused: "ExplainNode" },
  top: { run: (db) => db.selectFrom("pet").select("id").top(1).execute(), refused: "TopNode" },
});
