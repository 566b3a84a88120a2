import type * as contract from "../contract.ts";
import { type Interval, type JsonNull, type ValueType, valueType } from "./type.ts";

/** What a row gets where nothing is said: a value, or one of the words for what the database makes. */
type Default = { readonly tag: "literal"; readonly value: unknown } | { readonly tag: "now" | "generated-key" };

/** What happens to rows that refer to a row which is deleted or gets another key. */
export interface ReferenceOptions {
  readonly onDelete?: contract.Action;
  readonly onUpdate?: contract.Action;
  /** The constraint's name; the database makes one up where there is none. */
  readonly name?: string;
}

/** What is said of a column. */
export interface ColumnSpec {
  readonly type: ValueType;
  readonly nullable: boolean;
  readonly primaryKey: boolean;
  readonly unique: boolean;
  readonly index: boolean;
  readonly version: boolean;
  readonly default: Default | undefined;
  readonly defaultSql: string | undefined;
  readonly onUpdate: Default | undefined;
  readonly computed: string | undefined;
  readonly comment: string | undefined;
  readonly reference: (ReferenceOptions & { readonly target: string }) | undefined;
}

/**
 * A column that is being declared. `Value` is what it holds in JavaScript; `Optional` says whether an insert may leave it
 * out; `Computed` whether the database computes it. Each call returns another column.
 */
export class Column<Value, Optional extends boolean = false, Computed extends boolean = false> {
  /** Only for types. */
  declare readonly _value: Value;
  declare readonly _optional: Optional;
  declare readonly _computed: Computed;
  readonly spec: ColumnSpec;

  constructor(spec: ColumnSpec) {
    this.spec = spec;
  }

  /** It may be null. */
  nullable(): Column<Value | null, true, Computed> {
    return this.with({ nullable: true });
  }

  /** It is the primary key, or part of it. */
  primaryKey(): Column<Value, Optional, Computed> {
    return this.with({ primaryKey: true });
  }

  /** No two rows have the same value. */
  unique(): Column<Value, Optional, Computed> {
    return this.with({ unique: true });
  }

  /** It has an index. */
  index(): Column<Value, Optional, Computed> {
    return this.with({ index: true });
  }

  /** The value of rows that say nothing: a constant. */
  default(value: Value): Column<Value, true, Computed> {
    return this.with({ default: { tag: "literal", value } });
  }

  /** The value of rows that say nothing: the time of the statement. */
  defaultNow(): Column<Value, true, Computed> {
    return this.with({ default: { tag: "now" } });
  }

  /** The value of rows that say nothing: SQL text. Creating such a table needs the grant for raw SQL. */
  defaultSql(text: string): Column<Value, true, Computed> {
    return this.with({ defaultSql: text });
  }

  /** The value of rows whose update says nothing of it: the time of the statement. */
  onUpdateNow(): Column<Value, Optional, Computed> {
    return this.with({ onUpdate: { tag: "now" } });
  }

  /** The database counts its values up. */
  generatedKey(): Column<Value, true, Computed> {
    return this.with({ default: { tag: "generated-key" } });
  }

  /** It counts the row's versions: a session's update of a row that others have changed since is a `StaleDataError`. */
  version(): Column<Value, true, Computed> {
    return this.with({ version: true });
  }

  /** The database computes it by this SQL text: it cannot be written. Creating such a table needs the grant for raw SQL. */
  computed(text: string): Column<Value, true, true> {
    return this.with({ computed: text });
  }

  /** A comment that is kept in the database, where it can. */
  comment(text: string): Column<Value, Optional, Computed> {
    return this.with({ comment: text });
  }

  /** It refers to a column of a table, `"users.id"`. */
  references(target: `${string}.${string}`, options: ReferenceOptions = {}): Column<Value, Optional, Computed> {
    return this.with({ reference: { ...options, target } });
  }

  private with<V, O extends boolean, C extends boolean>(more: Partial<ColumnSpec>): Column<V, O, C> {
    return new Column<V, O, C>({ ...this.spec, ...more });
  }
}

function column<T>(type: ValueType): Column<T> {
  return new Column<T>({
    type,
    nullable: false,
    primaryKey: false,
    unique: false,
    index: false,
    version: false,
    default: undefined,
    defaultSql: undefined,
    onUpdate: undefined,
    computed: undefined,
    comment: undefined,
    reference: undefined,
  });
}

/** A primary key that the database counts up: a 64-bit integer, as a `number`. */
export function id(): Column<number, true> {
  return int64().primaryKey().generatedKey();
}

/** A truth value. */
export const boolean = (): Column<boolean> => column(valueType("boolean"));

/** A signed 16-bit integer. */
export const int16 = (): Column<number> => column(valueType("int16"));

/** A signed 32-bit integer. */
export const int32 = (): Column<number> => column(valueType("int32"));

/** A signed 64-bit integer as a `number`: one that a number cannot hold exactly is an `OutOfRangeError`, either way. */
export const int64 = (): Column<number> => column(valueType("int64", "number"));

/** A signed 64-bit integer as a `bigint`. */
export const bigint = (): Column<bigint> => column(valueType("int64", "bigint"));

/** An unsigned 64-bit integer as a `bigint`; databases without one refuse values past 2^63-1. */
export const uint64 = (): Column<bigint> => column(valueType("uint64", "bigint"));

/** A 32-bit float. */
export const float32 = (): Column<number> => column(valueType("float32"));

/** A 64-bit float. */
export const float64 = (): Column<number> => column(valueType("float64"));

/** An exact decimal of `precision` digits, `scale` of them after the point, as text: `"12.50"`. */
export const decimal = (precision: number, scale: number): Column<string> =>
  column(valueType("decimal", undefined, { precision, scale }));

/** Text of any length. */
export const text = (): Column<string> => column(valueType("text"));

/** Text of at most `length` characters. */
export const varchar = (length: number): Column<string> => column(valueType("varchar", undefined, { length }));

/** Bytes, of at most `length` where it is given. */
export const bytes = (length?: number): Column<Uint8Array> =>
  column(valueType("bytes", undefined, { length: length ?? null }));

/** A UUID as text: `"00112233-4455-6677-8899-aabbccddeeff"`. */
export const uuid = (): Column<string> => column(valueType("uuid"));

/** A JSON document. JSON's null is `jsonNull`; `null` is SQL's null. */
export const json = <T = unknown>(): Column<T | JsonNull> => column(valueType("json"));

/** A date as text, `"2024-02-29"`: a `Date` is a moment, and one of another day elsewhere. */
export const date = (): Column<string> => column(valueType("date"));

/** A time of day as text: `"12:34:56.789000"`. */
export const time = (): Column<string> => column(valueType("time"));

/** A date and time without a zone as text: `"2024-02-29T12:34:56.789000"`. */
export const timestamp = (): Column<string> => column(valueType("timestamp"));

/**
 * A moment as a `Date`, which keeps milliseconds; or with `{ mode: "string" }` as text that keeps microseconds:
 * `"2024-02-29T12:34:56.789123Z"`.
 */
export function timestampTz(options: { mode: "string" }): Column<string>;
export function timestampTz(options?: { mode?: "date" }): Column<Date>;
export function timestampTz(options: { mode?: "date" | "string" } = {}): Column<Date> | Column<string> {
  return options.mode === "string"
    ? column<string>(valueType("timestamp-tz", "string"))
    : column<Date>(valueType("timestamp-tz", "date"));
}

/** A span of time. */
export const interval = (): Column<Interval> => column(valueType("interval"));

/** One of some labels. */
export const enumeration = <const L extends readonly string[]>(...labels: L): Column<L[number]> =>
  column(valueType("enumeration", undefined, { labels: [...labels] }));

/** An array of what another column holds, where the database has arrays. */
export const array = <T>(element: Column<T>): Column<T[]> => {
  const { ty, mode } = element.spec.type;
  return column(valueType("array", mode, { ...ty, kind: "array", element: ty.kind }));
};

/** A type of the database's own, as the text that the database writes. */
export const native = (name: string): Column<string> => column(valueType("other", undefined, { native: name }));
