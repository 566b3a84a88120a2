/** What only the sandbox has: mistakes with the SDK, and transactions that the host ends. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { call, callAsTenant, type Sandbox, type Tenant, URL_VARIABLE } from "./sandbox.ts";

/** How long the host lets a transaction be idle, and for how long the programs leave theirs. */
const LIMIT_MS = 250;
const IDLE_MS = 800;

/** What is wrong, a line each. */
export interface Report {
  readonly count: number;
  readonly wrong: string[];
}

interface Made {
  readonly name: string;
  readonly expected: string;
  readonly got: string;
}

/** Makes all mistakes; one at a time where one of them ends the component. */
export function checkMistakes(sandbox: Sandbox, database: string): Report {
  const names = listOf(call(sandbox, database, "mistakes"));
  const make = (some: string[]) => JSON.parse(call(sandbox, database, "make-mistakes", texts(some))) as Made[];
  let made: Made[];
  try {
    made = make(names);
  } catch {
    made = names.flatMap((name) => makeAlone(name, make));
  }
  const wrong = made.filter(({ expected, got }) => !expected.split(" ").includes(got));
  return {
    count: names.length,
    wrong: wrong.map(({ name, expected, got }) => `${name}: ${expected} is expected, not ${got}`),
  };
}

function makeAlone(name: string, make: (some: string[]) => Made[]): Made[] {
  try {
    return make([name]);
  } catch (thrown) {
    const { stderr, message } = thrown as { stderr?: string; message: string };
    return [{ name, expected: "an error", got: `a trap: ${(stderr || message).slice(0, 600)}` }];
  }
}

/** Leaves transactions idle for longer than the host allows. Each has to end with an error, and without rows. */
export function checkIdle(sandbox: Sandbox, database: string): Report {
  const directory = mkdtempSync(join(tmpdir(), "sqlservice-idle-"));
  const config = join(directory, "sqlservice.toml");
  try {
    writeFileSync(config, configuration(sandbox.component), { mode: 0o600 });
    const ways = listOf(call(sandbox, database, "idle-ways"));
    const ends = idle(sandbox, { config, database }, ways);
    const wrong = ends.filter((end) => !/: (Transaction|Limit|Closed|Connection)Error: no rows$/.test(end));
    if (ends.length !== ways.length) wrong.push(`${ways.length} ways, of which ${ends.length} ended`);
    return { count: ways.length, wrong };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Goes all ways; one at a time where one of them ends the component. */
function idle(sandbox: Sandbox, tenant: Tenant, ways: string[]): string[] {
  try {
    return listOf(callAsTenant(sandbox, tenant, "idle", texts(ways), String(IDLE_MS)));
  } catch (thrown) {
    if (ways.length > 1) return ways.flatMap((way) => idle(sandbox, tenant, [way]));
    const { stderr, message } = thrown as { stderr?: string; message: string };
    return [`${ways.join()}: it fails: ${(stderr || message).slice(0, 600)}`];
  }
}

function configuration(component: string): string {
  return [
    "[databases.main]",
    `url = "env:${URL_VARIABLE}"`,
    "[limits]",
    `idle-transaction-time = "${LIMIT_MS}ms"`,
    "[plugins.programs]",
    `component = ${JSON.stringify(component)}`,
    "[tenants.one]",
    'plugins = ["programs"]',
    "[tenants.one.databases.default]",
    'database = "main"',
    "",
  ].join("\n");
}

function listOf(json: string): string[] {
  return JSON.parse(json) as string[];
}

function texts(some: readonly string[]): string {
  return `[${some.map((one) => JSON.stringify(one)).join(", ")}]`;
}
