import {
  AggregateFunctionNode,
  type OperationNode,
  OrderByItemNode,
  OverNode,
  PartitionByItemNode,
  RawNode,
} from "kysely";

import type { Frame } from "../../contract.ts";
import { expression } from "./parse.ts";
import type { Reader } from "./reader.ts";
import { NotUnderstood } from "./token.ts";

/** A window with a frame, for which Kysely has no method. */
export interface FramedOverNode extends OverNode {
  readonly frame?: Frame;
}

/** Functions that are called without parentheses. */
const BARE = new Set(["current_timestamp", "current_date", "current_time"]);
/** Words that are no function calls, even with parentheses after them. */
const NO_CALLS = new Set(["and", "case", "cast", "else", "exists", "in", "not", "or", "over", "then", "when"]);

/** Whether the next tokens call a function. */
export function isCall(reader: Reader): boolean {
  const token = reader.peek();
  if (token?.is !== "word" || NO_CALLS.has(token.text)) return false;
  const after = reader.peek(1);
  return BARE.has(token.text) || (after?.is === "symbol" && after.text === "(");
}

/** Parses a call of a scalar function, an aggregate or a window function. */
export function call(reader: Reader): OperationNode {
  const name = reader.take().text;
  if (!reader.takes("(")) return AggregateFunctionNode.create(name, []);
  if (name === "extract") return extract(reader);
  const isDistinct = reader.takes("distinct");
  let made = AggregateFunctionNode.create(name, callArguments(reader));
  if (isDistinct) made = AggregateFunctionNode.cloneWithDistinct(made);
  if (reader.takes("filter")) {
    reader.expect("(", "where");
    made = AggregateFunctionNode.cloneWithFilter(made, expression(reader));
    reader.expect(")");
  }
  return reader.takes("over") ? AggregateFunctionNode.cloneWithOver(made, over(reader)) : made;
}

function callArguments(reader: Reader): OperationNode[] {
  if (reader.takes("*", ")")) return [];
  if (reader.takes(")")) return [];
  const given = [expression(reader)];
  while (reader.takes(",")) given.push(expression(reader));
  reader.expect(")");
  return given;
}

/** Parses a part of a date: `extract(year from born)` becomes `year(born)`. */
function extract(reader: Reader): OperationNode {
  const part = reader.take().text;
  reader.expect("from");
  const value = expression(reader);
  reader.expect(")");
  return AggregateFunctionNode.create(part, [value]);
}

function over(reader: Reader): OverNode {
  reader.expect("(");
  let made = OverNode.create();
  if (reader.takes("partition", "by")) {
    const parts = separated(reader, () => PartitionByItemNode.create(expression(reader) as never));
    made = OverNode.cloneWithPartitionByItems(made, parts);
  }
  if (reader.takes("order", "by"))
    made = OverNode.cloneWithOrderByItems(
      made,
      separated(reader, () => order(reader)),
    );
  const unit = (["rows", "range", "groups"] as const).find((one) => reader.takes(one));
  const framed: FramedOverNode = unit === undefined ? made : { ...made, frame: frame(reader, unit) };
  reader.expect(")");
  return framed;
}

function separated<T>(reader: Reader, one: () => T): T[] {
  const all = [one()];
  while (reader.takes(",")) all.push(one());
  return all;
}

function order(reader: Reader): OrderByItemNode {
  const by = expression(reader);
  const isDescending = reader.takes("desc");
  if (!isDescending) reader.takes("asc");
  const made = OrderByItemNode.create(by, RawNode.createWithSql(isDescending ? "desc" : "asc"));
  if (!reader.takes("nulls")) return made;
  if (reader.takes("first")) return OrderByItemNode.cloneWith(made, { nulls: "first" });
  reader.expect("last");
  return OrderByItemNode.cloneWith(made, { nulls: "last" });
}

function frame(reader: Reader, unit: Frame["unit"]): Frame {
  if (!reader.takes("between")) return { unit, start: bound(reader, "preceding"), end: { tag: "current" } };
  const start = bound(reader, "preceding");
  reader.expect("and");
  return { unit, start, end: bound(reader, "following") };
}

/** Parses a bound of a frame. Unbounded is only `preceding` at the start, and only `following` at the end. */
function bound(reader: Reader, border: "preceding" | "following"): Frame["start"] {
  if (reader.takes("current", "row")) return { tag: "current" };
  if (reader.takes("unbounded", border)) return { tag: "unbounded" };
  const { is, text } = reader.take();
  const tag = (["preceding", "following"] as const).find((one) => reader.takes(one));
  if (is !== "number" || !/^\d+$/.test(text) || !tag) throw new NotUnderstood("the frame of a window");
  return { tag, val: BigInt(text) };
}
