import type {
  AliasNode,
  AndNode,
  CaseNode,
  CastNode,
  ColumnNode,
  OperationNode,
  OrNode,
  ParensNode,
  ReferenceNode,
  SelectQueryNode,
  TupleNode,
  UnaryOperationNode,
  ValueNode,
} from "kysely";

import { valueType } from "../schema/type.ts";
import { encodeUntyped, encodeValue } from "../values/encode.ts";
import { WrittenNumber } from "../values/written-number.ts";
import { type Arena, type Hint, type Typed, unsupported } from "./arena.ts";
import { aggregate, functionCall } from "./function.ts";
import { jsonReference } from "./json.ts";
import { binaryOperation } from "./operation.ts";
import { raw } from "./raw.ts";
import { query } from "./select.ts";
import { dataType } from "./type-name.ts";

const BOOLEAN = valueType("boolean");

/** Lowers an expression. `hint` gives the type of a bare value in it. */
export function expression(arena: Arena, node: OperationNode, hint?: Hint): Typed {
  if (node.kind === "ValueNode") return value(arena, (node as ValueNode).value, hint);
  return arena.deeper(() => nested(arena, node, hint));
}

function nested(arena: Arena, node: OperationNode, hint: Hint): Typed {
  switch (node.kind) {
    case "ReferenceNode":
      return reference(arena, node as ReferenceNode);
    case "ColumnNode":
      return column(arena, (node as ColumnNode).column.name);
    case "ParensNode":
      return expression(arena, (node as ParensNode).node, hint);
    case "AliasNode":
      return expression(arena, (node as AliasNode).node, hint);
    case "AndNode":
    case "OrNode":
      return logical(arena, node as AndNode | OrNode);
    case "BinaryOperationNode":
      return binaryOperation(arena, node as never, hint);
    case "UnaryOperationNode":
      return unary(arena, node as UnaryOperationNode, hint);
    case "FunctionNode":
      return functionCall(arena, node as never, hint);
    case "AggregateFunctionNode":
      return aggregate(arena, node as never, hint);
    case "CaseNode":
      return choice(arena, node as CaseNode, hint);
    case "CastNode":
      return cast(arena, node as CastNode);
    case "TupleNode":
      return tuple(arena, (node as TupleNode).values, hint);
    case "JSONReferenceNode":
      return jsonReference(arena, node as never);
    case "SelectQueryNode":
      return scalarQuery(arena, node as SelectQueryNode);
    case "RawNode":
      return raw(arena, node as never, hint);
    default:
      throw unsupported(node);
  }
}

/** Binds a bare value. */
export function value(arena: Arena, given: unknown, hint?: Hint): Typed {
  const place = hint?.name ?? "a value";
  if (given instanceof WrittenNumber) return value(arena, given.as(hint?.type?.ty.kind), hint);
  const encoded = hint?.type ? encodeValue(hint.type, given, place) : encodeUntyped(given, place);
  return { id: arena.bind(encoded), type: hint?.type, name: hint?.name };
}

function reference(arena: Arena, node: ReferenceNode): Typed {
  if (node.column.kind !== "ColumnNode") throw unsupported(node.column, "select the columns by their names here");
  const name = node.column.column.name;
  if (!node.table) return column(arena, name);
  const table = node.table.table.identifier.name;
  if (table === "excluded" && arena.scope?.source("excluded")) {
    const type = arena.scope.source("excluded")?.columns.get(name);
    return { id: arena.add({ tag: "excluded", val: name }), type, name };
  }
  const source = arena.scope?.source(table);
  const id = arena.add({ tag: "column", val: { table: source?.target ?? table, name } });
  return { id, type: source?.columns.get(name), name };
}

function column(arena: Arena, name: string): Typed {
  return { id: arena.add({ tag: "column", val: { table: null, name } }), type: arena.scope?.type(name), name };
}

/** Lowers a chain of `and` or `or` as one list. */
function logical(arena: Arena, node: AndNode | OrNode): Typed {
  const items: number[] = [];
  // Kysely nests the operands to any depth, so this does not recurse.
  const waiting: OperationNode[] = [node];
  for (let one = waiting.pop(); one; one = waiting.pop()) {
    if (one.kind === "ParensNode" && (one as ParensNode).node.kind === node.kind)
      waiting.push((one as ParensNode).node);
    else if (one.kind === node.kind) waiting.push((one as AndNode).right, (one as AndNode).left);
    else items.push(expression(arena, one, { type: BOOLEAN }).id);
  }
  return {
    id: arena.add({ tag: "listed", val: { op: node.kind === "AndNode" ? "and" : "or", items } }),
    type: BOOLEAN,
  };
}

function unary(arena: Arena, node: UnaryOperationNode, hint: Hint): Typed {
  const operator =
    node.operator.kind === "OperatorNode" ? (node.operator as { operator?: string }).operator : undefined;
  switch (operator) {
    case "exists":
    case "not exists": {
      const exists = arena.add({ tag: "exists", val: subquery(arena, node.operand) });
      const id = operator === "exists" ? exists : arena.add({ tag: "unary", val: ["not", exists] });
      return { id, type: BOOLEAN };
    }
    case "not":
      return { id: arena.add({ tag: "unary", val: ["not", expression(arena, node.operand).id] }), type: BOOLEAN };
    case "-": {
      const operand = expression(arena, node.operand, hint);
      return { id: arena.add({ tag: "unary", val: ["negate", operand.id] }), type: operand.type };
    }
    default:
      throw unsupported(operator ? `the operator ${operator}` : node);
  }
}

/** Lowers the query of an operand, which may be in parentheses. */
export function subquery(arena: Arena, node: OperationNode): number {
  if (node.kind === "ParensNode") return subquery(arena, (node as ParensNode).node);
  if (node.kind !== "SelectQueryNode") throw unsupported(node, "a query is expected here");
  return query(arena, node as SelectQueryNode).id;
}

function scalarQuery(arena: Arena, node: SelectQueryNode): Typed {
  const { id, columns } = query(arena, node);
  const [first] = columns;
  return { id: arena.add({ tag: "scalar-query", val: id }), type: first?.type, name: first?.name };
}

function choice(arena: Arena, node: CaseNode, hint: Hint): Typed {
  const whens: { condition: number; then: number }[] = [];
  let known = hint;
  for (const when of node.when ?? []) {
    const condition = caseCondition(arena, node.value, when.condition);
    if (!when.result) throw unsupported(when, "it has no result");
    const then = expression(arena, when.result, known);
    if (then.type && !known?.type) known = then;
    whens.push({ condition, then: then.id });
  }
  const otherwise = node.else ? expression(arena, node.else, known) : undefined;
  const id = arena.add({ tag: "case", val: { whens, otherwise: otherwise?.id ?? null } });
  return { id, type: known?.type ?? otherwise?.type };
}

function caseCondition(arena: Arena, of: OperationNode | undefined, condition: OperationNode): number {
  if (!of) return expression(arena, condition).id;
  const left = expression(arena, of);
  return arena.add({
    tag: "binary",
    val: { op: "equal", left: left.id, right: expression(arena, condition, left).id },
  });
}

function cast(arena: Arena, node: CastNode): Typed {
  const type = dataType(node.dataType);
  const operand = expression(arena, node.expression);
  return { id: arena.add({ tag: "cast", val: { value: operand.id, ty: type.ty } }), type };
}

/** Lowers a row of values. */
export function tuple(arena: Arena, values: readonly OperationNode[], hint?: Hint): Typed {
  const parts = values.map((one, i) => expression(arena, one, hint?.parts?.[i]));
  const items = parts.map(({ id }) => id);
  return { id: arena.add({ tag: "listed", val: { op: "row-values", items } }), parts };
}
