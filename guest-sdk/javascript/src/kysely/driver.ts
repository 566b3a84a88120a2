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

/** An isolation level in the contract's words. */
export function isolation(level: IsolationLevel | contract.Isolation | undefined): contract.Isolation {
  const word = String(level ?? "default").replace(" ", "-");
  if (!LEVELS.includes(word)) throw unsupported(`the isolation level ${word}`);
  return word as contract.Isolation;
}

/** What both drivers do: savepoints. */
abstract class SavepointDriver {
  async savepoint(connection: DataConnection, name: string): Promise<void> {
    connection.savepoints.push({
      name,
      savepoint: new DataSavepoint(await connection.call((session) => session.beginNested())),
    });
  }

  /** Kysely's savepoint stays after a rollback to it, as SQL's does: it is set again. */
  async rollbackToSavepoint(connection: DataConnection, name: string): Promise<void> {
    await this.end(connection, name, (savepoint) => savepoint.rollback());
    await this.savepoint(connection, name);
  }

  async releaseSavepoint(connection: DataConnection, name: string): Promise<void> {
    await this.end(connection, name, (savepoint) => savepoint.release());
  }

  /** Ends the savepoint of this name and those inside of it. */
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

/** A driver that takes a session of the database for each query or transaction. Outside of transactions each statement commits itself. */
export class DataDriver extends SavepointDriver implements Driver {
  private readonly open: () => Promise<contract.Database>;
  private readonly executor: Executor;
  private readonly options: StatementOptions;

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
    const database = await this.open();
    const session = await host(() => database.connect());
    try {
      await host(() => session.setIsolation("autocommit"));
    } catch (error) {
      await host(() => sessions.Session.close(session));
      throw error;
    }
    return new DataConnection(session, this.executor, this.options);
  }

  async beginTransaction(connection: DataConnection, settings: TransactionSettings): Promise<void> {
    const level = isolation(settings.isolationLevel);
    const options = { isolation: level, readOnly: settings.accessMode === "read only", timeoutMs: null };
    await connection.call((session) => session.setIsolation("default"));
    await connection.call((session) => session.begin(options));
  }

  async commitTransaction(connection: DataConnection): Promise<void> {
    connection.savepoints.length = 0;
    await connection.call((session) => session.commit());
    await connection.call((session) => session.setIsolation("autocommit"));
  }

  async rollbackTransaction(connection: DataConnection): Promise<void> {
    connection.savepoints.length = 0;
    await connection.call((session) => session.rollback());
    await connection.call((session) => session.setIsolation("autocommit"));
  }

  async releaseConnection(connection: DataConnection): Promise<void> {
    const session = connection.take();
    await host(() => sessions.Session.close(session));
  }

  async destroy(): Promise<void> {
    this.executor.clear();
  }
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
    const level = isolation(settings.isolationLevel);
    const options = { isolation: level, readOnly: settings.accessMode === "read only", timeoutMs: null };
    await connection.call((session) => session.begin(options));
  }

  async commitTransaction(connection: DataConnection): Promise<void> {
    await connection.call((session) => session.commit());
  }

  async rollbackTransaction(connection: DataConnection): Promise<void> {
    await connection.call((session) => session.rollback());
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {}
}
