import type * as contract from "../contract.ts";
import { InvalidError } from "../errors.ts";
import { decodeRows } from "../values/batch.ts";
import { FlushPlan, settled } from "./flush-plan.ts";
import type { LoadRequest } from "./load.ts";
import type { MappedRelationship, Mapping, Row } from "./mapping.ts";
import { copyColumns, members, type State } from "./state.ts";

/**
 * The session's identity map, with one object per row, and the changes to its objects since they were read or written.
 */
export class UnitOfWork {
  private readonly mapping: Mapping;
  private readonly states = new Map<Row, State>();
  private readonly identities = new Map<string, Row>();
  private readonly deleted = new Set<Row>();
  private readonly numbers = new WeakMap<Row, number>();
  private lastNumber = 0;

  constructor(mapping: Mapping) {
    this.mapping = mapping;
  }

  /** Adds a new object and those that its relationships cascade to. Returns those that the session did not have. */
  add(table: string, object: object): Row[] {
    const added: Row[] = [];
    try {
      this.visit(table, object as Row, added);
    } catch (error) {
      this.forget(added);
      throw error;
    }
    return added;
  }

  private visit(table: string, object: Row, added: Row[]): void {
    if (typeof object !== "object" || object === null) {
      throw new InvalidError({
        code: "invalid",
        message: `an object of ${table} is expected, not ${String(object)}`,
        table,
      });
    }
    if (this.states.has(object)) return;
    const mapped = this.mapping.table(table);
    mapped.checkNames(object);
    this.states.set(object, { table: mapped, isNew: true, stored: {}, members: new Map() });
    added.push(object);
    for (const one of mapped.relationships) this.cascade(object, one, added);
  }

  private cascade(object: Row, relationship: MappedRelationship, added: Row[]): void {
    if (!relationship.cascade.has("save-update")) return;
    for (const member of members(object, relationship) ?? []) this.visit(relationship.target, member, added);
  }

  /** Removes objects that were added but could not be saved. */
  forget(objects: readonly Row[]): void {
    for (const object of objects) this.states.delete(object);
  }

  /** Removes all objects. */
  clear(): void {
    this.states.clear();
    this.identities.clear();
    this.deleted.clear();
  }

  /**
   * Returns a row's object: the unchanged one from the identity map, or else the row itself, which becomes its object.
   */
  identify(table: string, row: Row): Row {
    const mapped = this.mapping.table(table);
    const identity = mapped.identity(row);
    const known = identity === undefined ? undefined : this.identities.get(identity);
    if (known) return known;
    this.states.set(row, { table: mapped, isNew: false, stored: copyColumns(mapped, row), members: new Map() });
    if (identity !== undefined) this.identities.set(identity, row);
    return row;
  }

  /** Sets the related objects of a loaded relationship. A relationship that is already loaded keeps its objects. */
  setMembers(object: Row, relationship: MappedRelationship, loaded: readonly Row[]): void {
    if (object[relationship.name] !== undefined) return;
    object[relationship.name] = relationship.many ? [...loaded] : (loaded[0] ?? null);
    this.states.get(object)?.members.set(relationship.name, loaded);
  }

  /** Returns the loads that are needed before an object is deleted. */
  unloaded(object: object): LoadRequest[] {
    const row = object as Row;
    const { table, isNew, stored } = this.stateOf(row);
    const missing = table.relationships.filter(
      (one) => one.kind !== "to-one" && !one.passiveDeletes && row[one.name] === undefined && !isNew,
    );
    if (missing.length === 0) return [];
    const root = table.keyRoot(table.table.primaryKey.map((column) => stored[column]));
    return [{ table: table.table.name, root, with: Object.fromEntries(missing.map(({ name }) => [name, true])) }];
  }

  /** Marks an object as deleted. Returns the objects to which the delete cascades. */
  delete(object: object): Row[] {
    const row = object as Row;
    const { table, isNew } = this.stateOf(row);
    if (isNew) this.states.delete(row);
    else this.deleted.add(row);
    return table.relationships
      .filter((one) => one.cascade.has("delete"))
      .flatMap((one) => members(row, one) ?? [])
      .filter((member) => this.states.has(member) && !this.deleted.has(member));
  }

  private stateOf(object: Row): State {
    const state = this.states.get(object);
    if (state) return state;
    throw new InvalidError({
      code: "invalid",
      message: "the object is not one of this session: find it or save it first",
    });
  }

  /**
   * Plans the changes since the last flush: of the given objects and those that they reach, or of all objects. With a
   * pending delete, all objects are planned.
   */
  plan(of?: readonly Row[]): FlushPlan {
    const reached = of && this.deleted.size === 0 ? this.reach(of) : this.all();
    const plan = new FlushPlan();
    for (const object of reached) {
      const state = this.states.get(object);
      for (const one of state?.table.relationships ?? []) this.relate(plan, object, state as State, one);
    }
    for (const object of reached) {
      const state = this.states.get(object);
      if (!state) continue;
      if (this.deleted.has(object)) plan.remove(state.table, object, state.stored);
      else if (state.isNew) plan.insert(state.table, object);
      else plan.update(state, object);
    }
    plan.build();
    return plan;
  }

  /** Returns all objects, with the new ones that their relationships cascade to. */
  private all(): Iterable<Row> {
    const added: Row[] = [];
    for (const [object, { table }] of [...this.states]) {
      if (!this.deleted.has(object)) for (const one of table.relationships) this.cascade(object, one, added);
    }
    return [...this.states.keys()];
  }

  /** Returns the given objects and those that their relationships cascade to now, or did when last read or written. */
  private reach(objects: readonly Row[]): Iterable<Row> {
    const reached = new Set(objects);
    for (const object of reached) {
      const state = this.states.get(object);
      for (const one of state?.table.relationships ?? []) {
        if (!one.cascade.has("save-update")) continue;
        const added: Row[] = [];
        this.cascade(object, one, added);
        for (const member of added) reached.add(member);
        for (const member of members(object, one) ?? []) reached.add(member);
        for (const member of state?.members.get(one.name) ?? []) reached.add(member);
      }
    }
    return reached;
  }

  private relate(plan: FlushPlan, object: Row, state: State, one: MappedRelationship): void {
    const isDeleted = this.deleted.has(object);
    const before = state.members.get(one.name) ?? [];
    const now = isDeleted ? [] : members(object, one);
    if (!now || isSameList(now, before)) return;
    plan.changed.add(object);
    const [came, went] = [without(now, before), without(before, now)];
    if (came.length === 0 && went.length === 0) return;
    if (one.kind === "through") this.pair(plan, object, one, came, went);
    else if (one.kind === "to-many") this.own(plan, object, one, came, went);
    else if (!isDeleted) plan.refer(object, now[0], one.pairs);
  }

  private own(plan: FlushPlan, object: Row, one: MappedRelationship, came: readonly Row[], went: readonly Row[]): void {
    for (const member of came) plan.refer(member, object, one.pairs);
    for (const member of went) {
      const isOurs = one.pairs.every(({ local, referred }) => member[local] === object[referred]);
      if (this.deleted.has(member) || !this.states.has(member) || !isOurs) continue;
      if (one.cascade.has("delete-orphan")) this.deleted.add(member);
      else plan.refer(member, undefined, one.pairs);
    }
  }

  private pair(
    plan: FlushPlan,
    object: Row,
    one: MappedRelationship,
    came: readonly Row[],
    went: readonly Row[],
  ): void {
    const { table: name, pairs } = one.through as NonNullable<MappedRelationship["through"]>;
    const table = this.mapping.table(name);
    const row = (member: Row): Row => {
      const made: Row = {};
      plan.refer(made, object, one.pairs);
      plan.refer(made, member, pairs);
      return made;
    };
    for (const member of came) plan.insertPair(table, row(member), this.pairName(name, one, object, member));
    for (const member of went) plan.removePair(table, row(member));
  }

  /** Returns a name for a pair of objects that is equal from either side of the relationship. */
  private pairName(table: string, one: MappedRelationship, object: Row, member: Row): string {
    const sides = [
      [one.pairs[0]?.local, this.numberOf(object)],
      [one.through?.pairs[0]?.local, this.numberOf(member)],
    ];
    return [table, ...sides.map(String).sort()].join("\0");
  }

  private numberOf(object: Row): number {
    const number = this.numbers.get(object) ?? ++this.lastNumber;
    this.numbers.set(object, number);
    return number;
  }

  /** Applies a flush's results to the objects. */
  done(plan: FlushPlan, batches: readonly contract.Batch[]): void {
    plan.written(batches, ({ table, returning }, batch, rows) => {
      const returned = batch && returning.length > 0 ? decodeRows(batch, table.decodings(returning)) : [];
      const { versionColumn } = table.table;
      if (returned.length > 0) rows.forEach((row, i) => Object.assign(row, returned[i]));
      if (versionColumn === null) return;
      for (const row of rows) if (plan.isUpdate(row)) row[versionColumn] = counted(row[versionColumn]);
    });
    plan.settle();
    for (const object of this.deleted) this.remove(object);
    this.deleted.clear();
    for (const object of plan.changed) {
      const state = this.states.get(object);
      if (state) this.settle(object, state);
    }
  }

  private settle(object: Row, state: State): void {
    settled(state, object);
    const identity = state.table.identity(object);
    if (identity !== undefined) this.identities.set(identity, object);
    for (const one of state.table.relationships) {
      const now = members(object, one);
      if (now) state.members.set(one.name, [...now]);
    }
  }

  private remove(object: Row): void {
    const state = this.states.get(object);
    this.states.delete(object);
    const identity = state?.table.identity(state.stored);
    if (identity !== undefined) this.identities.delete(identity);
  }
}

function isSameList(rows: readonly Row[], others: readonly Row[]): boolean {
  return rows.length === others.length && rows.every((row, i) => row === others[i]);
}

/** Returns the rows that are not among the others. */
function without(rows: readonly Row[], others: readonly Row[]): readonly Row[] {
  if (others.length === 0) return rows;
  const known = new Set(others);
  return rows.filter((row) => !known.has(row));
}

function counted(version: unknown): unknown {
  return typeof version === "bigint" ? version + 1n : Number(version) + 1;
}
