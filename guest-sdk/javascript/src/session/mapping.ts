import type { KnownTables } from "../catalog.ts";
import type * as contract from "../contract.ts";
import { InvalidError, NotFoundError } from "../errors.ts";
import type { Models } from "../schema/models.ts";
import { type ValueType, valueType } from "../schema/type.ts";
import { encodeColumn } from "../values/batch.ts";

/** A row of any table, as an object. */
export type Row = Record<string, unknown>;

/** A foreign key column and the column that it refers to. */
export interface Pair {
  readonly local: string;
  readonly referred: string;
}

/** A relationship, resolved to the columns that it joins on. */
export interface MappedRelationship {
  readonly name: string;
  readonly owner: string;
  readonly target: string;
  readonly many: boolean;
  readonly cascade: ReadonlySet<contract.Cascade>;
  readonly passiveDeletes: boolean;
  /** The table with the foreign key: the owner, the target, or an association table between them. */
  readonly kind: "to-one" | "to-many" | "through";
  /** The columns of the foreign key; of an association table, those that refer to the owner. */
  readonly pairs: readonly Pair[];
  readonly through?: { readonly table: string; readonly pairs: readonly Pair[] };
}

/** A table and its relationships. */
export class MappedTable {
  readonly table: contract.Table;
  readonly relationships: readonly MappedRelationship[];
  private readonly types: ReadonlyMap<string, ValueType | undefined>;
  private readonly names: ReadonlySet<string>;

  constructor(
    table: contract.Table,
    types: ReadonlyMap<string, ValueType | undefined>,
    relationships: MappedRelationship[],
  ) {
    this.table = table;
    this.types = types;
    this.relationships = relationships;
    this.names = new Set([...table.columns, ...relationships].map(({ name }) => name));
  }

  /** Refuses an object with a property that is neither a column nor a relationship: a misspelt one would be lost. */
  checkNames(object: Row): void {
    for (const name of Object.keys(object)) {
      if (this.names.has(name) || object[name] === undefined || typeof object[name] === "function") continue;
      const message = `${this.table.name} has neither a column nor a relationship ${name}`;
      throw new NotFoundError({ code: "no-such-column", message, table: this.table.name, columns: [name] });
    }
  }

  /** Returns the columns that the database fills when an insert writes the given ones. */
  madeBeside(written: readonly string[]): string[] {
    return this.table.columns
      .filter(
        ({ name, computed, default: gets }) => computed !== null || (!written.includes(name) && gets.tag !== "none"),
      )
      .map(({ name }) => name);
  }

  /** Returns the type of a column. */
  type(column: string): ValueType {
    return this.types.get(column) ?? valueType("text");
  }

  /** Returns how to decode the values of columns. */
  decodings(columns: readonly string[]): { name: string; mode: ValueType["mode"] }[] {
    return columns.map((name) => ({ name, mode: this.types.get(name)?.mode }));
  }

  /** Encodes columns of objects as a batch. */
  batch(columns: readonly string[], rows: readonly Row[]): contract.Batch {
    const data = columns.map((column) =>
      encodeColumn(
        this.type(column),
        rows.map((row) => row[column] ?? null),
        column,
      ),
    );
    return { rows: rows.length, columns: data };
  }

  /**
   * Returns a row's key in the identity map: its table and primary key. Undefined while the primary key is incomplete.
   */
  identity(row: Row): string | undefined {
    const { name, primaryKey } = this.table;
    let identity = name;
    for (const column of primaryKey) {
      const value = row[column];
      if (value === null || value === undefined) return undefined;
      identity += `\0${String(value)}`;
    }
    return primaryKey.length === 0 ? undefined : identity;
  }

  /** Creates the root of a load by primary key. */
  keyRoot(key: readonly unknown[]): contract.LoadRoot {
    const { primaryKey, name } = this.table;
    if (key.length !== primaryKey.length) {
      const message = `the primary key of ${name} has ${primaryKey.length} columns, not ${key.length}: ${primaryKey.join(", ")}`;
      throw new InvalidError({ code: "invalid", message, table: name });
    }
    const row = Object.fromEntries(primaryKey.map((column, i) => [column, key[i]]));
    return { tag: "keys", val: this.batch(primaryKey, [row]) };
  }
}

const MAPPINGS = new WeakMap<Models<any, any>, Mapping>();

/** The models' tables and relationships, mapped. */
export class Mapping {
  private readonly tables = new Map<string, MappedTable>();

  private constructor(models: Models<any, any>, known: KnownTables) {
    const { tables, relationships } = models.toContract();
    const byName = new Map(tables.map((table) => [table.name, table]));
    for (const table of tables) {
      const own = relationships.filter(({ owner }) => owner === table.name);
      const mapped = own.map((one) => mapRelationship(one, byName));
      this.tables.set(table.name, new MappedTable(table, known.columns(table.name) ?? new Map(), mapped));
    }
  }

  /** Returns the mapping of models, which is created once. */
  static of(models: Models<any, any>, known: KnownTables): Mapping {
    const mapping = MAPPINGS.get(models) ?? new Mapping(models, known);
    MAPPINGS.set(models, mapping);
    return mapping;
  }

  /** Returns a table of the models. */
  table(name: string): MappedTable {
    const table = this.tables.get(name);
    if (table) return table;
    throw new NotFoundError({ code: "no-such-table", message: `the models have no table ${name}`, table: name });
  }
}

function mapRelationship(one: contract.Relationship, tables: ReadonlyMap<string, contract.Table>): MappedRelationship {
  const { name, owner, target, collection, passiveDeletes, through } = one;
  const common = { name, owner, target, many: collection, cascade: new Set(one.cascade), passiveDeletes };
  const columns = one.foreignKey ?? undefined;
  const find = (from: string, to: string, skip?: contract.ForeignKey) =>
    tables
      .get(from)
      ?.foreignKeys.find(
        (key) => key.table === to && key !== skip && (!columns || skip || String(key.columns) === String(columns)),
      );
  if (through) {
    const toOwner = find(through, owner);
    const toTarget = toOwner && find(through, target, toOwner);
    if (!toOwner || !toTarget) throw invalid(one, `${through} has no foreign keys to both`);
    return { ...common, kind: "through", pairs: pairs(toOwner), through: { table: through, pairs: pairs(toTarget) } };
  }
  const own = owner === target && collection ? undefined : find(owner, target);
  if (own && !collection) return { ...common, kind: "to-one", pairs: pairs(own) };
  const theirs = find(target, owner);
  if (!theirs) throw invalid(one, "neither refers to the other by a foreign key");
  return { ...common, kind: "to-many", pairs: pairs(theirs) };
}

function pairs(key: contract.ForeignKey): Pair[] {
  return key.columns.map((local, i) => ({ local, referred: key.referred[i] ?? "" }));
}

function invalid({ owner, name, target }: contract.Relationship, why: string): InvalidError {
  return new InvalidError({
    code: "invalid",
    message: `the relationship ${owner}.${name} to ${target}: ${why}`,
    table: owner,
  });
}
