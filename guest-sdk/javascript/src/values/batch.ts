import type { Batch, Blobs, ColumnData, Scalar, Strings, Value, Vector } from "../contract.ts";
import { TypeMismatchError } from "../errors.ts";
import type { ValueType } from "../schema/type.ts";
import { type Decoding, decodeColumn } from "./decode.ts";
import { encodeScalar, encodeValue, wellFormed } from "./encode.ts";
import { byteLength } from "./utf8.ts";

const ASCII = /^[\0-\x7f]*$/;

/** Encodes values as a column of a batch, by the column's type. */
export function encodeColumn(type: ValueType, values: readonly unknown[], place: string): ColumnData {
  const { kind } = type.ty;
  if (kind === "array" || kind === "other" || kind === "interval") {
    const mixed = values.map((value): Value => encodeValue(type, value ?? null, place));
    return { validity: validity(values), values: { tag: "mixed", val: mixed } };
  }
  if (kind === "text" || kind === "varchar") {
    return { validity: validity(values), values: { tag: "texts", val: encodeTexts(values, place) } };
  }
  if (kind === "int16" || kind === "int32" || kind === "int64") {
    return { validity: validity(values), values: { tag: "integers", val: encodeIntegers(type, values, place) } };
  }
  const scalars = values.map((value) => encodeScalar(type, value ?? null, place));
  return { validity: validity(values), values: vector(type, scalars) };
}

function encodeTexts(values: readonly unknown[], place: string): Strings {
  const texts = new Array<string>(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? "";
    if (typeof value !== "string") throw new TypeMismatchError(place, "a text", value);
    texts[i] = value;
  }
  return strings(texts, "", place);
}

/** Integers up to this magnitude skip the general encoding: most integers are small. */
const SMALL = 2 ** 15 - 1;

function encodeIntegers(type: ValueType, values: readonly unknown[], place: string): bigint[] {
  const integers = new Array<bigint>(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    const isSmall = typeof value === "number" && value >= -SMALL && value <= SMALL && Math.trunc(value) === value;
    integers[i] = isSmall ? BigInt(value) : (encodeScalar(type, value, place) as { val: bigint }).val;
  }
  return integers;
}

/** Creates a batch of columns of one length. */
export function encodeBatch(rows: number, columns: ColumnData[]): Batch {
  return { rows, columns };
}

/** A bitmap with one bit per row, set if the row has a value; null if no row is null. */
function validity(values: readonly unknown[]): Uint8Array | null {
  if (!values.includes(null) && !values.includes(undefined)) return null;
  const bits = new Uint8Array((values.length + 7) >> 3);
  values.forEach((value, row) => {
    if (value !== null && value !== undefined) bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7));
  });
  return bits;
}

function vector(type: ValueType, scalars: readonly Scalar[]): Vector {
  const of = <T>(otherwise: T): T[] => scalars.map((one) => (one.tag === "null" ? otherwise : (one.val as T)));
  switch (type.ty.kind) {
    case "boolean":
      return { tag: "booleans", val: Uint8Array.from(of(false), Number) };
    case "uint64":
      return { tag: "unsigneds", val: of(0n) };
    case "float32":
    case "float64":
      return { tag: "floats", val: of(0) };
    case "decimal":
      return { tag: "decimals", val: strings(of(""), "0") };
    case "bytes":
      return { tag: "bytes", val: blobs(of(new Uint8Array())) };
    case "uuid":
      return { tag: "uuids", val: of<[bigint, bigint]>([0n, 0n]) };
    case "json":
      return { tag: "jsons", val: strings(of(""), "null") };
    case "date":
      return { tag: "dates", val: of(0) };
    case "time":
      return { tag: "times", val: of(0n) };
    case "timestamp":
      return { tag: "timestamps", val: of(0n) };
    case "timestamp-tz":
      return { tag: "timestamps-tz", val: of(0n) };
    default:
      return { tag: "texts", val: strings(of(""), "") };
  }
}

function strings(texts: readonly string[], missing: string, place?: string): Strings {
  const given = missing === "" ? texts : texts.map((text) => text || missing);
  const data = given.join("");
  // Text of only ASCII has one byte per UTF-16 unit, and no lone surrogate.
  const isAscii = ASCII.test(data);
  if (!isAscii && place !== undefined) for (const text of given) wellFormed(text, place);
  const offsets = new Array<number>(given.length + 1);
  let at = 0;
  offsets[0] = 0;
  for (let i = 0; i < given.length; i++) {
    const text = given[i] as string;
    at += isAscii ? text.length : byteLength(text);
    offsets[i + 1] = at;
  }
  return { offsets, data };
}

function blobs(all: readonly Uint8Array[]): Blobs {
  const offsets = [0];
  let at = 0;
  for (const one of all) offsets.push((at += one.length));
  const data = new Uint8Array(at);
  all.forEach((one, i) => data.set(one, offsets[i]));
  return { offsets, data };
}

/** Decodes the rows of a batch as objects. */
export function decodeRows(batch: Batch, columns: readonly Decoding[]): Record<string, unknown>[] {
  const rows = Array.from({ length: batch.rows }, (): Record<string, unknown> => ({}));
  batch.columns.forEach((column, i) => {
    const decoding = columns[i] ?? { name: "" };
    const values = decodeColumn(column, batch.rows, decoding);
    const { name } = decoding;
    for (let row = 0; row < values.length; row++) (rows[row] as Record<string, unknown>)[name] = values[row];
  });
  return rows;
}
