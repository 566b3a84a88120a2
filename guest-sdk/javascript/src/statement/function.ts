import type { AggregateFunctionNode, FunctionNode, OperationNode, SelectionNode } from "kysely";

import { type ValueType, valueType } from "../schema/type.ts";
import { type Arena, type Hint, type Typed, unsupported } from "./arena.ts";
import { expression } from "./expression.ts";
import { ordering } from "./order.ts";
import type { FramedOverNode } from "./text/call.ts";

/** Other names that databases have for the contract's functions. */
const SYNONYMS: Readonly<Record<string, string>> = {
  char_length: "length",
  character_length: "length",
  substring: "substr",
  ceiling: "ceil",
  current_timestamp: "now",
};

const INTEGERS = new Set(["count", "length", "position", "row_number", "rank", "dense_rank", "ntile", "json_length"]);
const FLOATS = new Set(["avg", "percent_rank", "cume_dist"]);
const TEXTS = new Set(["lower", "upper", "trim", "ltrim", "rtrim", "concat", "replace", "substr", "left", "right"]);
/** Functions whose result has the type of an argument: the first with a known type. */
const OF_ARGUMENT = new Set(
  "min max coalesce nullif greatest least abs first_value last_value nth_value lag lead".split(" "),
);
/** Functions whose arguments share one type. */
const ALIKE = new Set(["coalesce", "nullif", "greatest", "least", "lag", "lead"]);

function functionName(name: string): string {
  const lower = name.toLowerCase();
  return SYNONYMS[lower] ?? lower;
}

/** Lowers a scalar function. */
export function functionCall(arena: Arena, node: FunctionNode, hint: Hint): Typed {
  const name = functionName(node.func);
  refuseTables(name, node.arguments);
  const given = callArguments(arena, name, node.arguments, hint);
  const id = arena.add({
    tag: "call",
    val: { function: name, arguments: given.map((one) => one.id), distinct: false, filter: null },
  });
  return { id, type: resultType(name, given) };
}

/** Lowers an aggregate or a window function. */
export function aggregate(arena: Arena, node: AggregateFunctionNode, hint: Hint): Typed {
  if (node.orderBy) throw unsupported("the order of an aggregate's rows");
  if (node.withinGroup) throw unsupported("within group");
  const name = functionName(node.func);
  refuseTables(name, node.aggregated);
  const counted = node.aggregated.filter((one) => !isAll(one));
  const given = callArguments(arena, name, counted, hint);
  const filter = node.filter ? expression(arena, node.filter.where).id : null;
  const call = arena.add({
    tag: "call",
    val: { function: name, arguments: given.map((one) => one.id), distinct: node.distinct ?? false, filter },
  });
  return { id: node.over ? over(arena, call, node.over) : call, type: resultType(name, given) };
}

/** Refuses a table as an argument: only PostgreSQL has rows as values. */
function refuseTables(name: string, given: readonly OperationNode[]): void {
  if (given.some(({ kind }) => kind === "TableNode")) throw unsupported(`${name} of a whole table`, "name its columns");
}

function isAll(node: OperationNode): boolean {
  const selected = node.kind === "SelectionNode" ? (node as SelectionNode).selection : node;
  return (
    selected.kind === "SelectAllNode" || (selected.kind === "ReferenceNode" && isAll((selected as never)["column"]))
  );
}

function callArguments(arena: Arena, name: string, nodes: readonly OperationNode[], hint: Hint): Typed[] {
  let known: Hint = ALIKE.has(name) ? hint : undefined;
  return nodes.map((node, i) => {
    const isOffset = (name === "lag" || name === "lead" || name === "nth_value") && i === 1;
    const one = expression(arena, node, isOffset || !ALIKE.has(name) ? undefined : known);
    if (one.type && i === 0) known = one;
    return one;
  });
}

function over(arena: Arena, call: number, node: FramedOverNode): number {
  const partitionBy = (node.partitionBy?.items ?? []).map((item) => expression(arena, item.partitionBy).id);
  const orderBy = ordering(arena, node.orderBy);
  return arena.add({ tag: "window", val: { call, partitionBy, orderBy, frame: node.frame ?? null } });
}

function resultType(name: string, given: readonly Typed[]): ValueType | undefined {
  if (INTEGERS.has(name)) return valueType("int64", "number");
  if (FLOATS.has(name)) return valueType("float64");
  if (TEXTS.has(name)) return valueType("text");
  if (OF_ARGUMENT.has(name)) return given.find((one) => one.type)?.type;
  if (name === "sum") return sumType(given[0]?.type);
  return undefined;
}

/** Returns the type of a sum, which is as exact as its argument. */
function sumType(type: ValueType | undefined): ValueType | undefined {
  if (!type) return undefined;
  if (type.ty.kind.startsWith("float")) return valueType("float64");
  return type.ty.kind === "decimal"
    ? valueType("decimal")
    : valueType("int64", type.mode === "bigint" ? "bigint" : "number");
}
