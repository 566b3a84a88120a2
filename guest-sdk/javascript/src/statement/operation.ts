import type {
  AndNode,
  BinaryOperationNode,
  OperationNode,
  OperatorNode,
  PrimitiveValueListNode,
  RawNode,
  ValueListNode,
  ValueNode,
} from "kysely";

import { valueType } from "../schema/type.ts";
import { type Arena, type Hint, type Typed, unsupported } from "./arena.ts";
import { expression, subquery, tuple, value } from "./expression.ts";
import { escaped } from "./raw.ts";

const BOOLEAN = valueType("boolean");
const TEXT = valueType("text");

const COMPARISONS: Readonly<Record<string, string>> = {
  "=": "equal",
  "==": "equal",
  "!=": "not-equal",
  "<>": "not-equal",
  "<": "less",
  "!>": "less-equal",
  "<=": "less-equal",
  ">": "greater",
  "!<": "greater-equal",
  ">=": "greater-equal",
  "is distinct from": "is-distinct",
  "is not distinct from": "is-not-distinct",
  "<=>": "is-not-distinct",
};

const ARITHMETIC: Readonly<Record<string, string>> = {
  "+": "add",
  "-": "subtract",
  "*": "multiply",
  "/": "divide",
  "%": "modulo",
  "||": "concat",
};

/** Lowers a binary operation. */
export function binaryOperation(arena: Arena, node: BinaryOperationNode, hint: Hint): Typed {
  const operator = operatorName(node.operator);
  const { leftOperand, rightOperand } = node;
  const comparison = COMPARISONS[operator];
  if (comparison) return condition(arena, { op: comparison, ...operands(arena, leftOperand, rightOperand) });
  const arithmetic = ARITHMETIC[operator];
  if (arithmetic) return calculation(arena, arithmetic, node, hint);
  switch (operator) {
    case "is":
    case "is not":
      return is(arena, expression(arena, leftOperand), rightOperand, operator === "is not");
    case "in":
    case "not in":
      return membership(arena, expression(arena, leftOperand), rightOperand, operator === "not in");
    case "like":
    case "ilike":
    case "not like":
    case "not ilike":
      return matching(arena, expression(arena, leftOperand), rightOperand, operator);
    case "between":
      return between(arena, expression(arena, leftOperand), rightOperand as AndNode);
    default:
      throw unsupported(`the operator ${operator}`);
  }
}

function operatorName(node: OperationNode): string {
  if (node.kind !== "OperatorNode") throw unsupported(node, "operators as SQL text need the grant for raw SQL");
  return (node as OperatorNode).operator;
}

function condition(arena: Arena, { op, left, right }: { op: string; left: Typed; right: Typed }): Typed {
  return { id: arena.add({ tag: "binary", val: { op, left: left.id, right: right.id } }), type: BOOLEAN };
}

/** Lowers both operands. A bare value gets its type from the other operand. */
function operands(arena: Arena, leftNode: OperationNode, rightNode: OperationNode): { left: Typed; right: Typed } {
  if (leftNode.kind === "ValueNode" && rightNode.kind !== "ValueNode") {
    const right = expression(arena, rightNode);
    return { left: expression(arena, leftNode, right), right };
  }
  const left = expression(arena, leftNode);
  return { left, right: expression(arena, rightNode, left) };
}

function calculation(arena: Arena, op: string, node: BinaryOperationNode, hint: Hint): Typed {
  const { left, right } = operands(arena, node.leftOperand, node.rightOperand);
  const type = op === "concat" ? TEXT : (left.type ?? right.type ?? hint?.type);
  return { id: arena.add({ tag: "binary", val: { op, left: left.id, right: right.id } }), type };
}

function is(arena: Arena, left: Typed, right: OperationNode, negated: boolean): Typed {
  if (right.kind === "ValueNode" && (right as ValueNode).value === null) {
    const op = negated ? "is-not-null" : "is-null";
    return { id: arena.add({ tag: "unary", val: [op, left.id] }), type: BOOLEAN };
  }
  const op = negated ? "is-distinct" : "is-not-distinct";
  return condition(arena, { op, left, right: expression(arena, right, left) });
}

function membership(arena: Arena, left: Typed, right: OperationNode, negated: boolean): Typed {
  if (right.kind === "ParensNode" || right.kind === "SelectQueryNode") {
    const val = { value: left.id, query: subquery(arena, right), negated };
    return { id: arena.add({ tag: "membership", val }), type: BOOLEAN };
  }
  const items = [left.id, ...listItems(arena, right, left).map(({ id }) => id)];
  return { id: arena.add({ tag: "listed", val: { op: negated ? "not-in-list" : "in-list", items } }), type: BOOLEAN };
}

function listItems(arena: Arena, node: OperationNode, hint: Hint): Typed[] {
  switch (node.kind) {
    case "PrimitiveValueListNode":
      return (node as PrimitiveValueListNode).values.map((one) => value(arena, one, hint));
    case "ValueListNode":
      return (node as ValueListNode).values.map((one) => expression(arena, one, hint));
    case "TupleNode":
      return [tuple(arena, (node as unknown as ValueListNode).values, hint)];
    default:
      throw unsupported(node, "a list or a query is expected after in");
  }
}

function matching(arena: Arena, left: Typed, right: OperationNode, operator: string): Typed {
  const { pattern, escape } = (right.kind === "RawNode" && escaped(right as RawNode)) || {
    pattern: right,
    escape: null,
  };
  const hint: Hint = { type: TEXT, name: left.name };
  const val = {
    value: left.id,
    pattern: expression(arena, pattern, hint).id,
    escape,
    ignoreCase: operator.endsWith("ilike"),
    negated: operator.startsWith("not"),
  };
  return { id: arena.add({ tag: "matching", val }), type: BOOLEAN };
}

function between(arena: Arena, left: Typed, bounds: AndNode): Typed {
  const items = [left, expression(arena, bounds.left, left), expression(arena, bounds.right, left)];
  return { id: arena.add({ tag: "listed", val: { op: "between", items: items.map(({ id }) => id) } }), type: BOOLEAN };
}
