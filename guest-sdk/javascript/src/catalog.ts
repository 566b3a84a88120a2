import type * as contract from "./contract.ts";
import type { Models } from "./schema/models.ts";
import type { Table } from "./schema/table.ts";
import type { ValueType } from "./schema/type.ts";
import type { Catalog, SourceColumns } from "./statement/scope.ts";

/** The catalog of a database's tables: those that the models declare and those that were reflected. */
export class KnownTables implements Catalog {
  private readonly known = new Map<string, contract.Table>();
  private readonly types = new Map<string, Map<string, ValueType>>();
  private readonly schemas = new Map<string, Set<string | null>>();

  constructor(models: Models<any, any>) {
    const declared = models.tables as Record<string, Table>;
    for (const table of models.toContract().tables) {
      const columns = declared[table.name]?.columns ?? {};
      this.known.set(table.name, table);
      this.schemas.set(table.name, new Set([table.schema]));
      this.types.set(table.name, new Map(Object.entries(columns).map(([name, { spec }]) => [name, spec.type])));
    }
  }

  /** Adds a reflected table. A table that is already in the catalog keeps its definition. */
  add(table: contract.Table): void {
    this.schemas.set(table.name, (this.schemas.get(table.name) ?? new Set()).add(table.schema));
    if (this.known.has(table.name)) return;
    this.known.set(table.name, table);
    this.types.set(table.name, new Map(table.columns.map(({ name, ty }) => [name, { ty }])));
  }

  /** The table with a name, as the contract declares it. */
  table(name: string): contract.Table | undefined {
    return this.known.get(name);
  }

  columns(table: string): SourceColumns | undefined {
    return this.types.get(table);
  }

  schemasOf(table: string): ReadonlySet<string | null> {
    return this.schemas.get(table) ?? new Set();
  }

  default(table: string, column: string): contract.DefaultValue | undefined {
    return this.known.get(table)?.columns.find(({ name }) => name === column)?.default;
  }

  key(name: string): { columns: readonly string[]; isOnly: boolean } | undefined {
    const table = this.known.get(name);
    if (!table) return undefined;
    const isOnly =
      table.primaryKey.length > 0 && table.uniques.length === 0 && !table.indexes.some(({ unique }) => unique);
    return { columns: table.primaryKey, isOnly };
  }
}
