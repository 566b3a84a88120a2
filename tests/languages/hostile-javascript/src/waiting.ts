/** What waits for ever, and what is opened until it is refused. */

import clock from "wasi:clocks/monotonic-clock@0.3.0";

import {
  ALL,
  begun,
  type contract,
  db,
  execute,
  NO_OPTIONS,
  opened,
  READING,
  select,
  selecting,
  user,
  words,
} from "./tables.ts";
import { attack, code, outcome } from "./told.ts";

const LONGEST = (1n << 64n) - 1n;

/** Waits in a transaction with a row that is not committed. */
function inBegin(wait: () => Promise<unknown>): Promise<string[]> {
  return db.begin(async (session) => {
    await session.kysely.insertInto("users").values(user()).execute();
    await wait();
    return ["it has waited"];
  });
}

attack("wait: for ever", () => inBegin(() => clock.waitFor(LONGEST)));

/** Nothing blocks in JavaScript but a loop that asks the clock. */
attack("wait: blocked", () =>
  inBegin(async () => {
    for (; clock.now() < LONGEST;);
  }),
);

attack("wait: for nothing", () => inBegin(() => new Promise(() => undefined)));

attack("wait: for oneself", async () => {
  const change = (session: Awaited<ReturnType<typeof db.session>>, note: string) =>
    session.kysely.updateTable("users").set({ note }).where("id", "=", 1).execute();
  const [one, other] = [await db.session(), await db.session()];
  await change(one, "one");
  const said = await outcome(() => change(other, "other"));
  await one.rollback();
  await other.rollback();
  const again = await outcome(async () => (await change(other, "other")) && "it");
  await one.close();
  await other.close();
  return [`the other one: ${said}`, `the other one again: ${again}`];
});

/** Makes so many, and says how many there were before one was refused. */
async function untilRefused(what: string, make: () => unknown, most: number): Promise<string[]> {
  const made: unknown[] = [];
  while (made.length < most) {
    try {
      made.push(await make());
    } catch (failure) {
      return [`${what}: got ${made.length}, then refused ${code(failure)}`];
    }
  }
  return [`${what}: got ${made.length}`];
}

attack("open: sessions", async () => {
  const database = await opened();
  return untilRefused("sessions", () => database.session(), 10_000);
});

attack("open: transactions", async () => {
  const database = await opened();
  return untilRefused("transactions", () => database.begin(READING), 10_000);
});

attack("open: connections", async () => {
  const database = await opened();
  return untilRefused("connections", () => database.connect(), 10_000);
});

attack("open: savepoints", async () => {
  const session = await begun();
  return untilRefused("savepoints", () => session.beginNested(), 2_000);
});

attack("open: statements", async () => {
  const session = await begun();
  const large = "x".repeat(1_000_000);
  return untilRefused("statements", () => session.prepare(selecting(words(large), select([0]))), 1_000);
});

const ONE_ROW: contract.Options = { ...NO_OPTIONS, batchRows: 1 };

attack("open: cursors", async () => {
  const database = await opened();
  const cursor = async (): Promise<unknown> => {
    const session = await database.begin(READING);
    return [session, await session.execute(ALL, [], ONE_ROW)];
  };
  return untilRefused("cursors", cursor, 10_000);
});

attack("open: cursors of one session", async () => {
  const session = await begun();
  const kept = await session.execute(ALL, [], ONE_ROW);
  const said = `beside it: ${await outcome(() => execute(session, ALL))}`;
  kept.cursor?.[Symbol.dispose]();
  return [said, `after it: ${await outcome(() => execute(session, ALL))}`];
});

attack("open: handles", () => untilRefused("databases", () => opened(), 1_000_000));
