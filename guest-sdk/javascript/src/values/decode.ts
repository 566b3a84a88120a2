import type { ColumnData, ColumnType, Interval as ContractInterval, Scalar, Value, Vector } from "../contract.ts";
import { OutOfRangeError } from "../errors.ts";
import { jsonNull, type Mode } from "../schema/type.ts";
import { formatDate, formatTime, formatTimestamp } from "./time.ts";
import { cut } from "./utf8.ts";

const MOST_NUMBER = Number.MAX_SAFE_INTEGER;
const MOST = BigInt(MOST_NUMBER);

/** How to decode a column: its type's mode, and its name for errors. */
export interface Decoding {
  readonly name: string;
  readonly mode?: Mode | undefined;
  readonly ty?: ColumnType | undefined;
}

/** Decodes a batch's column, with `null` for rows without a value. */
export function decodeColumn({ validity, values }: ColumnData, count: number, decoding: Decoding): unknown[] {
  const isNull = validity?.length ? (row: number) => (((validity[row >> 3] ?? 0) >> (row & 7)) & 1) === 0 : () => false;
  const decoded = decodeVector(values, count, { decoding, isNull });
  if (validity?.length) {
    for (let row = 0; row < count; row++) if (isNull(row)) decoded[row] = null;
  }
  return decoded;
}

interface Context {
  readonly decoding: Decoding;
  readonly isNull: (row: number) => boolean;
}

function decodeVector(vector: Vector, count: number, { decoding, isNull }: Context): unknown[] {
  switch (vector.tag) {
    case "booleans":
      return each(vector.val, count, (one) => one !== 0);
    case "integers":
    case "unsigneds":
      return integers(vector.val, count, decoding);
    case "floats":
      return Array.from(vector.val);
    case "texts":
    case "decimals":
      return cut(vector.val.data, vector.val.offsets, count);
    case "jsons":
      return cut(vector.val.data, vector.val.offsets, count).map((one, row) => (isNull(row) ? null : decodeJson(one)));
    case "bytes":
      return each(vector.val.offsets, count, (at, row) => vector.val.data.slice(at, vector.val.offsets[row + 1]));
    case "uuids":
      return each(vector.val, count, decodeUuid);
    case "dates":
      return each(vector.val, count, formatDate);
    case "times":
      return each(vector.val, count, formatTime);
    case "timestamps":
      return each(vector.val, count, formatTimestamp);
    case "timestamps-tz":
      return each(vector.val, count, (one) => decodeMoment(one, decoding));
    case "intervals":
      return each(vector.val, count, (one) => decodeInterval(one, decoding));
    case "mixed":
      return each(vector.val, count, (one) => decodeValue(one, decoding));
  }
}

function each<T>(items: ArrayLike<T>, count: number, map: (item: T, row: number) => unknown): unknown[] {
  const result = new Array<unknown>(count);
  for (let row = 0; row < count; row++) result[row] = map(items[row] as T, row);
  return result;
}

function integers(items: ArrayLike<bigint>, count: number, decoding: Decoding): unknown[] {
  const result = new Array<unknown>(count);
  if (decoding.mode === "bigint") {
    for (let row = 0; row < count; row++) result[row] = items[row];
    return result;
  }
  for (let row = 0; row < count; row++) {
    const number = Number(items[row]);
    const isSafe = number <= MOST_NUMBER && number >= -MOST_NUMBER;
    result[row] = isSafe ? number : decodeInteger(items[row] as bigint, decoding);
  }
  return result;
}

function decodeInteger(value: bigint, { mode, name }: Decoding): number | bigint {
  if (mode === "bigint") return value;
  if (value > MOST || value < -MOST) {
    throw new OutOfRangeError(name, "a number is exact up to 2^53-1; declare the column as bigint()", value);
  }
  return Number(value);
}

function decodeMoment(microseconds: bigint, { mode }: Decoding): Date | string {
  if (mode === "string") return `${formatTimestamp(microseconds)}Z`;
  return new Date(Number(microseconds / 1000n) - (microseconds % 1000n < 0n ? 1 : 0));
}

function decodeJson(document: string): unknown {
  const value: unknown = JSON.parse(document);
  return value === null ? jsonNull : value;
}

function decodeUuid([high, low]: [bigint, bigint]): string {
  const digits = high.toString(16).padStart(16, "0") + low.toString(16).padStart(16, "0");
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join(
    "-",
  );
}

function decodeInterval({ months, days, microseconds }: ContractInterval, { name }: Decoding): unknown {
  return { months, days, microseconds: decodeInteger(microseconds, { name }) };
}

/** Decodes one value of the contract. */
export function decodeValue(value: Value, decoding: Decoding): unknown {
  if (value.tag === "scalar") return decodeScalar(value.val, decoding);
  const items = value.val.items.map((item) => decodeScalar(item, decoding));
  return value.val.dimensions.slice(1).reduceRight<unknown[]>((flat, length) => chunks(flat, length), items);
}

function chunks(items: unknown[], length: number): unknown[] {
  return Array.from({ length: Math.ceil(items.length / length) }, (_, i) => items.slice(i * length, (i + 1) * length));
}

function decodeScalar(scalar: Scalar, decoding: Decoding): unknown {
  switch (scalar.tag) {
    case "null":
      return null;
    case "integer":
    case "unsigned":
      return decodeInteger(scalar.val, decoding);
    case "json":
      return decodeJson(scalar.val);
    case "uuid":
      return decodeUuid(scalar.val);
    case "date":
      return formatDate(scalar.val);
    case "time":
      return formatTime(scalar.val);
    case "timestamp":
      return formatTimestamp(scalar.val);
    case "timestamp-tz":
      return decodeMoment(scalar.val, decoding);
    case "interval":
      return decodeInterval(scalar.val, decoding);
    case "other":
      return scalar.val.text;
    default:
      return scalar.val;
  }
}
