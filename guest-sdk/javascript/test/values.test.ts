import assert from "node:assert/strict";
import { test } from "node:test";

import { OutOfRangeError, TypeMismatchError } from "../src/errors.ts";
import {
  bigint,
  bytes,
  decimal,
  int16,
  int64,
  json,
  text,
  timestamp,
  timestampTz,
  uuid,
} from "../src/schema/column.ts";
import { jsonNull } from "../src/schema/type.ts";
import { decodeColumn } from "../src/values/decode.ts";
import { encodeColumn } from "../src/values/batch.ts";
import { encodeScalar } from "../src/values/encode.ts";
import { formatTimestamp, parseDate, parseMoment, parseTimestamp } from "../src/values/time.ts";
import { byteLength, cut } from "../src/values/utf8.ts";

function roundTrip(column: { spec: { type: any } }, values: unknown[]): unknown[] {
  const { type } = column.spec;
  return decodeColumn(encodeColumn(type, values, "c"), values.length, { name: "c", mode: type.mode });
}

test("values come back as they went in", () => {
  const bytesOf = [new Uint8Array([0, 255]), null, new Uint8Array()];
  assert.deepEqual(roundTrip(bytes(), bytesOf), bytesOf);
  assert.deepEqual(roundTrip(text(), ["", null, "grün 😀", "x"]), ["", null, "grün 😀", "x"]);
  assert.deepEqual(roundTrip(bigint(), [2n ** 63n - 1n, null]), [2n ** 63n - 1n, null]);
  assert.deepEqual(roundTrip(decimal(10, 2), ["-1.50", null]), ["-1.50", null]);
  assert.deepEqual(roundTrip(json(), [jsonNull, null, { a: [1] }]), [jsonNull, null, { a: [1] }]);
  const id = "00112233-4455-6677-8899-aabbccddeeff";
  assert.deepEqual(roundTrip(uuid(), [id, null]), [id, null]);
  assert.deepEqual(roundTrip(timestampTz(), [new Date(-1), null]), [new Date(-1), null]);
  const moment = "1969-12-31T23:59:59.999999Z";
  assert.deepEqual(roundTrip(timestampTz({ mode: "string" }), [moment]), [moment]);
});

test("a value of a wrong type is an error that names its column", () => {
  const encode = (column: { spec: { type: any } }, value: unknown) => () => encodeScalar(column.spec.type, value, "c");
  assert.throws(encode(text(), 5), TypeMismatchError);
  assert.throws(encode(int64(), "5"), TypeMismatchError);
  assert.throws(encode(int64(), 1.5), TypeMismatchError);
  assert.throws(encode(int16(), 32768), OutOfRangeError);
  assert.throws(encode(int64(), 2 ** 60), OutOfRangeError);
  assert.throws(encode(bigint(), 2n ** 63n), RangeError);
  assert.throws(encode(decimal(4, 2), 0.1), TypeError);
  assert.throws(encode(timestamp(), new Date()), TypeMismatchError);
  assert.throws(encode(json(), undefined), /c: expected what JSON can say/);
});

test("an integer that a number cannot hold is an error, not another number", () => {
  const data = { validity: null, values: { tag: "integers", val: [2n ** 53n] } } as const;
  assert.throws(() => decodeColumn(data, 1, { name: "n" }), OutOfRangeError);
  assert.deepEqual(decodeColumn(data, 1, { name: "n", mode: "bigint" }), [2n ** 53n]);
});

test("dates are those of the calendar", () => {
  assert.equal(parseDate("2023-02-29"), undefined);
  assert.equal(parseDate("0001-01-01"), -719162);
  assert.equal(formatTimestamp(parseTimestamp("9999-12-31T23:59:59.999999") as bigint), "9999-12-31T23:59:59.999999");
  assert.equal(parseMoment("1970-01-01T01:00:00+01:00"), 0n);
  assert.equal(parseMoment("1970-01-01T00:00:00"), undefined);
});

test("offsets count bytes of UTF-8", () => {
  const texts = ["a", "é", "", "€", "😀", "b"];
  let at = 0;
  const offsets = [0, ...texts.map((one) => (at += byteLength(one)))];
  assert.equal(at, Buffer.byteLength(texts.join("")));
  assert.deepEqual(cut(texts.join(""), offsets, texts.length), texts);
});
