/** Conditions. */

import { programs } from "./program.ts";

export const conditions = programs("where", {
  "each comparison": async (db) => {
    const rows: Record<string, unknown> = {};
    for (const operator of ["=", "!=", "<>", "<", "<=", ">", ">="] as const) {
      rows[operator] = await db.selectFrom("person").select("id").where("age", operator, 76).orderBy("id").execute();
    }
    return rows;
  },
  "references on both sides": (db) =>
    db.selectFrom("person").select("id").whereRef("first_name", "<", "last_name").orderBy("id").execute(),
  "is null": (db) => db.selectFrom("person").select("id").where("last_name", "is", null).execute(),
  "is not null": (db) => db.selectFrom("person").select("id").where("age", "is not", null).orderBy("id").execute(),
  "is true": {
    run: (db) => db.selectFrom("person").select("id").where("active", "is", true).orderBy("id").execute(),
  },
  "is not false": {
    run: (db) => db.selectFrom("person").select("id").where("active", "is not", false).orderBy("id").execute(),
  },
  "a truth value": (db) => db.selectFrom("person").select("id").where("active", "=", false).execute(),
  "is distinct from": {
    run: (db) => db.selectFrom("person").select("id").where("age", "is distinct from", 54).orderBy("id").execute(),
    insideOnly: { mariadb: "it says <=>" },
  },
  "is not distinct from": {
    run: (db) => db.selectFrom("person").select("id").where("age", "is not distinct from", null).execute(),
    insideOnly: { mariadb: "it says <=>" },
  },
  in: (db) =>
    db.selectFrom("person").select("id").where("first_name", "in", ["Arnold", "Jennifer"]).orderBy("id").execute(),
  "not in": (db) => db.selectFrom("person").select("id").where("id", "not in", [1, 2]).orderBy("id").execute(),
  "in a list of expressions": (db) =>
    db
      .selectFrom("person")
      .select("id")
      .where((eb) => eb("id", "in", [eb.val(1), eb.lit(3), eb.ref("age")]))
      .orderBy("id")
      .execute(),
  "in an empty list": {
    run: (db) => db.selectFrom("person").select("id").where("id", "in", []).execute(),
    insideOnly: { postgresql: "it has no empty lists", mariadb: "it has no empty lists" },
  },
  "not in an empty list": {
    run: (db) => db.selectFrom("person").select("id").where("id", "not in", []).orderBy("id").execute(),
    insideOnly: { postgresql: "it has no empty lists", mariadb: "it has no empty lists" },
  },
  "in a query": (db) =>
    db
      .selectFrom("person")
      .select("first_name")
      .where("id", "in", (eb) => eb.selectFrom("pet").select("owner_id").where("species", "=", "cat"))
      .orderBy("id")
      .execute(),
  "not in a query": (db) =>
    db
      .selectFrom("person")
      .select("first_name")
      .where("id", "not in", db.selectFrom("pet").select("owner_id"))
      .execute(),
  "tuples in tuples": (db) =>
    db
      .selectFrom("pet")
      .select("name")
      .where(({ eb, refTuple, tuple }) =>
        eb(refTuple("name", "species"), "in", [tuple("Catto", "cat"), tuple("Doggo", "cat")]),
      )
      .execute(),
  "tuples in a query": (db) =>
    db
      .selectFrom("pet")
      .select("name")
      .where(({ eb, refTuple, selectFrom }) =>
        eb(
          refTuple("id", "name"),
          "in",
          selectFrom("toy")
            .innerJoin("pet as p", "p.id", "toy.pet_id")
            .select(["p.id", "p.name"])
            .distinct()
            .$asTuple("id", "name"),
        ),
      )
      .orderBy("pet.id")
      .execute(),
  "tuples are equal": (db) =>
    db
      .selectFrom("pet")
      .select("name")
      .where(({ eb, refTuple, tuple }) => eb(refTuple("name", "species"), "=", tuple("Kitty", "cat")))
      .execute(),
  like: (db) => db.selectFrom("person").select("id").where("first_name", "like", "%er").orderBy("id").execute(),
  "not like": (db) =>
    db.selectFrom("person").select("id").where("first_name", "not like", "%n%").orderBy("id").execute(),
  ilike: {
    run: (db) => db.selectFrom("person").select("id").where("first_name", "ilike", "ARN%").execute(),
    insideOnly: { sqlite: "it has no ilike", mariadb: "it has no ilike" },
  },
  "not ilike": {
    run: (db) => db.selectFrom("person").select("id").where("first_name", "not ilike", "%N%").orderBy("id").execute(),
    insideOnly: { sqlite: "it has no ilike", mariadb: "it has no ilike" },
  },
  "like a column": (db) =>
    db
      .selectFrom("person")
      .select("id")
      .where((eb) => eb("first_name", "like", eb.ref("first_name")))
      .orderBy("id")
      .execute(),
  between: (db) =>
    db
      .selectFrom("person")
      .select("id")
      .where((eb) => eb.between("age", 54, 76))
      .orderBy("id")
      .execute(),
  "between symmetric": {
    run: (db) =>
      db
        .selectFrom("person")
        .select("id")
        .where((eb) => eb.betweenSymmetric("age", 76, 54))
        .orderBy("id")
        .execute(),
    refused: "between symmetric",
  },
  "and and or": (db) =>
    db
      .selectFrom("person")
      .select("id")
      .where((eb) =>
        eb.or([
          eb.and([eb("age", ">", 60), eb("gender", "=", "male"), eb("id", "!=", 2)]),
          eb("first_name", "=", "Jennifer").and("age", "=", 54),
        ]),
      )
      .orderBy("id")
      .execute(),
  "and of an object": (db) =>
    db
      .selectFrom("person")
      .select("id")
      .where((eb) => eb.and({ gender: "male", age: 77 }))
      .execute(),
  "and, or of nothing": async (db) => {
    const all = db
      .selectFrom("person")
      .select("id")
      .where((eb) => eb.and([]))
      .orderBy("id");
    const none = db
      .selectFrom("person")
      .select("id")
      .where((eb) => eb.or([]));
    return [await all.execute(), await none.execute()];
  },
  not: (db) =>
    db
      .selectFrom("person")
      .select("id")
      .where((eb) => eb.not(eb.or([eb("gender", "=", "male"), eb("id", "=", 4)])))
      .execute(),
  exists: (db) =>
    db
      .selectFrom("person")
      .select("id")
      .where(({ exists, selectFrom }) =>
        exists(selectFrom("pet").select("pet.id").whereRef("pet.owner_id", "=", "person.id")),
      )
      .orderBy("id")
      .execute(),
  "not exists": (db) =>
    db
      .selectFrom("person")
      .select("id")
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom("pet")
              .select((eb) => eb.lit(1).as("one"))
              .whereRef("pet.owner_id", "=", "person.id"),
          ),
        ),
      )
      .execute(),
  "a scalar query": (db) =>
    db
      .selectFrom("person")
      .select("id")
      .where("age", "=", (eb) => eb.selectFrom("person as p").select((inner) => inner.fn.max("p.age").as("oldest")))
      .execute(),
  "a date": (db) => db.selectFrom("person").select("id").where("born", ">", "1947-01-01").orderBy("id").execute(),
  "a moment": (db) =>
    db
      .selectFrom("person")
      .select("id")
      .where("created", ">=", new Date(Date.UTC(2024, 0, 3)))
      .orderBy("id")
      .execute(),
  "a decimal": (db) => db.selectFrom("person").select("id").where("balance", "=", "120.50").execute(),
  literals: (db) =>
    db
      .selectFrom("person")
      .select("id")
      .where((eb) => eb("age", ">", eb.lit(60)))
      .where((eb) => eb.lit(1), "=", 1)
      .orderBy("id")
      .execute(),
  "a value first": (db) =>
    db
      .selectFrom("person")
      .select("id")
      .where((eb) => eb(eb.val(60), "<", eb.ref("age")))
      .orderBy("id")
      .execute(),
  "safe null comparison": (db) =>
    db
      .selectFrom("person")
      .select("id")
      .where((eb) => eb("last_name", "is", eb.lit(null)))
      .execute(),
});
