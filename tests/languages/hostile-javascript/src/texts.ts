/** SQL text: refused without its grant, and with it what ends transactions and what reaches the host. */

import raw from "sqlservice:database/raw-sql@0.2.0";

import { execute as executeText } from "@sqlservice/guest/raw";

import { begun, type contract, count, db, inserted, NO_OPTIONS } from "./tables.ts";
import { attack, lines, outcome } from "./told.ts";

const TRANSACTIONS = [
  "COMMIT",
  "rollback",
  "BEGIN",
  "  /* */ START TRANSACTION",
  "END",
  "SAVEPOINT x",
  "RELEASE x",
  "-- nothing\nCOMMIT",
  "INSERT INTO users (id, name) VALUES (901, 'x'); COMMIT",
  "SELECT 1; DROP TABLE users",
  "",
  ";",
  "-- nothing",
  "/*!50000 COMMIT */",
  "SET autocommit = 1",
  "PREPARE TRANSACTION 'x'",
  "XA START 'x'",
  "LOCK TABLES users WRITE",
];

/** What reaches files and schemas of SQLite, where the host is the only wall. */
const REACHES = [
  "PRAGMA table_info(users)",
  "PRAGMA writable_schema = 1",
  "ATTACH 'other.db' AS other",
  "VACUUM INTO '/tmp/owned.db'",
  "SELECT * FROM sqlite_master",
  "SELECT * FROM pragma_table_info('users')",
  "SELECT load_extension('x')",
  "SELECT writefile('/tmp/owned', 'x')",
  "CREATE VIRTUAL TABLE x USING csv(filename = '/etc/passwd')",
  "DETACH main",
  "EXPLAIN SELECT 1",
];

/** Runs a text below the SDK. */
async function send(session: contract.Session, text: string): Promise<string> {
  await raw.execute(session, text, [], NO_OPTIONS);
  return "rows";
}

/** Whether a text runs in a transaction with a row, which is rolled back whatever was said. */
async function tried(text: string): Promise<string> {
  const session = await inserted();
  const said = await outcome(() => send(session, text));
  await session.rollback();
  session[Symbol.dispose]();
  return `${text.split(/\s+/).filter(Boolean).join(" ")}: ${said.startsWith("got") ? "ran" : "refused"}`;
}

async function all(texts: string[]): Promise<string[]> {
  const said = [];
  for (const text of texts) said.push(await tried(text));
  return [...said, `users: ${await count()}`];
}

attack("text: denied", () =>
  lines({
    "the SDK": async () => (await executeText(await db.session(), "SELECT 1")).rows.length,
    "the bindings": async () => send(await begun(), "SELECT 1"),
    nothing: async () => send(await begun(), ""),
  }),
);

attack("text: transactions", () => all(TRANSACTIONS));
attack("text: files", () => all(REACHES));

attack("text: for ever", async () => {
  const endless =
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 100000000000) SELECT count(*) FROM c";
  return [`it ends: ${await outcome(async () => send(await begun(), endless))}`];
});
