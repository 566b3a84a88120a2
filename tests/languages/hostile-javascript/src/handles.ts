/** Handles and values of the wrong kind below the SDK: each of these ends the instance, or is refused by the bindings. */

import databases from "sqlservice:database/databases@0.2.0";
import sessions from "sqlservice:database/sessions@0.2.0";

import {
  ALL,
  begun,
  column,
  type contract,
  DEFAULT,
  execute,
  inserted,
  inserting,
  integers,
  NO_OPTIONS,
  number,
  opened,
  select,
  selecting,
  source,
  strings,
  words,
} from "./tables.ts";
import { attack, lines, outcome } from "./told.ts";

type Anything = any;

attack("handles: a session that was closed", async () => {
  const session = await begun();
  await sessions.Session.close(session);
  return lines({ "once more": () => sessions.Session.close(session) });
});

attack("handles: a session that was dropped", async () => {
  const session = await begun();
  session[Symbol.dispose]();
  return lines({ run: () => execute(session, ALL), drop: () => session[Symbol.dispose]() });
});

attack("handles: a number", async () => {
  const session: Anything = await begun();
  const own = [...Object.getOwnPropertyNames(session), ...Object.getOwnPropertySymbols(session)];
  for (const name of own) session[name] = 4096;
  return [`names: ${own.length}`, ...(await lines({ run: () => execute(session, ALL) }))];
});

attack("handles: another kind", async () => {
  const session = await begun();
  const run: Anything = session.execute;
  const other = await opened();
  return lines({
    run: () => run.call(other, ALL, [], NO_OPTIONS),
    "close it": () => sessions.Session.close(other as Anything),
  });
});

attack("handles: made by hand", async () => {
  const session: Anything = Object.create(Object.getPrototypeOf(await begun()));
  return lines({ run: () => session.execute(ALL, [], NO_OPTIONS), drop: () => session[Symbol.dispose]() });
});

attack("handles: a session that is closed under its statement", async () => {
  const session = await (await opened()).begin(DEFAULT);
  const running = session.execute(ALL, [], NO_OPTIONS);
  await sessions.Session.close(session);
  await running;
  return ["it is closed"];
});

attack("handles: a session of another database", async () => {
  const [one, other] = [await begun(), await begun()];
  const prepared = await one.prepare(ALL);
  return [`run: ${await outcome(async () => (await other.run(prepared, [], NO_OPTIONS)).firstBatch.rows > 0)}`];
});

/** A savepoint that is dropped undoes what came after it, and the transaction goes on. */
attack("handles: a savepoint that was dropped", async () => {
  const session = await inserted();
  const savepoint = await session.beginNested();
  const add = (key: number) => execute(session, inserting(["id", "name"], [[0, 1]], [number(key), words(`${key}`)]));
  await add(901);
  savepoint[Symbol.dispose]();
  return lines({
    "another row": () => add(902),
    "the same row": () => add(901),
    "all rows": () => execute(session, ALL),
  });
});

attack("handles: a parent that was dropped", async () => {
  const database = await opened();
  const session = await database.begin(DEFAULT);
  database[Symbol.dispose]();
  const savepoint = await session.beginNested();
  session[Symbol.dispose]();
  return [`release: ${(await outcome(() => sessions.Savepoint.release(savepoint))).split(" ")[0]}`];
});

const ROUNDS = 50;
const UNDER = selecting(
  source(),
  column("id"),
  number(901),
  { tag: "binary", val: { op: "equal", left: 1, right: 2 } },
  select([1], 0, null, { where: 3 }),
);

/** Drops it while a unit of work is written: that is written whole, or nothing of it is there. */
attack("handles: a savepoint that is dropped under its flush", async () => {
  let [refused, torn, ended] = [0, 0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    const session = (await opened()).session();
    await execute(session, inserting(["id", "name"], [[0, 1]], [number(900), words("before")]));
    const savepoint = await session.beginNested();
    const rows = { rows: 1, columns: [integers(901), strings([0, 5], "under")] };
    const val = { table: "users", columns: ["id", "name"], rows, links: [], returning: [] };
    const flushing = outcome(() => session.flush([{ tag: "inserts", val }]));
    savepoint[Symbol.dispose]();
    const isRefused = (await flushing).startsWith("refused");
    const found = await execute(session, UNDER);
    refused += Number(isRefused);
    torn += Number(isRefused && found > 0);
    ended += Number(!session.inTransaction());
    await sessions.Session.close(session);
  }
  return [`refused: ${refused}`, `refused and written: ${torn}`, `transactions that ended: ${ended}`];
});

attack("types: a text for a number", async () => {
  const evil: Anything = ["x"];
  const column: contract.ColumnData = { validity: null, values: { tag: "integers", val: evil } };
  await (await begun()).insertMany("users", ["id"], { rows: 1, columns: [column] }, [], NO_OPTIONS);
  return ["it is inserted"];
});

attack("types: a number out of range", async () => {
  const session = await begun();
  return lines({ "past 32 bits": () => execute(session, selecting(number(1), select([2 ** 40]))) });
});

attack("types: a case that is not there", async () => {
  const evil: Anything = { tag: "drop-everything", val: 1 };
  await execute(await begun(), selecting(evil, select([0])));
  return ["it has run"];
});

attack("types: an enumeration's other value", async () => {
  const evil: Anything = { tag: "binary", val: { op: "; DROP TABLE users; --", left: 0, right: 0 } };
  await execute(await begun(), selecting(number(1), evil, select([1])));
  return ["it has run"];
});

attack("types: half a character", async () => {
  await execute(await begun(), selecting(words("\ud800"), select([0])));
  return ["it has run"];
});

attack("types: nothing for something", async () => {
  const evil: Anything = undefined;
  await databases.Database.open("default", evil);
  return ["it is opened"];
});

attack("types: a list that holds itself", async () => {
  const tables: Anything[] = [];
  tables.push(tables);
  await databases.Database.open("default", { tables, relationships: tables });
  return ["it is opened"];
});

attack("types: more than a call may hand over", async () => {
  await execute(await begun(), selecting(words("x".repeat(100_000_000)), select([0])));
  return ["it has run"];
});

attack("types: a million names", () => {
  const names = new Array<string>(1_000_000).fill("id");
  const rows: contract.Batch = { rows: 0, columns: [] };
  const run = async (): Promise<bigint> =>
    (await (await begun()).insertMany("users", names, rows, [], NO_OPTIONS)).affected;
  return lines({ "a million": run });
});

/** A record whose fields change while they are read. */
attack("types: a record that changes", async () => {
  let reads = 0;
  const evil: Anything = new Proxy(integers(950), {
    get: (target: Anything, name) => (reads++ % 2 === 0 ? target[name] : undefined),
  });
  const session = await begun();
  const rows = { rows: 1, columns: [evil] };
  return lines({ insert: () => session.insertMany("users", ["id"], rows, [], NO_OPTIONS) });
});
