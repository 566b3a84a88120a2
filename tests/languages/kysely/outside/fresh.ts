/** Whether instances of one component have random numbers and a beginning of their own. */

import { call, type Sandbox } from "./sandbox.ts";

/** How long a beginning may have been ago, on a busy machine. */
const RECENT_MS = 60_000;

type Values = Readonly<Record<string, string | number>>;

/** What is wrong, of so many values. */
export function checkFresh(sandbox: Sandbox, database: string): { count: number; wrong: string[] } {
  const [first, second] = [began(sandbox, database), began(sandbox, database)];
  const names = Object.keys(first);
  const wrong = names.filter((name) => !isFresh(name, first, second));
  return { count: names.length, wrong: wrong.map((name) => `${name}: ${first[name]}, then ${second[name]}`) };
}

function began(sandbox: Sandbox, database: string): Values {
  return JSON.parse(call(sandbox, database, "fresh")) as Values;
}

function isFresh(name: string, first: Values, second: Values): boolean {
  const [one, other] = [first[name], second[name]];
  if (name === "Math.random while built") return one === other;
  if (name === "performance.now") return isRecent(Number(one)) && isRecent(Number(other));
  if (name === "performance.timeOrigin") return Number(one) < Number(other) && isRecent(Date.now() - Number(one));
  return one !== other && other !== undefined;
}

function isRecent(milliseconds: number): boolean {
  return milliseconds >= 0 && milliseconds < RECENT_MS;
}
