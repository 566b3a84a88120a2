/** What is committed of what the programs show. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A committed file, and what it ought to be. */
export class File {
  readonly path: string;
  private readonly committed: string;
  private text: string;

  /** `name` is beside package.json. */
  constructor(name: string) {
    this.path = join(import.meta.dirname, "..", name);
    this.committed = readFileSync(this.path, "utf8");
    this.text = this.committed;
  }

  change(change: (text: string) => string): void {
    this.text = change(this.text);
  }

  get isChanged(): boolean {
    return this.text !== this.committed;
  }

  /** The first lines that are others. */
  difference(): string {
    const [before, after] = [this.committed.split("\n"), this.text.split("\n")];
    const [gone, come] = [
      before.filter((line) => !after.includes(line)),
      after.filter((line) => !before.includes(line)),
    ];
    return [...gone.slice(0, 5).map((line) => `  - ${line}`), ...come.slice(0, 5).map((line) => `  + ${line}`)].join(
      "\n",
    );
  }

  write(): void {
    if (this.isChanged) writeFileSync(this.path, this.text);
  }
}
