/** What a programmer does by mistake: an error that can be caught, and everything works after it. */

import { programs } from "./program.ts";

/** What a mistake gives: an error's class, or the value where it gives none. */
async function caught(run: () => unknown): Promise<unknown> {
  try {
    return await run();
  } catch (error) {
    return error instanceof Error ? "an error" : "no error object";
  }
}

export const mistakes = programs("mistake", {
  "a table that is not there": (db) => caught(() => (db as any).selectFrom("nothing").select("id").execute()),
  "a column that is not there": (db) => caught(() => (db as any).selectFrom("pet").select("nothing").execute()),
  "a column of two tables": (db) => caught(() => (db as any).selectFrom(["pet", "toy"]).select("name").execute()),
  "a query without columns": {
    run: (db) => db.selectFrom("pet").execute(),
    refusedOn: { postgresql: "at least one column" },
    not: { sqlite: "nothing to select", mariadb: "nothing to select" },
  },
  "null where none may be": (db) =>
    caught(() =>
      db
        .updateTable("pet")
        .set({ name: null as never })
        .where("id", "=", 1)
        .execute(),
    ),
  "a foreign key to nothing": (db) =>
    caught(() => db.insertInto("toy").values({ id: 9, pet_id: 99, name: "x", price: "1.00" }).execute()),
  "an insert of no rows": {
    run: (db) => caught(() => db.insertInto("counter").values([]).execute()),
  },
  "a promise that is not awaited": async (db) => {
    void db
      .selectFrom("pet")
      .select("id")
      .execute()
      .catch(() => undefined);
    const left = db.selectFrom("pet").select("name").where("id", "=", 1).execute();
    const row = await db.selectFrom("pet").select("name").where("id", "=", 2).execute();
    return [row, await left];
  },
  "a stream that throws in the middle": async (db) => {
    const seen: unknown[] = [];
    const thrown = await caught(async () => {
      for await (const row of db.selectFrom("pet").select("name").orderBy("id").stream(1)) {
        seen.push(row);
        throw new Error("enough");
      }
    });
    return [thrown, seen, await db.selectFrom("pet").select("name").where("id", "=", 1).execute()];
  },
});
