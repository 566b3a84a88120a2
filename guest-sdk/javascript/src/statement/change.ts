import type {
  AliasNode,
  ColumnNode,
  ColumnUpdateNode,
  DeleteQueryNode,
  IdentifierNode,
  JoinNode,
  OperationNode,
  ReturningNode,
  SelectQueryNode,
  TableNode,
  UpdateQueryNode,
} from "kysely";

import type { Assignment, Root } from "../contract.ts";
import { type Arena, unsupported } from "./arena.ts";
import { expression } from "./expression.ts";
import { Scope } from "./scope.ts";
import { type OutputColumn, query, selections } from "./select.ts";
import { knownTable, source, sources, tableName } from "./source.ts";

/** A statement's root, and the columns that it returns. */
export interface Lowered {
  readonly root: Root;
  readonly columns: readonly OutputColumn[];
}

/** Lowers an update. */
export function update(arena: Arena, node: UpdateQueryNode): Lowered {
  refuseExtras(node);
  if (!node.table) throw unsupported(node, "it names no table");
  const { scope, table, schema } = target(arena, node.table);
  const others = otherSources(arena, scope, node.from?.froms ?? [], node.joins ?? []);
  return arena.within(scope, () => {
    const assignments = setters(arena, node.updates ?? []);
    const where = conditions(arena, [...others.conditions, ...(node.where ? [node.where.where] : [])]);
    const { ids, columns } = returned(arena, node.returning);
    return {
      root: { tag: "update", val: { table, schema, assignments, source: others.source, where, returning: ids } },
      columns,
    };
  });
}

/** Lowers a delete. */
export function remove(arena: Arena, node: DeleteQueryNode): Lowered {
  refuseExtras(node);
  const [from, ...more] = node.from.froms;
  if (!from || more.length > 0) throw unsupported("a delete from several tables");
  const { scope, table, schema } = target(arena, from);
  const others = otherSources(arena, scope, node.using?.tables ?? [], node.joins ?? []);
  return arena.within(scope, () => {
    const where = conditions(arena, [...others.conditions, ...(node.where ? [node.where.where] : [])]);
    const { ids, columns } = returned(arena, node.returning);
    return { root: { tag: "delete", val: { table, schema, source: others.source, where, returning: ids } }, columns };
  });
}

const EXTRAS = ["with", "explain", "orderBy", "limit", "top", "output", "endModifiers"] as const;

function refuseExtras(node: UpdateQueryNode | DeleteQueryNode): void {
  const extra = EXTRAS.find((key) => node[key] !== undefined);
  if (extra) throw unsupported(`${extra} of ${node.kind}`, "say it in a query that the condition is in");
}

/** Returns the changed table, and a scope in which its alias refers to it. */
function target(arena: Arena, node: OperationNode): { scope: Scope; table: string; schema: string | null } {
  const isAlias = node.kind === "AliasNode";
  const inner = isAlias ? (node as AliasNode).node : node;
  if (inner.kind !== "TableNode") throw unsupported(inner, "one table is changed at a time");
  const { table, schema } = knownTable(arena.catalog, inner as TableNode);
  const scope = new Scope(arena.scope);
  const name = isAlias ? ((node as AliasNode).alias as IdentifierNode).name : table;
  scope.sources.push({ name, columns: arena.catalog.columns(table) ?? new Map(), target: table });
  return { scope, table, schema };
}

/**
 * Lowers the other sources of a change. The first join has no left side, so its condition becomes one of the statement.
 */
function otherSources(
  arena: Arena,
  scope: Scope,
  froms: readonly OperationNode[],
  joins: readonly JoinNode[],
): { source: number | null; conditions: OperationNode[] } {
  if (froms.length > 0 || joins.length === 0) {
    const own = froms.filter((one) => !isTarget(one, scope));
    return { source: sources(arena, scope, own, joins), conditions: [] };
  }
  const [first, ...rest] = joins as [JoinNode, ...JoinNode[]];
  if (first.joinType !== "InnerJoin" || !first.on) throw unsupported(`${first.joinType} to the table that is changed`);
  let all = source(arena, scope, first.table);
  for (const join of rest) all = chain(arena, scope, all, join);
  return { source: all, conditions: [first.on.on] };
}

function isTarget(node: OperationNode, scope: Scope): boolean {
  return node.kind === "TableNode" && tableName(node as TableNode).table === scope.sources[0]?.name;
}

function chain(arena: Arena, scope: Scope, left: number, join: JoinNode): number {
  const right = source(arena, scope, join.table);
  const on = join.on ? arena.within(scope, () => expression(arena, (join.on as { on: OperationNode }).on).id) : null;
  const kind = join.joinType.replace("Join", "").toLowerCase();
  return arena.add({ tag: "join", val: { kind, left, right, on } });
}

function conditions(arena: Arena, all: readonly OperationNode[]): number | null {
  const items = all.map((one) => expression(arena, one).id);
  return items.length > 1 ? arena.add({ tag: "listed", val: { op: "and", items } }) : (items[0] ?? null);
}

/** Lowers the assignments of an update. */
export function setters(arena: Arena, updates: readonly ColumnUpdateNode[]): Assignment[] {
  return updates.map(({ column, value }) => {
    const name = columnName(column);
    const type = arena.scope?.sources[0]?.columns.get(name);
    return { column: name, value: expression(arena, value, { type, name }).id };
  });
}

function columnName(node: OperationNode): string {
  if (node.kind === "ColumnNode") return (node as ColumnNode).column.name;
  const inner = node.kind === "ReferenceNode" ? (node as unknown as { column: OperationNode }).column : undefined;
  if (inner?.kind === "ColumnNode") return (inner as ColumnNode).column.name;
  throw unsupported(node, "a column's name is expected");
}

/** Lowers a change's `returning` columns. */
export function returned(arena: Arena, node: ReturningNode | undefined): ReturnType<typeof selections> {
  return selections(arena, node?.selections ?? []);
}

/** Lowers a query as a statement. */
export function read(arena: Arena, node: SelectQueryNode): Lowered {
  const { id, columns } = query(arena, node);
  return { root: { tag: "select", val: id }, columns };
}
