/** JSON documents. */

import { ParseJSONResultsPlugin } from "kysely";
import { jsonArrayFrom, jsonBuildObject, jsonObjectFrom } from "kysely/helpers/sqlite";
import { jsonArrayFrom as arrayOfPostgres } from "kysely/helpers/postgres";

import { programs } from "./program.ts";

const OTHER_OPERATOR = "it has no operators for JSON";

export const json = programs("json", {
  "a whole document": async (db) => {
    const rows = await db
      .withPlugin(new ParseJSONResultsPlugin())
      .selectFrom("document")
      .select(["id", "body"])
      .orderBy("id")
      .execute();
    return rows;
  },
  "a member as text": {
    run: (db) =>
      db
        .selectFrom("document")
        .select((eb) => ["id", eb.ref("body", "->>").key("name").as("name")])
        .orderBy("id")
        .execute(),
    insideOnly: { mariadb: OTHER_OPERATOR },
  },
  "a member as a document": {
    run: (db) =>
      db
        .withPlugin(new ParseJSONResultsPlugin())
        .selectFrom("document")
        .select((eb) => ["id", eb.ref("body", "->").key("size").as("size")])
        .orderBy("id")
        .execute(),
    insideOnly: { mariadb: OTHER_OPERATOR },
  },
  "an item": {
    run: (db) =>
      db
        .selectFrom("document")
        .select((eb) => eb.ref("body", "->>").key("tags").at(1).as("tag"))
        .where("id", "=", 1)
        .execute(),
    insideOnly: { mariadb: OTHER_OPERATOR },
  },
  "an item that is missing": {
    run: (db) =>
      db
        .selectFrom("document")
        .select((eb) => eb.ref("body", "->>").key("tags").at(0).as("tag"))
        .where("id", "=", 2)
        .execute(),
    insideOnly: { mariadb: OTHER_OPERATOR },
  },
  "a condition on a member": {
    run: (db) =>
      db
        .selectFrom("document")
        .select("id")
        .where((eb) => eb(eb.ref("body", "->>").key("name"), "=", "two"))
        .execute(),
    insideOnly: { mariadb: OTHER_OPERATOR },
  },
  "a path": {
    run: (db) =>
      db
        .selectFrom("document")
        .select((eb) => eb.ref("body", "->>$").key("size").key("width").as("width"))
        .where("id", "=", 1)
        .execute()
        .then((rows) => rows.map(({ width }) => Number(width))),
    insideOnly: { mariadb: "->>$ is MySQL's", postgresql: "->>$ is MySQL's" },
  },
  "a path of its own": {
    run: (db) =>
      db
        .selectFrom("document")
        .select((eb) => eb.jsonPath<"body">().key("name").as("path"))
        .execute(),
    refused: "JSONPathNode",
  },
  jsonArrayFrom: {
    run: (db, { dialect }) => {
      const from = dialect === "postgresql" ? arrayOfPostgres : jsonArrayFrom;
      return db
        .selectFrom("person")
        .select((eb) => [
          "id",
          from(
            eb.selectFrom("pet").select(["pet.name"]).whereRef("pet.owner_id", "=", "person.id").orderBy("pet.id"),
          ).as("pets"),
        ])
        .execute();
    },
    refused: "jsonArrayFrom",
  },
  jsonObjectFrom: {
    run: (db) =>
      db
        .selectFrom("pet")
        .select((eb) =>
          jsonObjectFrom(eb.selectFrom("person").select(["person.id"]).whereRef("person.id", "=", "pet.owner_id")).as(
            "owner",
          ),
        )
        .execute(),
    refused: "jsonObjectFrom",
  },
  jsonBuildObject: {
    run: (db) =>
      db
        .selectFrom("pet")
        .select((eb) => jsonBuildObject({ name: eb.ref("name"), species: eb.ref("species") }).as("pet"))
        .execute(),
    refused: "jsonBuildObject",
  },
});
