import type * as contract from "../contract.ts";
import { type Interval, type JsonNull, type ValueType, valueType } from "./type.ts";

/** A column's default: a value, or the kind of value that the database makes. */
type Default = { readonly tag: "literal"; readonly value: unknown } | { readonly tag: "now" | "generated-key" };

/** Options of a foreign key: its name, and the actions when the referred row is deleted or its key changes. */
export interface ReferenceOptions {
  readonly onDelete?: contract.Action;
  readonly onUpdate?: contract.Action;
  /** The constraint's name; the database chooses one by default. */
  readonly name?: string;
}

/** The declaration of a column. */
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
 * A column declaration. `Value` is the column's JavaScript type. `Optional` is whether an insert may omit the column,
 * `Computed` whether the database computes it. Each call returns a new column.
 */
export class Column<Value, Optional extends boolean = false, Computed extends boolean = false> {
  /** Exists only in types. */
  declare readonly _value: Value;
  declare readonly _optional: Optional;
  declare readonly _computed: Computed;
  readonly spec: ColumnSpec;

  constructor(spec: ColumnSpec) {
    this.spec = spec;
  }

  /** Allows null. */
  nullable(): Column<Value | null, true, Computed> {
    return this.with({ nullable: true });
  }

  /** Makes the column the primary key, or part of it. */
  primaryKey(): Column<Value, Optional, Computed> {
    return this.with({ primaryKey: true });
  }

  /** Adds a unique constraint. */
  unique(): Column<Value, Optional, Computed> {
    return this.with({ unique: true });
  }

  /** Adds an index. */
  index(): Column<Value, Optional, Computed> {
    return this.with({ index: true });
  }

  /** Sets a constant as the default. */
  default(value: Value): Column<Value, true, Computed> {
    return this.with({ default: { tag: "literal", value } });
  }

  /** Sets the time of the statement as the default. */
  defaultNow(): Column<Value, true, Computed> {
    return this.with({ default: { tag: "now" } });
  }

  /** Sets SQL text as the default. Creating such a table needs the grant for raw SQL. */
  defaultSql(text: string): Column<Value, true, Computed> {
    return this.with({ defaultSql: text });
  }

  /** Sets the column to the time of the statement in each update that does not assign it. */
  onUpdateNow(): Column<Value, Optional, Computed> {
    return this.with({ onUpdate: { tag: "now" } });
  }

  /** Makes the column a generated key: the database counts its values up. */
  generatedKey(): Column<Value, true, Computed> {
    return this.with({ default: { tag: "generated-key" } });
  }

  /**
   * Makes the column the row's version counter. A session's update of a row that was changed in the meantime is a
   * `StaleDataError`.
   */
  version(): Column<Value, true, Computed> {
    return this.with({ version: true });
  }

  /**
   * Lets the database compute the column by SQL text, so it cannot be written. Creating such a table needs the grant
   * for raw SQL.
   */
  computed(text: string): Column<Value, true, true> {
    return this.with({ computed: text });
  }

  /** Sets a comment, which databases with comments store. */
  comment(text: string): Column<Value, Optional, Computed> {
    return this.with({ comment: text });
  }

  /** Makes the column a foreign key to a column of a table, `"users.id"`. */
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

/** A primary key that the database generates by counting up: a 64-bit integer, as a `number`. */
export function id(): Column<number, true> {
  return int64().primaryKey().generatedKey();
}

/** A boolean. */
export const boolean = (): Column<boolean> => column(valueType("boolean"));

/** A signed 16-bit integer. */
export const int16 = (): Column<number> => column(valueType("int16"));

/** A signed 32-bit integer. */
export const int32 = (): Column<number> => column(valueType("int32"));

/** A signed 64-bit integer as a `number`. A value that a number cannot hold exactly is an `OutOfRangeError`. */
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

/** Bytes, at most `length` if it is given. */
export const bytes = (length?: number): Column<Uint8Array> =>
  column(valueType("bytes", undefined, { length: length ?? null }));

/** A UUID as text: `"00112233-4455-6677-8899-aabbccddeeff"`. */
export const uuid = (): Column<string> => column(valueType("uuid"));

/** A JSON document. JSON's null is `jsonNull`; `null` is SQL's null. */
export const json = <T = unknown>(): Column<T | JsonNull> => column(valueType("json"));

/** A date as text, `"2024-02-29"`. A `Date` is a moment, which falls on different days in different time zones. */
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

/** One of a fixed list of labels. */
export const enumeration = <const L extends readonly string[]>(...labels: L): Column<L[number]> =>
  column(valueType("enumeration", undefined, { labels: [...labels] }));

/** An array of another column's type, in databases that have arrays. */
export const array = <T>(element: Column<T>): Column<T[]> => {
  const { ty, mode } = element.spec.type;
  return column(valueType("array", mode, { ...ty, kind: "array", element: ty.kind }));
};

/** A native type of the database, as text in the database's own format. */
export const native = (name: string): Column<string> => column(valueType("other", undefined, { native: name }));
