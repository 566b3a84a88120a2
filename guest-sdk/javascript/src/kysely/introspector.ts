import type { DatabaseIntrospector, SchemaMetadata, TableMetadata } from "kysely";

import type * as contract from "../contract.ts";

/** Kysely's introspection, by the contract's `reflect`. */
export class DataIntrospector implements DatabaseIntrospector {
  private readonly reflect: () => Promise<contract.Table[]>;

  constructor(reflect: () => Promise<contract.Table[]>) {
    this.reflect = reflect;
  }

  /** Returns the schemas of the visible tables. */
  async getSchemas(): Promise<SchemaMetadata[]> {
    const names = new Set((await this.reflect()).map(({ schema }) => schema).filter((name) => name !== null));
    return [...names].map((name) => ({ name }));
  }

  async getTables(): Promise<TableMetadata[]> {
    return (await this.reflect()).map(metadata);
  }
}

function metadata(table: contract.Table): TableMetadata {
  return {
    name: table.name,
    isView: table.isView,
    isForeign: false,
    ...(table.schema === null ? {} : { schema: table.schema }),
    columns: table.columns.map((column) => ({
      name: column.name,
      dataType: column.ty.native ?? column.ty.kind,
      isAutoIncrementing: column.default.tag === "generated-key",
      isNullable: column.nullable,
      hasDefaultValue: column.default.tag !== "none",
      ...(column.comment === null ? {} : { comment: column.comment }),
    })),
  };
}
