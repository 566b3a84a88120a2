/**
 * Kysely in the sandbox beside Kysely on Node.js, on the same database:
 * `npm run bench -- --component FILE [--sqlservice COMMAND] [--database NAME]… [--times N]`.
 *
 * The processor's time is that of the client, on both sides: of SQLite the database's too, of servers not theirs.
 */

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { Kysely } from "kysely";

import { isThere, makeDatabases } from "../outside/databases.ts";
import { call } from "../outside/sandbox.ts";
import { type Dialect, DIALECTS } from "../programs/program.ts";
import type { DB } from "../programs/schema.ts";
import { authors, booksOf, measure, PARTS, TITLES, type Work, WORKS } from "./work.ts";

const { values } = parseArgs({
  options: {
    component: { type: "string" },
    sqlservice: { type: "string", default: process.env["SQLSERVICE"] ?? "sqlservice" },
    database: { type: "string", multiple: true },
    times: { type: "string", default: "9" },
  },
});

/** The graph as one writes it with Kysely: parents, their keys, children, in statements of many rows. */
function saveGraph(dialect: Dialect): (db: Kysely<DB>) => Promise<void> {
  return (db) =>
    db.transaction().execute(async (trx) => {
      const names = authors();
      const into = trx.insertInto("author").values(names.map((name) => ({ name })));
      const keys = dialect === "mariadb" ? await counted(into, names.length) : await into.returning("id").execute();
      const books = names.flatMap((name, i) => booksOf(name).map((title) => ({ author_id: keys[i]?.id ?? 0, title })));
      for (const half of [books.slice(0, names.length), books.slice(names.length)]) {
        await trx.insertInto("book").values(half).execute();
      }
    });
}

/** MariaDB tells the first key; those of one statement follow each other. */
async function counted(
  into: { executeTakeFirstOrThrow(): Promise<{ insertId?: bigint | undefined }> },
  length: number,
): Promise<{ id: number }[]> {
  const { insertId } = await into.executeTakeFirstOrThrow();
  return Array.from({ length }, (_, i) => ({ id: Number(insertId) + i }));
}

function median(all: number[]): number {
  const sorted = [...all].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** What a work took: the median of the milliseconds, and the processor's time of each. */
interface Taken {
  readonly wall: number;
  readonly processor: number;
}

/** A side: does a work so many times, and tells the milliseconds of each. */
type Side = (work: Work, times: number) => Promise<number[]>;

/** Does a work once and then so many times more: what is there once, as the start of a process, is not counted. */
async function take(side: Side, work: Work, processor: () => number): Promise<Taken> {
  const times = Number(values.times);
  await side(work, 0);
  const start = processor();
  await side(work, 0);
  const once = processor();
  const all = await side(work, times);
  const each = (processor() - once - (once - start)) / times;
  return { wall: median(all), processor: Math.max(0, each) / PARTS[work] };
}

/** Milliseconds that the processor was busy for this process. */
function ofThis(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The same for processes that it started and that have ended, from Linux's own counts of hundredths of a second. */
function ofOthers(): number {
  const fields = readFileSync("/proc/self/stat", "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[13]) + Number(fields[14])) * 10;
}

function row(dialect: Dialect, work: Work, inside: Taken, outside: Taken): string {
  const cells = (["wall", "processor"] as const).flatMap((what) => [
    inside[what].toFixed(3),
    outside[what].toFixed(3),
    outside[what] > 0 ? (inside[what] / outside[what]).toFixed(2) : "-",
  ]);
  return `| ${dialect} | ${TITLES[work]} | ${cells.join(" | ")} |`;
}

async function runOn(dialect: Dialect, component: string): Promise<void> {
  const sandbox = { command: values.sqlservice, component };
  const create = (url: string) => void call(sandbox, url, "create");
  const databases = await makeDatabases(dialect, create, true);
  try {
    create(databases.inside);
    databases.copyTables();
    const db = databases.connect([]);
    const outside: Side = (work, times) => measure(db, work, times, saveGraph(dialect));
    const inside: Side = (work, times) =>
      Promise.resolve(JSON.parse(call(sandbox, databases.inside, "bench", work, String(times))) as number[]);
    for (const work of WORKS) {
      const there = await take(outside, work, ofThis);
      const here = await take(inside, work, ofOthers);
      console.log(row(dialect, work, here, there));
    }
    await db.destroy();
  } finally {
    await databases.drop();
  }
}

if (values.component === undefined) throw new Error("--component is missing");
console.log(
  "| database | work | sandbox, ms | Node.js, ms | ratio | sandbox, processor ms | Node.js, processor ms | ratio |",
);
console.log("| --- | --- | --- | --- | --- | --- | --- | --- |");
for (const dialect of DIALECTS) {
  if ((values.database?.includes(dialect) ?? true) && isThere(dialect)) await runOn(dialect, values.component);
}
