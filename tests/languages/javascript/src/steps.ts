/** What the steps of the list do, by the calls that a program would write. */

import { NoResultError, type Savepoint, type Session } from "@sqlservice/guest";
import { execute } from "@sqlservice/guest/raw";
import type { Kysely } from "kysely";

import { database } from "./database.ts";
import { outputs } from "./kinds.ts";
import type { schema } from "./models.ts";
import { change, graphOf, load, remove, save } from "./objects.ts";
import { expression, query, rowNames } from "./query.ts";
import { fromList, type Json, kindOfColumn, rowFromList, toList } from "./values.ts";

/** A session of a case with its open savepoints. */
export interface Opened {
  readonly session: Session<typeof schema>;
  readonly savepoints: { name: string; savepoint: Savepoint }[];
}

/** Kysely of a session, as a query of the list needs it. */
function kysely({ session }: Opened): Kysely<any> {
  return session.kysely as Kysely<any>;
}

/** What each step does. */
export const STEPS: Readonly<Record<string, (opened: Opened, step: Json) => Promise<Json>>> = {
  "create all": async () => ({ tables: await database.createAll() }),
  "drop all": async () => ({ tables: await database.dropAll() }),
  ping: async () => database.ping().then(() => ({})),
  reflect: async (_, step) => reflect(step),
  select: async (opened, step) => select(opened, step),
  stream: async (opened, step) => stream(opened, step),
  insert: async (opened, step) => insert(opened, step),
  "insert many": async (opened, step) => insertMany(opened, step),
  upsert: async (opened, step) => upsert(opened, step),
  update: async (opened, step) => {
    const changed = kysely(opened)
      .updateTable(step.table)
      .set(assignments(kysely(opened), step.set));
    return write(changed, step, kysely(opened));
  },
  delete: async (opened, step) => write(kysely(opened).deleteFrom(step.table), step, kysely(opened)),
  begin: async ({ session }, step) => {
    await session.begin({ isolation: step.isolation?.replace("-", " "), readOnly: step["read only"] ?? false });
    return {};
  },
  commit: async ({ session, savepoints }) => {
    savepoints.length = 0;
    return session.commit().then(() => ({}));
  },
  rollback: async ({ session, savepoints }) => {
    savepoints.length = 0;
    return session.rollback().then(() => ({}));
  },
  savepoint: async ({ session, savepoints }, { name }) => {
    savepoints.push({ name, savepoint: await session.savepoint() });
    return {};
  },
  release: async (opened, { name }) => endSavepoint(opened, name, (one) => one.release()),
  "rollback to": async (opened, { name }) => endSavepoint(opened, name, (one) => one.rollback()),
  save: async ({ session }, { model, object }) => ({ object: graphOf(model, await save(session, model, object)) }),
  load: async ({ session }, step) => ({ objects: (await load(session, step)).map((one) => graphOf(step.model, one)) }),
  change: async ({ session }, step) => change(session, step),
  remove: async ({ session }, { model, key }) => remove(session, model, key),
  raw: async ({ session }, { sql, parameters }) => {
    const { columns, rows } = await execute(session, sql[await database.dialect()], (parameters ?? []).map(fromList));
    return { rows: rows.map((row) => columns.map((name) => toList(row[name], undefined))) };
  },
};

async function endSavepoint(
  { savepoints }: Opened,
  name: string,
  end: (savepoint: Savepoint) => Promise<void>,
): Promise<Json> {
  for (;;) {
    const last = savepoints.pop();
    if (!last) throw new NoResultError({ code: "no-result", message: `there is no savepoint ${name}` });
    await end(last.savepoint);
    if (last.name === name) return {};
  }
}

async function reflect({ only }: Json): Promise<Json> {
  const tables = await database.reflect({ only: only ?? [] });
  const told = tables.map((table) => [
    table.name,
    {
      columns: table.columns.map(({ name }) => name),
      "primary key": table.primaryKey,
      "foreign keys": table.foreignKeys.map((key) => [key.columns, key.table, key.referred]),
      uniques: table.uniques.map(({ columns }) => columns),
    },
  ]);
  return { tables: Object.fromEntries(told) };
}

async function select(opened: Opened, step: Json): Promise<Json> {
  const maxRows = step["max rows"];
  const db = maxRows === undefined ? kysely(opened) : (opened.session.withOptions({ maxRows }) as Kysely<any>);
  const rows = await query(db, step.query, true).execute();
  return { columns: outputs(step.query).map(({ name }) => name), rows: listRows(step.query, rows) };
}

function listRows(given: Json, rows: Json[]): Json[] {
  const kinds = outputs(given).map(({ kind }) => kind);
  const names = rowNames(given);
  return rows.map((row) => names.map((name, i) => toList(row[name], kinds[i])));
}

async function stream(opened: Opened, step: Json): Promise<Json> {
  const rows: Json[] = [];
  for await (const row of query(kysely(opened), step.query, true).stream(step.batch)) {
    rows.push(row);
    if (rows.length === step.take) break;
  }
  return { rows: listRows(step.query, rows) };
}

async function insert(opened: Opened, step: Json): Promise<Json> {
  const into = kysely(opened).insertInto(step.table);
  if (step.query)
    return affected(
      await into
        .columns(step.columns)
        .expression(query(kysely(opened), step.query))
        .executeTakeFirst(),
    );
  const values = into.values(step.rows.map(rowFromList));
  if (step.returning) return { rows: returned(step, await values.returning(step.returning).execute()) };
  return affected(await values.executeTakeFirst());
}

function returned({ table, returning }: Json, rows: Json[]): Json[] {
  return rows.map((row) => returning.map((name: string) => toList(row[name], kindOfColumn(table, name))));
}

function affected(result: Json): Json {
  return { affected: Number(result.numInsertedOrUpdatedRows ?? result.numUpdatedRows ?? result.numDeletedRows) };
}

async function insertMany({ session }: Opened, step: Json): Promise<Json> {
  const columns = Object.fromEntries(
    step.columns.map((name: string, i: number) => [name, step.rows.map((row: Json[]) => fromList(row[i]))]),
  );
  const result = await session.insertMany(step.table, columns, { returning: step.returning ?? [] });
  return step.returning ? { rows: returned(step, result.rows) } : { affected: result.affected };
}

async function upsert(opened: Opened, step: Json): Promise<Json> {
  const db = kysely(opened);
  const into = db.insertInto(step.table).values(rowFromList(step.row));
  const built = into.onConflict((conflict) => {
    const key = conflict.columns(step.key);
    if (!step.set) return key.doNothing();
    const update = key.doUpdateSet(assignments(db, step.set) as never) as any;
    return step.where ? update.where(expression(db, step.where)) : update;
  });
  await built.execute();
  return {};
}

function assignments(db: Kysely<any>, set: Json): Record<string, unknown> {
  return Object.fromEntries(Object.entries(set).map(([column, value]) => [column, expression(db, value)]));
}

async function write(change: any, step: Json, db: Kysely<any>): Promise<Json> {
  const built = step.where ? change.where(expression(db, step.where)) : change;
  if (step.returning) return { rows: returned(step, await built.returning(step.returning).execute()) };
  return affected(await built.executeTakeFirst());
}
