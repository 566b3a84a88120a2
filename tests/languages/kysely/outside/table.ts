/** The table of kinds and databases for the README. */

import { type Dialect, DIALECTS, type Program } from "../programs/program.ts";
import type { Verdict } from "./judge.ts";
import { allKinds } from "./kinds.ts";

interface Seen {
  readonly kinds: ReadonlySet<string>;
}

type Verdicts = ReadonlyMap<Dialect, ReadonlyMap<string, Verdict>>;

/** The text, and the kinds that no program has. */
export function readme(
  programs: readonly Program[],
  results: ReadonlyMap<Dialect, ReadonlyMap<string, Seen>>,
  verdicts: Verdicts,
): { text: string; uncovered: string[] } {
  const kinds = allKinds();
  const holding = (kind: string) =>
    programs.filter(({ name }) => [...results.values()].some((one) => one.get(name)?.kinds.has(kind)));
  const uncovered = kinds.filter((kind) => holding(kind).length === 0);
  const rows = kinds.map((kind) => {
    const cells = DIALECTS.map((dialect) => cell(verdicts.get(dialect), holding(kind)));
    return `| \`${kind}\` | ${holding(kind).length} | ${cells.join(" | ")} |`;
  });
  const head = ["| kind of node | programs | SQLite | PostgreSQL | MariaDB |", "| --- | --- | --- | --- | --- |"];
  return { text: [...head, ...rows, ""].join("\n"), uncovered };
}

/** A README with another table between its marks. */
export function withTable(text: string, table: string): string {
  const [before, after] = [
    text.indexOf("<!-- prettier-ignore-start -->"),
    text.indexOf("<!-- prettier-ignore-end -->"),
  ];
  if (before < 0 || after < before) throw new Error("the README has no marks for the table");
  return `${text.slice(0, before)}<!-- prettier-ignore-start -->\n\n${table}\n${text.slice(after)}`;
}

/** What the programs with a kind showed on a database: equal rows outweigh a refusal, as that is of something else in it. */
function cell(verdicts: ReadonlyMap<string, Verdict> | undefined, programs: readonly Program[]): string {
  const shown = programs.flatMap(({ name }) => verdicts?.get(name) ?? []);
  if (shown.some(({ is }) => is === "wrong")) return "**wrong**";
  if (shown.some(({ is }) => is === "equal")) return "equal";
  const other = shown[0];
  if (!other) return "not run";
  return other.is === "refused" ? `refused: ${named(other.why ?? "")}` : `not here: ${other.why ?? ""}`;
}

/** What a refusal names. */
function named(message: string): string {
  return (/^(.*?) cannot be sent as data/.exec(message)?.[1] ?? message).replaceAll("|", "\\|");
}
