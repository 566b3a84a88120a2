import type { ColumnType } from "kysely";

import type * as contract from "../contract.ts";
import type { Column } from "./column.ts";

/** The columns of a table, by name. */
export type Columns = Readonly<Record<string, Column<any, boolean, boolean>>>;

/** A foreign key of several columns. A single column's is declared by its `references`. */
export interface ForeignKeySpec {
  readonly columns: readonly string[];
  readonly table: string;
  readonly schema?: string;
  readonly referred: readonly string[];
  readonly onDelete?: contract.Action;
  readonly onUpdate?: contract.Action;
  readonly name?: string;
}

/** The columns of a unique constraint or an index, with its name if it has one. */
export type KeySpec<C extends string> = readonly C[] | { readonly columns: readonly C[]; readonly name: string };

/** Options of a table besides its columns. */
export interface TableOptions<C extends string = string> {
  readonly schema?: string;
  readonly primaryKey?: readonly C[];
  readonly uniques?: readonly KeySpec<C>[];
  readonly indexes?: readonly KeySpec<C>[];
  readonly foreignKeys?: readonly ForeignKeySpec[];
  /** Check constraints by name, as SQL text. Creating such a table needs the grant for raw SQL. */
  readonly checks?: Readonly<Record<string, string>>;
  readonly comment?: string;
  /** Whether the table is a view, which is read, and neither written nor created. */
  readonly view?: boolean;
}

/** A declared table. */
export interface Table<C extends Columns = Columns> {
  readonly name: string;
  readonly columns: C;
  readonly options: TableOptions;
}

/** Declares a table: its name and its columns as they are named in the database, and its options. */
export function table<const C extends Columns>(
  name: string,
  columns: C,
  options: TableOptions<keyof C & string> = {},
): Table<C> {
  return { name, columns, options };
}

type Inserted<K> =
  K extends Column<infer V, infer O, infer Computed>
    ? Computed extends true
      ? never
      : O extends true
        ? V | undefined
        : V
    : never;

type Updated<K> = K extends Column<infer V, boolean, infer Computed> ? (Computed extends true ? never : V) : never;

/** A table's type for Kysely: each column's type in a select, an insert and an update. */
export type TableType<T> =
  T extends Table<infer C>
    ? { -readonly [K in keyof C]: ColumnType<C[K]["_value"], Inserted<C[K]>, Updated<C[K]>> }
    : never;

/** The columns that an insert may omit. */
type OptionalKeys<C> = {
  [K in keyof C]: C[K] extends Column<any, infer O, boolean> ? (O extends true ? K : never) : never;
}[keyof C];

/** A row of a table, as a select returns it. */
export type Row<T> = T extends Table<infer C> ? { -readonly [K in keyof C]: C[K]["_value"] } : never;

/** A new row of a table, as an insert accepts it. */
export type NewRow<T> =
  T extends Table<infer C>
    ? { -readonly [K in Exclude<keyof C, OptionalKeys<C>>]: C[K]["_value"] } & {
        -readonly [K in OptionalKeys<C>]?: C[K]["_value"];
      }
    : never;
