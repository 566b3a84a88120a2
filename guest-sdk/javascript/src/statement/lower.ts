import type { DeleteQueryNode, InsertQueryNode, RootOperationNode, SelectQueryNode, UpdateQueryNode } from "kysely";

import type { Statement, Value } from "../contract.ts";
import { wellFormed } from "../values/encode.ts";
import { Arena, unsupported } from "./arena.ts";
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
  const lowered = lowerUnchecked(catalog, node);
  checkNames(lowered.statement);
  return lowered;
}

/** Lowers a query whose names are still to be checked by {@link checkNames}, once for all statements that are equal. */
export function lowerUnchecked(catalog: Catalog, node: RootOperationNode): LoweredStatement {
  const arena = new Arena(catalog);
  const { root, columns } = lowerRoot(arena, node);
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

/** Refuses names in a statement that are not well-formed Unicode. */
export function checkNames({ nodes, root }: Statement): void {
  for (const { val } of nodes) if (typeof val === "object") checkParts(val);
  if (root.tag !== "select") checkParts(root.val);
}

function checkParts(parts: object): void {
  for (const part of Object.values(parts)) {
    if (typeof part === "string") wellFormed(part, "a name");
    else if (Array.isArray(part)) for (const one of part) if (typeof one === "string") wellFormed(one, "a name");
  }
}
