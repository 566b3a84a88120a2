/** Joins. */

import { programs } from "./program.ts";

export const joins = programs("join", {
  inner: (db) =>
    db
      .selectFrom("person")
      .innerJoin("pet", "pet.owner_id", "person.id")
      .select(["person.first_name", "pet.name as pet"])
      .orderBy("pet.id")
      .execute(),
  "inner, with aliases": (db) =>
    db
      .selectFrom("person as p")
      .innerJoin("pet as a", "a.owner_id", "p.id")
      .innerJoin("toy as t", "t.pet_id", "a.id")
      .select(["p.first_name", "a.name as pet", "t.name as toy"])
      .orderBy("t.id")
      .execute(),
  left: (db) =>
    db
      .selectFrom("person")
      .leftJoin("pet", "pet.owner_id", "person.id")
      .select(["person.id", "pet.name"])
      .orderBy("person.id")
      .orderBy("pet.name")
      .execute(),
  right: (db) =>
    db
      .selectFrom("toy")
      .rightJoin("pet", "toy.pet_id", "pet.id")
      .select(["pet.name as pet", "toy.name"])
      .orderBy("pet.id")
      .orderBy("toy.id")
      .execute(),
  full: {
    run: (db) =>
      db
        .selectFrom("toy")
        .fullJoin("counter", (join) => join.on("toy.id", "=", 1).on("counter.name", "=", "home"))
        .select(["toy.name", "counter.hits"])
        .where((eb) => eb.or([eb("toy.id", "=", 1), eb("counter.name", "=", "about")]))
        .orderBy("counter.hits")
        .execute(),
    not: { mariadb: "it has no full join", postgresql: "its full joins need a condition that can be merged or hashed" },
  },
  "full of keys": {
    run: (db) =>
      db
        .selectFrom("toy")
        .fullJoin("pet", "pet.id", "toy.pet_id")
        .select(["pet.name as pet", "toy.name"])
        .orderBy("pet.name")
        .orderBy("toy.name")
        .execute(),
    not: { mariadb: "it has no full join" },
  },
  cross: (db) =>
    db
      .selectFrom("toy")
      .crossJoin("counter")
      .select(["toy.name", "counter.hits"])
      .orderBy("toy.id")
      .orderBy("hits")
      .execute(),
  "on several conditions": (db) =>
    db
      .selectFrom("person")
      .leftJoin("pet", (join) =>
        join
          .onRef("pet.owner_id", "=", "person.id")
          .on("pet.species", "in", ["cat", "hamster"])
          .on((eb) => eb.or([eb("pet.id", ">", 3), eb("person.age", "<", 60)])),
      )
      .select(["person.id", "pet.name"])
      .orderBy("person.id")
      .execute(),
  "on what is always true": (db) =>
    db
      .selectFrom("toy")
      .innerJoin("counter", (join) => join.onTrue())
      .select(["toy.id", "counter.name"])
      .orderBy("toy.id")
      .orderBy("counter.name")
      .execute(),
  "of a query": (db) =>
    db
      .selectFrom("person")
      .innerJoin(
        (eb) =>
          eb
            .selectFrom("pet")
            .select(({ fn }) => ["owner_id as owner", fn.countAll<number>().as("pets")])
            .groupBy("owner_id")
            .as("owned"),
        (join) => join.onRef("owned.owner", "=", "person.id"),
      )
      .select(["person.first_name", "owned.pets"])
      .orderBy("person.id")
      .execute(),
  "of itself": (db) =>
    db
      .selectFrom("pet as one")
      .innerJoin("pet as other", (join) =>
        join.onRef("one.species", "=", "other.species").onRef("one.id", "<", "other.id"),
      )
      .select(["one.name", "other.name as twin"])
      .execute(),
  "lateral, inner": {
    run: (db) =>
      db
        .selectFrom("person")
        .innerJoinLateral(
          (eb) =>
            eb
              .selectFrom("pet")
              .select("name")
              .whereRef("pet.owner_id", "=", "person.id")
              .orderBy("name")
              .limit(1)
              .as("p"),
          (join) => join.onTrue(),
        )
        .select(["person.id", "p.name"])
        .orderBy("person.id")
        .execute(),
    not: { sqlite: "it has no lateral joins", mariadb: "it has no lateral joins" },
  },
  "lateral, left": {
    run: (db) =>
      db
        .selectFrom("person")
        .leftJoinLateral(
          (eb) =>
            eb
              .selectFrom("pet")
              .select("name")
              .whereRef("pet.owner_id", "=", "person.id")
              .orderBy("name")
              .limit(1)
              .as("p"),
          (join) => join.onTrue(),
        )
        .select(["person.id", "p.name"])
        .orderBy("person.id")
        .execute(),
    not: { sqlite: "it has no lateral joins", mariadb: "it has no lateral joins" },
  },
  "lateral, cross": {
    run: (db) =>
      db
        .selectFrom("person")
        .crossJoinLateral((eb) =>
          eb
            .selectFrom("pet")
            .select((inner) => inner.fn.max("pet.name").as("last"))
            .whereRef("pet.owner_id", "=", "person.id")
            .as("p"),
        )
        .select(["person.id", "p.last"])
        .orderBy("person.id")
        .execute(),
    not: { sqlite: "it has no lateral joins", mariadb: "it has no lateral joins" },
  },
  "cross apply": {
    run: (db) =>
      db
        .selectFrom("person")
        .crossApply((eb) => eb.selectFrom("pet").select("name").whereRef("pet.owner_id", "=", "person.id").as("p"))
        .select("p.name")
        .execute(),
    refused: "CrossApply",
  },
  "outer apply": {
    run: (db) =>
      db
        .selectFrom("person")
        .outerApply((eb) => eb.selectFrom("pet").select("name").whereRef("pet.owner_id", "=", "person.id").as("p"))
        .select("p.name")
        .execute(),
    refused: "OuterApply",
  },
});
