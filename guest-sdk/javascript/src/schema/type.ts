import type * as contract from "../contract.ts";

/** How values of a type look in JavaScript, where the contract's kind allows for several. */
export type Mode = "number" | "bigint" | "date" | "string";

/** A column's type: what the contract calls it, and how its values look in JavaScript. */
export interface ValueType {
  readonly ty: contract.ColumnType;
  readonly mode?: Mode | undefined;
}

/** The contract's type of a kind, with what else is given. */
export function columnType(kind: contract.TypeKind, more: Partial<contract.ColumnType> = {}): contract.ColumnType {
  return { kind, length: null, precision: null, scale: null, element: null, labels: [], native: null, ...more };
}

/** A value type of a kind. */
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
