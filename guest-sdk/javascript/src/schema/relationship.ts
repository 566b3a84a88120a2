import type * as contract from "../contract.ts";

/** How a relationship is followed, loaded and written. */
export interface RelationshipOptions {
  /** The columns of the foreign key, where several would do. */
  readonly foreignKey?: readonly string[];
  /** What follows the owner; only `save-update` where nothing is said. */
  readonly cascade?: readonly contract.Cascade[];
  /** Whether related rows that are not loaded are left to the database's own `on delete`. */
  readonly passiveDeletes?: boolean;
  /** Whether a cycle of rows is broken by an update after the inserts. */
  readonly postUpdate?: boolean;
  /** The order in which they are loaded: columns of the target, each with ` desc` behind its name where greater values come first. */
  readonly orderBy?: readonly string[];
}

/** A relationship to a table of the models, by the name that the models give it. */
export interface Relationship<Target extends string = string, Many extends boolean = boolean> {
  readonly target: Target;
  readonly many: Many;
  readonly through: string | undefined;
  readonly options: RelationshipOptions;
}

/** Many rows of a table that refer to this one. */
export function hasMany<T extends string>(target: T, options: RelationshipOptions = {}): Relationship<T, true> {
  return { target, many: true, through: undefined, options };
}

/** The one row of a table that refers to this one. */
export function hasOne<T extends string>(target: T, options: RelationshipOptions = {}): Relationship<T, false> {
  return { target, many: false, through: undefined, options };
}

/** The row of a table that this one refers to. */
export function belongsTo<T extends string>(target: T, options: RelationshipOptions = {}): Relationship<T, false> {
  return { target, many: false, through: undefined, options };
}

/** Rows of a table that an association table pairs with this one's. */
export function manyToMany<T extends string>(
  target: T,
  through: string,
  options: RelationshipOptions = {},
): Relationship<T, true> {
  return { target, many: true, through, options };
}
