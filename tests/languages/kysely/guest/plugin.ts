/** The programs in the sandbox. */

import type { int } from "@sqlservice/guest";
import type { Kysely } from "kysely";

import { all } from "../programs/all.ts";
import { documents } from "../programs/data.ts";
import { type Dialect, type Outcome, runProgram } from "../programs/program.ts";
import type { DB } from "../programs/schema.ts";
import { measure, type Work } from "../bench/work.ts";
import { fresh as values } from "./fresh.ts";
import { saveGraph } from "./graph.ts";
import { IDLE, stayIdle } from "./idle.ts";
import { make, MISTAKES } from "./mistakes.ts";
import { db } from "./models.ts";

export { schema } from "./models.ts";

documents.encode = (text) => JSON.parse(text);

/** Creates the tables. */
export async function create(): Promise<void> {
  await db.createAll();
}

/** Runs the programs of these names, and tells what each gave as JSON. */
export async function run(names: string[]): Promise<string> {
  const context = { dialect: (await db.dialect()) as Dialect };
  const outcomes: Record<string, Outcome> = {};
  for (const program of all) {
    if (!names.includes(program.name)) continue;
    outcomes[program.name] = await runProgram(db.kysely as unknown as Kysely<DB>, program, context);
  }
  return JSON.stringify(outcomes);
}

/** What this instance has of its own, as JSON. */
export async function fresh(): Promise<string> {
  return JSON.stringify(values());
}

/** The mistakes that there are, as JSON. */
export async function mistakes(): Promise<string> {
  return JSON.stringify(Object.keys(MISTAKES));
}

/** Makes mistakes, and tells as JSON what came of each. */
export async function makeMistakes(names: string[]): Promise<string> {
  return JSON.stringify(await make(names));
}

/** The ways to hold a transaction open, as JSON. */
export async function idleWays(): Promise<string> {
  return JSON.stringify(Object.keys(IDLE));
}

/** Leaves transactions idle for so long and then goes on with them. Tells as JSON how each ended, and the rows that it left. */
export async function idle(ways: string[], milliseconds: number): Promise<string> {
  return JSON.stringify(await stayIdle(ways, milliseconds));
}

/** Does a work of the benchmark so many times. Tells the milliseconds of each time as JSON. */
export async function bench(work: Work, times: int): Promise<string> {
  return JSON.stringify(await measure(db.kysely as unknown as Kysely<DB>, work, times, saveGraph));
}
