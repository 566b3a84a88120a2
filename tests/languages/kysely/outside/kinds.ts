/** The kinds of nodes that Kysely has, and those that a program's queries hold. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { KyselyPlugin } from "kysely";

const DECLARATION = join(import.meta.dirname, "../node_modules/kysely/dist/operation-node/operation-node.d.ts");

/** All kinds, from Kysely's own declaration of them. */
export function allKinds(): string[] {
  const [, list] = /type OperationNodeKind = ([^;]+);/.exec(readFileSync(DECLARATION, "utf8")) ?? [];
  if (list === undefined) throw new Error(`${DECLARATION} does not declare the kinds as it did`);
  return [...list.matchAll(/'(\w+)'/g)].map(([, kind]) => kind as string);
}

/** Notes the kinds of the nodes of every query. */
export class KindsPlugin implements KyselyPlugin {
  readonly kinds = new Set<string>();

  transformQuery: KyselyPlugin["transformQuery"] = ({ node }) => {
    this.note(node);
    return node;
  };

  transformResult: KyselyPlugin["transformResult"] = async ({ result }) => result;

  private note(node: unknown): void {
    if (typeof node !== "object" || node === null) return;
    if ("kind" in node && typeof node.kind === "string") this.kinds.add(node.kind);
    for (const inner of Object.values(node)) this.note(inner);
  }
}
