import type { DataTypeNode, OperationNode } from "kysely";

import type { TypeKind } from "../contract.ts";
import { type ValueType, valueType } from "../schema/type.ts";
import { unsupported } from "./arena.ts";
import { rawText } from "./raw.ts";

const KINDS: Readonly<Record<string, TypeKind>> = {
  boolean: "boolean",
  smallint: "int16",
  int2: "int16",
  integer: "int32",
  int: "int32",
  int4: "int32",
  bigint: "int64",
  int8: "int64",
  real: "float32",
  float4: "float32",
  "double precision": "float64",
  float8: "float64",
  decimal: "decimal",
  numeric: "decimal",
  text: "text",
  varchar: "varchar",
  char: "varchar",
  bytea: "bytes",
  blob: "bytes",
  binary: "bytes",
  varbinary: "bytes",
  uuid: "uuid",
  json: "json",
  jsonb: "json",
  date: "date",
  time: "time",
  timestamp: "timestamp",
  datetime: "timestamp",
  timestamptz: "timestamp-tz",
};

/** Returns the type that a cast names. */
export function dataType(node: OperationNode): ValueType {
  const name = node.kind === "DataTypeNode" ? (node as DataTypeNode).dataType : rawText(node);
  const parts = /^([a-z0-9 ]+?)\s*(?:\((\d+)(?:\s*,\s*(\d+))?\))?$/i.exec(name ?? "");
  const kind = KINDS[parts?.[1]?.toLowerCase() ?? ""];
  if (!parts || !kind) throw unsupported(`a cast to ${name ?? node.kind}`);
  const [first, second] = [parts[2], parts[3]].map((digits) => (digits === undefined ? null : Number(digits)));
  if (kind === "varchar" && first == null) return valueType("text");
  if (kind === "decimal")
    return valueType(kind, undefined, { precision: first ?? null, scale: second ?? (first ? 0 : null) });
  const isSized = kind === "varchar" || kind === "bytes";
  return valueType(kind, undefined, isSized ? { length: first ?? null } : {});
}
