/** Expressions and queries of the list by Kysely's calls. What they say is known only when they run, so nothing here is typed. */

import { startsWith } from "@sqlservice/guest";
import { expressionBuilder, type Kysely, sql } from "kysely";

import { columnName, outputs } from "./kinds.ts";
import { fromList, type Json } from "./values.ts";

const eb: any = expressionBuilder<any, any>();
const { fn } = eb;

const OPERATORS = new Set(["=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "||"]);
const FUNCTIONS = new Set(["lower", "upper", "length", "coalesce", "abs"]);

/** An expression of the list. */
export function expression(db: Kysely<any>, given: Json): any {
  if (typeof given === "string") return eb.ref(given);
  if (!Array.isArray(given)) return eb.val(fromList(given.v));
  const [operation, ...rest] = given;
  const all = (items: Json[]) => items.map((one) => expression(db, one));
  if (OPERATORS.has(operation)) return eb(expression(db, rest[0]), operation, expression(db, rest[1]));
  if (FUNCTIONS.has(operation)) return fn(operation, all(rest));
  const [first, second, third] = rest;
  switch (operation) {
    case "and":
      return eb.and(all(rest));
    case "or":
      return eb.or(all(rest));
    case "not":
      return eb.not(expression(db, first));
    case "is null":
      return eb(expression(db, first), "is", null);
    case "is not null":
      return eb(expression(db, first), "is not", null);
    case "in":
    case "not in":
      return eb(expression(db, first), operation, Array.isArray(second) ? all(second) : query(db, second));
    case "between":
      return eb.between(expression(db, first), expression(db, second), expression(db, third));
    case "like":
    case "ilike":
      return eb(expression(db, first), operation, sql`${expression(db, second)} escape '!'`);
    case "starts with":
      return startsWith(expression(db, first), second.v);
    case "case":
      return choice(db, first, second);
    case "cast":
      return eb.cast(expression(db, first), second === "int64" ? "bigint" : second);
    case "exists":
      return eb.exists(query(db, first));
    case "scalar":
      return query(db, first);
    case "excluded":
      return eb.ref(`excluded.${first}`);
    default:
      return aggregate(db, given);
  }
}

function choice(db: Kysely<any>, whens: Json[], otherwise: Json): any {
  let built = eb.case();
  for (const [condition, value] of whens) built = built.when(expression(db, condition)).then(expression(db, value));
  return (otherwise === undefined ? built : built.else(expression(db, otherwise))).end();
}

function aggregate(db: Kysely<any>, given: Json): any {
  const [operation, first, window] = given;
  switch (operation) {
    case "count":
      return first === undefined ? fn.countAll() : fn.count(expression(db, first));
    case "count distinct":
      return fn.count(expression(db, first)).distinct();
    case "sum":
    case "min":
    case "max":
      return fn[operation](expression(db, first));
    case "row_number":
      return fn.agg("row_number");
    case "over":
      return aggregate(db, first).over((over: any) => {
        let built = over;
        for (const one of window["partition by"] ?? []) built = built.partitionBy(one);
        for (const one of window["order by"] ?? []) built = ordered(db, built, one);
        return built;
      });
    default:
      throw new Error(`the list has an operation that this guest does not know: ${operation}`);
  }
}

function ordered(db: Kysely<any>, built: any, one: Json): any {
  return Array.isArray(one) && one[0] === "desc"
    ? built.orderBy(expression(db, one[1]), "desc")
    : built.orderBy(expression(db, one), "asc");
}

/** A query of the list. With `distinctly`, columns of one name get names of their own, as an object has each name once. */
export function query(db: any, given: Json, distinctly = false): any {
  const operator = ["union", "union all", "intersect", "except"].find((one) => one in given);
  return operator ? compound(db, given, operator) : select(db, given, distinctly);
}

function compound(db: any, given: Json, operator: string): any {
  const [first, ...others] = given[operator].map((one: Json) => query(db, one));
  const method = operator === "union all" ? "unionAll" : operator;
  let built = others.reduce((left: any, right: any) => left[method](right), first);
  for (const one of given["order by"] ?? []) built = ordered(db, built, one);
  if (given.limit !== undefined) built = built.limit(given.limit);
  return built;
}

function select(outer: any, given: Json, distinctly: boolean): any {
  let db = outer;
  for (const one of given.with ?? []) {
    const name = one.columns ? `${one.name}(${one.columns.join(", ")})` : one.name;
    db = db[one.recursive ? "withRecursive" : "with"](name, (inner: any) => query(inner, one.query));
  }
  let built = given.from ? db.selectFrom(source(db, given.from, given.as)) : db.selectNoFrom(() => []);
  for (const join of given.join ?? []) built = joined(db, built, join);
  const names = given.columns.map(columnName);
  given.columns.forEach((column: Json, i: number) => {
    const isSecond = distinctly && names.indexOf(names[i]) < i;
    const isNamed = typeof column === "object" || isSecond;
    const made = expression(db, column.is ?? column);
    built = built.select(isNamed ? made.as(isSecond ? `${names[i]} ${i}` : names[i]) : column);
  });
  return clauses(db, built, given);
}

function clauses(db: any, query: any, given: Json): any {
  let built = query;
  if (given.distinct) built = built.distinct();
  if (given.where) built = built.where(expression(db, given.where));
  for (const one of given["group by"] ?? []) built = built.groupBy(expression(db, one));
  if (given.having) built = built.having(expression(db, given.having));
  for (const one of given["order by"] ?? []) built = ordered(db, built, one);
  if (given.limit !== undefined) built = built.limit(given.limit);
  if (given.offset !== undefined) built = built.offset(given.offset);
  return built;
}

function source(db: any, table: Json, alias: string | undefined): any {
  if (typeof table === "object") return query(db, table).as(alias);
  return alias ? `${table} as ${alias}` : table;
}

function joined(db: any, built: any, join: Json): any {
  const table = source(db, join.table, join.as);
  if (join.kind === "cross") return built.crossJoin(table);
  return built[`${join.kind}Join`](table, (on: any) => on.on(expression(db, join.on)));
}

/** The names that a query's columns have in its rows. */
export function rowNames(given: Json): string[] {
  const names = outputs(given).map(({ name }) => name);
  return names.map((name, i) => (names.indexOf(name) < i ? `${name} ${i}` : name));
}
