import type * as contract from "../contract.ts";
import { encodeValue, wellFormed } from "../values/encode.ts";
import type { ColumnSpec } from "./column.ts";
import type { Relationship } from "./relationship.ts";
import type { KeySpec, Row, Table, TableType } from "./table.ts";

/** Tables by the names that queries use. */
export type Tables = Readonly<Record<string, Table<any>>>;

/** Relationships by their owner's name and their own. */
export type Relationships<T extends Tables> = {
  readonly [K in keyof T]?: Readonly<Record<string, Relationship<keyof T & string>>>;
};

/** A plugin's declared tables and the relationships between them. */
export class Models<T extends Tables = Tables, R = Relationships<T>> {
  readonly tables: T;
  readonly relationships: R;
  private made: contract.Models | undefined;

  constructor(tables: T, relationships: R) {
    this.tables = tables;
    this.relationships = relationships;
    for (const [key, table] of Object.entries(tables)) {
      for (const name of [key, ...Object.keys(table.columns)]) wellFormed(name, `a name of the table ${key}`);
      if (key !== table.name)
        throw new TypeError(`the table "${table.name}" is declared as "${key}": use the same name`);
    }
  }

  /** Returns the models as the contract's type. */
  toContract(): contract.Models {
    this.made ??= {
      tables: Object.values(this.tables).map(contractTable),
      relationships: Object.entries(this.relationships as Relationships<Tables>).flatMap(([owner, all]) =>
        Object.entries(all ?? {}).map(([name, one]) => contractRelationship(owner, name, one)),
      ),
    };
    return this.made;
  }
}

/** Declares a plugin's models: tables by their names, and the relationships of each. */
export function models<
  const T extends Tables,
  const R extends { readonly [K in keyof T]?: Readonly<Record<string, Relationship<keyof T & string>>> } = {},
>(tables: T, relationships?: R): Models<T, R> {
  return new Models(tables, relationships ?? ({} as R));
}

/** The models' tables as Kysely's database type: `Kysely<Schema<typeof models>>`. */
export type Schema<M> = M extends Models<infer T, any> ? { [K in keyof T]: TableType<T[K]> } : never;

/** A row of a table of the models. */
export type RowOf<M, K> = M extends Models<infer T, any> ? (K extends keyof T ? Row<T[K]> : never) : never;

function contractColumn(name: string, spec: ColumnSpec): contract.Column {
  return {
    name,
    ty: spec.type.ty,
    nullable: spec.nullable,
    default: contractDefault(name, spec),
    onUpdate: spec.onUpdate?.tag === "now" ? { tag: "now" } : { tag: "none" },
    computed: spec.computed ?? null,
    comment: spec.comment ?? null,
  };
}

function contractDefault(name: string, spec: ColumnSpec): contract.DefaultValue {
  if (spec.defaultSql !== undefined) return { tag: "expression", val: spec.defaultSql };
  if (spec.default === undefined) return { tag: "none" };
  if (spec.default.tag !== "literal") return { tag: spec.default.tag };
  return { tag: "literal", val: encodeValue(spec.type, spec.default.value, name) };
}

function contractKey(key: KeySpec<string>, unique: boolean): contract.Index {
  if ("columns" in key) return { name: key.name, columns: [...key.columns], unique };
  return { name: null, columns: [...key], unique };
}

function reference(column: string, spec: ColumnSpec): contract.ForeignKey[] {
  if (!spec.reference) return [];
  const { target, name, onDelete, onUpdate } = spec.reference;
  const parts = target.split(".");
  const [referred, table, schema] = [parts.pop() ?? "", parts.pop() ?? "", parts.pop() ?? null];
  return [
    {
      name: name ?? null,
      columns: [column],
      table,
      schema,
      referred: [referred],
      onDelete: onDelete ?? "no-action",
      onUpdate: onUpdate ?? "no-action",
    },
  ];
}

function contractTable({ name, columns, options }: Table): contract.Table {
  const specs = Object.entries(columns).map(([column, { spec }]) => [column, spec] as const);
  const named = (has: (spec: ColumnSpec) => boolean) => specs.filter(([, spec]) => has(spec)).map(([column]) => column);
  return {
    name,
    schema: options.schema ?? null,
    columns: specs.map(([column, spec]) => contractColumn(column, spec)),
    primaryKeyName: null,
    primaryKey: options.primaryKey ? [...options.primaryKey] : named((spec) => spec.primaryKey),
    foreignKeys: [
      ...specs.flatMap(([column, spec]) => reference(column, spec)),
      ...(options.foreignKeys ?? []).map((key) => ({
        name: key.name ?? null,
        columns: [...key.columns],
        table: key.table,
        schema: key.schema ?? null,
        referred: [...key.referred],
        onDelete: key.onDelete ?? "no-action",
        onUpdate: key.onUpdate ?? "no-action",
      })),
    ],
    uniques: [
      ...named((spec) => spec.unique).map((column) => contractKey([column], true)),
      ...(options.uniques ?? []).map((key) => contractKey(key, true)),
    ],
    indexes: [
      ...named((spec) => spec.index).map((column) => contractKey([column], false)),
      ...(options.indexes ?? []).map((key) => contractKey(key, false)),
    ],
    checks: Object.entries(options.checks ?? {}).map(([check, expression]) => ({ name: check, expression })),
    versionColumn: named((spec) => spec.version)[0] ?? null,
    comment: options.comment ?? null,
    isView: options.view ?? false,
  };
}

function contractRelationship(owner: string, name: string, one: Relationship): contract.Relationship {
  const { target, many, through, options } = one;
  return {
    name,
    owner,
    target,
    foreignKey: options.foreignKey ? [...options.foreignKey] : null,
    through: through ?? null,
    collection: many,
    cascade: [...(options.cascade ?? ["save-update" as const])],
    passiveDeletes: options.passiveDeletes ?? false,
    postUpdate: options.postUpdate ?? false,
    orderBy: [...(options.orderBy ?? [])],
  };
}
