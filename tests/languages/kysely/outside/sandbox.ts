/** The programs in the sandbox, by the host's command. */

import { execFileSync } from "node:child_process";

import type { Outcome, Program } from "../programs/program.ts";

/** A component of the programs, and the command that runs it. */
export interface Sandbox {
  readonly command: string;
  readonly component: string;
}

/** Calls a function of the component. */
export function call({ command, component }: Sandbox, database: string, name: string, ...given: string[]): string {
  const flags = ["run", "--quiet", "--memory", "512M", "--database", database, component, name, "--", ...given];
  return execFileSync(command, flags, { encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "pipe"] });
}

/** Runs programs; one at a time where one of them ends the component, so that it can be named. */
export function runInside(sandbox: Sandbox, database: string, programs: readonly Program[]): Map<string, Outcome> {
  const run = (some: readonly Program[]): [string, Outcome][] => {
    const names = some.map(({ name }) => JSON.stringify(name)).join(", ");
    return Object.entries(JSON.parse(call(sandbox, database, "run", `[${names}]`)) as Record<string, Outcome>);
  };
  try {
    return new Map(run(programs));
  } catch {
    return new Map(programs.flatMap((program) => runAlone(program, run)));
  }
}

function runAlone(program: Program, run: (some: Program[]) => [string, Outcome][]): [string, Outcome][] {
  try {
    return run([program]);
  } catch (thrown) {
    const { stderr, message } = thrown as { stderr?: string; message: string };
    return [[program.name, { error: { name: "Trap", code: "trap", message: stderr || message } }]];
  }
}

/** The variable that a configuration file takes the database's URL from. */
export const URL_VARIABLE = "SQLSERVICE_KYSELY_URL";

/** A configuration file, and the database that its tenant has. */
export interface Tenant {
  readonly config: string;
  readonly database: string;
}

/** Calls a function of the component for the tenant of a configuration file. */
export function callAsTenant({ command }: Sandbox, tenant: Tenant, name: string, ...given: string[]): string {
  const flags = ["run", "--quiet", "--config", tenant.config, "--tenant", "one", "programs", name, "--", ...given];
  const env = { ...process.env, [URL_VARIABLE]: tenant.database };
  return execFileSync(command, flags, { encoding: "utf8", env, stdio: ["ignore", "pipe", "pipe"] });
}
