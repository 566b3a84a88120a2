/**
 * Runs every program in the sandbox and outside of it, and compares what they gave:
 * `npm test -- --component FILE [--sqlservice COMMAND] [--database NAME]… [--program WORDS] [--check | --write]`.
 *
 * `--write` writes the README's table and `outcomes.json`; `--check` fails where they would be others.
 */

import { parseArgs } from "node:util";

import { all } from "../programs/all.ts";
import { type Dialect, DIALECTS, type Outcome, type Program, runProgram } from "../programs/program.ts";
import { type Databases, isThere, makeDatabases } from "./databases.ts";
import { File } from "./file.ts";
import { checkFresh } from "./fresh.ts";
import { judge, type Verdict } from "./judge.ts";
import { KindsPlugin } from "./kinds.ts";
import { checkIdle, checkMistakes } from "./mistakes.ts";
import { Outcomes } from "./outcomes.ts";
import { call, runInside, type Sandbox } from "./sandbox.ts";
import { cells, readme, type Shown } from "./table.ts";

const { values } = parseArgs({
  options: {
    component: { type: "string" },
    sqlservice: { type: "string", default: process.env["SQLSERVICE"] ?? "sqlservice" },
    database: { type: "string", multiple: true },
    program: { type: "string", default: "" },
    check: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});

/** What a program gave outside, and the kinds of nodes that it has. */
interface Outside {
  readonly outcome: Outcome;
  readonly kinds: ReadonlySet<string>;
}

/** What was checked on a database. */
interface Checked {
  readonly count: number;
  readonly wrong: readonly string[];
}

async function runOutside(databases: Databases, dialect: Dialect, program: Program): Promise<Outside> {
  const plugin = new KindsPlugin();
  const db = databases.connect([]);
  try {
    return { outcome: await runProgram(db, program, { dialect }, [plugin]), kinds: plugin.kinds };
  } finally {
    await db.destroy();
  }
}

/** Checks the programs on a database, and notes what they gave outside. */
async function checkPrograms(
  dialect: Dialect,
  databases: Databases,
  { sandbox, outcomes }: { sandbox: Sandbox; outcomes: Outcomes },
): Promise<{ checked: Checked; shown: Shown[] }> {
  const programs = all.filter(({ name }) => name.includes(values.program));
  const inside = runInside(sandbox, databases.inside, programs);
  const nothing: Program = { name: "nothing", run: () => Promise.resolve(null) };
  const start = (await runOutside(databases, dialect, nothing)).outcome.tables;
  const shown: Shown[] = [];
  for (const program of programs) {
    const { outcome: outside, kinds } = await runOutside(databases, dialect, program);
    outcomes.note(program, dialect, { outcome: outside, start });
    const sides = { inside: inside.get(program.name) ?? NOT_RUN, outside };
    shown.push({ program, kinds, verdict: judge(program, dialect, sides, outcomes.others(program, dialect, start)) });
  }
  report(
    dialect,
    shown.map(({ verdict }) => verdict),
  );
  const wrong = shown.flatMap(({ program, verdict }) =>
    verdict.is === "wrong" ? [`${program.name}\n        ${verdict.why}`] : [],
  );
  return { checked: { count: programs.length, wrong }, shown };
}

const NOT_RUN: Outcome = { error: { name: "NotRun", code: "not-run", message: "the sandbox did not run it" } };

function report(dialect: Dialect, verdicts: readonly Verdict[]): void {
  const told = (["equal", "refused", "not here", "wrong"] as const).map(
    (is) => `${verdicts.filter((one) => one.is === is).length} ${is}`,
  );
  console.log(`${dialect}: ${verdicts.length} programs: ${told.join(", ")}`);
}

/** Checks everything on a database. */
async function checkOn(
  dialect: Dialect,
  sandbox: Sandbox,
  files: { table: File; outcomes: Outcomes },
): Promise<Checked[]> {
  const create = (url: string) => void call(sandbox, url, "create");
  const databases = await makeDatabases(dialect, create);
  try {
    create(databases.inside);
    databases.copyTables();
    const { checked, shown } = await checkPrograms(dialect, databases, { sandbox, outcomes: files.outcomes });
    if (values.program !== "") return [checked];
    const { byKind, uncovered } = cells(shown);
    files.table.change((text) => readme(text, dialect, byKind));
    const kinds = { count: byKind.size, wrong: uncovered.map((kind) => `no program has ${kind}`) };
    const mistakes = checkMistakes(sandbox, databases.inside);
    console.log(`${dialect}: ${mistakes.count} mistakes: ${mistakes.wrong.length} wrong`);
    const idle = checkIdle(sandbox, databases.inside);
    console.log(`${dialect}: ${idle.count} idle transactions: ${idle.wrong.length} wrong`);
    const fresh = checkFresh(sandbox, databases.inside);
    console.log(`${dialect}: ${fresh.count} values of an instance: ${fresh.wrong.length} wrong`);
    return [checked, kinds, mistakes, idle, fresh];
  } finally {
    await databases.drop();
  }
}

function wantedDialects(): Dialect[] {
  const unknown = values.database?.find((name) => !DIALECTS.some((one) => one === name));
  if (unknown !== undefined) throw new Error(`there is no database ${unknown}: ${DIALECTS.join(", ")}`);
  const wanted = DIALECTS.filter((one) => values.database?.includes(one) ?? true);
  const missing = wanted.filter((one) => !isThere(one));
  if (missing.length > 0 && values.database) throw new Error(`the URL of a server is not set: ${missing.join(", ")}`);
  if (missing.length > 0) console.log(`not on this machine: ${missing.join(", ")}`);
  return wanted.filter(isThere);
}

async function main(): Promise<void> {
  if (values.component === undefined) throw new Error("--component is missing");
  const sandbox = { command: values.sqlservice, component: values.component };
  const [table, outcomes] = [new File("README.md"), new Outcomes()];
  let [count, failed] = [0, 0];
  for (const dialect of wantedDialects()) {
    for (const checked of await checkOn(dialect, sandbox, { table, outcomes })) {
      for (const line of checked.wrong) console.log(`FAILED  ${dialect}: ${line}`);
      count += checked.count;
      failed += checked.wrong.length;
    }
  }
  const files = values.program === "" ? [table, outcomes.file] : [];
  if (values.write) for (const file of files) file.write();
  const stale = values.check ? files.filter((file) => file.isChanged) : [];
  for (const file of stale)
    console.log(`FAILED  ${file.path} is not what was shown: write it by --write\n${file.difference()}`);
  console.log(`${count - failed} passed, ${failed} failed`);
  if (failed > 0 || stale.length > 0 || count === 0) process.exitCode = 1;
}

await main();
