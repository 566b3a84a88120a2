import type { JSONPathLegNode, JSONReferenceNode } from "kysely";

import { valueType } from "../schema/type.ts";
import { encodeUntyped } from "../values/encode.ts";
import { type Arena, type Typed, unsupported } from "./arena.ts";
import { expression } from "./expression.ts";

/**
 * Lowers access to a member of a JSON document, such as `eb.ref("column", "->").key("a").at(0)`. Only the last step of
 * `->>` gives text.
 */
export function jsonReference(arena: Arena, { reference, traversal }: JSONReferenceNode): Typed {
  const column = expression(arena, reference);
  const operator = traversal.kind === "JSONPathNode" ? traversal.inOperator?.operator : traversal.operator.operator;
  if (operator === undefined) throw unsupported(traversal, "take the member by the operator -> or ->>");
  const steps =
    traversal.kind === "JSONPathNode" ? traversal.pathLegs.map(legStep) : traversal.values.map(({ value }) => value);
  const isText = operator.startsWith("->>");
  let left = column.id;
  steps.forEach((step, i) => {
    // A literal: the host recognises a position only in a constant.
    const right = arena.add({ tag: "literal", val: encodeUntyped(step, "a step into JSON") });
    const op = isText && i === steps.length - 1 ? "json-get-text" : "json-get";
    left = arena.add({ tag: "binary", val: { op, left, right } });
  });
  return { id: left, type: valueType(isText ? "text" : "json"), name: column.name };
}

function legStep(leg: JSONPathLegNode): string | number {
  if (leg.type === "Member") return String(leg.value);
  const index = Number(leg.value);
  if (!Number.isInteger(index)) throw unsupported(leg, `the position ${leg.value} is no number`);
  return index;
}
