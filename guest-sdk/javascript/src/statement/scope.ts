import type { DefaultValue } from "../contract.ts";
import type { ValueType } from "../schema/type.ts";

/** The columns of a source by name, and their types where they are known. */
export type SourceColumns = ReadonlyMap<string, ValueType | undefined>;

/** A table, a query or a common table expression that columns are taken from. */
export interface Source {
  readonly name: string;
  readonly columns: SourceColumns;
  /** The name that the contract knows it by, where queries call it otherwise. */
  readonly target?: string;
}

/** A common table expression, and whether a query has used it. */
export interface CteSource extends Source {
  used: boolean;
}

/** The tables that the guest declared or reflected. */
export interface Catalog {
  columns(table: string): SourceColumns | undefined;
  /** The schemas that have a table of this name; `null` for the database's default one. */
  schemasOf(table: string): ReadonlySet<string | null>;
  /** What a column gets where a row says nothing; nothing where the column is not known. */
  default(table: string, column: string): DefaultValue | undefined;
  /** The columns of a table's primary key, and whether the table has other unique keys. */
  key(table: string): { readonly columns: readonly string[]; readonly isOnly: boolean } | undefined;
}

/** The sources of a query, inside those of the queries around it. */
export class Scope {
  readonly sources: Source[] = [];
  readonly outer: Scope | undefined;

  constructor(outer?: Scope) {
    this.outer = outer;
  }

  /** The source of this name, of the innermost query that has one. */
  source(name: string): Source | undefined {
    return this.sources.find((source) => source.name === name) ?? this.outer?.source(name);
  }

  /** The type of a column of any source. */
  type(name: string): ValueType | undefined {
    const source = this.sources.find(({ columns }) => columns.has(name));
    return source ? source.columns.get(name) : this.outer?.type(name);
  }
}
