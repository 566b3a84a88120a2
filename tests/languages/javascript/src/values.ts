/** Values between the list's JSON and JavaScript. */

import { jsonNull } from "@sqlservice/guest";

import { schema } from "./models.ts";

/** What the list says of a value. */
export type Json = any;

/** The kind of a column of the models. */
export function kindOfColumn(table: string, column: string): string | undefined {
  const tables: Record<string, { columns: Record<string, any> }> = schema.tables;
  return tables[table]?.columns[column]?.spec.type.ty.kind;
}

/** A value of the list as a program writes it. */
export function fromList(value: Json): unknown {
  if (typeof value !== "object" || value === null) return value;
  if ("integer" in value) return BigInt(value.integer);
  if ("bytes" in value)
    return Uint8Array.from(value.bytes.match(/../g) ?? [], (digits: string) => parseInt(digits, 16));
  if ("json" in value) return value.json === null ? jsonNull : value.json;
  return Object.values(value)[0];
}

/** A row or an object of the list as a program writes it. */
export function rowFromList(row: Json): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [column, fromList(value)]));
}

/** A value that came back, in the list's form for its kind. */
export function toList(value: unknown, kind: string | undefined): Json {
  if (kind === "json" && value !== null) return { json: value === jsonNull ? null : value };
  if (value === null || value === undefined) return null;
  if (typeof value === "bigint") {
    return Number.isSafeInteger(Number(value)) ? Number(value) : { integer: String(value) };
  }
  if (value instanceof Uint8Array)
    return { bytes: Array.from(value, (byte) => byte.toString(16).padStart(2, "0")).join("") };
  if (value instanceof Date) return { "timestamp-tz": value.toISOString().replace("Z", "000Z") };
  const isTagged = ["decimal", "uuid", "date", "time", "timestamp", "timestamp-tz"].includes(kind ?? "");
  return isTagged ? { [kind as string]: value } : value;
}
