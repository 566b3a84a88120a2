/** Transactions that are left idle until the host ends them: none may end as if it had been committed. */

import type { Kysely } from "kysely";

import type { DB } from "../programs/schema.ts";
import { db } from "./models.ts";

type Sleep = () => Promise<void>;

const kysely = db.kysely as unknown as Kysely<DB>;
const add = (on: { insertInto: any }, text: string) => on.insertInto("note").values({ text }).execute();

/** Each writes a row, sleeps, may write another one, and commits. */
export const IDLE: Readonly<Record<string, (sleep: Sleep) => Promise<unknown>>> = {
  "begin, and then its commit": (sleep) =>
    db.begin(async (session) => {
      await add(session.kysely, "one");
      await sleep();
    }),
  "begin, and then a row": (sleep) =>
    db.begin(async (session) => {
      await add(session.kysely, "one");
      await sleep();
      await add(session.kysely, "two");
    }),
  "begin, and then an object": (sleep) =>
    db.begin(async (session) => {
      await session.save("note", { text: "one" });
      await sleep();
      await session.save("note", { text: "two" });
    }),
  "begin, and then a row whose failure is passed over": (sleep) =>
    db.begin(async (session) => {
      await add(session.kysely, "one");
      await sleep();
      await add(session.kysely, "two").catch(() => undefined);
    }),
  "Kysely's transaction, and then its commit": (sleep) =>
    kysely.transaction().execute(async (trx) => {
      await add(trx, "one");
      await sleep();
    }),
  "Kysely's transaction, and then a row": (sleep) =>
    kysely.transaction().execute(async (trx) => {
      await add(trx, "one");
      await sleep();
      await add(trx, "two");
    }),
  "Kysely's transaction, and then a row whose failure is passed over": (sleep) =>
    kysely.transaction().execute(async (trx) => {
      await add(trx, "one");
      await sleep();
      await add(trx, "two").catch(() => undefined);
      await add(trx, "three").catch(() => undefined);
    }),
  "Kysely's controlled transaction": async (sleep) => {
    const trx = await kysely.startTransaction().execute();
    await add(trx, "one");
    await sleep();
    await trx.commit().execute();
  },
  "Kysely's savepoint": async (sleep) => {
    const trx = await kysely.startTransaction().execute();
    await add(trx, "one");
    const after = await trx.savepoint("sp").execute();
    await sleep();
    await after.releaseSavepoint("sp").execute();
    await trx.commit().execute();
  },
  "Kysely's transaction on a session": async (sleep) => {
    const session = await db.session();
    try {
      await session.kysely.transaction().execute(async (trx) => {
        await add(trx, "one");
        await sleep();
        await add(trx, "two");
      });
    } finally {
      await session.close();
    }
  },
  "a session": (sleep) => withSession(sleep, false),
  "a session that has begun": (sleep) => withSession(sleep, true),
  "a connection": async (sleep) => {
    const session = await db.connect();
    try {
      await add(session.kysely, "one");
      await sleep();
      await session.commit();
    } finally {
      await session.close();
    }
  },
};

async function withSession(sleep: Sleep, isBegun: boolean): Promise<void> {
  const session = await db.session();
  try {
    if (isBegun) await session.begin();
    await add(session.kysely, "one");
    await sleep();
    await add(session.kysely, "two");
    await session.commit();
  } finally {
    await session.close();
  }
}

/** Goes some of the ways. Tells of each how it ended, and the rows that are there after it. */
export async function stayIdle(ways: readonly string[], milliseconds: number): Promise<string[]> {
  const ends: string[] = [];
  for (const way of ways) ends.push(`${way}: ${await goOn(way, milliseconds)}`);
  return ends;
}

/** Goes one of the ways. Tells the class of the error or `committed`, and the rows that are there after it. */
async function goOn(way: string, milliseconds: number): Promise<string> {
  await kysely.deleteFrom("note").execute();
  const run = IDLE[way];
  if (!run) throw new Error(`there is no way ${way}`);
  let end = "committed";
  try {
    await run(() => new Promise((resolve) => setTimeout(resolve, milliseconds)));
  } catch (error) {
    end = (error as Error).name;
  }
  const rows = await kysely.selectFrom("note").select("text").orderBy("text").execute();
  return `${end}: ${rows.map(({ text }) => text).join(", ") || "no rows"}`;
}
