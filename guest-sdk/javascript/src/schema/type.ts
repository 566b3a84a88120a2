import type * as contract from "../contract.ts";

/** The JavaScript representation of values, where the contract's kind allows several. */
export type Mode = "number" | "bigint" | "date" | "string";

/** A column's type: the contract's type and the JavaScript representation of its values. */
export interface ValueType {
  readonly ty: contract.ColumnType;
  readonly mode?: Mode | undefined;
}

/** Creates a contract type of a kind, with the given properties. */
export function columnType(kind: contract.TypeKind, more: Partial<contract.ColumnType> = {}): contract.ColumnType {
  return { kind, length: null, precision: null, scale: null, element: null, labels: [], native: null, ...more };
}

/** Creates a value type of a kind. */
export function valueType(kind: contract.TypeKind, mode?: Mode, more: Partial<contract.ColumnType> = {}): ValueType {
  return { ty: columnType(kind, more), mode };
}

/** A span of time. Its three parts are independent, as a month has no fixed number of days. */
export interface Interval {
  readonly months: number;
  readonly days: number;
  readonly microseconds: number;
}

/** JSON's null, as the whole value of a JSON column: `null` itself is SQL's null, a missing value. */
export const jsonNull: unique symbol = Symbol.for("sqlservice.json-null");

/** The type of {@link jsonNull}. */
export type JsonNull = typeof jsonNull;
