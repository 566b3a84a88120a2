/** Deletes. */

import { programs } from "./program.ts";

const NO_RETURNING = "Kysely takes it for MySQL, which has no returning";

export const deletes = programs("delete", {
  "a row": (db) =>
    db
      .deleteFrom("person")
      .where("id", "=", 4)
      .executeTakeFirstOrThrow()
      .then((result) => result.numDeletedRows),
  "all rows": (db) =>
    db
      .deleteFrom("toy")
      .executeTakeFirst()
      .then((result) => result.numDeletedRows),
  "rows and what belongs to them": (db) =>
    db
      .deleteFrom("person")
      .where("id", "=", 3)
      .execute()
      .then(() => null),
  "by a query": (db) =>
    db
      .deleteFrom("pet")
      .where("id", "in", (eb) => eb.selectFrom("toy").select("pet_id").where("name", "=", "Mouse"))
      .execute()
      .then(() => null),
  "by what exists": (db) =>
    db
      .deleteFrom("person")
      .where(({ not, exists, selectFrom }) =>
        not(exists(selectFrom("pet").select("pet.id").whereRef("owner_id", "=", "person.id"))),
      )
      .execute()
      .then(() => null),
  returning: {
    run: (db) => db.deleteFrom("counter").where("name", "=", "home").returning(["name", "hits"]).execute(),
    insideOnly: { mariadb: NO_RETURNING },
  },
  "returning all": {
    run: (db) => db.deleteFrom("toy").where("id", "=", 2).returningAll().execute(),
    insideOnly: { mariadb: NO_RETURNING },
  },
  using: {
    run: (db) =>
      db
        .deleteFrom("toy")
        .using("pet")
        .whereRef("toy.pet_id", "=", "pet.id")
        .where("pet.name", "=", "Doggo")
        .executeTakeFirst()
        .then((result) => result.numDeletedRows),
    insideOnly: { mariadb: "it names the table twice" },
    not: { sqlite: "it has no using" },
  },
  "using a table and a join": {
    run: (db) =>
      db
        .deleteFrom("toy")
        .using("pet")
        .innerJoin("person", "person.id", "pet.owner_id")
        .whereRef("toy.pet_id", "=", "pet.id")
        .where("person.first_name", "=", "Arnold")
        .execute()
        .then(() => null),
    insideOnly: { mariadb: "it names the table twice" },
    not: { sqlite: "it has no using" },
  },
  "using the table itself, as MySQL says it": {
    run: (db) =>
      db
        .deleteFrom("toy")
        .using(["toy", "pet"])
        .whereRef("toy.pet_id", "=", "pet.id")
        .where("pet.name", "=", "Doggo")
        .execute()
        .then(() => null),
    insideOnly: { postgresql: "it names the table once" },
    not: { sqlite: "it has no using" },
  },
  "of several tables": {
    run: (db) => db.deleteFrom(["toy", "counter"]).using(["toy", "counter"]).execute(),
    refused: "a delete from several tables",
  },
  with: {
    run: (db) =>
      db
        .with("old", (cte) => cte.selectFrom("person").select("id"))
        .deleteFrom("person")
        .where("id", "in", (eb) => eb.selectFrom("old").select("old.id"))
        .execute(),
    refused: "with",
  },
  "order and limit": {
    run: (db) => db.deleteFrom("counter").orderBy("name").limit(1).execute(),
    refused: "orderBy",
  },
});
