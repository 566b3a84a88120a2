import type { RootOperationNode } from "kysely";

import type * as contract from "./contract.ts";
import { host } from "./errors.ts";
import { bulkInsert, type BulkInsert } from "./statement/bulk-insert.ts";
import type { Catalog } from "./statement/scope.ts";
import { lower } from "./statement/lower.ts";
import { decodeRows } from "./values/batch.ts";
import type { Decoding } from "./values/decode.ts";
import { count } from "./values/encode.ts";

/** How statements run. The host's own limits hold as well; the lower one counts. */
export interface StatementOptions {
  /** How long a statement may take, in milliseconds. */
  readonly timeoutMs?: number;
  /** How many rows it may return before it fails with a `LimitError`. */
  readonly maxRows?: number;
}

/** Options in the contract's terms. */
export function contractOptions(options: StatementOptions, batchRows?: number): contract.Options {
  return {
    timeoutMs: options.timeoutMs === undefined ? null : count(options.timeoutMs, "timeoutMs"),
    maxRows: options.maxRows === undefined ? null : BigInt(count(options.maxRows, "maxRows")),
    batchRows: batchRows === undefined ? null : count(batchRows, "the size of a batch"),
  };
}

/** What a statement gave: its first rows, and how to read them. */
export interface Executed {
  readonly result: contract.ResultSet;
  readonly columns: readonly Decoding[];
}

interface CachedStatement {
  readonly prepared: contract.Prepared;
  readonly columns: readonly contract.ResultColumn[];
}

/** Statements kept prepared; those that were not used for longest go first. */
const MOST_PREPARED = 128;
/** Statements with more nodes than this are sent as they are: inserts of many rows seldom come twice. */
const MOST_NODES = 300;

/** Sends statements. One that comes a second time, with whatever values, is prepared and then sent by its handle. */
export class Executor {
  readonly catalog: Catalog;
  /** The database's kind, once it is opened. */
  dialect = "";
  private readonly prepared = new Map<string, CachedStatement | "seen">();

  constructor(catalog: Catalog) {
    this.catalog = catalog;
  }

  /** Runs what Kysely built on a session. */
  async run(session: contract.Session, node: RootOperationNode, options: contract.Options): Promise<Executed> {
    const bulk = bulkInsert(this.catalog, node);
    if (bulk && this.canInsert(bulk, options)) return this.insertMany(session, bulk, options);
    const { statement, parameters, columns } = lower(this.catalog, node);
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

  /** Whether a bulk insert can tell what the statement would. */
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
    // As drivers tell it: SQLite's last one, and the first one of MariaDB's.
    const lastKey = all[this.dialect === "sqlite" ? rows.rows - 1 : 0] ?? null;
    return { result: { ...result, lastKey, firstBatch: { rows: 0, columns: [] } }, columns: [] };
  }

  private async cached(session: contract.Session, statement: contract.Statement): Promise<CachedStatement | undefined> {
    if (statement.nodes.length > MOST_NODES) return undefined;
    const key = keyOf(statement);
    const known = this.prepared.get(key);
    if (known === undefined) {
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

  /** Forgets all prepared statements. */
  clear(): void {
    for (const entry of this.prepared.values()) if (entry !== "seen") entry.prepared[Symbol.dispose]();
    this.prepared.clear();
  }
}

/** A text that only equal statements have. JSON has no bigints, which few statements hold. */
function keyOf(statement: contract.Statement): string {
  try {
    return JSON.stringify(statement);
  } catch {
    return JSON.stringify(statement, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));
  }
}

/** Rows of a batch after the first: as many as fit these many bytes. */
const BATCH_BYTES = 4 << 20;

/** The rows of a result, batch by batch. Whatever ends the reading closes the cursor. */
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
