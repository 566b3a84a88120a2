import type {
  AliasNode,
  ColumnNode,
  FetchNode,
  IdentifierNode,
  LimitNode,
  OperationNode,
  ReferenceNode,
  SelectionNode,
  SelectQueryNode,
  SetOperationNode,
  TableNode,
  WithNode,
} from "kysely";

import type { Compound, Cte, Locking } from "../contract.ts";
import { type ValueType, valueType } from "../schema/type.ts";
import { type Arena, type Hint, unsupported } from "./arena.ts";
import { expression } from "./expression.ts";
import { ordering } from "./order.ts";
import { type CteSource, Scope } from "./scope.ts";
import { sources, tableName } from "./source.ts";

/** A column that a query returns. */
export interface OutputColumn {
  readonly name: string;
  readonly type: ValueType | undefined;
}

/** A query in the arena, and the columns that it returns. */
export interface Query {
  readonly id: number;
  readonly columns: readonly OutputColumn[];
}

const COUNT: Hint = { type: valueType("int64"), name: "limit" };

/** Lowers a select or a compound of selects. `hints` give the types of bare values among its columns. */
export function query(arena: Arena, node: SelectQueryNode, hints: readonly Hint[] = []): Query {
  if (node.explain) throw unsupported(node.explain);
  const known = arena.ctes.length;
  const ctes = node.with ? commonTables(arena, node.with) : [];
  const made = node.setOperations?.length ? compound(arena, node, ctes, hints) : select(arena, node, ctes, hints);
  arena.ctes.length = known;
  return made;
}

function select(arena: Arena, node: SelectQueryNode, ctes: Cte[], hints: readonly Hint[]): Query {
  if (node.distinctOn) throw unsupported("distinct on");
  if (node.top) throw unsupported(node.top, "use limit");
  const scope = new Scope(arena.scope);
  const source = sources(arena, scope, node.from?.froms ?? [], node.joins ?? []);
  return arena.within(scope, () => {
    const selected = selections(arena, node.selections ?? [], hints);
    const val = {
      ctes,
      columns: selected.ids,
      distinct: isDistinct(node),
      source,
      where: node.where ? expression(arena, node.where.where).id : null,
      groupBy: (node.groupBy?.items ?? []).map((item) => expression(arena, item.groupBy).id),
      having: node.having ? expression(arena, node.having.having).id : null,
      orderBy: ordering(arena, node.orderBy),
      ...slice(arena, node),
      lock: locking(node),
    };
    return { id: arena.add({ tag: "select", val }), columns: selected.columns };
  });
}

function isDistinct(node: SelectQueryNode): boolean {
  const others = (node.frontModifiers ?? []).filter(({ modifier }) => modifier !== "Distinct");
  if (others.length > 0) throw unsupported(`the modifier ${others[0]?.modifier ?? "as SQL text"}`);
  return (node.frontModifiers?.length ?? 0) > 0;
}

function slice(arena: Arena, node: SelectQueryNode): Pick<Compound, "limit" | "offset"> {
  const limit = node.limit ? (node.limit as LimitNode).limit : fetchCount(node.fetch);
  return {
    limit: limit ? expression(arena, limit, COUNT).id : null,
    offset: node.offset ? expression(arena, node.offset.offset, COUNT).id : null,
  };
}

function fetchCount(node: FetchNode | undefined): OperationNode | undefined {
  if (node?.modifier === "with ties") throw unsupported("fetch with ties");
  return node?.rowCount;
}

function locking(node: SelectQueryNode): Locking | null {
  const modifiers = node.endModifiers ?? [];
  if (modifiers.length === 0) return null;
  const kinds = modifiers.map(({ modifier }) => modifier);
  const known = ["ForUpdate", "ForShare", "NoWait", "SkipLocked"];
  const other = kinds.find((kind) => kind === undefined || !known.includes(kind));
  if (kinds.includes(undefined) || other) throw unsupported(`the modifier ${other ?? "as SQL text"}`);
  return {
    forShare: kinds.includes("ForShare"),
    noWait: kinds.includes("NoWait"),
    skipLocked: kinds.includes("SkipLocked"),
    tables: modifiers.flatMap(({ of }) => (of ?? []).map((one) => tableName(one as TableNode).table)),
  };
}

/** Lowers the columns of a select, or the `returning` columns of a change. */
export function selections(
  arena: Arena,
  nodes: readonly SelectionNode[],
  hints: readonly Hint[] = [],
): { ids: number[]; columns: OutputColumn[] } {
  const ids: number[] = [];
  const columns: OutputColumn[] = [];
  for (const { selection } of nodes) {
    for (const one of expand(arena, selection)) {
      ids.push(one.id ?? outputId(arena, one, hints[ids.length]));
      columns.push(one.column ?? { name: "", type: undefined });
    }
  }
  return { ids, columns };
}

/** A selected column: one in the arena, or a node that is not lowered yet. */
interface Selected {
  id?: number;
  column?: OutputColumn;
  readonly node?: OperationNode;
}

function outputId(arena: Arena, selected: Selected, hint: Hint): number {
  const node = selected.node as OperationNode;
  const { id, type, name } = expression(arena, node, hint);
  const alias = node.kind === "AliasNode" ? (node as AliasNode).alias : undefined;
  if (alias && alias.kind !== "IdentifierNode") throw unsupported(alias, "a name is expected");
  const label = (alias as IdentifierNode | undefined)?.name;
  selected.column = { name: label ?? name ?? "", type };
  return label === undefined ? id : arena.add({ tag: "label", val: { value: id, label } });
}

function expand(arena: Arena, node: OperationNode): Selected[] {
  const all = node.kind === "ReferenceNode" ? (node as ReferenceNode).column : node;
  if (all.kind !== "SelectAllNode") return [{ node }];
  const table = node.kind === "ReferenceNode" ? (node as ReferenceNode).table?.table.identifier.name : undefined;
  const from = (arena.scope?.sources ?? []).filter(({ name }) => name !== "excluded" && (!table || name === table));
  const found = from.flatMap(({ name, target, columns }) =>
    [...columns].map(([column, type]) => ({
      id: arena.add({ tag: "column", val: { table: target ?? name, name: column } }),
      column: { name: column, type },
    })),
  );
  if (found.length === 0)
    throw unsupported(all, `the columns of ${table ?? "the source"} are not known: declare or reflect it`);
  return found;
}

function commonTables(arena: Arena, node: WithNode): Cte[] {
  return node.expressions.map(({ name, expression: inner, materialized }) => {
    if (materialized !== undefined) throw unsupported("materialized");
    if (inner.kind !== "SelectQueryNode") throw unsupported(inner, "only queries are common table expressions");
    const columns = (name.columns ?? []).map(({ column }: ColumnNode) => column.name);
    const self: CteSource = {
      name: tableName(name.table).table,
      columns: new Map(columns.map((one) => [one, undefined])),
      used: false,
    };
    if (node.recursive) arena.ctes.push(self);
    const made = arena.within(new Scope(arena.scope), () => query(arena, inner as SelectQueryNode));
    if (node.recursive) arena.ctes.splice(arena.ctes.indexOf(self), 1);
    const named = made.columns.map((column, i) => [columns[i] ?? column.name, column.type] as const);
    arena.ctes.push({ name: self.name, columns: new Map(named), used: false });
    return { name: self.name, columns, query: made.id, recursive: self.used };
  });
}

function compound(arena: Arena, node: SelectQueryNode, ctes: Cte[], hints: readonly Hint[]): Query {
  const { with: _with, setOperations = [], orderBy, limit, offset, fetch, ...first } = node;
  const head = query(arena, first as SelectQueryNode, hints);
  const whole = {
    ...(orderBy && { orderBy }),
    ...(limit && { limit }),
    ...(offset && { offset }),
    ...(fetch && { fetch }),
  };
  let parts = [head.id];
  let op: Compound["op"] | undefined;
  for (const operation of setOperations) {
    const next = setOperator(operation);
    if (op !== undefined && next !== op)
      parts = [arena.add({ tag: "compound", val: { ...BARE, ctes: [], op, parts } })];
    op = next;
    parts.push(part(arena, operation.expression, head));
  }
  const scope = new Scope(arena.scope);
  scope.sources.push({ name: "", columns: new Map(head.columns.map(({ name, type }) => [name, type])) });
  return arena.within(scope, () => {
    const order = ordering(arena, whole.orderBy);
    const val = { ctes, op: op as Compound["op"], parts, orderBy: order, ...slice(arena, whole as SelectQueryNode) };
    return { id: arena.add({ tag: "compound", val }), columns: head.columns };
  });
}

const BARE = { orderBy: [], limit: null, offset: null };

function part(arena: Arena, node: OperationNode, head: Query): number {
  const inner = node.kind === "ParensNode" ? (node as unknown as { node: OperationNode }).node : node;
  if (inner.kind !== "SelectQueryNode") throw unsupported(inner, "a query is expected here");
  return query(arena, inner as SelectQueryNode, head.columns).id;
}

function setOperator({ operator, all }: SetOperationNode): Compound["op"] {
  if (!all) return operator;
  if (operator !== "union") throw unsupported(`${operator} all`);
  return "union-all";
}
