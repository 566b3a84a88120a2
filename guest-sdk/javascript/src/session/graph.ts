import type { Models } from "../schema/models.ts";
import type { Relationship } from "../schema/relationship.ts";
import type { NewRow, Row } from "../schema/table.ts";

type TableOf<M, K> = M extends Models<infer T, any> ? (K extends keyof T ? T[K] : never) : never;

type RelationshipsOf<M, K> = M extends Models<any, infer R> ? (K extends keyof R ? NonNullable<R[K]> : {}) : {};

type Target<R> = R extends Relationship<infer T, boolean> ? T : never;

type Many<R> = R extends Relationship<string, infer B> ? B : never;

/** Relationships to load with the rows of a table: `{ devices: true }` or `{ devices: { tags: true } }`. */
export type With<M, K> = {
  readonly [R in keyof RelationshipsOf<M, K>]?: true | With<M, Target<RelationshipsOf<M, K>[R]>>;
};

/** An object of a table with its loaded relationships. */
export type Loaded<M, K, W> = Row<TableOf<M, K>> & {
  -readonly [R in keyof W & keyof RelationshipsOf<M, K>]: Many<RelationshipsOf<M, K>[R]> extends true
    ? Loaded<M, Target<RelationshipsOf<M, K>[R]>, W[R] extends true ? {} : W[R]>[]
    : Loaded<M, Target<RelationshipsOf<M, K>[R]>, W[R] extends true ? {} : W[R]> | null;
};

/** A new object of a table with its related objects. */
export type Graph<M, K> = Partial<NewRow<TableOf<M, K>>> & {
  -readonly [R in keyof RelationshipsOf<M, K>]?: Many<RelationshipsOf<M, K>[R]> extends true
    ? Graph<M, Target<RelationshipsOf<M, K>[R]>>[]
    : Graph<M, Target<RelationshipsOf<M, K>[R]>> | null;
};
