/** What programs give outside, kept so that a database can be checked without the others. */

import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";

import { all } from "../programs/all.ts";
import { type Dialect, DIALECTS, type Outcome, type Program } from "../programs/program.ts";
import { File } from "./file.ts";

/** What a program gives outside, of the tables only those that it changes. */
interface Kept {
  readonly value: unknown;
  readonly tables: Readonly<Record<string, unknown>>;
}

type Tables = Readonly<Record<string, unknown>>;

/** What programs that a database says otherwise give on the databases that say it so. */
export class Outcomes {
  readonly file = new File("outcomes.json");
  private readonly kept: Record<string, Partial<Record<Dialect, Kept>>>;

  constructor() {
    this.kept = JSON.parse(readFileSync(this.file.path, "utf8")) as Outcomes["kept"];
  }

  /** Notes what a program gave on a database. */
  note(program: Program, dialect: Dialect, { outcome, start }: { outcome: Outcome; start: unknown }): void {
    const isFor = program.insideOnly && !program.insideOnly[dialect] && !program.not?.[dialect] && !outcome.error;
    const { [dialect]: _, ...others } = this.kept[program.name] ?? {};
    const own = isFor
      ? { [dialect]: { value: outcome.value, tables: changed(outcome.tables as Tables, start as Tables) } }
      : {};
    this.kept[program.name] = { ...others, ...own };
    this.file.change(() => this.text());
  }

  /** What a program gave on the other databases. */
  others(program: Program, dialect: Dialect, start: unknown): Outcome[] {
    const { [dialect]: _, ...others } = this.kept[program.name] ?? {};
    return Object.values(others as Record<string, Kept>).map(({ value, tables }) => ({
      value,
      tables: { ...(start as Tables), ...tables },
    }));
  }

  private text(): string {
    const names = all.map(({ name }) => name).sort();
    const entries = names.flatMap((name) => {
      const kept = this.kept[name] ?? {};
      const inOrder = DIALECTS.flatMap((one) => (kept[one] ? [[one, kept[one]]] : []));
      return inOrder.length > 0 ? [[name, Object.fromEntries(inOrder)]] : [];
    });
    return `${JSON.stringify(Object.fromEntries(entries), undefined, 2)}\n`;
  }
}

function changed(tables: Tables, start: Tables): Tables {
  return Object.fromEntries(Object.entries(tables).filter(([name, rows]) => !isDeepStrictEqual(rows, start[name])));
}
