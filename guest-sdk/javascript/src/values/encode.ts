import type { Scalar, TypeKind, Value } from "../contract.ts";
import { OutOfRangeError, TypeMismatchError } from "../errors.ts";
import { columnType, type Interval, jsonNull, type ValueType } from "../schema/type.ts";
import { parseDate, parseMoment, parseTime, parseTimestamp } from "./time.ts";
import { isWellFormed } from "./utf8.ts";

const RANGES: Partial<Record<TypeKind, readonly [bigint, bigint]>> = {
  int16: [-(2n ** 15n), 2n ** 15n - 1n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
};
const DECIMAL = /^[+-]?\d+(\.\d+)?$/;
const UUID = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

/** Encodes a value as the contract's, by its column's type. `place` names the column in errors. */
export function encodeValue(type: ValueType, value: unknown, place: string): Value {
  if (type.ty.kind !== "array" || value === null) return { tag: "scalar", val: encodeScalar(type, value, place) };
  const element = { ty: columnType(type.ty.element ?? "text", { ...type.ty, kind: type.ty.element ?? "text" }) };
  const items: Scalar[] = [];
  const dimensions = flatten(value, items, { type: element, place, isOutermost: true });
  return { tag: "array", val: { dimensions, items } };
}

/** Encodes a single value as the contract's, by its column's type. */
export function encodeScalar(type: ValueType, value: unknown, place: string): Scalar {
  if (value === null) return { tag: "null" };
  const { kind } = type.ty;
  switch (kind) {
    case "boolean":
      if (typeof value === "boolean") return { tag: "boolean", val: value };
      throw new TypeMismatchError(place, "true or false", value);
    case "int16":
    case "int32":
    case "int64":
      return { tag: "integer", val: encodeInteger(kind, value, place) };
    case "uint64":
      return { tag: "unsigned", val: encodeInteger(kind, value, place) };
    case "float32":
    case "float64":
      if (typeof value === "number") return { tag: "float", val: value };
      throw new TypeMismatchError(place, "a number", value);
    case "decimal":
      return { tag: "decimal", val: encodeDecimal(value, place) };
    case "bytes":
      if (value instanceof Uint8Array) return { tag: "bytes", val: value };
      throw new TypeMismatchError(place, "a Uint8Array", value);
    case "json":
      return { tag: "json", val: encodeJson(value, place) };
    case "interval":
      return { tag: "interval", val: encodeInterval(value, place) };
    case "array":
      throw new TypeMismatchError(place, "a single value", value);
    default:
      return encodeText(type, value, place);
  }
}

/** Encodes values of the kinds that are text in JavaScript. */
function encodeText(type: ValueType, value: unknown, place: string): Scalar {
  const { kind, labels, native } = type.ty;
  if (kind === "timestamp-tz" && value instanceof Date) return { tag: "timestamp-tz", val: encodeMoment(value, place) };
  if (typeof value !== "string") throw new TypeMismatchError(place, EXPECTED[kind] ?? "a text", value);
  const parsed = <T>(result: T | undefined): T => {
    if (result === undefined) throw new TypeMismatchError(place, EXPECTED[kind] ?? "a text", value);
    return result;
  };
  switch (kind) {
    case "uuid":
      return { tag: "uuid", val: parsed(parseUuid(value)) };
    case "date":
      return { tag: "date", val: parsed(parseDate(value)) };
    case "time":
      return { tag: "time", val: parsed(parseTime(value)) };
    case "timestamp":
      return { tag: "timestamp", val: parsed(parseTimestamp(value)) };
    case "timestamp-tz":
      return { tag: "timestamp-tz", val: parsed(parseMoment(value)) };
    case "other":
      return { tag: "other", val: { nativeType: native ?? "", text: wellFormed(value, place) } };
    case "enumeration":
      if (labels.includes(value)) return { tag: "text", val: value };
      throw new TypeMismatchError(place, `one of ${labels.join(", ")}`, value);
    default:
      return { tag: "text", val: wellFormed(value, place) };
  }
}

/** Returns a text or a name if it is well-formed Unicode, which the host requires. Throws otherwise. */
export function wellFormed(text: string, place: string): string {
  if (isWellFormed(text)) return text;
  throw new TypeMismatchError(place, "a text without half a character, which is a lone surrogate", text);
}

const EXPECTED: Partial<Record<TypeKind, string>> = {
  uuid: "a UUID as text, as 00112233-4455-6677-8899-aabbccddeeff",
  date: "a date as text, as 2024-02-29",
  time: "a time of day as text, as 12:34:56.789",
  timestamp: "a date and time as text without a zone, as 2024-02-29T12:34:56.789",
  "timestamp-tz": "a Date, or a moment as text, as 2024-02-29T12:34:56.789Z",
  enumeration: "a label",
};

function encodeInteger(kind: TypeKind, value: unknown, place: string): bigint {
  let integer: bigint;
  if (typeof value === "bigint") integer = value;
  else if (typeof value !== "number") throw new TypeMismatchError(place, "an integer", value);
  else if (Number.isSafeInteger(value)) integer = BigInt(value);
  else if (Number.isInteger(value))
    throw new OutOfRangeError(place, "a number is exact up to 2^53-1; use a bigint", value);
  else throw new TypeMismatchError(place, "an integer", value);
  const [least, most] = RANGES[kind] ?? [integer, integer];
  if (integer < least || integer > most) throw new OutOfRangeError(place, `${kind} is ${least} to ${most}`, value);
  return integer;
}

/** Checks that a count fits the 32 bits that the contract has for it. */
export function count(value: number, place: string): number {
  if (Number.isInteger(value) && value >= 0 && value < 2 ** 32) return value;
  throw new OutOfRangeError(place, "a whole number from 0 to 2^32-1 is expected", value);
}

function encodeDecimal(value: unknown, place: string): string {
  if (typeof value === "bigint" || (typeof value === "number" && Number.isSafeInteger(value))) return String(value);
  if (typeof value === "string" && DECIMAL.test(value)) return value;
  throw new TypeMismatchError(place, "an exact decimal as text, as 12.50", value);
}

function encodeJson(value: unknown, place: string): string {
  const document = value === jsonNull ? "null" : stringify(value, place);
  if (document === undefined) throw new TypeMismatchError(place, "what JSON can say", value);
  return document;
}

function stringify(value: unknown, place: string): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    // A cycle and a bigint are TypeErrors. Other errors come from the program's own `toJSON`.
    const what = error instanceof TypeError ? `what JSON can say (${error.message})` : undefined;
    throw what === undefined ? error : new TypeMismatchError(place, what, value);
  }
}

function encodeInterval(value: unknown, place: string): { months: number; days: number; microseconds: bigint } {
  const parts = value as Interval;
  const isInteger = (part: unknown) => Number.isSafeInteger(part);
  if (typeof value !== "object" || ![parts.months, parts.days, parts.microseconds].every(isInteger)) {
    throw new TypeMismatchError(place, "an interval { months, days, microseconds } of integers", value);
  }
  const check = (part: number) => Number(encodeInteger("int32", part, place));
  return { months: check(parts.months), days: check(parts.days), microseconds: BigInt(parts.microseconds) };
}

function encodeMoment(value: Date, place: string): bigint {
  const milliseconds = value.getTime();
  if (Number.isNaN(milliseconds)) throw new TypeMismatchError(place, "a valid Date", "Invalid Date");
  return BigInt(milliseconds) * 1000n;
}

function parseUuid(text: string): [bigint, bigint] | undefined {
  if (!UUID.test(text)) return undefined;
  const digits = text.replaceAll("-", "");
  return [BigInt(`0x${digits.slice(0, 16)}`), BigInt(`0x${digits.slice(16)}`)];
}

interface Nesting {
  readonly type: ValueType;
  readonly place: string;
  readonly isOutermost: boolean;
}

/** Appends the items of nested arrays to one list. Returns the length of each dimension. */
function flatten(value: unknown, items: Scalar[], nesting: Nesting): number[] {
  const { type, place } = nesting;
  if (!Array.isArray(value)) {
    if (nesting.isOutermost) throw new TypeMismatchError(place, "an array", value);
    items.push(encodeScalar(type, value, place));
    return [];
  }
  if (value.length === 0 && nesting.isOutermost) return [];
  const inner = value.map((item) => flatten(item, items, { ...nesting, isOutermost: false }));
  const [first = []] = inner;
  if (inner.some((one) => String(one) !== String(first))) {
    throw new TypeMismatchError(place, "an array whose parts have one length", value);
  }
  return [value.length, ...first];
}

/** Encodes a value of an unknown column by its JavaScript type. */
export function encodeUntyped(value: unknown, place: string): Value {
  return { tag: "scalar", val: untypedScalar(value, place) };
}

function untypedScalar(value: unknown, place: string): Scalar {
  switch (typeof value) {
    case "boolean":
      return { tag: "boolean", val: value };
    case "string":
      return { tag: "text", val: wellFormed(value, place) };
    case "bigint":
      return { tag: "integer", val: encodeInteger("int64", value, place) };
    case "number":
      return Number.isInteger(value)
        ? { tag: "integer", val: encodeInteger("int64", value, place) }
        : { tag: "float", val: value };
  }
  if (value === null) return { tag: "null" };
  if (value instanceof Date) return { tag: "timestamp-tz", val: encodeMoment(value, place) };
  if (value instanceof Uint8Array) return { tag: "bytes", val: value };
  if (value === jsonNull) return { tag: "json", val: "null" };
  throw new TypeMismatchError(place, "a value whose type is told by a column beside it, or by a cast", value);
}
