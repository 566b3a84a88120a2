import type * as contract from "../contract.ts";

/** How a relationship is joined, loaded and written. */
export interface RelationshipOptions {
  /** The columns of the foreign key, needed if several foreign keys would fit. */
  readonly foreignKey?: readonly string[];
  /** The cascades from the owner to its related rows; `save-update` alone by default. */
  readonly cascade?: readonly contract.Cascade[];
  /** Whether related rows that are not loaded are left to the database's own `on delete`. */
  readonly passiveDeletes?: boolean;
  /** Whether a cycle of rows is broken by an update after the inserts. */
  readonly postUpdate?: boolean;
  /**
   * The order in which related rows are loaded: columns of the target, with ` desc` appended for a descending order.
   */
  readonly orderBy?: readonly string[];
}

/** A relationship to another of the models' tables, which it names as the models do. */
export interface Relationship<Target extends string = string, Many extends boolean = boolean> {
  readonly target: Target;
  readonly many: Many;
  readonly through: string | undefined;
  readonly options: RelationshipOptions;
}

/** A one-to-many relationship: the rows of a table that refer to this one. */
export function hasMany<T extends string>(target: T, options: RelationshipOptions = {}): Relationship<T, true> {
  return { target, many: true, through: undefined, options };
}

/** A one-to-one relationship: the single row of a table that refers to this one. */
export function hasOne<T extends string>(target: T, options: RelationshipOptions = {}): Relationship<T, false> {
  return { target, many: false, through: undefined, options };
}

/** A many-to-one relationship: the row of a table that this one refers to. */
export function belongsTo<T extends string>(target: T, options: RelationshipOptions = {}): Relationship<T, false> {
  return { target, many: false, through: undefined, options };
}

/** A many-to-many relationship: the rows that an association table pairs with this table's. */
export function manyToMany<T extends string>(
  target: T,
  through: string,
  options: RelationshipOptions = {},
): Relationship<T, true> {
  return { target, many: true, through, options };
}
