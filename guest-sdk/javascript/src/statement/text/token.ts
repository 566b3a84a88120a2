import type { OperationNode } from "kysely";

/** A token of SQL text: a word in lower case, with its original spelling; or a Kysely node embedded in the text. */
export type Token =
  | { readonly is: "word"; readonly text: string; readonly written: string }
  | { readonly is: "name" | "text" | "number" | "symbol"; readonly text: string }
  | { readonly is: "node"; readonly text: string; readonly node: OperationNode };

/** Thrown for text outside of the grammar. The message names the place. */
export class NotUnderstood extends Error {}

const PATTERNS: readonly (readonly [Token["is"], RegExp])[] = [
  ["word", /^[\p{L}_][\p{L}\p{N}_]*/u],
  ["number", /^\d+(\.\d+)?(?![\p{L}\p{N}_.])/u],
  ["text", /^'((?:[^'\\]|'')*)'/],
  ["name", /^"((?:[^"\\]|"")+)"/],
  ["name", /^`([^`\\]+)`/],
  ["symbol", /^(->>|->|::|\|\||<=>|<>|!=|<=|>=|[-+*\/%<>=(),.])/],
];

/** Splits SQL text into tokens. Refuses comments, placeholders and backslashes: databases read them differently. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let rest = text.trimStart();
  while (rest !== "") {
    if (/^(--|\/\*)/.test(rest)) throw new NotUnderstood(`a comment at \`${rest.slice(0, 20)}\``);
    const { token, length } = next(rest);
    tokens.push(token);
    rest = rest.slice(length).trimStart();
  }
  return tokens;
}

function next(rest: string): { token: Token; length: number } {
  for (const [is, pattern] of PATTERNS) {
    const found = pattern.exec(rest);
    if (!found) continue;
    const [written, inner] = found;
    if (is === "word") return { token: { is, text: written.toLowerCase(), written }, length: written.length };
    return { token: { is, text: unquoted(is, inner ?? written, written) } as Token, length: written.length };
  }
  throw new NotUnderstood(`\`${rest.slice(0, 20)}\``);
}

function unquoted(is: Token["is"], inner: string, written: string): string {
  if (is === "text") return inner.replaceAll("''", "'");
  if (is === "name") return inner.replaceAll('""', '"');
  return written;
}
