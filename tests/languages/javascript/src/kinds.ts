/** Of which kind the columns of a query are, so that their values can be told in the list's form. */

import { type Json, kindOfColumn } from "./values.ts";

/** The columns of a source by name. */
type Columns = (column: string) => string | undefined;

/** What the names of a query mean. */
export type Names = ReadonlyMap<string, Columns>;

/** A column that a query returns. */
export interface Output {
  readonly name: string;
  readonly kind: string | undefined;
}

/** The columns that a query returns. */
export function outputs(query: Json, outer: Names = new Map()): Output[] {
  const parts = query.union ?? query["union all"] ?? query.intersect ?? query.except;
  if (parts) return outputs(parts[0], outer);
  const names = new Map(outer);
  for (const one of query.with ?? []) names.set(`with ${one.name}`, columnsOf(outputs(one.query, names), one.columns));
  if (query.from) addSource(names, query.from, query.as);
  for (const join of query.join ?? []) addSource(names, join.table, join.as);
  return query.columns.map((column: Json) => ({ name: columnName(column), kind: kindOf(column.is ?? column, names) }));
}

function columnsOf(columns: Output[], renamed: string[] | undefined): Columns {
  return (name) => columns.find((one, i) => (renamed?.[i] ?? one.name) === name)?.kind;
}

function addSource(names: Map<string, Columns>, table: Json, alias: string | undefined): void {
  if (typeof table === "object") names.set(alias ?? "", columnsOf(outputs(table, names), undefined));
  else names.set(alias ?? table, names.get(`with ${table}`) ?? ((column) => kindOfColumn(table, column)));
}

/** The name of a selected column. */
export function columnName(column: Json): string {
  return typeof column === "string" ? (column.split(".").pop() as string) : column.as;
}

function kindOf(expression: Json, names: Names): string | undefined {
  if (typeof expression === "string") return kindOfName(expression, names);
  if (!Array.isArray(expression))
    return typeof expression.v === "object" && expression.v ? Object.keys(expression.v)[0] : undefined;
  const [operation, first, second] = expression;
  if (["sum", "min", "max", "coalesce", "abs", "+", "-", "*", "over"].includes(operation)) return kindOf(first, names);
  if (operation === "case") return kindOf(first[0][1], names);
  if (operation === "scalar") return outputs(first, names)[0]?.kind;
  return operation === "cast" ? second : undefined;
}

function kindOfName(name: string, names: Names): string | undefined {
  const [table, column] = name.includes(".") ? name.split(".") : [undefined, name];
  if (table !== undefined) return names.get(table)?.(column as string);
  return [...names.values()].map((columns) => columns(name)).find((kind) => kind !== undefined);
}
