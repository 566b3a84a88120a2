/** The list of attacks, and how what came of one is told. */

import { DatabaseError, OutOfRangeError, TypeMismatchError } from "@sqlservice/guest";

type Lines = string[] | Promise<string[]>;

/** What is tried: it gives something, or is refused. */
export type Call = () => unknown;

/** Each attack by its name. */
export const ATTACKS = new Map<string, () => Lines>();

/** Puts an attack on the list. */
export function attack(name: string, run: () => Lines): void {
  ATTACKS.set(name, run);
}

/** Who refused it, and why: a code of the contract, or `here` where the language or a library did. */
export function code(thrown: unknown): string {
  const failure = (thrown as { payload?: unknown } | undefined)?.payload ?? thrown;
  const known =
    failure instanceof DatabaseError || failure instanceof TypeMismatchError || failure instanceof OutOfRangeError;
  if (known) return failure.code;
  const record = failure as { code?: unknown; retryable?: unknown } | undefined;
  return typeof record?.code === "string" && "retryable" in record ? record.code : "here";
}

/** What a call gave, or who refused it. */
export async function outcome(call: Call): Promise<string> {
  try {
    return `got ${String((await call()) ?? "nothing")}`;
  } catch (thrown) {
    return `refused ${code(thrown)}`;
  }
}

/** A line for each case. */
export async function lines(cases: Record<string, Call>): Promise<string[]> {
  const said = [];
  for (const [name, call] of Object.entries(cases)) said.push(`${name}: ${await outcome(call)}`);
  return said;
}

/** A line for each way to what should not be reached: only whether it led there. */
export async function ways(cases: Record<string, Call>): Promise<string[]> {
  const said = await lines(cases);
  return said.map((line) => line.replace(/: refused .*$/s, ": refused").replace(/: got .*$/s, ": reached"));
}
