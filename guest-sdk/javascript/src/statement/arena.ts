import type { OperationNode } from "kysely";

import type { Node, Value } from "../contract.ts";
import { LimitError, UnsupportedError } from "../errors.ts";
import type { ValueType } from "../schema/type.ts";
import { wellFormed } from "../values/encode.ts";
import type { Catalog, CteSource, Scope } from "./scope.ts";

/** An expression that is in the arena already, and what is known of its values. */
export interface Typed {
  readonly id: number;
  readonly type?: ValueType | undefined;
  /** The column's name, where it is one: for errors. */
  readonly name?: string | undefined;
  /** The parts of a row of values. */
  readonly parts?: readonly Typed[] | undefined;
}

/** What a value stands beside: it tells its type. */
export type Hint = Pick<Typed, "type" | "name" | "parts"> | undefined;

/** A statement that is being lowered: nodes and parameters so far, and what names mean where we are. */
export class Arena {
  readonly nodes: Node[] = [];
  readonly parameters: Value[] = [];
  readonly ctes: CteSource[] = [];
  readonly catalog: Catalog;
  scope: Scope | undefined;
  private depth = 0;

  constructor(catalog: Catalog) {
    this.catalog = catalog;
  }

  /** Adds a node and returns its position. */
  add(node: Node): number {
    if (typeof node.val === "object") checkNames(node.val);
    return this.nodes.push(node) - 1;
  }

  /** Binds a value. */
  bind(value: Value): number {
    return this.nodes.push({ tag: "parameter", val: this.parameters.push(value) - 1 }) - 1;
  }

  /** Goes one expression deeper. The engine's stack is small, and what overflows it ends the plugin. */
  deeper<T>(step: () => T): T {
    if (++this.depth > MOST_DEPTH) throw tooDeep();
    const made = step();
    this.depth--;
    return made;
  }

  /** Runs a step with a scope of its own. */
  within<T>(scope: Scope, step: () => T): T {
    const outer = this.scope;
    this.scope = scope;
    try {
      return step();
    } finally {
      this.scope = outer;
    }
  }
}

/** How deep expressions nest at most: as deep as hosts take, and no deeper than the engine's stack is. */
export const MOST_DEPTH = 64;

/** The error of a statement that nests too deeply. */
export function tooDeep(): LimitError {
  return new LimitError({
    code: "limit",
    message: `the statement nests more than ${MOST_DEPTH} deep`,
    details: [
      { name: "limit", value: "depth" },
      { name: "allowed", value: String(MOST_DEPTH) },
    ],
  });
}

/** The names in a node have to be text that the host can take. */
export function checkNames(parts: object): void {
  for (const part of Object.values(parts)) {
    if (typeof part === "string") wellFormed(part, "a name");
    else if (Array.isArray(part)) for (const one of part) if (typeof one === "string") wellFormed(one, "a name");
  }
}

/** The error of a node that the contract cannot say. */
export function unsupported(node: Pick<OperationNode, "kind"> | string, advice?: string): UnsupportedError {
  const name = typeof node === "string" ? node : node.kind;
  const message = `${name} cannot be sent as data${advice ? `: ${advice}` : ""}`;
  return new UnsupportedError({ code: "unsupported", message });
}
