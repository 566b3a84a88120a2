import databases from "sqlservice:database/databases@0.2.0";
import sessions from "sqlservice:database/sessions@0.2.0";
import { Kysely, type KyselyPlugin } from "kysely";

import { KnownTables } from "./catalog.ts";
import type * as contract from "./contract.ts";
import { host } from "./errors.ts";
import { Executor, type StatementOptions } from "./executor.ts";
import { DataDialect } from "./kysely/dialect.ts";
import { DataDriver, isolation } from "./kysely/driver.ts";
import { DataIntrospector } from "./kysely/introspector.ts";
import type { Models, Schema } from "./schema/models.ts";
import { Session } from "./session/session.ts";
import { count, wellFormed } from "./values/encode.ts";

/** Options for opening a database. */
export interface DatabaseOptions extends StatementOptions {
  /** The name under which the database was granted; `default` by default. */
  readonly name?: string;
  /** Kysely's plugins. */
  readonly plugins?: KyselyPlugin[];
}

/** Options of a transaction. */
export interface TransactionOptions {
  readonly isolation?: "read uncommitted" | "read committed" | "repeatable read" | "serializable";
  readonly readOnly?: boolean;
  /** How long the transaction may stay open, in milliseconds. */
  readonly timeoutMs?: number;
}

/** The tables to create or drop. */
export interface DdlOptions {
  /** Only these declared tables; all by default. */
  readonly only?: readonly string[];
  /** Whether to skip tables that already exist, or are already missing (the default). Otherwise they are an error. */
  readonly checkFirst?: boolean;
}

/** The tables to reflect from the database. */
export interface ReflectOptions {
  /** Only these tables. A table that does not exist is an error that names it. */
  readonly only?: readonly string[];
  readonly schema?: string;
  /** Whether to reflect views too. */
  readonly views?: boolean;
}

/** Converts a transaction's options to the contract's. */
export function contractTransaction(options: TransactionOptions): contract.TransactionOptions {
  return {
    isolation: isolation(options.isolation),
    readOnly: options.readOnly ?? false,
    timeoutMs: options.timeoutMs === undefined ? null : count(options.timeoutMs, "timeoutMs"),
  };
}

/** Converts reflection options to the contract's. */
export function contractReflect(options: ReflectOptions): contract.ReflectOptions {
  const { only = [], schema } = options;
  return {
    only: only.map((name) => wellFormed(name, "a table's name")),
    schema: schema === undefined ? null : wellFormed(schema, "a schema's name"),
    views: options.views ?? false,
  };
}

function contractDdl(only: readonly string[], checkFirst: boolean): { only: string[]; checkFirst: boolean } {
  return { only: only.map((name) => wellFormed(name, "a table's name")), checkFirst };
}

/** A database with a plugin's models, opened at its first use. */
export class Database<M extends Models<any, any>> {
  /** Kysely over this database. Outside of its transactions each statement commits itself. */
  readonly kysely: Kysely<Schema<M>>;
  readonly models: M;
  private readonly options: DatabaseOptions;
  private readonly tables: KnownTables;
  private readonly executor: Executor;
  private opened: Promise<contract.Database> | undefined;

  constructor(models: M, options: DatabaseOptions = {}) {
    this.models = models;
    this.options = options;
    this.tables = new KnownTables(models);
    this.executor = new Executor(this.tables);
    this.kysely = this.withOptions(options);
  }

  /** Returns a Kysely over this database that runs its statements with other options. */
  withOptions(options: StatementOptions): Kysely<Schema<M>> {
    const driver = new DataDriver(() => this.open(), this.executor, options);
    const introspector = new DataIntrospector(() => this.reflect({ views: true }));
    return new Kysely({ dialect: new DataDialect(driver, introspector), plugins: this.options.plugins ?? [] });
  }

  /** Returns the database's kind: `sqlite`, `postgresql`, `mysql`, `mariadb`. Prefer {@link capabilities}. */
  async dialect(): Promise<string> {
    return (await this.open()).dialect();
  }

  /** Returns the optional features that the database supports: `insert-returning`, `full-join`, … */
  async capabilities(): Promise<ReadonlySet<string>> {
    return new Set((await this.open()).capabilities());
  }

  /** Returns the limits in force, by name; 0 means none. */
  async limits(): Promise<ReadonlyMap<string, bigint>> {
    return new Map((await this.open()).limits().map(({ name, value }) => [name, value]));
  }

  /** Checks that the database answers. */
  async ping(): Promise<void> {
    await this.call((database) => database.ping());
  }

  /** Creates the declared tables in the order that foreign keys require. Returns the names of the created tables. */
  createAll({ only = [], checkFirst = true }: DdlOptions = {}): Promise<string[]> {
    return this.call((database) => database.createAll(contractDdl(only, checkFirst)));
  }

  /** Drops the declared tables in the opposite order. Returns the names of the dropped tables. */
  dropAll({ only = [], checkFirst = true }: DdlOptions = {}): Promise<string[]> {
    return this.call((database) => database.dropAll(contractDdl(only, checkFirst)));
  }

  /** Reads tables from the database. Tables that were not declared can be queried from then on. */
  async reflect(options: ReflectOptions = {}): Promise<contract.Table[]> {
    const tables = await this.call((database) => database.reflect(contractReflect(options)));
    for (const table of tables) this.tables.add(table);
    return tables;
  }

  /**
   * Opens a session that acquires a connection at its first use and releases it when its transaction ends. Close it.
   */
  async session(): Promise<Session<M>> {
    return this.wrap(await this.call(async (database) => database.session()));
  }

  /** Opens a session that keeps a connection of its own until it is closed. Close it. */
  async connect(): Promise<Session<M>> {
    return this.wrap(await this.call((database) => database.connect()));
  }

  /** Runs a function with a session in a transaction. Commits, or rolls back if the function throws. */
  async begin<T>(run: (session: Session<M>) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const session = this.wrap(await this.call((database) => database.begin(contractTransaction(options))));
    try {
      const result = await run(session);
      // `inTransaction()` cannot decide this: a limit may have ended the transaction.
      if (!session.hasEnded) await session.commit();
      return result;
    } finally {
      await session.close();
    }
  }

  /** Opens the contract's database once. For the SDK's own modules. */
  open(): Promise<contract.Database> {
    this.opened ??= this.openOnce();
    return this.opened;
  }

  private async openOnce(): Promise<contract.Database> {
    try {
      const opened = await host(() =>
        databases.Database.open(this.options.name ?? "default", this.models.toContract()),
      );
      this.executor.dialect = opened.dialect();
      return opened;
    } catch (error) {
      this.opened = undefined;
      throw error;
    }
  }

  private async call<T>(run: (database: contract.Database) => Promise<T>): Promise<T> {
    const database = await this.open();
    return host(() => run(database));
  }

  private wrap(session: contract.Session): Session<M> {
    return new Session(this.models, {
      session,
      close: (one) => host(() => sessions.Session.close(one)),
      tables: this.tables,
      executor: this.executor,
      options: this.options,
    });
  }
}

/** A database with a plugin's models, opened at its first use. */
export function database<M extends Models<any, any>>(models: M, options: DatabaseOptions = {}): Database<M> {
  return new Database(models, options);
}
