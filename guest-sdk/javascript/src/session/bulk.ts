import type { KnownTables } from "../catalog.ts";
import type * as contract from "../contract.ts";
import { host, InvalidError, NotFoundError } from "../errors.ts";
import { contractOptions, type StatementOptions } from "../executor.ts";
import { decodeRows, encodeColumn } from "../values/batch.ts";
import { wellFormed } from "../values/encode.ts";

/** Rows to insert: objects with the same properties, or arrays of values by column, all of one length. */
export type BulkRows = readonly Readonly<Record<string, unknown>>[] | Readonly<Record<string, readonly unknown[]>>;

/** The result of a bulk insert: the number of rows, and the returned columns of each row in input order. */
export interface BulkResult {
  readonly affected: number;
  readonly rows: Record<string, any>[];
}

/** The session, tables and options of a bulk insert. */
export interface BulkSend {
  readonly session: contract.Session;
  readonly tables: KnownTables;
  readonly options: StatementOptions;
}

/** Inserts many rows in one crossing. */
export async function insertMany(
  { session, tables, options }: BulkSend,
  table: string,
  rows: BulkRows,
  returning: readonly string[],
): Promise<BulkResult> {
  const types = tables.columns(table);
  if (!types)
    throw new NotFoundError({
      code: "no-such-table",
      message: `the table ${table} is neither declared nor reflected`,
      table,
    });
  const columns = isRows(rows) ? columnsOf(rows) : (rows as Readonly<Record<string, readonly unknown[]>>);
  const names = Object.keys(columns);
  const count = columns[names[0] ?? ""]?.length ?? 0;
  const data = names.map((name) => {
    const type = types.get(name);
    const values = columns[name] ?? [];
    if (!type)
      throw new NotFoundError({
        code: "no-such-column",
        message: `${table} has no column ${name}`,
        table,
        columns: [name],
      });
    if (values.length !== count) throw invalid(`${name} has ${values.length} values, ${names[0]} has ${count}`);
    return encodeColumn(type, values, name);
  });
  if (count === 0) return { affected: 0, rows: [] };
  for (const name of returning) wellFormed(name, "a column to return");
  const batch = { rows: count, columns: data };
  const result = await host(() => session.insertMany(table, names, batch, [...returning], contractOptions(options)));
  const decodings = returning.map((name) => ({ name, mode: types.get(name)?.mode }));
  return { affected: Number(result.affected), rows: returning.length ? await all(result, decodings) : [] };
}

function isRows(rows: BulkRows): rows is readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(rows);
}

function columnsOf(rows: readonly Readonly<Record<string, unknown>>[]): Record<string, unknown[]> {
  const names = Object.keys(rows[0] ?? {});
  const columns: Record<string, unknown[]> = Object.fromEntries(names.map((name) => [name, new Array(rows.length)]));
  rows.forEach((row, i) => {
    if (Object.keys(row).length !== names.length) throw invalid(`row ${i} has other columns than the first one`);
    for (const name of names) {
      if (!(name in row)) throw invalid(`row ${i} has no ${name}; write null`);
      (columns[name] as unknown[])[i] = row[name];
    }
  });
  return columns;
}

async function all(
  result: contract.ResultSet,
  columns: { name: string; mode: any }[],
): Promise<Record<string, unknown>[]> {
  const rows = decodeRows(result.firstBatch, columns);
  const { cursor } = result;
  try {
    for (let batch; cursor && (batch = await host(() => cursor.nextBatch(10_000, 4 << 20)));) {
      rows.push(...decodeRows(batch, columns));
    }
  } finally {
    cursor?.[Symbol.dispose]();
  }
  return rows;
}

function invalid(message: string): InvalidError {
  return new InvalidError({ code: "invalid", message });
}
