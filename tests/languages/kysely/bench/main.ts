/**
 * Kysely in the sandbox beside Kysely on Node.js, on the same database:
 * `npm run bench -- --component FILE [--sqlservice COMMAND] [--database NAME]… [--times N]`.
 */

import { parseArgs } from "node:util";
import type { Kysely } from "kysely";

import { isThere, makeDatabases } from "../outside/databases.ts";
import { call } from "../outside/sandbox.ts";
import { type Dialect, DIALECTS } from "../programs/program.ts";
import type { DB } from "../programs/schema.ts";
import { authors, booksOf, measure, WORKS } from "./work.ts";

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

async function runOn(dialect: Dialect, component: string): Promise<void> {
  const sandbox = { command: values.sqlservice, component };
  const create = (url: string) => void call(sandbox, url, "create");
  const databases = await makeDatabases(dialect, create);
  try {
    create(databases.inside);
    databases.copyTables();
    const db = databases.connect([]);
    for (const work of WORKS) {
      const outside = median(await measure(db, work, Number(values.times), saveGraph(dialect)));
      const inside = median(JSON.parse(call(sandbox, databases.inside, "bench", work, values.times)) as number[]);
      const ratio = (inside / outside).toFixed(2);
      console.log(
        `${dialect} ${work}: ${inside.toFixed(3)} ms in the sandbox, ${outside.toFixed(3)} ms on Node.js, ${ratio}`,
      );
    }
    await db.destroy();
  } finally {
    await databases.drop();
  }
}

if (values.component === undefined) throw new Error("--component is missing");
for (const dialect of DIALECTS) {
  if ((values.database?.includes(dialect) ?? true) && isThere(dialect)) await runOn(dialect, values.component);
}
