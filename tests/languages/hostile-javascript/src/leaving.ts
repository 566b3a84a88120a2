/**
 * What is left behind when a call ends, and what the next call of the same instance finds of it.
 *
 * `leave: X` is called first and `left: X` after it. `left: X` of a new instance finds nothing.
 */

import clock from "wasi:clocks/monotonic-clock@0.3.0";

import { Session } from "@sqlservice/guest";
import { Kysely } from "kysely";

import {
  ALL,
  begun,
  type contract,
  db,
  execute,
  inserted,
  inserting,
  isThere,
  NO_OPTIONS,
  number,
  ROW,
  user,
  words,
} from "./tables.ts";
import { attack, outcome } from "./told.ts";

interface Left {
  secret?: string;
  session?: contract.Session;
  orm?: Awaited<ReturnType<typeof db.session>>;
  cursor?: contract.Cursor | null;
  counted?: number;
  committed?: string;
  never?: () => Promise<void>;
  spins?: boolean;
  broken?: boolean;
}

/** What outlives a call. */
const left: Left = {};
const MILLISECOND = 1_000_000n;

/** Whether something was refused, whatever said so. */
const only = (said: string): string => (said.startsWith("refused") ? "refused" : "got");

attack("leave: a global", () => {
  left.secret = "of the call before";
  return ["left: got 1"];
});

attack("left: a global", () => [`found: ${left.secret ?? "nothing"}`]);

attack("leave: a transaction", async () => {
  left.session = await inserted();
  return [`in it: ${left.session.inTransaction()}`];
});

attack("left: a transaction", async () => {
  const { session } = left;
  if (!session) return ["found: nothing"];
  return [
    `in it: ${session.inTransaction()}`,
    `read: ${await outcome(() => execute(session, ALL))}`,
    `commit: ${await outcome(() => session.commit())}`,
    `the row is there: ${await isThere()}`,
  ];
});

attack("leave: an ORM session", async () => {
  left.orm = await db.session();
  await left.orm.save("users", user());
  await left.orm.flush();
  await left.orm.save("users", user(ROW + 1));
  return [`in it: ${left.orm.inTransaction()}`];
});

attack("left: an ORM session", async () => {
  const { orm } = left;
  if (!orm) return ["found: nothing"];
  const said = await outcome(() => orm.commit());
  await orm.close();
  return [`commit: ${said}`, `the row is there: ${await isThere()}`];
});

attack("leave: a cursor", async () => {
  const session = await begun();
  left.session = session;
  left.cursor = (await session.execute(ALL, [], { ...NO_OPTIONS, batchRows: 1 })).cursor;
  return ["left: got 1"];
});

attack("left: a cursor", async () => {
  const { cursor } = left;
  if (!cursor) return ["found: nothing"];
  return [`read: ${await outcome(async () => (await cursor.nextBatch(1, 1 << 20))?.rows)}`];
});

attack("leave: a task", () => {
  left.counted = 0;
  const count = async (): Promise<never> => {
    for (;;) {
      await clock.waitFor(10n * MILLISECOND);
      left.counted = (left.counted ?? 0) + 1;
    }
  };
  const write = async (): Promise<void> => {
    const session = await begun();
    await execute(session, inserting(["id", "name"], [[0, 1]], [number(ROW), words("late")]));
    await clock.waitFor(50n * MILLISECOND);
    left.committed = await outcome(() => session.commit());
  };
  void count();
  void write().catch((failure: unknown) => (left.committed = `refused ${String(failure)}`));
  return ["left: got 2"];
});

attack("left: a task", async () => {
  const before = left.counted;
  await clock.waitFor(300n * MILLISECOND);
  if (before === undefined) return ["found: nothing"];
  const counts = (left.counted ?? 0) > before;
  return [`it counts on: ${counts}`, `commit: ${left.committed ?? "refused"}`, `the row is there: ${await isThere()}`];
});

attack("leave: what nothing waits for", async () => {
  const session = await inserted();
  left.never = () => session.commit();
  void session.rollback().catch(() => undefined);
  return ["left: got 2"];
});

attack("left: what nothing waits for", async () => {
  const { never } = left;
  if (!never) return ["found: nothing"];
  return [`commit: ${only(await outcome(never))}`, `the row is there: ${await isThere()}`];
});

attack("leave: a loop", () => {
  left.spins = true;
  void clock.waitFor(MILLISECOND).then(() => {
    for (;;);
  });
  return ["left: got 1"];
});

attack("left: a loop", async () => {
  await clock.waitFor(100n * MILLISECOND);
  return [`found: ${left.spins ? "a loop" : "nothing"}`];
});

attack("leave: a broken SDK", () => {
  Session.prototype.commit = async () => undefined;
  Kysely.prototype.executeQuery = async () => ({ rows: [] });
  left.broken = true;
  return ["left: got 1"];
});

attack("left: a broken SDK", async () => {
  if (!left.broken) return ["found: nothing"];
  const session = await db.session();
  await session.save("users", user());
  return [`commit: ${only(await outcome(() => session.commit()))}`, `the row is there: ${await isThere()}`];
});

/** A call that is lost to another one, again and again. */
attack("cancel: in the middle", async () => {
  const session = await inserted();
  let ended = 0;
  for (let at = 0; at < 20; at++) {
    const running = execute(session, ALL).then(() => ended++);
    await Promise.race([running, Promise.resolve()]);
  }
  const then = only(await outcome(() => session.rollback()));
  return [`then: ${then}`, `it has ended: ${ended <= 20}`];
});

attack("cancel: at once", async () => {
  const session = await inserted();
  const said = await Promise.all(Array.from({ length: 100 }, () => outcome(() => execute(session, ALL))));
  const busy = said.filter((line) => line === "refused busy").length;
  const done = said.filter((line) => line.startsWith("got")).length;
  return [`some are done: ${done >= 1}`, `neither done nor busy: ${100 - done - busy}`];
});
