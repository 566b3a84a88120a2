import type { DefaultValue } from "../contract.ts";
import type { ValueType } from "../schema/type.ts";

/** The columns of a source by name, with their types if they are known. */
export type SourceColumns = ReadonlyMap<string, ValueType | undefined>;

/** A table, a query or a common table expression that provides columns. */
export interface Source {
  readonly name: string;
  readonly columns: SourceColumns;
  /** The source's name in the contract, if queries use another one. */
  readonly target?: string;
}

/** A common table expression, and whether a query has used it. */
export interface CteSource extends Source {
  used: boolean;
}

/** The tables that the guest declared or reflected. */
export interface Catalog {
  columns(table: string): SourceColumns | undefined;
  /** The schemas that have a table of this name; `null` is the default schema. */
  schemasOf(table: string): ReadonlySet<string | null>;
  /** A column's default; undefined for an unknown column. */
  default(table: string, column: string): DefaultValue | undefined;
  /** The columns of a table's primary key, and whether the table has other unique keys. */
  key(table: string): { readonly columns: readonly string[]; readonly isOnly: boolean } | undefined;
}

/** The sources of a query, nested in the scope of the query around it. */
export class Scope {
  readonly sources: Source[] = [];
  readonly outer: Scope | undefined;

  constructor(outer?: Scope) {
    this.outer = outer;
  }

  /** Returns the source with a name, from the innermost query that has one. */
  source(name: string): Source | undefined {
    return this.sources.find((source) => source.name === name) ?? this.outer?.source(name);
  }

  /** Returns the type of a column of any source. */
  type(name: string): ValueType | undefined {
    const source = this.sources.find(({ columns }) => columns.has(name));
    return source ? source.columns.get(name) : this.outer?.type(name);
  }
}
