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

/** What a database is opened with. */
export interface DatabaseOptions extends StatementOptions {
  /** The name under which it was granted; `default` where nothing is said. */
  readonly name?: string;
  /** Kysely's plugins. */
  readonly plugins?: KyselyPlugin[];
}

/** How a transaction runs. */
export interface TransactionOptions {
  readonly isolation?: "read uncommitted" | "read committed" | "repeatable read" | "serializable";
  readonly readOnly?: boolean;
  /** How long it may stay open, in milliseconds. */
  readonly timeoutMs?: number;
}

/** Which tables are created or dropped. */
export interface DdlOptions {
  /** Only these declared tables; all where nothing is said. */
  readonly only?: readonly string[];
  /** Whether tables that exist already, or are missing already, are passed over (they are) or an error. */
  readonly checkFirst?: boolean;
}

/** What is read from the database. */
export interface ReflectOptions {
  /** Only these tables, an error names those that do not exist. */
  readonly only?: readonly string[];
  readonly schema?: string;
  /** Whether views are read too. */
  readonly views?: boolean;
}

/** Options of a transaction in the contract's terms. */
export function contractTransaction(options: TransactionOptions): contract.TransactionOptions {
  return {
    isolation: isolation(options.isolation),
    readOnly: options.readOnly ?? false,
    timeoutMs: options.timeoutMs === undefined ? null : count(options.timeoutMs, "timeoutMs"),
  };
}

/** Options of reflection in the contract's terms. */
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

/** A database with a plugin's models. It is opened at its first use. */
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

  /** Kysely over this database whose statements run with other options. */
  withOptions(options: StatementOptions): Kysely<Schema<M>> {
    const driver = new DataDriver(() => this.open(), this.executor, options);
    const introspector = new DataIntrospector(() => this.reflect({ views: true }));
    return new Kysely({ dialect: new DataDialect(driver, introspector), plugins: this.options.plugins ?? [] });
  }

  /** Its kind: `sqlite`, `postgresql`, `mysql`, `mariadb`. Ask {@link capabilities} first. */
  async dialect(): Promise<string> {
    return (await this.open()).dialect();
  }

  /** What it can do, of what databases differ in: `insert-returning`, `full-join`, … */
  async capabilities(): Promise<ReadonlySet<string>> {
    return new Set((await this.open()).capabilities());
  }

  /** The limits that hold, by name; 0 means none. */
  async limits(): Promise<ReadonlyMap<string, bigint>> {
    return new Map((await this.open()).limits().map(({ name, value }) => [name, value]));
  }

  /** Asks the database for an answer. */
  async ping(): Promise<void> {
    await this.call((database) => database.ping());
  }

  /** Creates the declared tables in the order that foreign keys ask for. Returns the names of those created. */
  createAll({ only = [], checkFirst = true }: DdlOptions = {}): Promise<string[]> {
    return this.call((database) => database.createAll(contractDdl(only, checkFirst)));
  }

  /** Drops the declared tables in the opposite order. Returns the names of those dropped. */
  dropAll({ only = [], checkFirst = true }: DdlOptions = {}): Promise<string[]> {
    return this.call((database) => database.dropAll(contractDdl(only, checkFirst)));
  }

  /** Reads tables from the database. Those that were not declared can be queried from then on. */
  async reflect(options: ReflectOptions = {}): Promise<contract.Table[]> {
    const tables = await this.call((database) => database.reflect(contractReflect(options)));
    for (const table of tables) this.tables.add(table);
    return tables;
  }

  /** A session that takes a connection at its first use and gives it back when its transaction ends. Close it. */
  async session(): Promise<Session<M>> {
    return this.wrap(await this.call(async (database) => database.session()));
  }

  /** A session that has a connection of its own until it is closed. Close it. */
  async connect(): Promise<Session<M>> {
    return this.wrap(await this.call((database) => database.connect()));
  }

  /** Runs a function with a session in a transaction, and commits; or rolls back where the function throws. */
  async begin<T>(run: (session: Session<M>) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const session = this.wrap(await this.call((database) => database.begin(contractTransaction(options))));
    try {
      const result = await run(session);
      // Whether a transaction is open does not tell: a limit may have ended it.
      if (!session.hasEnded) await session.commit();
      return result;
    } finally {
      await session.close();
    }
  }

  /** The contract's own database, opened. For the SDK's parts. */
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

/** A database with a plugin's models. It is opened at its first use. */
export function database<M extends Models<any, any>>(models: M, options: DatabaseOptions = {}): Database<M> {
  return new Database(models, options);
}
