/** SQL as text, which has its own grant: for SQL that data cannot express, and for libraries that produce text. */

import raw from "sqlservice:database/raw-sql@0.2.0";

import type * as contract from "./contract.ts";
import { host } from "./errors.ts";
import { contractOptions, type StatementOptions } from "./executor.ts";
import type { Session } from "./session/session.ts";
import { decodeRows } from "./values/batch.ts";
import { encodeUntyped, wellFormed } from "./values/encode.ts";

/** The result of a statement of SQL text. */
export interface RawResult {
  readonly columns: readonly string[];
  readonly rows: Record<string, any>[];
  readonly affected: number;
}

/** Runs one statement of SQL text on a session. Placeholders are the database's own: `?`, or `$1` on PostgreSQL. */
export async function execute(
  session: Session<any>,
  sql: string,
  parameters: readonly unknown[] = [],
  options: StatementOptions = {},
): Promise<RawResult> {
  const values = parameters.map((value, i) => encodeUntyped(value, `parameter ${i + 1}`));
  const result = await session.withHandle<contract.ResultSet>((handle) =>
    raw.execute(handle, wellFormed(sql, "SQL text"), values, contractOptions(options)),
  );
  return {
    columns: result.columns.map(({ name }) => name),
    rows: await allRows(result),
    affected: Number(result.affected),
  };
}

async function allRows(result: contract.ResultSet): Promise<Record<string, unknown>[]> {
  const { cursor } = result;
  const rows = decodeRows(result.firstBatch, result.columns);
  try {
    for (let batch; cursor && (batch = await host(() => cursor.nextBatch(10_000, 4 << 20)));) {
      rows.push(...decodeRows(batch, result.columns));
    }
  } finally {
    cursor?.[Symbol.dispose]();
  }
  return rows;
}
