import { MOST_DEPTH, tooDeep } from "../arena.ts";
import { NotUnderstood, type Token } from "./token.ts";

/** Reads tokens one after the other. */
export class Reader {
  private readonly tokens: readonly Token[];
  private at = 0;
  private depth = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  /** Runs a step one nesting level deeper. */
  deeper<T>(step: () => T): T {
    if (++this.depth > MOST_DEPTH) throw tooDeep();
    const made = step();
    this.depth--;
    return made;
  }

  /** Returns the next token, or a later one. */
  peek(ahead = 0): Token | undefined {
    return this.tokens[this.at + ahead];
  }

  /** Consumes the next token. */
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

  /** Consumes these words or symbols, if they come next. */
  takes(...texts: readonly string[]): boolean {
    if (!this.sees(...texts)) return false;
    this.at += texts.length;
    return true;
  }

  /** Consumes words or symbols that must come next. */
  expect(...texts: readonly string[]): void {
    if (!this.takes(...texts)) throw this.wrong();
  }

  /** Throws if a token is left. */
  end(): void {
    if (this.peek()) throw this.wrong();
  }

  /** Creates the error that names the next token. */
  wrong(): NotUnderstood {
    return new NotUnderstood(`\`${this.peek()?.text ?? "its end"}\``);
  }
}
