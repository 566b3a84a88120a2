import type { OperationNode } from "kysely";

import type { Node, Value } from "../contract.ts";
import { LimitError, UnsupportedError } from "../errors.ts";
import type { ValueType } from "../schema/type.ts";
import type { Catalog, CteSource, Scope } from "./scope.ts";

/** An expression in the arena, with the type of its values if that is known. */
export interface Typed {
  readonly id: number;
  readonly type?: ValueType | undefined;
  /** The column's name, if the expression is a column: for errors. */
  readonly name?: string | undefined;
  /** The items of a row value. */
  readonly parts?: readonly Typed[] | undefined;
}

/** The expression that a value is compared with or assigned to, which gives the value its type. */
export type Hint = Pick<Typed, "type" | "name" | "parts"> | undefined;

/** A statement while it is lowered: its nodes and parameters so far, and the scope that resolves names. */
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
    return this.nodes.push(node) - 1;
  }

  /** Binds a value and returns its node's position. */
  bind(value: Value): number {
    return this.nodes.push({ tag: "parameter", val: this.parameters.push(value) - 1 }) - 1;
  }

  /** Runs a step one nesting level deeper. The engine's stack is small, and an overflow ends the plugin. */
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

/** The most nesting levels of an expression: as many as hosts accept and the engine's stack holds. */
export const MOST_DEPTH = 64;

/** Creates the error for a statement that nests too deeply. */
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

/** Creates the error for a node that the contract cannot express. */
export function unsupported(node: Pick<OperationNode, "kind"> | string, advice?: string): UnsupportedError {
  const name = typeof node === "string" ? node : node.kind;
  const message = `${name} cannot be sent as data${advice ? `: ${advice}` : ""}`;
  return new UnsupportedError({ code: "unsupported", message });
}
