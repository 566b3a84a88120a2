/** Updates. */

import { programs } from "./program.ts";

export const updates = programs("update", {
  "a row": (db) =>
    db
      .updateTable("person")
      .set({ first_name: "Jen", age: 55, balance: "1.10", created: new Date(Date.UTC(2025, 1, 2)) })
      .where("id", "=", 1)
      .executeTakeFirstOrThrow()
      .then((result) => result.numUpdatedRows),
  "of none": (db) =>
    db
      .updateTable("person")
      .set("first_name", "Jen")
      .where("id", "=", 99)
      .executeTakeFirst()
      .then((result) => result.numUpdatedRows),
  "all rows": (db) =>
    db
      .updateTable("counter")
      .set((eb) => ({ hits: eb("hits", "+", 1) }))
      .executeTakeFirst()
      .then((result) => result.numUpdatedRows),
  "by a column": (db) =>
    db
      .updateTable("person")
      .set("last_name", (eb) => eb.ref("first_name"))
      .where("last_name", "is", null)
      .execute()
      .then(() => null),
  "by a query": (db) =>
    db
      .updateTable("person")
      .set({
        age: (eb) =>
          eb
            .selectFrom("pet")
            .whereRef("pet.owner_id", "=", "person.id")
            .select((inner) => inner.fn.countAll<number>().as("n")),
      })
      .execute()
      .then(() => null),
  "of an alias": {
    run: (db) =>
      db
        .updateTable("person as p")
        .set({ age: 1 })
        .where("p.id", "=", 1)
        .execute()
        .then(() => null),
  },
  returning: {
    run: (db) => db.updateTable("pet").set({ name: "Cat" }).where("id", "=", 1).returning(["id", "name"]).execute(),
    not: { mariadb: "it has no returning of updates" },
  },
  "returning all": {
    run: (db) =>
      db
        .updateTable("counter")
        .set({ hits: 5 })
        .returningAll()
        .execute()
        .then((rows) => rows.length),
    not: { mariadb: "it has no returning of updates" },
  },
  from: {
    run: (db) =>
      db
        .updateTable("person")
        .from("pet")
        .set((eb) => ({ first_name: eb.ref("pet.name") }))
        .whereRef("pet.owner_id", "=", "person.id")
        .where("pet.species", "=", "dog")
        .execute()
        .then(() => null),
    insideOnly: { mariadb: "it joins instead" },
  },
  "from a query": {
    run: (db) =>
      db
        .updateTable("person")
        .from(
          db
            .selectFrom("pet")
            .select((eb) => ["owner_id", eb.fn.countAll<number>().as("n")])
            .groupBy("owner_id")
            .as("owned"),
        )
        .set((eb) => ({ age: eb.ref("owned.n") }))
        .whereRef("owned.owner_id", "=", "person.id")
        .execute()
        .then(() => null),
    insideOnly: { mariadb: "it joins instead" },
  },
  "from with a join": {
    run: (db) =>
      db
        .updateTable("person")
        .from("pet")
        .innerJoin("toy", "toy.pet_id", "pet.id")
        .set({ last_name: "plays" })
        .whereRef("pet.owner_id", "=", "person.id")
        .where("toy.name", "=", "Mouse")
        .execute()
        .then(() => null),
    insideOnly: { mariadb: "it joins instead" },
  },
  "of joined tables": {
    run: (db) =>
      db
        .updateTable(["person", "pet"] as never)
        .set({ age: 3 } as never)
        .execute()
        .then(() => null),
    refused: "ListNode",
  },
  with: {
    run: (db) =>
      db
        .with("old", (cte) => cte.selectFrom("person").select("id").where("age", ">", 70))
        .updateTable("person")
        .set({ active: false })
        .where("id", "in", (eb) => eb.selectFrom("old").select("old.id"))
        .execute()
        .then(() => null),
    refused: "with",
  },
  "order and limit": {
    run: (db) => db.updateTable("counter").set({ hits: 0 }).orderBy("name").limit(1).execute(),
    refused: "orderBy",
  },
  "a primary key": (db) =>
    db
      .updateTable("counter")
      .set({ name: "house" })
      .where("name", "=", "home")
      .execute()
      .then(() => null),
  "nothing set": {
    run: (db) => db.updateTable("counter").set({}).execute(),
    not: { sqlite: "nothing to set", postgresql: "nothing to set", mariadb: "nothing to set" },
  },
  "a decimal by what it was": (db) =>
    db
      .updateTable("person")
      .set((eb) => ({ balance: eb("balance", "+", "1.25") }))
      .where("id", "=", 1)
      .execute()
      .then(() => null),
  json: (db) =>
    db
      .updateTable("counter")
      .set({ hits: 4 })
      .where(({ eb, exists, selectFrom }) =>
        eb.and([eb("name", "=", "home"), exists(selectFrom("document").select("id"))]),
      )
      .execute()
      .then(() => null),
});
