/** Aggregates, groups and windows. */

import { programs } from "./program.ts";

const NO_FILTER = "it has no filter";

export const aggregates = programs("aggregate", {
  "count of rows": (db) =>
    db
      .selectFrom("person")
      .select(({ fn }) => fn.countAll<number>().as("n"))
      .executeTakeFirstOrThrow(),
  "count of a table's rows": (db) =>
    db
      .selectFrom("person")
      .leftJoin("pet", "pet.owner_id", "person.id")
      .select(({ fn }) => ["person.id", fn.count<number>("pet.id").as("n")])
      .groupBy("person.id")
      .orderBy("person.id")
      .execute(),
  "count is a number or what one asks for": async (db) => {
    const { n } = await db
      .selectFrom("person")
      .select(({ fn }) => fn.count<number | string | bigint>("age").as("n"))
      .executeTakeFirstOrThrow();
    return Number(n);
  },
  "sum, avg, min, max": async (db) => {
    const row = await db
      .selectFrom("person")
      .select(({ fn }) => [
        fn.sum("age").as("sum"),
        fn.avg("age").as("avg"),
        fn.min("age").as("min"),
        fn.max("first_name").as("max"),
        fn.sum("balance").as("balance"),
        fn.sum("score").as("score"),
      ])
      .executeTakeFirstOrThrow();
    return { ...row, sum: Number(row.sum), avg: Number(row.avg), balance: Number(row.balance) };
  },
  "of no rows": (db) =>
    db
      .selectFrom("person")
      .select(({ fn }) => [
        fn.sum<number | null>("age").as("sum"),
        fn.max("born").as("max"),
        fn.count<number>("id").as("n"),
      ])
      .where("id", ">", 100)
      .execute(),
  "of distinct values": (db) =>
    db
      .selectFrom("pet")
      .select(({ fn }) => fn.count<number>("species").distinct().as("n"))
      .execute(),
  filter: {
    run: (db) =>
      db
        .selectFrom("pet")
        .select(({ fn }) => [
          fn.count<number>("id").filterWhere("species", "=", "cat").as("cats"),
          fn.countAll<number>().as("all"),
        ])
        .execute(),
    not: { mariadb: NO_FILTER },
  },
  "filter by a reference": {
    run: (db) =>
      db
        .selectFrom("pet")
        .select(({ fn }) => fn.count<number>("id").filterWhereRef("id", "=", "owner_id").as("n"))
        .execute(),
    not: { mariadb: NO_FILTER },
  },
  "group by and having": (db) =>
    db
      .selectFrom("pet")
      .select(({ fn }) => ["species", fn.countAll<number>().as("n")])
      .groupBy("species")
      .having(({ fn }) => fn.countAll(), ">", 1)
      .execute(),
  "group by an expression": (db) =>
    db
      .selectFrom("pet")
      .select(({ fn }) => [fn<string>("upper", ["species"]).as("kind"), fn.countAll<number>().as("n")])
      .groupBy(({ fn }) => fn("upper", ["species"]))
      .orderBy("n", "desc")
      .orderBy("kind")
      .execute(),
  "having of a reference": (db) =>
    db
      .selectFrom("pet")
      .select("owner_id")
      .groupBy("owner_id")
      .havingRef("owner_id", "=", ({ fn }) => fn.min("id"))
      .orderBy("owner_id")
      .execute(),
  "row number": (db) =>
    db
      .selectFrom("pet")
      .select(({ fn }) => [
        "name",
        fn
          .agg<number>("row_number")
          .over((over) => over.partitionBy("species").orderBy("name", "desc"))
          .as("n"),
      ])
      .orderBy("name")
      .execute(),
  "rank, lag, lead, ntile": (db) =>
    db
      .selectFrom("person")
      .select(({ fn, val }) => [
        "id",
        fn
          .agg<number>("rank")
          .over((over) => over.orderBy("gender"))
          .as("rank"),
        fn
          .agg<number>("dense_rank")
          .over((over) => over.orderBy("gender"))
          .as("dense"),
        fn
          .agg<number | null>("lag", ["id"])
          .over((over) => over.orderBy("id"))
          .as("before"),
        fn
          .agg<string>("first_value", ["first_name"])
          .over((over) => over.orderBy("id", "desc"))
          .as("last"),
        fn
          .agg<number>("ntile", [val(2)])
          .over((over) => over.orderBy("id"))
          .as("half"),
      ])
      .orderBy("id")
      .execute(),
  "a sum over a window": async (db) => {
    const rows = await db
      .selectFrom("toy")
      .select(({ fn }) => [
        "id",
        fn
          .sum("price")
          .over((over) => over.partitionBy("pet_id").orderBy("id"))
          .as("running"),
      ])
      .orderBy("id")
      .execute();
    return rows.map((row) => ({ ...row, running: Number(row.running) }));
  },
  "over all rows": (db) =>
    db
      .selectFrom("toy")
      .select(({ fn }) => ["id", fn.countAll<number>().over().as("n")])
      .orderBy("id")
      .execute(),
  "order within an aggregate": {
    run: (db) =>
      db
        .selectFrom("pet")
        .select(({ fn }) => fn.agg<string>("group_concat", ["name"]).orderBy("name").as("names"))
        .execute(),
    refused: "order of an aggregate's rows",
  },
  "within group": {
    run: (db) =>
      db
        .selectFrom("person")
        .select(({ fn, val }) =>
          fn
            .agg<number>("percentile_cont", [val(0.5)])
            .withinGroupOrderBy("age")
            .as("median"),
        )
        .execute(),
    refused: "within group",
  },
  any: {
    run: (db) =>
      db
        .selectFrom("person")
        .select("id")
        .where((eb) => eb("id", "=", eb.fn.any(eb.selectFrom("pet").select("owner_id"))))
        .execute(),
    refused: "any",
  },
  "json_agg, to_json": {
    run: (db) =>
      db
        .selectFrom("pet")
        .select(({ fn }) => fn.jsonAgg("pet").as("pets"))
        .execute(),
    refused: "json_agg",
  },
});
