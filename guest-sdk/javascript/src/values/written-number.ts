/** A number as it is written in SQL text: exact where a decimal is expected, and a number elsewhere. */
export class WrittenNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** The value for a column of such a kind. */
  as(kind: string | undefined): string | number | bigint {
    if (kind === "decimal") return this.text;
    const number = Number(this.text);
    return /[.]/.test(this.text) || Number.isSafeInteger(number) ? number : BigInt(this.text);
  }
}
