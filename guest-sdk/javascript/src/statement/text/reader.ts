import { MOST_DEPTH, tooDeep } from "../arena.ts";
import { NotUnderstood, type Token } from "./token.ts";

/** Tokens that are read one after the other. */
export class Reader {
  private readonly tokens: readonly Token[];
  private at = 0;
  private depth = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  /** Goes one expression deeper. */
  deeper<T>(step: () => T): T {
    if (++this.depth > MOST_DEPTH) throw tooDeep();
    const made = step();
    this.depth--;
    return made;
  }

  /** The token that comes next, or a later one. */
  peek(ahead = 0): Token | undefined {
    return this.tokens[this.at + ahead];
  }

  /** Takes the next token. */
  take(): Token {
    const token = this.peek();
    if (!token) throw new NotUnderstood("its end");
    this.at++;
    return token;
  }

  /** Whether these words or symbols come next. */
  sees(...texts: readonly string[]): boolean {
    return texts.every((text, i) => {
      const token = this.peek(i);
      return (token?.is === "word" || token?.is === "symbol") && token.text === text;
    });
  }

  /** Takes these words or symbols, if they come next. */
  takes(...texts: readonly string[]): boolean {
    if (!this.sees(...texts)) return false;
    this.at += texts.length;
    return true;
  }

  /** Takes a word or a symbol that has to come next. */
  expect(...texts: readonly string[]): void {
    if (!this.takes(...texts)) throw this.wrong();
  }

  /** Everything has to be read. */
  end(): void {
    if (this.peek()) throw this.wrong();
  }

  /** The error that names the next token. */
  wrong(): NotUnderstood {
    return new NotUnderstood(`\`${this.peek()?.text ?? "its end"}\``);
  }
}
