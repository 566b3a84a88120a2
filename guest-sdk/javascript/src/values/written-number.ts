/** A number literal of SQL text: kept exact where a decimal is expected, a number elsewhere. */
export class WrittenNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** Returns the value for a column of a kind. An integer that a number cannot hold exactly is a bigint. */
  as(kind: string | undefined): string | number | bigint {
    if (kind === "decimal") return this.text;
    const number = Number(this.text);
    return /[.]/.test(this.text) || Number.isSafeInteger(number) ? number : BigInt(this.text);
  }
}
