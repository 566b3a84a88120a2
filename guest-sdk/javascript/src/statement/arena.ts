import type { OperationNode } from "kysely";

import type { Node, Value } from "../contract.ts";
import { UnsupportedError } from "../errors.ts";
import type { ValueType } from "../schema/type.ts";
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

  constructor(catalog: Catalog) {
    this.catalog = catalog;
  }

  /** Adds a node and returns its position. */
  add(node: Node): number {
    return this.nodes.push(node) - 1;
  }

  /** Binds a value. */
  bind(value: Value): number {
    return this.add({ tag: "parameter", val: this.parameters.push(value) - 1 });
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

/** The error of a node that the contract cannot say. */
export function unsupported(node: Pick<OperationNode, "kind"> | string, advice?: string): UnsupportedError {
  const name = typeof node === "string" ? node : node.kind;
  const message = `${name} cannot be sent as data${advice ? `: ${advice}` : ""}`;
  return new UnsupportedError({ code: "unsupported", message });
}
