import type * as contract from "../contract.ts";
import { InvalidError } from "../errors.ts";
import { decodeRows } from "../values/batch.ts";
import type { MappedRelationship, Mapping, Row } from "./mapping.ts";
import type { UnitOfWork } from "./unit-of-work.ts";

/** Relationships to load, by name: `true`, or the nested relationships to load too. */
export interface WithTree {
  readonly [relationship: string]: true | WithTree | undefined;
}

/** The rows to load, and the relationships to load with them. */
export interface LoadRequest {
  readonly table: string;
  readonly root: contract.LoadRoot;
  readonly with: object;
}

interface PlannedLoad {
  readonly relationship: MappedRelationship;
  readonly nested: number[];
}

/** Loads rows and their relationships in one crossing, as the session's objects. */
export async function load(
  unit: UnitOfWork,
  mapping: Mapping,
  request: LoadRequest,
  send: (plan: contract.Plan) => Promise<[contract.ResultSet, contract.Loaded[]]>,
): Promise<Row[]> {
  const planned: PlannedLoad[] = [];
  const firstLoads = planLoads(mapping, request.table, request.with as WithTree, planned);
  const loads = planned.map(({ relationship, nested }) => ({ relationship: relationship.name, nested, joined: false }));
  const [result, loaded] = await send({ table: request.table, root: request.root, loads, firstLoads });
  const table = mapping.table(request.table);
  const names = table.table.columns.map(({ name }) => name);
  const objects = decodeRows(result.firstBatch, table.decodings(names)).map((row) => unit.identify(request.table, row));
  const byLoad = new Map(loaded.map((one) => [one.load, one.rows]));
  const attachAll = (owners: readonly Row[], positions: readonly number[]): void => {
    for (const position of positions) {
      const { relationship, nested } = planned[position] as PlannedLoad;
      const rows = byLoad.get(position) ?? { rows: 0, columns: [] };
      attachAll(attach(unit, mapping, relationship, owners, rows), nested);
    }
  };
  attachAll(objects, firstLoads);
  return objects;
}

function planLoads(mapping: Mapping, table: string, tree: WithTree, planned: PlannedLoad[]): number[] {
  const mapped = mapping.table(table);
  return Object.entries(tree)
    .filter(([, inner]) => inner !== undefined)
    .map(([name, inner]) => {
      const relationship = mapped.relationships.find((one) => one.name === name);
      if (!relationship)
        throw new InvalidError({ code: "invalid", message: `${table} has no relationship ${name}`, table });
      const nested: number[] = [];
      const position = planned.push({ relationship, nested }) - 1;
      if (typeof inner === "object") nested.push(...planLoads(mapping, relationship.target, inner, planned));
      return position;
    });
}

/** Assigns loaded rows to their owners' relationships. Returns the objects of these rows. */
function attach(
  unit: UnitOfWork,
  mapping: Mapping,
  one: MappedRelationship,
  owners: readonly Row[],
  batch: contract.Batch,
): Row[] {
  const target = mapping.table(one.target);
  const names = target.table.columns.map(({ name }) => name);
  const between = one.through ? mapping.table(one.through.table) : undefined;
  const ownerColumns = between ? one.pairs.map(({ local }) => local) : [];
  const prefixed = { ...batch, columns: batch.columns.slice(0, ownerColumns.length) };
  const own = { ...batch, columns: batch.columns.slice(ownerColumns.length) };
  const rows = decodeRows(own, target.decodings(names));
  const keys = between ? decodeRows(prefixed, between.decodings(ownerColumns)) : rows;
  const isOwnersKey = one.kind === "to-one";
  const groups = new Map<string, Row[]>();
  const objects = rows.map((row, i) => {
    const object = unit.identify(one.target, row);
    const key = keyOf(keys[i] ?? row, one, isOwnersKey ? "referred" : "local");
    groups.set(key, [...(groups.get(key) ?? []), object]);
    return object;
  });
  for (const owner of owners) {
    unit.setMembers(owner, one, groups.get(keyOf(owner, one, isOwnersKey ? "local" : "referred")) ?? []);
  }
  return objects;
}

function keyOf(row: Row, { pairs }: MappedRelationship, side: "local" | "referred"): string {
  return pairs.map((pair) => String(row[pair[side]])).join("\0");
}
