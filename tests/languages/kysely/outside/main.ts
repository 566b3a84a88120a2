/**
 * Runs every program in the sandbox and outside of it, and compares what they gave:
 * `npm test -- --component FILE [--sqlservice COMMAND] [--database NAME]… [--program WORDS] [--table FILE]`.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { all } from "../programs/all.ts";
import { type Dialect, DIALECTS, type Outcome, type Program, runProgram } from "../programs/program.ts";
import { isThere, makeDatabases } from "./databases.ts";
import { judge, type Sides, type Verdict } from "./judge.ts";
import { KindsPlugin } from "./kinds.ts";
import { checkIdle, checkMistakes, type Report } from "./mistakes.ts";
import { call, runInside, type Sandbox } from "./sandbox.ts";
import { readme, withTable } from "./table.ts";

const { values } = parseArgs({
  options: {
    component: { type: "string" },
    sqlservice: { type: "string", default: process.env["SQLSERVICE"] ?? "sqlservice" },
    database: { type: "string", multiple: true },
    program: { type: "string", default: "" },
    table: { type: "string" },
  },
});

/** What all programs gave on a database. */
type Results = Map<string, Sides & { readonly kinds: ReadonlySet<string> }>;

/** What is checked in the sandbox alone, by the kind of it. */
const reports: { readonly dialect: Dialect; readonly what: string; readonly report: Report }[] = [];

async function runOn(dialect: Dialect, programs: readonly Program[], sandbox: Sandbox): Promise<Results> {
  const create = (url: string) => void call(sandbox, url, "create");
  const databases = await makeDatabases(dialect, create);
  try {
    create(databases.inside);
    databases.copyTables();
    const inside = runInside(sandbox, databases.inside, programs);
    const results: Results = new Map();
    for (const program of programs) {
      const plugin = new KindsPlugin();
      const db = databases.connect([]);
      const outside = await runProgram(db, program, { dialect }, [plugin]);
      await db.destroy();
      results.set(program.name, { inside: inside.get(program.name) as Outcome, outside, kinds: plugin.kinds });
    }
    if (values.program === "") {
      reports.push({ dialect, what: "mistakes", report: checkMistakes(sandbox, databases.inside) });
      reports.push({ dialect, what: "idle transactions", report: checkIdle(sandbox, databases.inside) });
    }
    return results;
  } finally {
    await databases.drop();
  }
}

async function main(): Promise<void> {
  if (values.component === undefined) throw new Error("--component is missing");
  const sandbox = { command: values.sqlservice, component: values.component };
  const wanted = DIALECTS.filter((one) => values.database?.includes(one) ?? true);
  const dialects = wanted.filter(isThere);
  const programs = all.filter(({ name }) => name.includes(values.program));
  const results = new Map<Dialect, Results>();
  for (const dialect of dialects) results.set(dialect, await runOn(dialect, programs, sandbox));
  const verdicts = new Map<Dialect, Map<string, Verdict>>();
  for (const [dialect, own] of results) {
    const others = (name: string) => [...results.values()].map((one) => one.get(name)?.outside as Outcome);
    const judged = programs.map((program): [string, Verdict] => [
      program.name,
      judge(program, dialect, own.get(program.name) as Sides, others(program.name)),
    ]);
    verdicts.set(dialect, new Map(judged));
    report(dialect, judged);
  }
  const missing = wanted.filter((one) => !dialects.includes(one));
  if (missing.length > 0) console.log(`not on this machine: ${missing.join(", ")}`);
  const table = readme(programs, results, verdicts);
  if (values.table !== undefined)
    writeFileSync(values.table, withTable(readFileSync(values.table, "utf8"), table.text));
  for (const kind of table.uncovered) console.log(`no program has ${kind}`);
  const judged = [...verdicts.values()].flatMap((one) => [...one.values()]);
  let [count, failed] = [judged.length, judged.filter(({ is }) => is === "wrong").length];
  for (const { dialect, what, report: one } of reports) {
    for (const line of one.wrong) console.log(`FAILED  ${dialect}: ${what}: ${line}`);
    console.log(`${dialect}: ${one.checked} ${what}: ${one.wrong.length} wrong`);
    count += one.checked;
    failed += one.wrong.length;
  }
  console.log(`${count - failed} passed, ${failed} failed`);
  const isIncomplete = values.program === "" && table.uncovered.length > 0;
  if (failed > 0 || count === 0 || isIncomplete) process.exitCode = 1;
}

function report(dialect: Dialect, judged: readonly [string, Verdict][]): void {
  const count = (is: Verdict["is"]) => judged.filter(([, verdict]) => verdict.is === is).length;
  for (const [name, verdict] of judged) {
    if (verdict.is === "wrong") console.log(`FAILED  ${dialect}: ${name}\n        ${verdict.why}`);
  }
  const told = (["equal", "refused", "not here", "wrong"] as const).map((is) => `${count(is)} ${is}`);
  console.log(`${dialect}: ${judged.length} programs: ${told.join(", ")}`);
}

await main();
