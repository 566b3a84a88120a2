import type { MappedRelationship, MappedTable, Row } from "./mapping.ts";

/** The session's state of an object. */
export interface State {
  readonly table: MappedTable;
  isNew: boolean;
  /** The column values in the database, as last read or written. */
  stored: Row;
  /** The related objects in the database, for relationships that were loaded or written. */
  readonly members: Map<string, readonly Row[]>;
}

/** Returns the current related objects of an object; undefined if the relationship is not loaded. */
export function members(object: Row, relationship: MappedRelationship): readonly Row[] | undefined {
  const value = object[relationship.name];
  if (value === undefined) return undefined;
  if (value === null) return [];
  return (Array.isArray(value) ? value : [value]) as Row[];
}

/** Returns a copy of an object's column values. */
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

/** Whether two values of a column are equal. */
export function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b) || (a ?? null) === (b ?? null)) return true;
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  if (a instanceof Uint8Array && b instanceof Uint8Array)
    return a.length === b.length && a.every((byte, i) => byte === b[i]);
  if (typeof a !== "object" || typeof b !== "object") return false;
  return JSON.stringify(a) === JSON.stringify(b);
}
