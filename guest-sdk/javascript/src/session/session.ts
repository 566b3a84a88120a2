import { Kysely, type SelectQueryBuilder } from "kysely";

import type { KnownTables } from "../catalog.ts";
import type * as contract from "../contract.ts";
import { contractReflect, contractTransaction, type ReflectOptions, type TransactionOptions } from "../database.ts";
import { ConstraintError, host, InvalidError, NoResultError } from "../errors.ts";
import { contractOptions, type Executor, type StatementOptions } from "../executor.ts";
import { DataConnection } from "../kysely/connection.ts";
import { DataDialect } from "../kysely/dialect.ts";
import { isolation, SessionDriver } from "../kysely/driver.ts";
import { DataIntrospector } from "../kysely/introspector.ts";
import type { Models, Schema } from "../schema/models.ts";
import { lower } from "../statement/lower.ts";
import { type BulkRows, type BulkResult, insertMany } from "./bulk.ts";
import type { FlushPlan } from "./flush-plan.ts";
import type { Graph, Loaded, With } from "./graph.ts";
import { load, type LoadRequest } from "./load.ts";
import { Mapping, type Row } from "./mapping.ts";
import { DataSavepoint } from "./savepoint.ts";
import { UnitOfWork } from "./unit-of-work.ts";

/** The parts that a session is built from. */
export interface SessionParts {
  readonly session: contract.Session;
  readonly close: (session: contract.Session) => Promise<void>;
  readonly tables: KnownTables;
  readonly executor: Executor;
  readonly options: StatementOptions;
}

type Name<M extends Models<any, any>> = keyof Schema<M> & string;

/** The rows to find, and the relationships to load with them in the same crossing. */
export interface FindOptions<M extends Models<any, any>, K extends Name<M>, W> {
  /** Required column values; `null` matches null. */
  readonly where?: { readonly [C in keyof Schema<M>[K]]?: unknown };
  /** Adds conditions, an order or a limit to the query. Its selections are replaced by the table's columns. */
  readonly query?: (query: SelectQueryBuilder<Schema<M>, K, object>) => SelectQueryBuilder<Schema<M>, K, object>;
  /** Relationships to load: `{ devices: { tags: true } }`. */
  readonly with?: W;
}

/**
 * A session of a database. The first statement begins a transaction, `commit` or `rollback` ends it. Objects that
 * `find` and `save` return belong to the session: the next `flush`, `find`, `get` or `commit` writes their changes. A
 * row has only one object.
 */
export class Session<M extends Models<any, any>> {
  /** Kysely over this session. */
  readonly kysely: Kysely<Schema<M>>;
  private readonly connection: DataConnection;
  private readonly parts: SessionParts;
  private readonly unit: UnitOfWork;
  private readonly mapping: Mapping;
  /** The open savepoints. A garbage-collected savepoint would be rolled back, with the changes since it was set. */
  private savepoints: DataSavepoint[] = [];
  private ended = false;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(models: M, parts: SessionParts) {
    this.parts = parts;
    this.connection = new DataConnection(parts.session, parts.executor, parts.options);
    this.kysely = this.over(this.connection);
    this.mapping = Mapping.of(models, parts.tables);
    this.unit = new UnitOfWork(this.mapping);
  }

  /** Returns a Kysely over this session that runs its statements with other options. */
  withOptions(options: StatementOptions): Kysely<Schema<M>> {
    return this.over(new DataConnection(this.connection.handle, this.parts.executor, options));
  }

  /** Begins a transaction. If one is open already, this throws a `TransactionError`. */
  async begin(options: TransactionOptions = {}): Promise<void> {
    await this.connection.call((session) => session.begin(contractTransaction(options)));
  }

  /** Writes the changes and commits. Without an open transaction and changes this does nothing. */
  async commit(): Promise<void> {
    await this.flush();
    await this.connection.call((session) => session.commit());
    this.savepoints = [];
    this.ended = true;
  }

  /** Rolls back. The session no longer tracks the objects that were found or saved. */
  async rollback(): Promise<void> {
    this.unit.clear();
    await this.connection.call((session) => session.rollback());
    this.savepoints = [];
    this.ended = true;
  }

  /** Whether the plugin itself has committed or rolled back. A transaction ended by a host limit does not count. */
  get hasEnded(): boolean {
    return this.ended;
  }

  /** Sets a savepoint, and begins a transaction if none is open. */
  async savepoint(): Promise<DataSavepoint> {
    await this.flush();
    const set = await this.connection.call((session) => session.beginNested());
    const savepoint = new DataSavepoint(set, () => this.unit.clear());
    this.savepoints = [...this.savepoints.filter((one) => one.isOpen), savepoint];
    return savepoint;
  }

  /** Runs a call of the contract on this session. For the SDK's own modules. */
  withHandle<T>(run: (session: contract.Session) => Promise<T>): Promise<T> {
    return this.connection.call(run);
  }

  /** Whether a transaction is open. */
  inTransaction(): boolean {
    return this.connection.handle.inTransaction();
  }

  /** Sets the isolation level of later transactions; `autocommit` runs without transactions. */
  async setIsolation(level: contract.Isolation): Promise<void> {
    await this.connection.call((session) => session.setIsolation(isolation(level)));
  }

  /** Returns the isolation level in force. */
  getIsolation(): Promise<contract.Isolation> {
    return this.connection.call((session) => session.getIsolation());
  }

  /** Reads tables from the database, including those of the open transaction. */
  async reflect(options: ReflectOptions = {}): Promise<contract.Table[]> {
    const tables = await this.connection.call((session) => session.reflect(contractReflect(options)));
    for (const table of tables) this.parts.tables.add(table);
    return tables;
  }

  /**
   * Inserts many rows in one crossing, all or none: objects that all have the same columns, or arrays of values by
   * column, `{ name: ["ann", "bob"] }`. Returned columns come in the order of the rows.
   */
  insertMany<K extends Name<M>>(
    table: K,
    rows: BulkRows,
    options: { readonly returning?: readonly (keyof Schema<M>[K] & string)[] } = {},
  ): Promise<BulkResult> {
    const send = { session: this.connection.handle, tables: this.parts.tables, options: this.parts.options };
    return insertMany(send, table, rows, options.returning ?? []);
  }

  /**
   * Writes an object, new or not, and the objects that it reaches by its relationships, and sets their keys and
   * defaults. A failure undoes only this save. Changes to other objects usually wait for the next flush: they are
   * written too if a delete is pending, or if these objects cannot be written without them.
   */
  async save<K extends Name<M>, const G extends Graph<M, K>>(table: K, object: G): Promise<G & Loaded<M, K, {}>> {
    await this.saveAll(table, [object]);
    return object as unknown as G & Loaded<M, K, {}>;
  }

  /** Saves many objects as `save` does, in one crossing. */
  async saveAll<K extends Name<M>, const G extends Graph<M, K>>(
    table: K,
    objects: readonly G[],
  ): Promise<(G & Loaded<M, K, {}>)[]> {
    const added: Row[] = [];
    try {
      for (const object of objects) added.push(...this.unit.add(table, object as object));
      await this.flushSome([...added, ...(objects as readonly object[] as readonly Row[])]);
    } catch (error) {
      this.unit.forget(added);
      throw error;
    }
    return [...objects] as unknown as (G & Loaded<M, K, {}>)[];
  }

  /**
   * Marks an object to be deleted by the next flush, with the objects to which its relationships cascade the delete.
   */
  async delete(object: object): Promise<void> {
    const missing = this.unit.unloaded(object);
    if (missing.length > 0) await this.load(missing);
    for (const follower of this.unit.delete(object)) await this.delete(follower);
  }

  /** Writes all changed, added and deleted objects in one crossing, all or none. */
  async flush(): Promise<void> {
    await this.inTurn(() => this.send(this.unit.plan()));
  }

  /** Writes some objects. If that breaks a constraint or is invalid, writes them together with all others. */
  private async flushSome(objects: readonly Row[]): Promise<void> {
    try {
      await this.inTurn(() => this.send(this.unit.plan(objects)));
    } catch (error) {
      if (!(error instanceof ConstraintError || error instanceof InvalidError)) throw error;
      await this.flush();
    }
  }

  /** Runs a flush after all flushes in progress, so that it does not write their changes again. */
  private inTurn(run: () => Promise<void>): Promise<void> {
    const result = this.turn.then(run);
    this.turn = result.catch(() => undefined);
    return result;
  }

  private async send(flush: FlushPlan): Promise<void> {
    if (flush.changes.length === 0) return this.unit.done(flush, []);
    const batches = await this.connection.call((session) => session.flush(flush.changes));
    this.unit.done(flush, batches);
  }

  /** Finds rows as objects, with relationships, in one crossing. */
  async find<K extends Name<M>, const W extends With<M, K> = {}>(
    table: K,
    options: FindOptions<M, K, W> = {},
  ): Promise<Loaded<M, K, W>[]> {
    await this.flush();
    const columns = this.mapping.table(table).table.columns.map(({ name }) => `${table}.${name}`);
    let query = this.kysely.selectFrom(table as never) as unknown as SelectQueryBuilder<any, any, object>;
    for (const [column, value] of Object.entries(options.where ?? {})) {
      query = value === null ? query.where(column, "is", null) : query.where(column, "=", value);
    }
    if (options.query) query = options.query(query as never) as never;
    const node = query
      .clearSelect()
      .select(columns as never)
      .toOperationNode();
    const { statement, parameters } = lower(this.parts.tables, node);
    const root = { tag: "query", val: { statement, parameters } } as const;
    return (await this.load([{ table, root, with: options.with ?? {} }])) as Loaded<M, K, W>[];
  }

  /** Returns the object with a primary key, with relationships; undefined if there is no such row. */
  async get<K extends Name<M>, const W extends With<M, K> = {}>(
    table: K,
    key: unknown,
    options: { readonly with?: W } = {},
  ): Promise<Loaded<M, K, W> | undefined> {
    await this.flush();
    const root = this.mapping.table(table).keyRoot(Array.isArray(key) ? key : [key]);
    const [object] = await this.load([{ table, root, with: options.with ?? {} }]);
    return object as Loaded<M, K, W> | undefined;
  }

  /** Returns the object with a primary key, with relationships; throws a `NoResultError` if there is no such row. */
  async getOrThrow<K extends Name<M>, const W extends With<M, K> = {}>(
    table: K,
    key: unknown,
    options: { readonly with?: W } = {},
  ): Promise<Loaded<M, K, W>> {
    const object = await this.get(table, key, options);
    if (object) return object;
    throw new NoResultError({
      code: "no-result",
      message: `there is no row of ${table} with the key ${String(key)}`,
      table,
    });
  }

  /** Rolls back an open transaction and releases the connection. A second close does nothing. */
  async close(): Promise<void> {
    this.unit.clear();
    if (!this.connection.isOpen) return;
    await this.parts.close(this.connection.take());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private async load(requests: readonly LoadRequest[]): Promise<object[]> {
    const objects: object[] = [];
    for (const request of requests) {
      const { handle } = this.connection;
      const send = (plan: contract.Plan) => host(() => handle.load(plan, contractOptions(this.parts.options)));
      objects.push(...(await load(this.unit, this.mapping, request, send)));
    }
    return objects;
  }

  private over(connection: DataConnection): Kysely<Schema<M>> {
    const introspector = new DataIntrospector(() => this.reflect({ views: true }));
    return new Kysely({ dialect: new DataDialect(new SessionDriver(connection), introspector) });
  }
}
