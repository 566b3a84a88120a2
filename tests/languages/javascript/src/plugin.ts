/** The guest of the list of all languages: it does the steps of a case and tells what each gave. */

import { DatabaseError, OutOfRangeError, TypeMismatchError } from "@sqlservice/guest";

import { database } from "./database.ts";
import { type Opened, STEPS } from "./steps.ts";
import type { Json } from "./values.ts";

export { schema } from "./models.ts";

/**
 * Runs the steps of a case, JSON in and JSON out.
 *
 * @throws {never}
 */
export async function runCase(steps: string): Promise<string> {
  const sessions = new Map<string, Opened>();
  const outcomes: Json[] = [];
  try {
    for (const step of JSON.parse(steps)) outcomes.push(await outcome(sessions, step));
  } finally {
    for (const { session } of sessions.values()) await session.close();
  }
  return JSON.stringify(outcomes);
}

async function outcome(sessions: Map<string, Opened>, step: Json): Promise<Json> {
  const name = step.session ?? "a";
  try {
    const run = STEPS[step.do];
    if (!run && step.do !== "close") throw new Error(`the list has a step that this guest does not know: ${step.do}`);
    if (!run) return await close(sessions, name);
    const opened = sessions.get(name) ?? { session: await database.session(), savepoints: [] };
    sessions.set(name, opened);
    return await run(opened, step);
  } catch (error) {
    return { error: told(error) };
  }
}

async function close(sessions: Map<string, Opened>, name: string): Promise<Json> {
  await sessions.get(name)?.session.close();
  sessions.delete(name);
  return {};
}

function told(error: unknown): Json {
  if (error instanceof TypeMismatchError || error instanceof OutOfRangeError)
    return { code: error.code, columns: error.columns };
  if (!(error instanceof DatabaseError))
    return { code: "other", message: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) };
  const { code, message, table, columns, position } = error;
  return {
    code,
    message,
    columns,
    ...(table === undefined ? {} : { table }),
    ...(position === undefined ? {} : { position }),
  };
}
