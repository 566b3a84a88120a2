import sessions from "sqlservice:database/sessions@0.2.0";
import type { Driver, IsolationLevel, TransactionSettings } from "kysely";

import type * as contract from "../contract.ts";
import { host, InvalidError } from "../errors.ts";
import type { Executor, StatementOptions } from "../executor.ts";
import { DataSavepoint } from "../session/savepoint.ts";
import { unsupported } from "../statement/arena.ts";
import { DataConnection } from "./connection.ts";

const LEVELS: readonly string[] = [
  "default",
  "read-uncommitted",
  "read-committed",
  "repeatable-read",
  "serializable",
  "autocommit",
];

/** Converts an isolation level to the contract's name. */
export function isolation(level: IsolationLevel | contract.Isolation | undefined): contract.Isolation {
  const word = String(level ?? "default").replace(" ", "-");
  if (!LEVELS.includes(word)) throw unsupported(`the isolation level ${word}`);
  return word as contract.Isolation;
}

/** The savepoints of both drivers. */
abstract class SavepointDriver {
  async savepoint(connection: DataConnection, name: string): Promise<void> {
    connection.savepoints.push({
      name,
      savepoint: new DataSavepoint(await connection.call((session) => session.beginNested())),
    });
  }

  /** Rolls back to a savepoint and sets it again: as in SQL, a savepoint outlives a rollback to it. */
  async rollbackToSavepoint(connection: DataConnection, name: string): Promise<void> {
    await this.end(connection, name, (savepoint) => savepoint.rollback());
    await this.savepoint(connection, name);
  }

  async releaseSavepoint(connection: DataConnection, name: string): Promise<void> {
    await this.end(connection, name, (savepoint) => savepoint.release());
  }

  /** Ends the savepoint with a name, and those nested in it. */
  private async end(
    connection: DataConnection,
    name: string,
    end: (savepoint: DataSavepoint) => Promise<void>,
  ): Promise<void> {
    if (!connection.savepoints.some((one) => one.name === name)) {
      throw new InvalidError({ code: "invalid", message: `there is no savepoint "${name}"` });
    }
    for (;;) {
      const last = connection.savepoints.pop();
      if (last) await end(last.savepoint);
      if (!last || last.name === name) return;
    }
  }
}

/** The most idle sessions to keep for later queries. An idle session holds no connection. */
const MOST_SPARE = 4;

/**
 * A driver whose queries commit themselves outside of transactions. Its sessions hold a connection only for a
 * statement, and are reused so that a query is one crossing. A transaction has a session of its own.
 */
export class DataDriver extends SavepointDriver implements Driver {
  private readonly open: () => Promise<contract.Database>;
  private readonly executor: Executor;
  private readonly options: StatementOptions;
  private spare: contract.Session[] = [];

  constructor(open: () => Promise<contract.Database>, executor: Executor, options: StatementOptions) {
    super();
    this.open = open;
    this.executor = executor;
    this.options = options;
  }

  async init(): Promise<void> {
    await this.open();
  }

  async acquireConnection(): Promise<DataConnection> {
    return new DataConnection(this.spare.pop() ?? (await this.makeSession()), this.executor, this.options);
  }

  private async makeSession(): Promise<contract.Session> {
    const database = await this.open();
    const session = await host(async () => database.session());
    try {
      await host(() => session.setIsolation("autocommit"));
      return session;
    } catch (error) {
      session[Symbol.dispose]();
      throw error;
    }
  }

  async beginTransaction(connection: DataConnection, settings: TransactionSettings): Promise<void> {
    const options = transactionOptions(settings);
    const database = await this.open();
    connection.enter(await host(() => database.begin(options)));
  }

  /** Keeps the transaction's session if the commit fails, because Kysely then rolls back. */
  async commitTransaction(connection: DataConnection): Promise<void> {
    await connection.call((session) => session.commit());
    connection.leave()?.[Symbol.dispose]();
  }

  async rollbackTransaction(connection: DataConnection): Promise<void> {
    await connection.call((session) => session.rollback());
    connection.leave()?.[Symbol.dispose]();
  }

  async releaseConnection(connection: DataConnection): Promise<void> {
    const transaction = connection.leave();
    const session = connection.take();
    if (transaction) await host(() => sessions.Session.close(transaction));
    if (this.spare.length < MOST_SPARE) this.spare.push(session);
    else await host(() => sessions.Session.close(session));
  }

  async destroy(): Promise<void> {
    for (const session of this.spare) session[Symbol.dispose]();
    this.spare = [];
    this.executor.clear();
  }
}

function transactionOptions({ isolationLevel, accessMode }: TransactionSettings): contract.TransactionOptions {
  return { isolation: isolation(isolationLevel), readOnly: accessMode === "read only", timeoutMs: null };
}

/** A driver whose queries all run on one session. */
export class SessionDriver extends SavepointDriver implements Driver {
  private readonly connection: DataConnection;

  constructor(connection: DataConnection) {
    super();
    this.connection = connection;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DataConnection> {
    return this.connection;
  }

  async beginTransaction(connection: DataConnection, settings: TransactionSettings): Promise<void> {
    const options = transactionOptions(settings);
    await connection.call((session) => session.begin(options));
  }

  async commitTransaction(connection: DataConnection): Promise<void> {
    await connection.call((session) => session.commit());
    connection.savepoints.length = 0;
  }

  async rollbackTransaction(connection: DataConnection): Promise<void> {
    await connection.call((session) => session.rollback());
    connection.savepoints.length = 0;
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {}
}
