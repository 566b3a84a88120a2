/** The programs in the sandbox. */

import { type Kysely } from "kysely";

import { all } from "../programs/all.ts";
import { documents } from "../programs/data.ts";
import { type Dialect, type Outcome, runProgram } from "../programs/program.ts";
import type { DB } from "../programs/schema.ts";
import { db } from "./models.ts";

export { schema } from "./models.ts";

documents.encode = (text) => JSON.parse(text);

/** Creates the tables. */
export async function create(): Promise<void> {
  await db.createAll();
}

/** Runs the programs of these names, or all of them, and tells what each gave as JSON. */
export async function run(names: string[]): Promise<string> {
  const context = { dialect: (await db.dialect()) as Dialect };
  const outcomes: Record<string, Outcome> = {};
  for (const program of all) {
    if (names.length > 0 && !names.includes(program.name)) continue;
    outcomes[program.name] = await runProgram(db.kysely as unknown as Kysely<DB>, program, context);
  }
  return JSON.stringify(outcomes);
}
