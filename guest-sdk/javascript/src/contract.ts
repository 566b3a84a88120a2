/**
 * The contract's types (`wit/*.wit`) in the engine's JavaScript representation. Not for plugins: the SDK's own calls
 * wrap them. Longer than other files because it is a list of declarations to be read side by side with the WIT.
 */

import type { Statement } from "./contract-statements.ts";

export type * from "./contract-statements.ts";

export type TypeKind =
  | "boolean"
  | "int16"
  | "int32"
  | "int64"
  | "uint64"
  | "float32"
  | "float64"
  | "decimal"
  | "text"
  | "varchar"
  | "bytes"
  | "uuid"
  | "json"
  | "date"
  | "time"
  | "timestamp"
  | "timestamp-tz"
  | "interval"
  | "enumeration"
  | "array"
  | "other";

export interface ColumnType {
  kind: TypeKind;
  length: number | null;
  precision: number | null;
  scale: number | null;
  element: TypeKind | null;
  labels: string[];
  native: string | null;
}

export interface Interval {
  months: number;
  days: number;
  microseconds: bigint;
}

export type Scalar =
  | { tag: "null" }
  | { tag: "boolean"; val: boolean }
  | { tag: "integer" | "unsigned" | "time" | "timestamp" | "timestamp-tz"; val: bigint }
  | { tag: "float"; val: number }
  | { tag: "decimal" | "text" | "json"; val: string }
  | { tag: "bytes"; val: Uint8Array }
  | { tag: "uuid"; val: [bigint, bigint] }
  | { tag: "date"; val: number }
  | { tag: "interval"; val: Interval }
  | { tag: "other"; val: { nativeType: string; text: string } };

export type Value = { tag: "scalar"; val: Scalar } | { tag: "array"; val: { dimensions: number[]; items: Scalar[] } };

export interface Strings {
  offsets: number[] | Uint32Array;
  data: string;
}

export interface Blobs {
  offsets: number[] | Uint32Array;
  data: Uint8Array;
}

export type Vector =
  | { tag: "booleans"; val: Uint8Array }
  | { tag: "integers" | "unsigneds" | "times" | "timestamps" | "timestamps-tz"; val: ArrayLike<bigint> }
  | { tag: "floats" | "dates"; val: ArrayLike<number> }
  | { tag: "decimals" | "texts" | "jsons"; val: Strings }
  | { tag: "bytes"; val: Blobs }
  | { tag: "uuids"; val: [bigint, bigint][] }
  | { tag: "intervals"; val: Interval[] }
  | { tag: "mixed"; val: Value[] };

export interface ColumnData {
  validity: Uint8Array | null;
  values: Vector;
}

export interface Batch {
  rows: number;
  columns: ColumnData[];
}

export type DefaultValue =
  { tag: "none" | "now" | "generated-key" } | { tag: "literal"; val: Value } | { tag: "expression"; val: string };

export interface Column {
  name: string;
  ty: ColumnType;
  nullable: boolean;
  default: DefaultValue;
  onUpdate: DefaultValue;
  computed: string | null;
  comment: string | null;
}

export type Action = "no-action" | "restrict" | "cascade" | "set-null" | "set-default";

export interface ForeignKey {
  name: string | null;
  columns: string[];
  table: string;
  schema: string | null;
  referred: string[];
  onDelete: Action;
  onUpdate: Action;
}

export interface Index {
  name: string | null;
  columns: string[];
  unique: boolean;
}

export interface Check {
  name: string | null;
  expression: string;
}

export interface Table {
  name: string;
  schema: string | null;
  columns: Column[];
  primaryKeyName: string | null;
  primaryKey: string[];
  foreignKeys: ForeignKey[];
  uniques: Index[];
  indexes: Index[];
  checks: Check[];
  versionColumn: string | null;
  comment: string | null;
  isView: boolean;
}

export type Cascade = "save-update" | "delete" | "delete-orphan";

export interface Relationship {
  name: string;
  owner: string;
  target: string;
  foreignKey: string[] | null;
  through: string | null;
  collection: boolean;
  cascade: Cascade[];
  passiveDeletes: boolean;
  postUpdate: boolean;
  orderBy: string[];
}

export interface Models {
  tables: Table[];
  relationships: Relationship[];
}

export interface ReflectOptions {
  only: string[];
  schema: string | null;
  views: boolean;
}

export interface Failure {
  code: string;
  message: string;
  sqlstate: string | null;
  retryable: boolean;
  constraint: string | null;
  table: string | null;
  columns: string[];
  position: number | null;
  details: { name: string; value: string }[];
}

export interface Options {
  timeoutMs: number | null;
  maxRows: bigint | null;
  batchRows: number | null;
}

export interface ResultColumn {
  name: string;
  ty: ColumnType;
  nullable: boolean | null;
}

export interface ResultSet {
  columns: ResultColumn[];
  firstBatch: Batch;
  cursor: Cursor | null;
  affected: bigint;
  lastKey: bigint | null;
}

export interface Resource {
  [Symbol.dispose](): void;
}

export interface Cursor extends Resource {
  nextBatch(maxRows: number, maxBytes: number): Promise<Batch | null>;
}

export interface Prepared extends Resource {
  columns(): ResultColumn[];
}

export type Savepoint = Resource;

export type Isolation =
  "default" | "read-uncommitted" | "read-committed" | "repeatable-read" | "serializable" | "autocommit";

export interface TransactionOptions {
  isolation: Isolation;
  readOnly: boolean;
  timeoutMs: number | null;
}

export interface KeyReference {
  row: number;
  column: number;
  ofChange: number;
  ofRow: number;
}

export interface KnownRows {
  columns: string[];
  rows: Batch;
}

export interface Inserts {
  table: string;
  columns: string[];
  rows: Batch;
  links: KeyReference[];
  returning: string[];
}

export interface Updates {
  table: string;
  keys: Batch;
  versions: Batch | null;
  columns: string[];
  rows: Batch;
  links: KeyReference[];
  returning: string[];
  stored: KnownRows | null;
}

export interface Deletes {
  table: string;
  keys: Batch;
  versions: Batch | null;
  stored: KnownRows | null;
  strict: boolean;
}

export type Change =
  { tag: "inserts"; val: Inserts } | { tag: "updates"; val: Updates } | { tag: "deletes"; val: Deletes };

export interface Load {
  relationship: string;
  nested: number[];
  joined: boolean;
}

export type LoadRoot =
  | { tag: "query"; val: { statement: Statement; parameters: Value[] } }
  | { tag: "keys"; val: Batch }
  | { tag: "known"; val: KnownRows };

export interface Plan {
  table: string;
  root: LoadRoot;
  loads: Load[];
  firstLoads: number[];
}

export interface Loaded {
  load: number;
  columns: ResultColumn[];
  rows: Batch;
}

export interface Session extends Resource {
  execute(statement: Statement, parameters: Value[], options: Options): Promise<ResultSet>;
  prepare(statement: Statement): Promise<Prepared>;
  run(prepared: Prepared, parameters: Value[], options: Options): Promise<ResultSet>;
  insertMany(table: string, columns: string[], rows: Batch, returning: string[], options: Options): Promise<ResultSet>;
  load(plan: Plan, options: Options): Promise<[ResultSet, Loaded[]]>;
  flush(changes: Change[]): Promise<Batch[]>;
  begin(options: TransactionOptions): Promise<void>;
  beginNested(): Promise<Savepoint>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
  setIsolation(level: Isolation): Promise<void>;
  getIsolation(): Promise<Isolation>;
  reflect(options: ReflectOptions): Promise<Table[]>;
  inTransaction(): boolean;
}

export interface Database extends Resource {
  dialect(): string;
  capabilities(): string[];
  limits(): { name: string; value: bigint }[];
  tables(): Table[];
  ping(): Promise<void>;
  connect(): Promise<Session>;
  session(): Session;
  begin(options: TransactionOptions): Promise<Session>;
  createAll(options: { only: string[]; checkFirst: boolean }): Promise<string[]>;
  dropAll(options: { only: string[]; checkFirst: boolean }): Promise<string[]>;
  reflect(options: ReflectOptions): Promise<Table[]>;
}
