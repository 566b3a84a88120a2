import type * as contract from "../contract.ts";
import { InvalidError } from "../errors.ts";
import type { MappedTable, Pair, Row } from "./mapping.ts";
import { copyColumns, isSame, type State } from "./state.ts";

/** One change: the rows of a table that write and return the same columns. */
interface Group {
  readonly table: MappedTable;
  readonly columns: string[];
  readonly returning: string[];
  readonly rows: Row[];
}

/** A foreign key column that is to hold the key of a new row. */
interface Link {
  readonly local: string;
  readonly of: Row;
  readonly referred: string;
}

function isLinked(links: readonly Link[] | undefined, column: string): boolean {
  return links?.some(({ local }) => local === column) ?? false;
}

/** The changes that a flush sends, and the means to apply their results. */
export class FlushPlan {
  readonly changes: contract.Change[] = [];
  /** The objects that differ from their rows or from their related rows. */
  readonly changed = new Set<Row>();
  private readonly links = new Map<Row, Link[]>();
  private readonly inserts = new Map<string, Group>();
  private readonly updates = new Map<string, Group>();
  private readonly deletes = new Map<string, Group>();
  private readonly stored = new Map<Row, Row>();
  private readonly pairRows = new Set<string>();
  private groups: Group[] = [];

  /** Sets the foreign key of a row to the key of another row, or to null. A key that this flush generates is linked. */
  refer(row: Row, other: Row | undefined, pairs: readonly Pair[]): void {
    for (const { local, referred } of pairs) {
      const value = other ? other[referred] : null;
      if (value !== undefined) row[local] = value;
      else this.link(row, { local, of: other as Row, referred });
    }
  }

  private link(row: Row, link: Link): void {
    const links = this.links.get(row);
    if (!links) this.links.set(row, [link]);
    else this.links.set(row, [...links.filter(({ local }) => local !== link.local), link]);
  }

  /** Adds a new row. */
  insert(table: MappedTable, row: Row): void {
    const { versionColumn, columns } = table.table;
    if (versionColumn !== null && row[versionColumn] === undefined) row[versionColumn] = 1;
    const links = this.links.get(row);
    let key = table.table.name;
    for (const { name, computed } of columns) {
      key += computed === null && (row[name] !== undefined || isLinked(links, name)) ? "\x01" : "\0";
    }
    this.changed.add(row);
    const known = this.inserts.get(key);
    if (known) {
      known.rows.push(row);
      return;
    }
    const marks = key.slice(table.table.name.length);
    const written = columns.filter((_, i) => marks[i] === "\x01").map(({ name }) => name);
    this.inserts.set(key, { table, columns: written, returning: table.madeBeside(written), rows: [row] });
  }

  /** Adds a row of an association table, unless the same pair was already added. */
  insertPair(table: MappedTable, row: Row, names: string): void {
    if (this.pairRows.has(names)) return;
    this.pairRows.add(names);
    this.insert(table, row);
  }

  /** Adds a changed row. A row without changes is skipped. */
  update(state: State, row: Row): void {
    const { table, stored } = state;
    const { columns, versionColumn } = table.table;
    const links = this.links.get(row);
    const changed: string[] = [];
    for (const { name, computed } of columns) {
      if (computed !== null || name === versionColumn) continue;
      if (isLinked(links, name) || !isSame(row[name], stored[name])) changed.push(name);
    }
    if (changed.length === 0) return;
    this.changed.add(row);
    const made = columns
      .filter((one) => one.onUpdate.tag !== "none" && !changed.includes(one.name))
      .map(({ name }) => name);
    this.stored.set(row, stored);
    group(this.updates, table, changed, made).rows.push(row);
  }

  /** Adds a row to delete, identified by the column values in the database. */
  remove(table: MappedTable, row: Row, stored: Row): void {
    this.stored.set(row, stored);
    group(this.deletes, table, [], []).rows.push(row);
  }

  /** Adds a row of an association table to delete. */
  removePair(table: MappedTable, row: Row): void {
    const missing = table.table.primaryKey.find((column) => !(column in row));
    if (missing !== undefined) {
      const message = `pairs of ${table.table.name} cannot be deleted: its primary key has ${missing} beside the foreign keys`;
      throw new InvalidError({ code: "invalid", message, table: table.table.name });
    }
    this.remove(table, row, row);
  }

  /** Builds the changes. */
  build(): void {
    const at = new Map<Row, { ofChange: number; ofRow: number }>();
    const inserts = [...this.inserts.values()];
    inserts.forEach(({ rows }, ofChange) => rows.forEach((row, ofRow) => at.set(row, { ofChange, ofRow })));
    const updates = [...this.updates.values()];
    const deletes = [...this.deletes.values()];
    for (const one of inserts) this.changes.push({ tag: "inserts", val: this.contractInserts(one, at) });
    for (const one of updates) this.changes.push({ tag: "updates", val: this.contractUpdates(one, at) });
    for (const one of deletes) this.changes.push({ tag: "deletes", val: this.contractDeletes(one) });
    this.groups = [...inserts, ...updates, ...deletes];
  }

  /** Visits the inserted and updated rows, group by group, each group with its returned batch. */
  written(
    batches: readonly contract.Batch[],
    visit: (group: Pick<Group, "table" | "returning">, batch: contract.Batch | undefined, rows: Row[]) => void,
  ): void {
    this.groups.forEach((one, i) => {
      if (i < this.inserts.size + this.updates.size) visit(one, batches[i], one.rows);
    });
  }

  /** Whether a row was updated. */
  isUpdate(row: Row): boolean {
    return this.stored.has(row);
  }

  /** Copies generated keys to the foreign keys that are linked to them. */
  settle(): void {
    for (const [row, links] of this.links) for (const { local, of, referred } of links) row[local] = of[referred];
  }

  private contractInserts({ table, columns, returning, rows }: Group, at: Positions): contract.Inserts {
    const links = this.references(rows, columns, at);
    return { table: table.table.name, columns, rows: table.batch(columns, rows), links, returning };
  }

  private contractUpdates({ table, columns, returning, rows }: Group, at: Positions): contract.Updates {
    const { name, primaryKey, uniques, indexes } = table.table;
    const stored = rows.map((row) => this.stored.get(row) ?? row);
    const unique = new Set([...uniques, ...indexes.filter((one) => one.unique)].flatMap((key) => key.columns));
    const freed = columns.filter((column) => unique.has(column));
    return {
      table: name,
      keys: table.batch(primaryKey, stored),
      versions: versions(table, stored),
      columns,
      rows: table.batch(columns, rows),
      links: this.references(rows, columns, at),
      returning,
      stored: freed.length > 0 ? { columns: freed, rows: table.batch(freed, stored) } : null,
    };
  }

  private contractDeletes({ table, rows }: Group): contract.Deletes {
    const stored = rows.map((row) => this.stored.get(row) ?? row);
    const keys = table.batch(table.table.primaryKey, stored);
    return { table: table.table.name, keys, versions: versions(table, stored), stored: null, strict: false };
  }

  private references(rows: readonly Row[], columns: readonly string[], at: Positions): contract.KeyReference[] {
    const references: contract.KeyReference[] = [];
    for (let row = 0; this.links.size > 0 && row < rows.length; row++) {
      for (const { local, of } of this.links.get(rows[row] as Row) ?? []) {
        const position = at.get(of);
        if (!position) throw unsaved(local);
        const { ofChange, ofRow } = position;
        references.push({ row, column: columns.indexOf(local), ofChange, ofRow });
      }
    }
    return references;
  }
}

function unsaved(column: string): InvalidError {
  const message = `${column} refers to an object that has no key and is not saved`;
  return new InvalidError({ code: "invalid", message });
}

type Positions = ReadonlyMap<Row, { ofChange: number; ofRow: number }>;

function versions(table: MappedTable, stored: readonly Row[]): contract.Batch | null {
  const { versionColumn } = table.table;
  return versionColumn === null ? null : table.batch([versionColumn], stored);
}

function group(groups: Map<string, Group>, table: MappedTable, columns: string[], returning: string[]): Group {
  const key = [table.table.name, ...columns, "", ...returning].join("\0");
  const found = groups.get(key) ?? { table, columns, returning, rows: [] };
  groups.set(key, found);
  return found;
}

/** Marks an object as written: its columns become the stored ones, and missing columns become null. */
export function settled(state: State, row: Row): void {
  for (const { name } of state.table.table.columns) if (row[name] === undefined) row[name] = null;
  state.isNew = false;
  state.stored = copyColumns(state.table, row);
}
