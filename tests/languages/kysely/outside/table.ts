/** The README's table of the kinds of nodes. */

import { type Dialect, DIALECTS, type Program } from "../programs/program.ts";
import type { Verdict } from "./judge.ts";
import { allKinds } from "./kinds.ts";

const [BEGIN, END] = ["<!-- prettier-ignore-start -->", "<!-- prettier-ignore-end -->"];

/** What a program showed on a database, and the kinds of nodes that it has. */
export interface Shown {
  readonly program: Program;
  readonly kinds: ReadonlySet<string>;
  readonly verdict: Verdict;
}

/** What the programs of each kind showed, as the cells of a column, and the kinds that no program has. */
export function cells(shown: readonly Shown[]): { byKind: ReadonlyMap<string, string>; uncovered: string[] } {
  const kinds = allKinds();
  const holding = (kind: string) => shown.filter((one) => one.kinds.has(kind)).map(({ verdict }) => verdict);
  return {
    byKind: new Map(kinds.map((kind) => [kind, cell(holding(kind))])),
    uncovered: kinds.filter((kind) => holding(kind).length === 0),
  };
}

/** What programs with a kind showed: equal rows outweigh a refusal, as that is of something else in it. */
function cell(verdicts: readonly Verdict[]): string {
  const [first] = verdicts;
  if (!first) return "no program";
  if (verdicts.some(({ is }) => is === "wrong")) return "**wrong**";
  const equal = verdicts.filter(({ is }) => is === "equal").length;
  if (equal > 0) return `equal: ${equal}`;
  return first.is === "refused" ? `refused: ${named(first.why ?? "")}` : `not here: ${first.why ?? ""}`;
}

/** What a refusal names. */
function named(message: string): string {
  return (/^(.*?) cannot be sent as data/.exec(message)?.[1] ?? message).replaceAll("|", "\\|");
}

/** The README with another column in its table. */
export function readme(text: string, dialect: Dialect, byKind: ReadonlyMap<string, string>): string {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error("the README has no marks for the table");
  const known = new Map(
    [...text.slice(begin, end).matchAll(/^\| `(\w+)` \| (.*) \|$/gm)].map(([, kind = "", row = ""]) => [
      kind,
      row.split(" | "),
    ]),
  );
  const at = DIALECTS.indexOf(dialect);
  const rows = [...byKind].map(([kind, cell]) => {
    const row = DIALECTS.map((_, i) => (i === at ? cell : (known.get(kind)?.[i] ?? "not run")));
    return `| \`${kind}\` | ${row.join(" | ")} |`;
  });
  const table = ["| kind of node | SQLite | PostgreSQL | MariaDB |", "| --- | --- | --- | --- |", ...rows];
  return `${text.slice(0, begin)}${BEGIN}\n\n${table.join("\n")}\n\n${text.slice(end)}`;
}
