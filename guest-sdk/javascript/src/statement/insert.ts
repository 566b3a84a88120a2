import type {
  InsertQueryNode,
  OnConflictNode,
  OnDuplicateKeyNode,
  OperationNode,
  PrimitiveValueListNode,
  SelectQueryNode,
  ValueListNode,
  ValuesNode,
} from "kysely";

import type { Conflict, Insert } from "../contract.ts";
import { type Arena, type Hint, unsupported } from "./arena.ts";
import { type Lowered, returned, setters } from "./change.ts";
import { expression, value } from "./expression.ts";
import { Scope } from "./scope.ts";
import { query } from "./select.ts";
import { knownTable } from "./source.ts";

/** Lowers an insert. */
export function insert(arena: Arena, node: InsertQueryNode): Lowered {
  if (!node.into) throw unsupported(node, "it names no table");
  refuseExtras(node);
  const { table, schema } = knownTable(arena.catalog, node.into);
  const types = arena.catalog.columns(table) ?? new Map();
  const names = (node.columns ?? []).map(({ column }) => column.name);
  const hints = names.map((name): Hint => ({ type: types.get(name), name }));
  const source = insertSource(arena, table, node, hints);
  const scope = new Scope(arena.scope);
  scope.sources.push({ name: table, columns: types }, { name: "excluded", columns: types });
  return arena.within(scope, () => {
    const conflict = node.onConflict
      ? onConflict(arena, table, node.onConflict)
      : duplicate(arena, table, node.onDuplicateKey);
    const { ids, columns } = returned(arena, node.returning);
    return {
      root: { tag: "insert", val: { table, schema, columns: names, source, conflict, returning: ids } },
      columns,
    };
  });
}

function refuseExtras(node: InsertQueryNode): void {
  if (node.orAction) throw unsupported(`OrActionNode (insert or ${node.orAction.action})`, "say onConflict");
  const refused = (["replace", "explain", "top", "output", "endModifiers"] as const).find((key) => node[key]);
  if (refused) throw unsupported(`${refused} of ${node.kind}`, "say onConflict");
}

function insertSource(arena: Arena, table: string, node: InsertQueryNode, hints: readonly Hint[]): Insert["source"] {
  if (node.values?.kind === "SelectQueryNode") {
    const select = node.values as SelectQueryNode;
    const withCtes = node.with ? { ...select, with: node.with } : select;
    return { tag: "query", val: query(arena, withCtes, hints).id };
  }
  if (node.with) throw unsupported("with of an insert of values");
  if (node.defaultValues || !node.values) return { tag: "defaults" };
  if (node.values.kind !== "ValuesNode") throw unsupported(node.values);
  return { tag: "values", val: (node.values as ValuesNode).values.map((row) => rowValues(arena, table, row, hints)) };
}

function rowValues(arena: Arena, table: string, row: OperationNode, hints: readonly Hint[]): number[] {
  if (row.kind === "PrimitiveValueListNode") {
    return (row as PrimitiveValueListNode).values.map((one, i) => value(arena, one, hints[i]).id);
  }
  return (row as ValueListNode).values.map((one, i) => {
    if (one.kind !== "DefaultInsertValueNode") return expression(arena, one, hints[i]).id;
    return defaultValue(arena, table, hints[i]?.name ?? "");
  });
}

/** Lowers the declared default of a column, for a row that omits the column while other rows of the insert have it. */
function defaultValue(arena: Arena, table: string, column: string): number {
  const given = arena.catalog.default(table, column);
  switch (given?.tag) {
    case "none":
      return arena.bind({ tag: "scalar", val: { tag: "null" } });
    case "literal":
      return arena.bind(given.val);
    case "now":
      return arena.add({ tag: "call", val: { function: "now", arguments: [], distinct: false, filter: null } });
    default:
      throw unsupported(
        "DefaultInsertValueNode",
        `some rows have the column ${column} and others do not, and only the database knows its default: insert them apart`,
      );
  }
}

function onConflict(arena: Arena, table: string, node: OnConflictNode): Conflict {
  if (node.constraint) throw unsupported("a conflict that names a constraint", "name its columns");
  if (node.indexExpression || node.indexWhere) throw unsupported("a conflict that names a part of an index");
  const named = (node.columns ?? []).map(({ column }) => column.name);
  const columns = named.length > 0 ? named : onlyKey(arena, table);
  const where = node.updateWhere ? expression(arena, node.updateWhere.where).id : null;
  if (node.doNothing || !node.updates) return { columns, action: { tag: "nothing" }, where };
  return { columns, action: { tag: "update", val: setters(arena, node.updates) }, where };
}

function duplicate(arena: Arena, table: string, node: OnDuplicateKeyNode | undefined): Conflict | null {
  if (!node) return null;
  return { columns: onlyKey(arena, table), action: { tag: "update", val: setters(arena, node.updates) }, where: null };
}

/** Returns the primary key, if the table has no other unique key. */
function onlyKey(arena: Arena, table: string): string[] {
  const key = arena.catalog.key(table);
  if (key?.isOnly) return [...key.columns];
  throw unsupported(
    `a conflict with any key of ${table}`,
    "name the columns of the key that is meant: onConflict((oc) => oc.columns([…]))",
  );
}
