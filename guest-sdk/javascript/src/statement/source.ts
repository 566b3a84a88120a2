import type { AliasNode, IdentifierNode, JoinNode, OperationNode, SelectQueryNode, TableNode } from "kysely";

import { NotFoundError } from "../errors.ts";
import { type Arena, unsupported } from "./arena.ts";
import { expression } from "./expression.ts";
import type { Catalog, Scope, Source } from "./scope.ts";
import { onlyNode } from "./raw.ts";
import { query } from "./select.ts";

const JOINS: Readonly<Record<string, { kind: string; lateral: boolean }>> = {
  InnerJoin: { kind: "inner", lateral: false },
  LeftJoin: { kind: "left", lateral: false },
  RightJoin: { kind: "right", lateral: false },
  FullJoin: { kind: "full", lateral: false },
  CrossJoin: { kind: "cross", lateral: false },
  LateralInnerJoin: { kind: "inner", lateral: true },
  LateralLeftJoin: { kind: "left", lateral: true },
  LateralCrossJoin: { kind: "cross", lateral: true },
};

/** Lowers a table or a query as a source, and brings its columns into scope. */
export function source(arena: Arena, scope: Scope, node: OperationNode, lateral = false): number {
  const alias = node.kind === "AliasNode" ? aliasName(node as AliasNode) : undefined;
  const inner = onlyNode(node.kind === "AliasNode" ? (node as AliasNode).node : node);
  switch (inner.kind) {
    case "TableNode":
      return tableSource(arena, scope, inner as TableNode, alias);
    case "SelectQueryNode": {
      if (alias === undefined) throw unsupported(inner, "a query as a source needs a name");
      const { id, columns } = arena.within(lateral ? scope : (scope.outer ?? EMPTY), () =>
        query(arena, inner as SelectQueryNode),
      );
      scope.sources.push({ name: alias, columns: new Map(columns.map(({ name, type }) => [name, type])) });
      return arena.add({ tag: "subquery", val: { query: id, alias, lateral } });
    }
    default:
      throw unsupported(inner, "only tables and queries are sources");
  }
}

const EMPTY = { sources: [], outer: undefined, source: () => undefined, type: () => undefined } as unknown as Scope;

function aliasName(node: AliasNode): string {
  if (node.alias.kind !== "IdentifierNode") throw unsupported(node.alias, "a name is expected");
  return (node.alias as IdentifierNode).name;
}

function tableSource(arena: Arena, scope: Scope, node: TableNode, alias: string | undefined): number {
  const { table, schema } = knownTable(arena.catalog, node);
  scope.sources.push({ name: alias ?? table, columns: tableColumns(arena, table) });
  return arena.add({ tag: "table", val: { table, schema, alias: alias ?? null } });
}

function tableColumns(arena: Arena, table: string): Source["columns"] {
  const cte = arena.ctes.findLast(({ name }) => name === table);
  if (cte) cte.used = true;
  return cte?.columns ?? arena.catalog.columns(table) ?? new Map();
}

/** Returns the table and the schema of a table node. */
export function tableName(node: TableNode): { table: string; schema: string | null } {
  return { table: node.table.identifier.name, schema: node.table.schema?.name ?? null };
}

/** Returns the names of a table. Throws if the named schema has no declared or reflected table of that name. */
export function knownTable(catalog: Catalog, node: TableNode): { table: string; schema: string | null } {
  const names = tableName(node);
  const { table, schema } = names;
  if (schema === null || catalog.schemasOf(table).has(schema)) return names;
  const [other] = catalog.schemasOf(table);
  const place = other === null ? "without a schema" : `in the schema ${other}`;
  const advice = other === undefined ? "" : `: ${table} is declared ${place}`;
  throw new NotFoundError({ code: "no-such-table", message: `there is no table ${schema}.${table}${advice}`, table });
}

/** Lowers sources and joins to one source; null if there are none. */
export function sources(
  arena: Arena,
  scope: Scope,
  froms: readonly OperationNode[],
  joins: readonly JoinNode[],
): number | null {
  let all: number | null = null;
  for (const from of froms) {
    const right: number = source(arena, scope, from);
    all = all === null ? right : arena.add({ tag: "join", val: { kind: "cross", left: all, right, on: null } });
  }
  for (const node of joins) {
    if (all === null) throw unsupported(node, "there is nothing to join");
    all = join(arena, scope, all, node);
  }
  return all;
}

function join(arena: Arena, scope: Scope, left: number, node: JoinNode): number {
  const how = JOINS[node.joinType];
  if (!how) throw unsupported(`a join of the type ${node.joinType}`);
  const right = source(arena, scope, node.table, how.lateral);
  const on = node.on ? arena.within(scope, () => expression(arena, (node.on as { on: OperationNode }).on).id) : null;
  return arena.add({ tag: "join", val: { kind: how.kind, left, right, on } });
}
