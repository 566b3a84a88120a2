/** What the benchmark does, on both sides. */

import type { Kysely } from "kysely";

import type { DB } from "../programs/schema.ts";

export type Work = "point" | "read" | "insert" | "graph" | "query" | "values";

/** The last two do not use the database: they show what JavaScript itself takes, which the sandbox interprets and Node.js compiles. */
export const WORKS: readonly Work[] = ["point", "read", "insert", "graph", "query", "values"];

/** What each work is. */
export const TITLES: Readonly<Record<Work, string>> = {
  point: "a row by its key",
  read: "read 10,000 rows",
  insert: "insert 10,000 rows",
  graph: "save 1,000 + 2,000 objects",
  query: "build the query of a row, no database",
  values: "build the insert of 10,000 rows, no database",
};

/** Rows that are read, and rows that are inserted. */
const ROWS = 10_000;
const POINTS = 200;
const CHUNK = 1_000;

/** How many times a work does what it is measured by. */
export const PARTS: Readonly<Record<Work, number>> = {
  point: POINTS,
  read: 1,
  insert: 1,
  graph: 1,
  query: POINTS,
  values: 1,
};

/** The authors of the graph. */
export function authors(): string[] {
  return Array.from({ length: 1_000 }, (_, i) => `author ${i}`);
}

/** The titles of an author's books. */
export function booksOf(author: string): string[] {
  return [`${author}: one`, `${author}: two`];
}

/** Rows to insert, made anew: a component keeps what its modules hold. */
function notes(): { text: string; stars: number }[] {
  return Array.from({ length: ROWS }, (_, i) => ({ text: `note number ${i}`, stars: i % 5 }));
}

/** Does a work so many times, after one time that is not counted, and returns the milliseconds of each; of one row for `point`. */
export async function measure(
  db: Kysely<DB>,
  work: Work,
  times: number,
  graph: (db: Kysely<DB>) => Promise<void>,
): Promise<number[]> {
  const run = { point, read, insert, graph, query, values }[work];
  const measured: number[] = [];
  for (let i = 0; i <= times; i++) {
    await prepare(db, work);
    const begin = Date.now();
    await run(db);
    const milliseconds = Date.now() - begin;
    if (i > 0) measured.push(milliseconds / PARTS[work]);
  }
  await prepare(db, "insert");
  return measured;
}

async function prepare(db: Kysely<DB>, work: Work): Promise<void> {
  if (work === "query" || work === "values") return;
  if (work === "point" || work === "read") {
    const { n } = await db
      .selectFrom("note")
      .select(({ fn }) => fn.countAll<number>().as("n"))
      .executeTakeFirstOrThrow();
    if (Number(n) !== ROWS) await insert(db);
    return;
  }
  for (const table of ["note", "book", "author"] as const) await db.deleteFrom(table).execute();
}

function byKey(db: Kysely<DB>, id: number) {
  return db.selectFrom("note").select(["id", "text", "stars"]).where("id", "=", id);
}

function ofNotes(db: Kysely<DB>, rows: { text: string; stars: number }[]) {
  return db.insertInto("note").values(rows);
}

/** Single rows, one query after the other. */
async function point(db: Kysely<DB>): Promise<void> {
  const { first } = await db
    .selectFrom("note")
    .select(({ fn }) => fn.min("id").as("first"))
    .executeTakeFirstOrThrow();
  for (let i = 0; i < POINTS; i++) {
    await byKey(db, Number(first) + i).executeTakeFirstOrThrow();
  }
}

async function read(db: Kysely<DB>): Promise<void> {
  const rows = await db.selectFrom("note").select(["id", "text", "stars"]).execute();
  if (rows.length !== ROWS) throw new Error(`${rows.length} rows were read`);
}

async function insert(db: Kysely<DB>): Promise<void> {
  const rows = notes();
  await db.transaction().execute(async (trx) => {
    for (let at = 0; at < ROWS; at += CHUNK) {
      await ofNotes(trx, rows.slice(at, at + CHUNK)).execute();
    }
  });
}

/** The queries of `point`, which are built and not run. */
async function query(db: Kysely<DB>): Promise<void> {
  for (let i = 0; i < POINTS; i++) byKey(db, i).toOperationNode();
}

/** The statements of `insert`, which are built and not run. */
async function values(db: Kysely<DB>): Promise<void> {
  const rows = notes();
  for (let at = 0; at < ROWS; at += CHUNK) ofNotes(db, rows.slice(at, at + CHUNK)).toOperationNode();
}
