import type { OrderByItemNode, OrderByNode } from "kysely";

import type { Order } from "../contract.ts";
import { type Arena, unsupported } from "./arena.ts";
import { expression } from "./expression.ts";
import { rawText } from "./raw.ts";

/** Lowers the keys of an ordering. */
export function ordering(arena: Arena, node: OrderByNode | undefined): Order[] {
  return (node?.items ?? []).map((item) => order(arena, item as OrderByItemNode));
}

function order(arena: Arena, item: OrderByItemNode): Order {
  if (item.collation) throw unsupported(item.collation);
  const direction = item.direction ? rawText(item.direction)?.toLowerCase() : "asc";
  if (direction !== "asc" && direction !== "desc") throw unsupported("a direction other than asc and desc");
  return {
    expression: expression(arena, item.orderBy).id,
    descending: direction === "desc",
    nullsFirst: item.nulls ? item.nulls === "first" : null,
  };
}
