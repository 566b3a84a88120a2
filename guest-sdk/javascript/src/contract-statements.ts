/** Statements of the contract, in the engine's JavaScript representation. */

import type { ColumnType, Value } from "./contract.ts";

export interface Order {
  expression: number;
  descending: boolean;
  nullsFirst: boolean | null;
}

export interface Cte {
  name: string;
  columns: string[];
  query: number;
  recursive: boolean;
}

export interface Locking {
  forShare: boolean;
  noWait: boolean;
  skipLocked: boolean;
  tables: string[];
}

export interface Select {
  ctes: Cte[];
  columns: number[];
  distinct: boolean;
  source: number | null;
  where: number | null;
  groupBy: number[];
  having: number | null;
  orderBy: Order[];
  limit: number | null;
  offset: number | null;
  lock: Locking | null;
}

export interface Compound {
  ctes: Cte[];
  op: "union" | "union-all" | "intersect" | "except";
  parts: number[];
  orderBy: Order[];
  limit: number | null;
  offset: number | null;
}

export interface Call {
  function: string;
  arguments: number[];
  distinct: boolean;
  filter: number | null;
}

export type FrameBound = { tag: "unbounded" | "current" } | { tag: "preceding" | "following"; val: bigint };

export interface Frame {
  unit: "rows" | "range" | "groups";
  start: FrameBound;
  end: FrameBound;
}

/** One node of the arena: its case and its fields. References to other nodes are their positions. */
export type Node =
  | { tag: "parameter" | "exists" | "scalar-query"; val: number }
  | { tag: "literal"; val: Value }
  | { tag: "column"; val: { table: string | null; name: string } }
  | { tag: "excluded"; val: string }
  | { tag: "unary"; val: [string, number] }
  | { tag: "binary"; val: { op: string; left: number; right: number } }
  | { tag: "listed"; val: { op: string; items: number[] } }
  | {
      tag: "matching";
      val: { value: number; pattern: number; escape: string | null; ignoreCase: boolean; negated: boolean };
    }
  | { tag: "membership"; val: { value: number; query: number; negated: boolean } }
  | { tag: "call"; val: Call }
  | { tag: "cast"; val: { value: number; ty: ColumnType } }
  | { tag: "case"; val: { whens: { condition: number; then: number }[]; otherwise: number | null } }
  | { tag: "window"; val: { call: number; partitionBy: number[]; orderBy: Order[]; frame: Frame | null } }
  | { tag: "label"; val: { value: number; label: string } }
  | { tag: "table"; val: { table: string; schema: string | null; alias: string | null } }
  | { tag: "subquery"; val: { query: number; alias: string; lateral: boolean } }
  | { tag: "join"; val: { kind: string; left: number; right: number; on: number | null } }
  | { tag: "select"; val: Select }
  | { tag: "compound"; val: Compound };

export interface Assignment {
  column: string;
  value: number;
}

export interface Conflict {
  columns: string[];
  action: { tag: "nothing" } | { tag: "update"; val: Assignment[] };
  where: number | null;
}

export interface Insert {
  table: string;
  schema: string | null;
  columns: string[];
  source: { tag: "values"; val: number[][] } | { tag: "query"; val: number } | { tag: "defaults" };
  conflict: Conflict | null;
  returning: number[];
}

export interface Update {
  table: string;
  schema: string | null;
  assignments: Assignment[];
  source: number | null;
  where: number | null;
  returning: number[];
}

export interface Delete {
  table: string;
  schema: string | null;
  source: number | null;
  where: number | null;
  returning: number[];
}

export type Root =
  | { tag: "select"; val: number }
  | { tag: "insert"; val: Insert }
  | { tag: "update"; val: Update }
  | { tag: "delete"; val: Delete };

export interface Statement {
  nodes: Node[];
  root: Root;
}
