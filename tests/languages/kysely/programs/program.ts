/** What a program is, and how both sides run it. */

import type { Kysely, KyselyPlugin } from "kysely";

import { dump, reset } from "./data.ts";
import { plain } from "./plain.ts";
import type { DB } from "./schema.ts";

/** The databases that programs run on. */
export const DIALECTS = ["sqlite", "postgresql", "mariadb"] as const;

export type Dialect = (typeof DIALECTS)[number];

/** What a program can ask about where it runs. */
export interface Context {
  readonly dialect: Dialect;
}

type Run = (db: Kysely<DB>, context: Context) => Promise<unknown>;

/** A program with what is expected of it, where that is not the same rows on both sides and all databases. */
interface Expected {
  readonly run: Run;
  /** Words of the error by which the sandbox refuses it. */
  readonly refused?: string;
  /** Databases that cannot do it, with the reason: it fails on both sides. */
  readonly not?: Partial<Record<Dialect, string>>;
  /** Databases on which only the sandbox refuses it, with words of its error. */
  readonly refusedOn?: Partial<Record<Dialect, string>>;
  /** Databases that say it otherwise, so that only the sandbox can: its rows are those of a database that says it so. */
  readonly insideOnly?: Partial<Record<Dialect, string>>;
}

export interface Program extends Expected {
  readonly name: string;
}

/** Programs of one topic. */
export function programs(topic: string, all: Readonly<Record<string, Run | Expected>>): Program[] {
  return Object.entries(all).map(([name, one]) => ({
    name: `${topic}: ${name}`,
    ...(typeof one === "function" ? { run: one } : one),
  }));
}

/** What a program gave: its value or its error, and then what the tables hold. */
export interface Outcome {
  readonly value?: unknown;
  readonly error?: { readonly name: string; readonly code: string; readonly message: string };
  readonly tables?: unknown;
}

/** Runs a program on tables that hold the same rows at its start. */
export async function runProgram(
  db: Kysely<DB>,
  program: Program,
  context: Context,
  plugins: readonly KyselyPlugin[] = [],
): Promise<Outcome> {
  await reset(db);
  const observed = plugins.reduce((all, plugin) => all.withPlugin(plugin), db);
  const outcome = await attempt(observed, program, context);
  return { ...outcome, tables: plain(await dump(db)) };
}

async function attempt(db: Kysely<DB>, program: Program, context: Context): Promise<Outcome> {
  try {
    return { value: plain(await program.run(db, context)) };
  } catch (thrown) {
    const error = thrown as { name?: unknown; code?: unknown; message?: unknown };
    return { error: { name: String(error.name), code: String(error.code), message: String(error.message) } };
  }
}
