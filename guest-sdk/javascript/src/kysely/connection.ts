import type { CompiledQuery, DatabaseConnection, QueryResult } from "kysely";

import type * as contract from "../contract.ts";
import { ClosedError, host } from "../errors.ts";
import { allRows, batches, contractOptions, type Executor, type StatementOptions } from "../executor.ts";
import type { DataSavepoint } from "../session/savepoint.ts";

/** The rows of each batch after the first when a whole result set is read. */
const BATCH_ROWS = 10_000;

/** A session of the contract as Kysely's connection. */
export class DataConnection implements DatabaseConnection {
  readonly savepoints: { name: string; savepoint: DataSavepoint }[] = [];
  private readonly executor: Executor;
  private readonly options: StatementOptions;
  private session: contract.Session | undefined;
  private transaction: contract.Session | undefined;

  constructor(session: contract.Session, executor: Executor, options: StatementOptions) {
    this.session = session;
    this.executor = executor;
    this.options = options;
  }

  /**
   * The session that statements run on: the open transaction's, or else the connection's own. Throws once it is closed.
   */
  get handle(): contract.Session {
    const session = this.transaction ?? this.session;
    if (session) return session;
    throw new ClosedError({ code: "closed", message: "the connection was closed" });
  }

  /** Whether the connection is open. */
  get isOpen(): boolean {
    return this.session !== undefined;
  }

  /** Runs later statements on a transaction's session. */
  enter(transaction: contract.Session): void {
    this.transaction = transaction;
  }

  /** Switches back to the connection's own session. The caller ends the transaction's session, which this returns. */
  leave(): contract.Session | undefined {
    const { transaction } = this;
    this.transaction = undefined;
    this.savepoints.length = 0;
    return transaction;
  }

  async executeQuery<R>({ query }: CompiledQuery): Promise<QueryResult<R>> {
    const executed = await this.executor.run(this.handle, query, contractOptions(this.options));
    const { affected, lastKey } = executed.result;
    return result(query.kind, (await allRows(executed, BATCH_ROWS)) as R[], affected, lastKey);
  }

  async *streamQuery<R>({ query }: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
    const executed = await this.executor.run(this.handle, query, contractOptions(this.options, chunkSize));
    for await (const rows of batches(executed, chunkSize)) yield { rows: rows as R[] };
  }

  /** Runs a call of the contract on the session. */
  call<T>(run: (session: contract.Session) => Promise<T>): Promise<T> {
    const { handle } = this;
    return host(() => run(handle));
  }

  /** Detaches the session and returns it. Later calls throw a `ClosedError`. */
  take(): contract.Session {
    const { handle } = this;
    this.session = undefined;
    return handle;
  }
}

function result<R>(kind: string, rows: R[], affected: bigint, lastKey: bigint | null): QueryResult<R> {
  if (kind === "SelectQueryNode") return { rows };
  return lastKey === null
    ? { rows, numAffectedRows: affected }
    : { rows, numAffectedRows: affected, insertId: lastKey };
}
