import type { OperationNode, RawNode } from "kysely";

import { encodeUntyped } from "../values/encode.ts";
import { type Arena, type Hint, type Typed, unsupported } from "./arena.ts";
import { expression } from "./expression.ts";
import { truth } from "./operation.ts";

const ESCAPE = /^\s+escape\s+'(.)'\s*$/iu;
const CALLS: Readonly<Record<string, string>> = {
  "now()": "now",
  current_timestamp: "now",
  current_date: "current_date",
  current_time: "current_time",
};

/** SQL text in a query. Only what Kysely's own helpers make is understood: `sql.ref`, `sql.val`, `sql.lit`, constants. */
export function raw(arena: Arena, node: RawNode, hint: Hint): Typed {
  const [parameter] = node.parameters;
  if (parameter && node.parameters.length === 1 && node.sqlFragments.every((fragment) => fragment.trim() === "")) {
    return expression(arena, parameter, hint);
  }
  const text = rawText(node)?.toLowerCase();
  if (text === "true" || text === "false") return truth(arena, text === "true");
  if (text === "null") return { id: arena.bind(encodeUntyped(null, "a value")) };
  const call = text === undefined ? undefined : CALLS[text];
  if (call)
    return { id: arena.add({ tag: "call", val: { function: call, arguments: [], distinct: false, filter: null } }) };
  throw refused(node);
}

/** The text of a raw node without parameters. */
export function rawText(node: OperationNode): string | undefined {
  if (node.kind !== "RawNode" || (node as RawNode).parameters.length > 0) return undefined;
  return (node as RawNode).sqlFragments.join("").trim();
}

/** A pattern with the character that escapes in it: sql`${pattern} escape '!'`. */
export function escaped(node: RawNode): { pattern: OperationNode; escape: string } | undefined {
  const [before, after] = node.sqlFragments;
  const [pattern] = node.parameters;
  const escape = ESCAPE.exec(after ?? "")?.[1];
  if (before?.trim() !== "" || node.parameters.length !== 1 || !pattern || !escape) return undefined;
  return { pattern, escape };
}

function refused(node: RawNode): Error {
  const text = node.sqlFragments.join("?").trim().slice(0, 80);
  return unsupported(
    `RawNode \`${text}\``,
    "it is SQL text. Say it by Kysely's own calls, or send it by execute of @sqlservice/guest/raw, which needs the grant for raw SQL",
  );
}
