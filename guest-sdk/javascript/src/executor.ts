import type { RootOperationNode } from "kysely";

import type * as contract from "./contract.ts";
import { host } from "./errors.ts";
import { bulkInsert, type BulkInsert } from "./statement/bulk-insert.ts";
import type { Catalog } from "./statement/scope.ts";
import { checkNames, lowerUnchecked } from "./statement/lower.ts";
import { decodeRows } from "./values/batch.ts";
import type { Decoding } from "./values/decode.ts";
import { count } from "./values/encode.ts";

/** Options of statements. The host's own limits apply too; the lower one counts. */
export interface StatementOptions {
  /** How long a statement may take, in milliseconds. */
  readonly timeoutMs?: number;
  /** How many rows a statement may return before it fails with a `LimitError`. */
  readonly maxRows?: number;
}

/** Converts statement options to the contract's. */
export function contractOptions(options: StatementOptions, batchRows?: number): contract.Options {
  return {
    timeoutMs: options.timeoutMs === undefined ? null : count(options.timeoutMs, "timeoutMs"),
    maxRows: options.maxRows === undefined ? null : BigInt(count(options.maxRows, "maxRows")),
    batchRows: batchRows === undefined ? null : count(batchRows, "the size of a batch"),
  };
}

/** The result of a statement, and how to decode its columns. */
export interface Executed {
  readonly result: contract.ResultSet;
  readonly columns: readonly Decoding[];
}

interface CachedStatement {
  readonly prepared: contract.Prepared;
  readonly columns: readonly contract.ResultColumn[];
}

/** The size of the statement cache. The least recently used statement is evicted first. */
const MOST_PREPARED = 128;
/** Statements with more nodes than this are not cached: inserts of many rows are seldom repeated. */
const MOST_NODES = 300;

/** Sends statements. A statement that repeats, with any parameters, is prepared and then sent by its handle. */
export class Executor {
  readonly catalog: Catalog;
  /** The database's kind, once it is opened. */
  dialect = "";
  private readonly prepared = new Map<string, CachedStatement | "seen">();

  constructor(catalog: Catalog) {
    this.catalog = catalog;
  }

  /** Runs a Kysely query on a session. */
  async run(session: contract.Session, node: RootOperationNode, options: contract.Options): Promise<Executed> {
    const bulk = bulkInsert(this.catalog, node);
    if (bulk && this.canInsert(bulk, options)) return this.insertMany(session, bulk, options);
    const { statement, parameters, columns } = lowerUnchecked(this.catalog, node);
    const cached = await this.cached(session, statement);
    const result = await (cached
      ? host(() => session.run(cached.prepared, parameters, options))
      : host(() => session.execute(statement, parameters, options)));
    const told = cached ? cached.columns : result.columns;
    const decodings = told.map(({ name, ty }, i) => ({
      name: columns[i]?.name || name,
      mode: columns[i]?.type?.mode,
      ty,
    }));
    return { result, columns: decodings };
  }

  /** Whether a bulk insert can report the same generated key as the statement would. */
  private canInsert({ counted }: BulkInsert, { maxRows }: contract.Options): boolean {
    const tellsKeys = this.dialect === "sqlite" || this.dialect === "mariadb";
    return counted === undefined || this.dialect === "postgresql" || (tellsKeys && maxRows === null);
  }

  private async insertMany(session: contract.Session, bulk: BulkInsert, options: contract.Options): Promise<Executed> {
    const { table, columns, rows, counted, outputs } = bulk;
    const isAsked = counted !== undefined && this.dialect !== "postgresql";
    const returning = isAsked ? [counted] : bulk.returning;
    const result = await host(() => session.insertMany(table, columns, rows, returning, options));
    const decodings = outputs.map(({ name, type }) => ({ name, mode: type?.mode }));
    if (!isAsked) return { result, columns: decodings };
    const [keys] = result.firstBatch.columns;
    const all = (keys?.values.val ?? []) as ArrayLike<bigint>;
    // As their drivers report it: SQLite's last key, MariaDB's first.
    const lastKey = all[this.dialect === "sqlite" ? rows.rows - 1 : 0] ?? null;
    return { result: { ...result, lastKey, firstBatch: { rows: 0, columns: [] } }, columns: [] };
  }

  private async cached(session: contract.Session, statement: contract.Statement): Promise<CachedStatement | undefined> {
    if (statement.nodes.length > MOST_NODES) {
      checkNames(statement);
      return undefined;
    }
    const key = keyOf(statement);
    const known = this.prepared.get(key);
    if (known === undefined) {
      checkNames(statement);
      this.remember(key, "seen");
      return undefined;
    }
    if (known !== "seen") {
      this.remember(key, known);
      return known;
    }
    const prepared = await host(() => session.prepare(statement));
    const made = { prepared, columns: prepared.columns() };
    this.remember(key, made);
    return made;
  }

  private remember(key: string, entry: CachedStatement | "seen"): void {
    this.prepared.delete(key);
    this.prepared.set(key, entry);
    if (this.prepared.size <= MOST_PREPARED) return;
    const [oldest, gone] = this.prepared.entries().next().value as [string, CachedStatement | "seen"];
    this.prepared.delete(oldest);
    if (gone !== "seen") gone.prepared[Symbol.dispose]();
  }

  /** Disposes of all prepared statements. */
  clear(): void {
    for (const entry of this.prepared.values()) if (entry !== "seen") entry.prepared[Symbol.dispose]();
    this.prepared.clear();
  }
}

/** A statement's cache key. Bigints, which JSON lacks, become text in the few statements that hold them. */
function keyOf(statement: contract.Statement): string {
  try {
    return JSON.stringify(statement);
  } catch {
    return JSON.stringify(statement, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));
  }
}

/** The most bytes of each batch after the first. */
const BATCH_BYTES = 4 << 20;

/** Yields the rows of a result, batch by batch. The cursor is closed however the iteration ends. */
export async function* batches(
  executed: Executed,
  size: number,
): AsyncGenerator<Record<string, unknown>[], void, undefined> {
  const { result, columns } = executed;
  const { cursor } = result;
  try {
    yield decodeRows(result.firstBatch, columns);
    while (cursor) {
      const batch = await host(() => cursor.nextBatch(size, BATCH_BYTES));
      if (!batch) return;
      yield decodeRows(batch, columns);
    }
  } finally {
    cursor?.[Symbol.dispose]();
  }
}

/** Reads all rows of a result. */
export async function allRows(executed: Executed, size: number): Promise<Record<string, unknown>[]> {
  const { result, columns } = executed;
  if (!result.cursor) return decodeRows(result.firstBatch, columns);
  const rows: Record<string, unknown>[] = [];
  for await (const some of batches(executed, size)) for (const row of some) rows.push(row);
  return rows;
}
