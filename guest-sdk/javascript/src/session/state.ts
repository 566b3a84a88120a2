import type { MappedRelationship, MappedTable, Row } from "./mapping.ts";

/** What a session knows of an object. */
export interface State {
  readonly table: MappedTable;
  isNew: boolean;
  /** The columns as the database has them. */
  stored: Row;
  /** The related objects as the database has them, of relationships that were loaded or written. */
  readonly members: Map<string, readonly Row[]>;
}

/** The related objects that an object has now; nothing where the relationship is not loaded. */
export function members(object: Row, relationship: MappedRelationship): readonly Row[] | undefined {
  const value = object[relationship.name];
  if (value === undefined) return undefined;
  if (value === null) return [];
  return (Array.isArray(value) ? value : [value]) as Row[];
}

/** A copy of an object's columns. */
export function copyColumns(table: MappedTable, object: Row): Row {
  const copied: Row = {};
  for (const { name } of table.table.columns) {
    const value = object[name];
    copied[name] = typeof value === "object" && value !== null ? copy(value) : value;
  }
  return copied;
}

function copy(value: unknown): unknown {
  if (value instanceof Date) return new Date(value.getTime());
  if (value instanceof Uint8Array) return value.slice();
  if (typeof value === "object" && value !== null) return JSON.parse(JSON.stringify(value)) as unknown;
  return value;
}

/** Whether two values of a column are the same. */
export function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b) || (a ?? null) === (b ?? null)) return true;
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  if (a instanceof Uint8Array && b instanceof Uint8Array)
    return a.length === b.length && a.every((byte, i) => byte === b[i]);
  if (typeof a !== "object" || typeof b !== "object") return false;
  return JSON.stringify(a) === JSON.stringify(b);
}
