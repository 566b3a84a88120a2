/** Queries in queries: sources, common table expressions, set operations. */

import { programs } from "./program.ts";

export const queries = programs("query", {
  "as a source": (db) =>
    db
      .selectFrom((eb) => eb.selectFrom("pet").select(["name as n", "species"]).where("id", "<", 4).as("p"))
      .select(["p.n", "p.species"])
      .where("p.species", "!=", "dog")
      .orderBy("p.n")
      .execute(),
  "all columns of a source": (db) =>
    db
      .selectFrom(db.selectFrom("pet").select(["name", "species"]).as("p"))
      .selectAll()
      .orderBy("name")
      .execute(),
  "as a column": (db) =>
    db
      .selectFrom("person")
      .select((eb) => [
        "id",
        eb
          .selectFrom("pet")
          .whereRef("pet.owner_id", "=", "person.id")
          .select((inner) => inner.fn.countAll<number>().as("n"))
          .as("pets"),
      ])
      .orderBy("id")
      .execute(),
  "in a query in a query": (db) =>
    db
      .selectFrom("person")
      .select("first_name")
      .where("id", "in", (eb) =>
        eb
          .selectFrom("pet")
          .select("owner_id")
          .where("id", "in", (inner) => inner.selectFrom("toy").select("pet_id").where("price", ">", "1.50")),
      )
      .orderBy("id")
      .execute(),
  with: (db) =>
    db
      .with("cats", (cte) => cte.selectFrom("pet").select(["name", "owner_id"]).where("species", "=", "cat"))
      .with("owners", (cte) =>
        cte
          .selectFrom("person")
          .innerJoin("cats", "cats.owner_id", "person.id")
          .select(["person.first_name", "cats.name"]),
      )
      .selectFrom("owners")
      .selectAll()
      .orderBy("owners.name")
      .execute(),
  "with column names": (db) =>
    db
      .with("renamed(a, b)", (cte) => cte.selectFrom("toy").select(["id as a", "price as b"]))
      .selectFrom("renamed")
      .select(["a", "b"])
      .orderBy("a")
      .execute(),
  "with, used twice": (db) =>
    db
      .with("some", (cte) => cte.selectFrom("pet").selectAll())
      .selectFrom("some as one")
      .innerJoin("some as other", "one.owner_id", "other.owner_id")
      .select(["one.name as a", "other.name as b"])
      .orderBy("a")
      .orderBy("b")
      .execute(),
  "with, hiding a table": (db) =>
    db
      .with("pet", (cte) => cte.selectFrom("toy").select("name"))
      .selectFrom("pet")
      .select("name")
      .orderBy("name")
      .execute(),
  "with recursive": (db) =>
    db
      .withRecursive("count_to(n)", (cte) =>
        cte
          .selectNoFrom((eb) => eb.lit(1).as("n"))
          .unionAll(
            cte
              .selectFrom("count_to")
              .select((eb) => eb("count_to.n", "+", eb.lit(1)).as("n"))
              .where("count_to.n", "<", 5),
          ),
      )
      .selectFrom("count_to")
      .select("n")
      .orderBy("n")
      .execute(),
  "with recursive, joined to a table": (db) =>
    db
      .withRecursive("chain", (cte) =>
        cte
          .selectFrom("pet")
          .select(["id", "name"])
          .where("id", "=", 1)
          .unionAll((eb) =>
            eb
              .selectFrom("pet")
              .innerJoin("chain", (join) => join.on((on) => on("pet.id", "=", on("chain.id", "+", on.lit(1)))))
              .select(["pet.id", "pet.name"]),
          ),
      )
      .selectFrom("chain")
      .selectAll()
      .orderBy("id")
      .execute(),
  "with materialized": {
    run: (db) =>
      db
        .with(
          (cte) => cte("some").materialized(),
          (cte) => cte.selectFrom("pet").select("name"),
        )
        .selectFrom("some")
        .select("name")
        .execute(),
    refused: "materialized",
  },
  "with an insert": {
    run: (db) =>
      db
        .with("added", (cte) => cte.insertInto("counter").values({ name: "new" }).returning("hits"))
        .selectFrom("added")
        .select("hits")
        .execute(),
    refused: "InsertQueryNode",
  },
  union: (db) =>
    db
      .selectFrom("person")
      .select("first_name as name")
      .union(db.selectFrom("pet").select("name"))
      .union(db.selectFrom("pet").select("name"))
      .orderBy("name")
      .execute(),
  "union all": (db) =>
    db
      .selectFrom("pet")
      .select(["species", "id"])
      .unionAll([
        db.selectFrom("pet").select(["species", "id"]),
        db.selectFrom("toy").select(["name as species", "id"]),
      ])
      .orderBy("species")
      .orderBy("id")
      .execute(),
  intersect: (db) =>
    db
      .selectFrom("person")
      .select("id")
      .intersect(db.selectFrom("pet").select("owner_id as id"))
      .orderBy("id")
      .execute(),
  except: (db) =>
    db
      .selectFrom("person")
      .select("id")
      .except((eb) => eb.selectFrom("pet").select("owner_id as id"))
      .orderBy("id")
      .execute(),
  "intersect all": {
    run: (db) =>
      db.selectFrom("person").select("id").intersectAll(db.selectFrom("toy").select("id")).orderBy("id").execute(),
    refused: "intersect all",
  },
  "except all": {
    run: (db) => db.selectFrom("person").select("id").exceptAll(db.selectFrom("toy").select("id")).execute(),
    refused: "except all",
  },
  "set operations in turn": (db) =>
    db
      .selectFrom("person")
      .select("id")
      .union(db.selectFrom("toy").select("id"))
      .except(db.selectFrom("toy").select("id").where("id", "=", 2))
      .orderBy("id", "desc")
      .limit(2)
      .offset(1)
      .execute(),
  "set operations as a source": (db) =>
    db
      .selectFrom(
        db
          .selectFrom("person")
          .select(["id", "first_name as name"])
          .unionAll(db.selectFrom("pet").select(["id", "name"]))
          .as("both"),
      )
      .select((eb) => ["both.id", eb.fn.countAll<number>().as("n")])
      .groupBy("both.id")
      .orderBy("both.id")
      .execute(),
  "set operations in a with": (db) =>
    db
      .with("names", (cte) => cte.selectFrom("pet").select("name").union(cte.selectFrom("toy").select("name")))
      .selectFrom("names")
      .select("name")
      .orderBy("name")
      .limit(3)
      .execute(),
});
