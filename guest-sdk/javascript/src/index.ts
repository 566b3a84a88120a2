/// <reference path="./imports.d.ts" />
/// <reference path="./globals.d.ts" />
/** Databases for sandboxed plugins: tables, a typed Kysely whose queries travel as data, and a small session. */

export {
  Database,
  database,
  type DatabaseOptions,
  type DdlOptions,
  type ReflectOptions,
  type TransactionOptions,
} from "./database.ts";
export * from "./errors.ts";
export type { StatementOptions } from "./executor.ts";
export {
  array,
  bigint,
  boolean,
  bytes,
  Column,
  date,
  decimal,
  enumeration,
  float32,
  float64,
  id,
  int16,
  int32,
  int64,
  interval,
  json,
  native,
  text,
  time,
  timestamp,
  timestampTz,
  uint64,
  uuid,
  varchar,
} from "./schema/column.ts";
export { Models, models, type RowOf, type Schema } from "./schema/models.ts";
export { belongsTo, hasMany, hasOne, manyToMany, type Relationship } from "./schema/relationship.ts";
export { type NewRow, type Row, type Table, table } from "./schema/table.ts";
export { type Interval, jsonNull, type JsonNull } from "./schema/type.ts";
export type { float, int, uint, uint32 } from "./wit-types.ts";
export type { BulkResult, BulkRows } from "./session/bulk.ts";
export type { DataSavepoint as Savepoint } from "./session/savepoint.ts";
export { Session } from "./session/session.ts";
export { startsWith } from "./kysely/starts-with.ts";
