/** The tables that the test has made, the database, and pieces of statements below the SDK. */

import databases from "sqlservice:database/databases@0.2.0";
import sessions from "sqlservice:database/sessions@0.2.0";

import { database, int64, models, table, text, varchar } from "@sqlservice/guest";

import type * as contract from "../../../../guest-sdk/javascript/src/contract.ts";

export type { contract };

/** The key of the row that an attack writes and that has to be gone afterwards. */
export const ROW = 900;

const users = table("users", { id: int64().primaryKey(), name: varchar(64).unique(), note: text().nullable() });

/** The tables that were granted. */
export const schema = models({ users });
export const db = database(schema);

export const NO_OPTIONS: contract.Options = { timeoutMs: null, maxRows: null, batchRows: null };
export const DEFAULT: contract.TransactionOptions = { isolation: "default", readOnly: false, timeoutMs: null };
export const READING: contract.TransactionOptions = { ...DEFAULT, readOnly: true };

/** A new user. */
export function user(key: number = ROW): { id: number; name: string; note: null } {
  return { id: key, name: `hostile ${key}`, note: null };
}

/** The database below the SDK, with the users or with tables of the contract's. */
export function opened(tables: contract.Table[] = [model("users", "id", "name", "note")], name = "default") {
  return databases.Database.open(name, { tables, relationships: [] });
}

/** A session below the SDK, in a transaction. */
export async function begun(tables?: contract.Table[]): Promise<contract.Session> {
  return (await opened(tables)).begin(DEFAULT);
}

/** Rolls back what is open, and gives the connection back. */
export function closed(session: contract.Session): Promise<void> {
  return sessions.Session.close(session);
}

/** Does something with a session below the SDK, and closes it. */
export async function within<T>(run: (session: contract.Session) => Promise<T>, tables?: contract.Table[]): Promise<T> {
  const session = await begun(tables);
  try {
    return await run(session);
  } finally {
    await closed(session);
  }
}

/** How many users there are for everyone. */
export async function count(): Promise<number> {
  const rows = await db.kysely.selectFrom("users").select("id").execute();
  return rows.length;
}

/** Whether the attack's row is there for everyone. */
export async function isThere(key: number = ROW): Promise<boolean> {
  const rows = await db.kysely.selectFrom("users").select("id").where("id", "=", key).execute();
  return rows.length > 0;
}

/** A literal. */
export function literal(val: contract.Scalar): contract.Node {
  return { tag: "literal", val: { tag: "scalar", val } };
}

export const number = (value: number): contract.Node => literal({ tag: "integer", val: BigInt(value) });
export const words = (value: string): contract.Node => literal({ tag: "text", val: value });

/** A select. */
export function select(
  columns: number[],
  source: number | null = null,
  limit: number | null = null,
  more: Partial<contract.Select> = {},
): contract.Node {
  const rest = {
    ctes: [],
    distinct: false,
    where: null,
    groupBy: [],
    having: null,
    orderBy: [],
    offset: null,
    lock: null,
  };
  return { tag: "select", val: { ...rest, columns, source, limit, ...more } };
}

/** A table as a source. */
export const source = (name = "users", of: string | null = null): contract.Node => ({
  tag: "table",
  val: { table: name, schema: of, alias: null },
});

/** A column of a source. */
export const column = (name: string): contract.Node => ({ tag: "column", val: { table: null, name } });

/** A function. */
export const call = (name: string, ...given: number[]): contract.Node => ({
  tag: "call",
  val: { function: name, arguments: given, distinct: false, filter: null },
});

/** A statement whose last node is its query. */
export function selecting(...nodes: contract.Node[]): contract.Statement {
  return { nodes, root: { tag: "select", val: Math.max(nodes.length - 1, 0) } };
}

/** An insert of rows of nodes. */
export function inserting(
  columns: string[],
  rows: number[][],
  nodes: contract.Node[],
  name = "users",
): contract.Statement {
  const val: contract.Insert = {
    table: name,
    schema: null,
    columns,
    source: { tag: "values", val: rows },
    conflict: null,
    returning: [],
  };
  return { nodes, root: { tag: "insert", val } };
}

/** Runs a statement of the contract, and says how many rows it gave or changed. */
export async function execute(session: contract.Session, statement: contract.Statement): Promise<number> {
  const result = await session.execute(statement, [], NO_OPTIONS);
  return result.firstBatch.rows || Number(result.affected);
}

/** All users. */
export const ALL = selecting(source(), column("id"), select([1], 0));

/** A session below the SDK, in a transaction, with a row. */
export async function inserted(): Promise<contract.Session> {
  const session = await begun();
  await execute(session, inserting(["id", "name"], [[0, 1]], [number(ROW), words(`hostile ${ROW}`)]));
  return session;
}

/** A column of a batch. */
export const integers = (...items: number[]): contract.ColumnData => ({
  validity: null,
  values: { tag: "integers", val: items.map(BigInt) },
});

/** A column of a batch. */
export const strings = (offsets: number[], data: string): contract.ColumnData => ({
  validity: null,
  values: { tag: "texts", val: { offsets, data } },
});

/** A table of the contract's, with texts behind a key, of a schema where its name has one. */
export function model(name: string, ...columns: string[]): contract.Table {
  const type = (kind: contract.TypeKind): contract.ColumnType => ({
    kind,
    length: null,
    precision: null,
    scale: null,
    element: null,
    labels: [],
    native: null,
  });
  const none: contract.DefaultValue = { tag: "none" };
  const made = columns.map((item) => ({
    name: item,
    ty: type(item === "id" ? "int64" : "text"),
    nullable: item !== "id",
    default: none,
    onUpdate: none,
    computed: null,
    comment: null,
  }));
  return {
    name,
    schema: null,
    columns: made,
    primaryKeyName: null,
    primaryKey: columns.slice(0, 1),
    foreignKeys: [],
    uniques: [],
    indexes: [],
    checks: [],
    versionColumn: null,
    comment: null,
    isView: false,
  };
}
