/** Transactions and savepoints. */

import { programs } from "./program.ts";

const hits = (db: any) => db.selectFrom("counter").select(["name", "hits"]).orderBy("name").execute();

export const transactions = programs("transaction", {
  "that commits": async (db) => {
    const given = await db.transaction().execute(async (trx) => {
      await trx.updateTable("counter").set({ hits: 8 }).where("name", "=", "home").execute();
      return hits(trx);
    });
    return [given, await hits(db)];
  },
  "that throws": async (db) => {
    const thrown = await db
      .transaction()
      .execute(async (trx) => {
        await trx.deleteFrom("counter").execute();
        throw new Error("no");
      })
      .catch((error: Error) => error.message);
    return [thrown, await hits(db)];
  },
  "with a failed statement": async (db) => {
    const failed = await db
      .transaction()
      .execute(async (trx) => {
        await trx.updateTable("counter").set({ hits: 8 }).execute();
        await trx.insertInto("counter").values({ name: "home" }).execute();
      })
      .then(() => "committed")
      .catch(() => "failed");
    return [failed, await hits(db)];
  },
  serializable: async (db) =>
    db
      .transaction()
      .setIsolationLevel("serializable")
      .execute(async (trx) => hits(trx)),
  "read only": {
    run: async (db) =>
      db
        .transaction()
        .setAccessMode("read only")
        .execute(async (trx) => hits(trx)),
  },
  "read only, writing": {
    run: async (db) => {
      await db
        .transaction()
        .setAccessMode("read only")
        .execute(async (trx) => trx.deleteFrom("counter").execute());
    },
    refusedOn: { sqlite: "read" },
    not: { postgresql: "a change", mariadb: "a change" },
  },
  "isolation levels": {
    run: async (db) => {
      const seen: unknown[] = [];
      for (const level of ["read uncommitted", "read committed", "repeatable read"] as const) {
        seen.push(await db.transaction().setIsolationLevel(level).execute(hits));
      }
      return seen;
    },
    refusedOn: { sqlite: "isolation" },
  },
  "snapshot isolation": {
    run: async (db) => db.transaction().setIsolationLevel("snapshot").execute(hits),
    refusedOn: { sqlite: "snapshot" },
    not: {
      postgresql: "it calls it repeatable read",
      mariadb: "it calls it repeatable read",
    },
  },
  "a transaction in a transaction": {
    run: (db) =>
      db.transaction().execute(async (trx) => {
        try {
          trx.transaction();
          return "begun";
        } catch (error) {
          return (error as Error).message;
        }
      }),
  },
  "controlled, commits": async (db) => {
    const trx = await db.startTransaction().execute();
    await trx.updateTable("counter").set({ hits: 8 }).execute();
    await trx.commit().execute();
    return [trx.isCommitted, await hits(db)];
  },
  "controlled, rolls back": async (db) => {
    const trx = await db.startTransaction().execute();
    await trx.deleteFrom("counter").execute();
    await trx.rollback().execute();
    return [trx.isRolledBack, await hits(db)];
  },
  "controlled, used after its end": async (db) => {
    const trx = await db.startTransaction().execute();
    await trx.commit().execute();
    const errors: string[] = [];
    for (const use of [() => hits(trx), () => trx.commit().execute(), () => trx.rollback().execute()]) {
      errors.push(
        await use().then(
          () => "none",
          (error: Error) => error.message,
        ),
      );
    }
    return errors;
  },
  "a savepoint, rolled back": async (db) => {
    const trx = await db.startTransaction().execute();
    await trx.updateTable("counter").set({ hits: 8 }).execute();
    const after = await trx.savepoint("sp1").execute();
    await after.deleteFrom("counter").execute();
    await after.rollbackToSavepoint("sp1").execute();
    await trx.commit().execute();
    return hits(db);
  },
  "a savepoint, released": async (db) => {
    const trx = await db.startTransaction().execute();
    const after = await trx.savepoint("sp1").execute();
    await after.updateTable("counter").set({ hits: 9 }).execute();
    await after.releaseSavepoint("sp1").execute();
    await trx.commit().execute();
    return hits(db);
  },
  "savepoints in savepoints": async (db) => {
    const trx = await db.startTransaction().execute();
    const one = await trx.savepoint("one").execute();
    await one.updateTable("counter").set({ hits: 1 }).execute();
    const two = await one.savepoint("two").execute();
    await two.updateTable("counter").set({ hits: 2 }).execute();
    const three = await two.savepoint("three").execute();
    await three.deleteFrom("counter").execute();
    const back = await three.rollbackToSavepoint("two").execute();
    const seen = await hits(back);
    await back.updateTable("counter").set({ hits: 3 }).where("name", "=", "home").execute();
    const again = await back.rollbackToSavepoint("two").execute();
    const seenAgain = await hits(again);
    await again.rollbackToSavepoint("one").execute();
    await trx.commit().execute();
    return [seen, seenAgain, await hits(db)];
  },
  "a savepoint mends a failed statement": async (db) => {
    const trx = await db.startTransaction().execute();
    await trx.updateTable("counter").set({ hits: 4 }).execute();
    const after = await trx.savepoint("sp").execute();
    const failed = await after
      .insertInto("counter")
      .values({ name: "home" })
      .execute()
      .then(
        () => "no error",
        () => "an error",
      );
    await after.rollbackToSavepoint("sp").execute();
    await trx.commit().execute();
    return [failed, await hits(db)];
  },
  "a savepoint that is not there": {
    run: async (db) => {
      const trx = await db.startTransaction().execute();
      try {
        await trx.rollbackToSavepoint("nowhere" as never).execute();
      } finally {
        await trx.rollback().execute();
      }
    },
    not: { sqlite: "it is not there", postgresql: "it is not there", mariadb: "it is not there" },
  },
  "one connection": (db) =>
    db.connection().execute(async (one) => {
      await one.updateTable("counter").set({ hits: 6 }).execute();
      return hits(one);
    }),
  "begun on one connection": (db) =>
    db.connection().execute(async (one) => one.transaction().execute(async (trx) => hits(trx))),
  "several after each other": async (db) => {
    for (let i = 0; i < 5; i++) {
      await db.transaction().execute((trx) =>
        trx
          .updateTable("counter")
          .set((eb) => ({ hits: eb("hits", "+", 1) }))
          .execute(),
      );
    }
    return hits(db);
  },
});
