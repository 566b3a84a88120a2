import type { OperationNode, RawNode } from "kysely";

import { type Arena, type Hint, type Typed, unsupported } from "./arena.ts";
import { expression } from "./expression.ts";
import { parse } from "./text/parse.ts";
import { NotUnderstood } from "./text/token.ts";

const ESCAPE = /^\s+escape\s+'(.)'\s*$/iu;
/** The beginnings of Kysely's helpers that make JSON of rows. */
const HELPERS: readonly (readonly [RegExp, string])[] = [
  [/^\(select coalesce\(json_(agg|group_array)\(|^\(select cast\(coalesce\(json_arrayagg/, "jsonArrayFrom"],
  [/^\(select (to_json|json_object)\(/, "jsonObjectFrom"],
  [/^json_(build_)?object\(/, "jsonBuildObject"],
];

/** Lowers SQL text in a query. An expression of operators, functions and constants is parsed, and sent as data. */
export function raw(arena: Arena, node: RawNode, hint: Hint): Typed {
  const only = onlyNode(node);
  return expression(arena, only === node ? parsed(node) : only, hint);
}

function parsed(node: RawNode): OperationNode {
  const helper = HELPERS.find(([beginning]) => beginning.test(node.sqlFragments[0] ?? ""))?.[1];
  if (helper !== undefined) {
    throw unsupported(helper, "find the rows with their relationships by a session, or join them");
  }
  try {
    return parse(node);
  } catch (error) {
    throw error instanceof NotUnderstood ? refused(node, error.message) : error;
  }
}

/** Returns the node in a raw node that has no text of its own; otherwise the node itself. */
export function onlyNode(node: OperationNode): OperationNode {
  if (node.kind !== "RawNode") return node;
  const { parameters, sqlFragments } = node as RawNode;
  const [parameter, ...more] = parameters;
  const isBare = parameter && more.length === 0 && sqlFragments.every((fragment) => fragment.trim() === "");
  return isBare ? onlyNode(parameter) : node;
}

/** Returns the text of a raw node without parameters. */
export function rawText(node: OperationNode): string | undefined {
  if (node.kind !== "RawNode" || (node as RawNode).parameters.length > 0) return undefined;
  return (node as RawNode).sqlFragments.join("").trim();
}

/** Returns a pattern and its escape character: sql`${pattern} escape '!'`. */
export function escaped(node: RawNode): { pattern: OperationNode; escape: string } | undefined {
  const [before, after] = node.sqlFragments;
  const [pattern] = node.parameters;
  const escape = ESCAPE.exec(after ?? "")?.[1];
  if (before?.trim() !== "" || node.parameters.length !== 1 || !pattern || !escape) return undefined;
  return { pattern, escape };
}

function refused(node: RawNode, what: string): Error {
  const text = node.sqlFragments.join("?").trim();
  return unsupported(
    `RawNode \`${text.slice(0, 80)}\``,
    `it is SQL text in which ${what} is not understood. Say it by Kysely's own calls, or send it by execute of ` +
      "@sqlservice/guest/raw, which needs the grant for raw SQL",
  );
}
