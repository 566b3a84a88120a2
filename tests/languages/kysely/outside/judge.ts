/** What the outcomes of both sides say together. */

import { isDeepStrictEqual } from "node:util";

import type { Dialect, Outcome, Program } from "../programs/program.ts";

/** A judgement: what the program showed, or what is wrong. */
export type Verdict =
  | { readonly is: "equal" | "refused" | "not here"; readonly why?: string }
  | { readonly is: "wrong"; readonly why: string };

/** The outcomes of a program on a database. */
export interface Sides {
  readonly inside: Outcome;
  readonly outside: Outcome;
}

/** Errors that say what is the matter, and not that the SDK slipped. */
const TYPED =
  /^(Unsupported|Invalid|NotFound|NotNull|Denied|Transaction|Constraint|TypeMismatch|OutOfRange|Data|Unique\w*|\w+Violation|Database)\w*Error$|Violation$/;

/** What says that the contract or this database cannot do it. */
const REFUSALS = ["UnsupportedError", "DeniedError", "NotFoundError", "InvalidError", "TransactionError"];

/** Judges a program on a database. `others` are what it gave outside on the other databases. */
export function judge(
  program: Program,
  dialect: Dialect,
  { inside, outside }: Sides,
  others: readonly Outcome[],
): Verdict {
  if (program.refused !== undefined) return refused(inside, program.refused);
  const words = program.refusedOn?.[dialect];
  if (words !== undefined) return refused(inside, words);
  const reason = program.not?.[dialect];
  if (reason !== undefined) return notHere(inside, outside, reason);
  const said = program.insideOnly?.[dialect];
  if (said !== undefined) return elsewhere(inside, outside, said, others);
  if (inside.error) return wrong(`inside: ${told(inside)}${outside.error ? `; outside: ${told(outside)}` : ""}`);
  if (outside.error) return wrong(`outside: ${told(outside)}; inside it gives ${JSON.stringify(inside.value)}`);
  return same(inside, outside) ?? { is: "equal" };
}

function refused({ error, value }: Outcome, words: string): Verdict {
  if (!error) return wrong(`it is to be refused, and gives ${JSON.stringify(value)}`);
  const isNamed = REFUSALS.includes(error.name) && error.message.includes(words);
  return isNamed
    ? { is: "refused", why: error.message }
    : wrong(`it is to be refused by "${words}": ${told({ error })}`);
}

function notHere(inside: Outcome, outside: Outcome, why: string): Verdict {
  if (!outside.error) return wrong(`"${why}", but outside it works`);
  if (!inside.error) return wrong(`"${why}", but inside it gives ${JSON.stringify(inside.value)}`);
  return TYPED.test(inside.error.name) ? { is: "not here", why } : wrong(`inside: ${told(inside)}`);
}

function elsewhere(inside: Outcome, outside: Outcome, why: string, others: readonly Outcome[]): Verdict {
  if (!outside.error && same(inside, outside) === undefined) return wrong(`"${why}", but outside it works alike`);
  if (inside.error) return wrong(`inside: ${told(inside)}`);
  const good = others.filter(({ error }) => !error);
  if (good.length === 0) return wrong("it works outside on no database, so that there is nothing to compare with");
  const differences = good.map((other) => same(inside, other));
  return differences.some((one) => one === undefined) ? { is: "equal", why } : (differences[0] as Verdict);
}

/** Nothing where both are alike. */
function same(inside: Outcome, outside: Outcome): Verdict | undefined {
  if (!isDeepStrictEqual(inside.value, outside.value)) {
    return wrong(`inside ${JSON.stringify(inside.value)}, outside ${JSON.stringify(outside.value)}`);
  }
  if (isDeepStrictEqual(inside.tables, outside.tables)) return undefined;
  return wrong(`the tables hold ${JSON.stringify(inside.tables)} inside, ${JSON.stringify(outside.tables)} outside`);
}

function told({ error }: Outcome): string {
  return `${error?.name} (${error?.code}): ${error?.message.slice(0, 400)}`;
}

function wrong(why: string): Verdict {
  return { is: "wrong", why };
}
