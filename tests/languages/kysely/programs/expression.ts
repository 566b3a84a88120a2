/** Expressions. */

import { expressionBuilder } from "kysely";

import { programs } from "./program.ts";
import type { DB } from "./schema.ts";

export const expressions = programs("expression", {
  case: (db) =>
    db
      .selectFrom("person")
      .select((eb) => [
        "id",
        eb
          .case()
          .when("age", "<", 60)
          .then("young")
          .when(eb("age", "is", null))
          .then("ageless")
          .else("old")
          .end()
          .as("age"),
      ])
      .orderBy("id")
      .execute(),
  "case of a value": (db) =>
    db
      .selectFrom("pet")
      .select((eb) => ["id", eb.case("species").when("cat").then(1).when("dog").then(2).end().as("code")])
      .orderBy("id")
      .execute(),
  "case with references": (db) =>
    db
      .selectFrom("person")
      .select((eb) => [
        "id",
        eb.case().when("last_name", "is not", null).thenRef("last_name").elseRef("first_name").end().as("name"),
      ])
      .orderBy("id")
      .execute(),
  "case in an order": (db) =>
    db
      .selectFrom("pet")
      .select("id")
      .orderBy((eb) => eb.case().when("species", "=", "hamster").then(0).else(1).end())
      .orderBy("id")
      .execute(),
  cast: {
    run: (db) =>
      db
        .selectFrom("person")
        .select((eb) => [
          eb.cast<string>("age", "text").as("text"),
          eb.cast<number>(eb.cast<string>("age", "text"), "integer").as("number"),
        ])
        .where("id", "=", 1)
        .execute(),
    insideOnly: { mariadb: "it calls these types char and signed" },
  },
  "cast to a decimal": (db) =>
    db
      .selectFrom("toy")
      .select((eb) => eb.cast<string>(eb.ref("price"), "decimal(10, 3)").as("price"))
      .where("id", "=", 1)
      .execute()
      .then((rows) => rows.map(({ price }) => Number(price))),
  arithmetic: (db) =>
    db
      .selectFrom("person")
      .select((eb) => [
        eb("age", "+", 1).as("sum"),
        eb("age", "-", 4).as("difference"),
        eb("age", "*", 2).as("product"),
        eb("age", "%", 10).as("rest"),
        eb(eb.parens("age", "+", 1), "*", eb.ref("id")).as("both"),
        eb.neg(eb.ref("age")).as("negative"),
      ])
      .where("id", "=", 2)
      .execute(),
  "a quotient of floats": (db) =>
    db
      .selectFrom("person")
      .select((eb) => eb("score", "/", 2).as("half"))
      .where("id", "=", 1)
      .execute(),
  "texts after each other": {
    run: (db) =>
      db
        .selectFrom("person")
        .select((eb) => eb(eb("first_name", "||", " "), "||", eb.ref("last_name")).as("name"))
        .where("id", "=", 1)
        .execute(),
    insideOnly: { mariadb: "|| is or" },
  },
  functions: {
    run: (db) =>
      db
        .selectFrom("person")
        .select(({ fn, val, ref }) => [
          fn<string>("upper", ["first_name"]).as("upper"),
          fn<number>("length", ["first_name"]).as("length"),
          fn.coalesce("last_name", val("none")).as("last"),
          fn<string>("concat", [ref("first_name"), val("-"), ref("gender")]).as("joined"),
          fn<string>("replace", ["gender", val("male"), val("MALE")]).as("replaced"),
          fn<string>("substr", ["first_name", val(2), val(3)]).as("part"),
          fn<string>("trim", [val("  x ")]).as("trimmed"),
          fn<number>("abs", [val(-3)]).as("abs"),
          fn<number | null>("nullif", ["id", val(2)]).as("unless"),
        ])
        .where("id", "in", [1, 2])
        .orderBy("id")
        .execute(),
    insideOnly: { postgresql: "its concat does not know the type of a bare value" },
  },
  "a function that is not allowed": {
    run: (db) =>
      db
        .selectFrom("person")
        .select(({ fn }) => fn<string>("pg_read_file", ["first_name"]).as("x"))
        .execute(),
    refused: "pg_read_file",
  },
  coalesce: (db) =>
    db
      .selectFrom("person")
      .select(({ fn, eb }) => [
        "id",
        fn.coalesce("age", eb.lit(0)).as("age"),
        fn.coalesce("last_name", "first_name").as("name"),
      ])
      .orderBy("id")
      .execute(),
  "conditions as columns": (db) =>
    db
      .selectFrom("person")
      .select((eb) => [
        "id",
        eb("age", ">", 60).as("old"),
        eb("last_name", "is", null).as("unnamed"),
        eb.exists(eb.selectFrom("pet").select("pet.id").whereRef("owner_id", "=", "person.id")).as("owns"),
        eb.between("id", 2, 3).as("middle"),
      ])
      .orderBy("id")
      .execute(),
  values: {
    run: (db) =>
      db
        .selectFrom("person")
        .select((eb) => [eb.val(1).as("one"), eb.val("two").as("two"), eb.val(2.5).as("half"), eb.val(null).as("none")])
        .where("id", "=", 1)
        .execute(),
    insideOnly: { postgresql: "it takes bare values for texts", mariadb: "it gives fractions as texts" },
  },
  "an expression builder of its own": (db) => {
    const eb = expressionBuilder<DB, "pet">();
    return db
      .selectFrom("pet")
      .select("id")
      .where(eb.and([eb("species", "=", "cat"), eb("id", ">", 1)]))
      .execute();
  },
  "a reusable condition": (db) => {
    const isCat = (eb: ReturnType<typeof expressionBuilder<DB, "pet">>) => eb("pet.species", "=", "cat");
    return db
      .selectFrom("pet")
      .select("id")
      .where((eb) => eb.not(isCat(eb)))
      .orderBy("id")
      .execute();
  },
  "and, or of an expression": (db) =>
    db
      .selectFrom("person")
      .select("id")
      .where((eb) => eb("id", "=", 1).or("id", "=", 2).or("age", ">", 76))
      .orderBy("id")
      .execute(),
  "bitwise operators": {
    run: (db) =>
      db
        .selectFrom("person")
        .select((eb) => eb("id", "&", 1).as("odd"))
        .execute(),
    refused: "the operator &",
  },
  "regular expressions": {
    run: (db) => db.selectFrom("person").select("id").where("first_name", "regexp", "^A").execute(),
    refused: "the operator regexp",
  },
  "~": {
    run: (db) => db.selectFrom("person").select("id").where("first_name", "~", "^A").execute(),
    refused: "the operator ~",
  },
  collate: {
    run: (db) =>
      db
        .selectFrom("person")
        .select("id")
        .orderBy("first_name", (ob) => ob.collate("nocase").desc())
        .execute(),
    refused: "CollateNode",
  },
});
