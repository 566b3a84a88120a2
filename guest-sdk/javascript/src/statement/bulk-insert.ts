import type {
  InsertQueryNode,
  OperationNode,
  PrimitiveValueListNode,
  ReferenceNode,
  RootOperationNode,
  ValuesNode,
} from "kysely";

import type { Batch } from "../contract.ts";
import { encodeColumn } from "../values/batch.ts";
import type { Catalog } from "./scope.ts";
import type { OutputColumn } from "./select.ts";
import { tableName } from "./source.ts";

/** The fewest rows for which an insert is sent as columns. */
const FEWEST = 32;

/** An insert of many rows of plain values, as columns. */
export interface BulkInsert {
  readonly table: string;
  readonly columns: string[];
  readonly rows: Batch;
  readonly returning: string[];
  readonly outputs: readonly OutputColumn[];
  /** The generated key column. A statement without `returning` reports its value, a bulk insert does not. */
  readonly counted: string | undefined;
}

/** Converts Kysely's insert to a bulk insert. Returns undefined for a statement that a bulk insert cannot express. */
export function bulkInsert(catalog: Catalog, node: RootOperationNode): BulkInsert | undefined {
  if (node.kind !== "InsertQueryNode") return undefined;
  const { into, columns = [], values, returning, ...more } = node as InsertQueryNode;
  if (!into || values?.kind !== "ValuesNode" || Object.values(more).some((one) => typeof one === "object"))
    return undefined;
  const rows = (values as ValuesNode).values;
  const { table, schema } = tableName(into);
  const types = catalog.columns(table);
  if (rows.length < FEWEST || !types || schema !== null) return undefined;
  const names = columns.map(({ column }) => column.name);
  const outputs = (returning?.selections ?? []).map(({ selection }) => plainColumn(selection));
  const isPlain =
    rows.every(({ kind }) => kind === "PrimitiveValueListNode") && outputs.every((name) => name !== undefined);
  const known = [...names, ...outputs].every((name) => types.get(name ?? "") !== undefined);
  if (!isPlain || !known) return undefined;
  const data = names.map((name, i) => {
    const given = rows.map((row) => (row as PrimitiveValueListNode).values[i]);
    return encodeColumn(types.get(name) as NonNullable<ReturnType<typeof types.get>>, given, name);
  });
  return {
    table,
    columns: names,
    rows: { rows: rows.length, columns: data },
    returning: outputs as string[],
    counted: outputs.length === 0 ? countedKey(catalog, table, types.keys(), names) : undefined,
    outputs: outputs.map((name) => ({ name: name as string, type: types.get(name as string) })),
  };
}

/** Returns the column's name if a returned expression is only a column. */
function plainColumn(node: OperationNode): string | undefined {
  const column = node.kind === "ReferenceNode" ? (node as ReferenceNode).column : node;
  return column.kind === "ColumnNode"
    ? (column as { column: { name: string } } & OperationNode).column.name
    : undefined;
}

function countedKey(
  catalog: Catalog,
  table: string,
  all: Iterable<string>,
  written: readonly string[],
): string | undefined {
  return [...all].find((name) => !written.includes(name) && catalog.default(table, name)?.tag === "generated-key");
}
