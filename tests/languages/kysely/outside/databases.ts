/** The databases outside of the sandbox, by Kysely's own dialects. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { Kysely, type KyselyPlugin, MysqlDialect, PostgresDialect, type SqliteDatabase, SqliteDialect } from "kysely";
import mysql from "mysql2";
import pg from "pg";
import Cursor from "pg-cursor";

import type { Dialect } from "../programs/program.ts";
import type { DB } from "../programs/schema.ts";

/** A database of each side, and how to reach them. */
export interface Databases {
  /** The URL of the one that the sandbox uses. */
  readonly inside: string;
  /** Makes the tables of the outer one as those of the inner one are. */
  copyTables(): void;
  connect(plugins: KyselyPlugin[]): Kysely<DB>;
  drop(): Promise<void>;
}

/** The URL of a server, from the environment; nothing where it is not said. */
function server(dialect: Dialect): string | undefined {
  return process.env[dialect === "postgresql" ? "SQLSERVICE_TEST_POSTGRES" : "SQLSERVICE_TEST_MARIADB"];
}

/** Whether the machine has such a database. */
export function isThere(dialect: Dialect): boolean {
  return dialect === "sqlite" || server(dialect) !== undefined;
}

/** Makes two new databases. What is written to one that is no `isDurable` may be lost where the machine stops. */
export async function makeDatabases(
  dialect: Dialect,
  create: (url: string) => void,
  isDurable = false,
): Promise<Databases> {
  if (dialect === "sqlite") return sqliteFiles(isDurable);
  const names = ["inside", "outside"].map((side) => `kysely_${side}_${process.pid}`);
  const administer = dialect === "postgresql" ? onPostgres : onMysql;
  for (const name of names) {
    await administer(`drop database if exists ${name}`);
    await administer(`create database ${name}`);
    if (dialect === "postgresql" && !isDurable) await administer(`alter database ${name} set synchronous_commit = off`);
  }
  const [inside = "", outside = ""] = names.map((name) => within(dialect, name));
  return {
    inside,
    copyTables: () => create(outside),
    connect: (plugins) => (dialect === "postgresql" ? postgres(outside, plugins) : mariadb(outside, plugins)),
    drop: async () => {
      for (const name of names) await administer(`drop database if exists ${name}`);
    },
  };
}

function within(dialect: Dialect, database: string): string {
  const url = new URL(server(dialect) ?? "");
  url.pathname = `/${database}`;
  return url.href;
}

async function onPostgres(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server("postgresql") });
  await client.connect();
  await client.query(statement);
  await client.end();
}

async function onMysql(statement: string): Promise<void> {
  const connection = mysql.createConnection({ uri: (server("mariadb") ?? "").replace(/^mariadb/, "mysql") });
  await connection.promise().query(statement);
  await connection.promise().end();
}

function sqliteFiles(isDurable: boolean): Databases {
  const directory = mkdtempSync(join(tmpdir(), "sqlservice-kysely-"));
  const [inside, outside] = [join(directory, "inside.db"), join(directory, "outside.db")];
  return {
    inside: `sqlite:${inside}`,
    copyTables: () => copySqliteTables(inside, outside),
    connect: (plugins) =>
      new Kysely<DB>({ dialect: new SqliteDialect({ database: openSqlite(outside, isDurable) }), plugins }),
    drop: async () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** Only the host's SQLite has its collation of decimals. */
function copySqliteTables(inside: string, outside: string): void {
  const [from, to] = [new DatabaseSync(inside), new DatabaseSync(outside)];
  for (const { sql } of from.prepare("select sql from sqlite_master where sql is not null").all()) {
    to.exec(String(sql).replaceAll(" COLLATE DECIMAL", ""));
  }
  from.close();
  to.close();
}

/** SQLite of Node.js as Kysely wants it. It has no truth values and dates, which are bound as the tables keep them. */
function openSqlite(path: string, isDurable: boolean): SqliteDatabase {
  const database = new DatabaseSync(path);
  // As the host has it.
  database.exec(`pragma journal_mode = wal; pragma synchronous = ${isDurable ? "full" : "off"}`);
  const bound = (parameters: readonly unknown[]) => parameters.map(sqliteValue);
  return {
    close: () => database.close(),
    prepare: (text) => {
      const statement = database.prepare(text);
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...bound(parameters)),
        run: (parameters) => statement.run(...bound(parameters)),
        iterate: (parameters) => statement.iterate(...bound(parameters)),
      };
    },
  };
}

function sqliteValue(value: unknown): SQLInputValue {
  if (typeof value === "boolean") return Number(value);
  return value instanceof Date ? value.toISOString() : (value as SQLInputValue);
}

/** Integers and dates as the sandbox's columns have them. */
function postgres(connectionString: string, plugins: KyselyPlugin[]): Kysely<DB> {
  const { builtins } = pg.types;
  const parsers: Record<number, (text: string) => unknown> = { [builtins.INT8]: Number, [builtins.DATE]: String };
  const types = {
    getTypeParser: (id: number, format?: "text" | "binary") =>
      parsers[id] ?? pg.types.getTypeParser(id, format as "text"),
  };
  const pool = new pg.Pool({ connectionString, types: types as pg.CustomTypesConfig });
  return new Kysely<DB>({ dialect: new PostgresDialect({ pool, cursor: Cursor }), plugins });
}

function mariadb(url: string, plugins: KyselyPlugin[]): Kysely<DB> {
  const pool = mysql.createPool({
    uri: url.replace(/^mariadb/, "mysql"),
    timezone: "Z",
    dateStrings: ["DATE"],
  });
  return new Kysely<DB>({ dialect: new MysqlDialect({ pool }), plugins });
}
