import type { DeleteQueryNode, InsertQueryNode, RootOperationNode, SelectQueryNode, UpdateQueryNode } from "kysely";

import type { Statement, Value } from "../contract.ts";
import { Arena, checkNames, unsupported } from "./arena.ts";
import { type Lowered, read, remove, update } from "./change.ts";
import { insert } from "./insert.ts";
import type { Catalog } from "./scope.ts";
import type { OutputColumn } from "./select.ts";

/** A statement as data, its parameters, and the columns that it returns. */
export interface LoweredStatement {
  readonly statement: Statement;
  readonly parameters: Value[];
  readonly columns: readonly OutputColumn[];
}

/**
 * Lowers a Kysely query to data. Throws an `UnsupportedError` that names the part which the contract cannot express.
 */
export function lower(catalog: Catalog, node: RootOperationNode): LoweredStatement {
  const arena = new Arena(catalog);
  const { root, columns } = lowerRoot(arena, node);
  if (root.tag !== "select") checkNames(root.val);
  return { statement: { nodes: arena.nodes, root }, parameters: arena.parameters, columns };
}

function lowerRoot(arena: Arena, node: RootOperationNode): Lowered {
  switch (node.kind) {
    case "SelectQueryNode":
      return read(arena, node as SelectQueryNode);
    case "InsertQueryNode":
      return insert(arena, node as InsertQueryNode);
    case "UpdateQueryNode":
      return update(arena, node as UpdateQueryNode);
    case "DeleteQueryNode":
      return remove(arena, node as DeleteQueryNode);
    case "RawNode":
      throw unsupported(
        "a statement of SQL text",
        "send it by execute of @sqlservice/guest/raw, which needs the grant for raw SQL",
      );
    default:
      throw unsupported(
        node,
        /^(Create|Alter|Drop)/.test(node.kind) ? "tables are made by createAll and dropAll" : undefined,
      );
  }
}
