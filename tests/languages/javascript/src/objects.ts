/** The steps with objects: saved, loaded, changed and removed by the session. */

import type { Session } from "@sqlservice/guest";

import { schema } from "./models.ts";
import { expression } from "./query.ts";
import { fromList, type Json, kindOfColumn, toList } from "./values.ts";

type AnySession = Session<any>;

function relationshipsOf(model: string): Record<string, { target: string }> {
  return (schema.relationships as Record<string, any>)[model] ?? {};
}

/** An object of the list as a program writes it. */
function fromGraph(model: string, graph: Json): Json {
  return Object.fromEntries(
    Object.entries(graph).map(([name, value]: [string, Json]) => {
      const target = relationshipsOf(model)[name]?.target;
      if (!target) return [name, fromList(value)];
      return [
        name,
        Array.isArray(value) ? value.map((one) => fromGraph(target, one)) : value && fromGraph(target, value),
      ];
    }),
  );
}

/** An object of the session in the list's form. One that contains itself is told once. */
export function graphOf(model: string, object: Json, around: readonly Json[] = []): Json {
  const inner = (target: string, one: Json) => graphOf(target, one, [...around, object]);
  const told = Object.entries(object).flatMap(([name, value]: [string, Json]) => {
    const target = relationshipsOf(model)[name]?.target;
    if (!target) return [[name, toList(value, kindOfColumn(model, name))]];
    if (Array.isArray(value))
      return [[name, value.filter((one) => !around.includes(one)).map((one) => inner(target, one))]];
    return around.includes(value) ? [] : [[name, value && inner(target, value)]];
  });
  return Object.fromEntries(told);
}

/** Adds an object and those related to it. */
export function save(session: AnySession, model: string, object: Json): Promise<Json> {
  return session.save(model, fromGraph(model, object));
}

/** Finds objects with their relationships, which are named by paths. */
export function load(session: AnySession, step: Json): Promise<Json[]> {
  const tree: Json = {};
  for (const path of step.with ?? []) {
    let at = tree;
    for (const name of path.split(".")) at = at[name] ??= {};
  }
  const query = (built: any) => {
    let made = step.where ? built.where(expression(session.kysely, step.where)) : built;
    for (const one of step["order by"] ?? ["id"]) {
      made = Array.isArray(one) ? made.orderBy(expression(session.kysely, one[1]), "desc") : made.orderBy(one);
    }
    return made;
  };
  return session.find(step.model, { query, with: tree } as Json);
}

/** Changes an object and what relates to it. */
export async function change(session: AnySession, { model, key, set, add, remove }: Json): Promise<Json> {
  const names = [...new Set([...Object.keys(add ?? {}), ...Object.keys(remove ?? {})])];
  const related = Object.fromEntries(names.map((name) => [name, true]));
  const object: Json = await session.getOrThrow(model, fromList(key), { with: related } as Json);
  for (const [column, value] of Object.entries(set ?? {})) object[column] = fromList(value);
  for (const name of names) {
    const keys = remove?.[name] ?? [];
    const target = relationshipsOf(model)[name]?.target as string;
    const kept = object[name].filter((one: Json) => !keys.includes(one.id));
    object[name] = [...kept, ...(add?.[name] ?? []).map((one: Json) => fromGraph(target, one))];
  }
  await session.flush();
  return {};
}

/** Deletes an object and what its relationships cascade to. */
export async function remove(session: AnySession, model: string, key: Json): Promise<Json> {
  await session.delete(await session.getOrThrow(model, fromList(key)));
  await session.flush();
  return {};
}
