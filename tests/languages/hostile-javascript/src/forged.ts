/** Statements, batches, changes and plans that are none, sent below the SDK, which would not make them. */

import {
  begun,
  call,
  closed,
  column,
  type contract,
  execute,
  inserting,
  integers,
  literal,
  NO_OPTIONS,
  number,
  select,
  selecting,
  source,
  strings,
  words,
} from "./tables.ts";
import { attack, outcome } from "./told.ts";

const EVIL = 'users"; DROP TABLE users; --';
const MOST = 2 ** 32 - 1;

const binary = (left: number, right: number): contract.Node => ({ tag: "binary", val: { op: "add", left, right } });

/** A query of more nodes than a call takes arguments. */
function statement(nodes: contract.Node[]): contract.Statement {
  return { nodes, root: { tag: "select", val: nodes.length - 1 } };
}

/** Each node holds the one before, once or twice. */
function deep(depth: number, twice: boolean): contract.Statement {
  const nodes = Array.from({ length: depth }, (_, below) => binary(below, twice ? below : 0));
  return statement([number(1), ...nodes, select([depth])]);
}

const compound = (...parts: number[]): contract.Node => ({
  tag: "compound",
  val: { ctes: [], op: "union-all", parts, orderBy: [], limit: null, offset: null },
});

/** A common table expression that is the query which has it. */
function withItself(): contract.Statement {
  const cte = { name: "again", columns: [], query: 2, recursive: true };
  return selecting(source("again"), column("id"), select([1], 0, null, { ctes: [cte] }));
}

function change(root: contract.Root): contract.Statement {
  return { nodes: [number(1)], root };
}

/** Arenas by what is wrong with them. */
function arenas(): Record<string, contract.Statement> {
  const target = { table: "users", schema: null, source: null, returning: [] };
  const subquery: contract.Node = { tag: "subquery", val: { query: 1, alias: "x", lateral: false } };
  const window: contract.Node = { tag: "window", val: { call: 0, partitionBy: [], orderBy: [], frame: null } };
  const many = Array.from({ length: 100_000 }, () => number(1));
  return {
    nothing: selecting(),
    "a root that is not there": { nodes: [number(1)], root: { tag: "select", val: 7 } },
    "a root that is no query": selecting(number(1)),
    "a node that names itself": selecting(binary(0, 0), select([0])),
    "a node that names a later one": selecting(binary(1, 1), number(1), select([0])),
    "a node that names none": selecting(binary(MOST, 9), select([0])),
    "two nodes that name each other": selecting(binary(1, 1), binary(0, 0), select([1])),
    "a query that is its own source": selecting(subquery, select([0], 0)),
    "a query that is its own part": selecting(compound(0, 0)),
    "an expression that is its own query": withItself(),
    "no columns": selecting(select([])),
    "a table as a value": selecting(source(), select([0])),
    "a value as a table": selecting(number(1), select([0], 0)),
    "a parameter that is not given": selecting({ tag: "parameter", val: 3 }, select([0])),
    "a parameter far away": selecting({ tag: "parameter", val: MOST }, select([0])),
    "a limit that is a column": selecting(source(), column("id"), select([1], 0, 1)),
    "a label in an expression": selecting(
      number(1),
      { tag: "label", val: { value: 0, label: EVIL } },
      binary(1, 1),
      select([2]),
    ),
    "half of what a function takes": selecting(number(1), call("substr"), select([1])),
    "a function that sleeps": selecting(number(1), call("sleep", 0), select([1])),
    "a window of no function": selecting(number(1), window, select([1])),
    "excluded outside of an upsert": selecting(source(), { tag: "excluded", val: "name" }, select([1], 0)),
    "an endless depth": deep(100_000, false),
    "a text that doubles": deep(200, true),
    "a hundred thousand columns": statement([...many, select(many.map((_, at) => at))]),
    "an insert of nothing": inserting(["id"], [], [number(1)]),
    "an insert of an unequal row": inserting(["id", "name"], [[0]], [number(1)]),
    "an insert of one column twice": inserting(["id", "id"], [[0, 0]], [number(1)]),
    "an insert of a column that is not there": inserting(["id", EVIL], [[0, 0]], [number(1)]),
    "an insert into a table that is not there": inserting(["id"], [[0]], [number(1)], EVIL),
    "a delete of what is not there": change({ tag: "delete", val: { ...target, where: 99 } }),
    "an update of nothing": change({ tag: "update", val: { ...target, assignments: [], where: null } }),
  };
}

/** A line for each case, each in a session of its own. */
async function each<T>(
  cases: Record<string, T>,
  run: (session: contract.Session, given: T) => Promise<unknown>,
): Promise<string[]> {
  const said = [];
  for (const [name, given] of Object.entries(cases)) {
    const session = await begun();
    said.push(`${name}: ${await outcome(() => run(session, given))}`);
    await closed(session);
  }
  return said;
}

attack("forged: nodes", () => each(arenas(), execute));

const batch = (rows: number, ...columns: contract.ColumnData[]): contract.Batch => ({ rows, columns });

/** Batches by what is wrong with them. */
function batches(): Record<string, [string[], contract.Batch]> {
  const both = ["id", "name"];
  const [ids, names] = [integers(950, 951), strings([0, 1, 2], "ab")];
  const short = { ...integers(0, 0, 0, 0, 0, 0, 0, 0, 0), validity: new Uint8Array([255]) };
  const array: contract.Value = { tag: "array", val: { dimensions: [9, 9], items: [] } };
  const mixed: contract.ColumnData = { validity: null, values: { tag: "mixed", val: [array, array] } };
  const truths: contract.ColumnData = { validity: null, values: { tag: "booleans", val: new Uint8Array([2, 255]) } };
  return {
    "fewer values than rows": [both, batch(2, integers(950), names)],
    "more values than rows": [both, batch(2, integers(950, 951, 952), names)],
    "fewer columns than names": [both, batch(2, ids)],
    "more columns than names": [["id"], batch(2, ids, names)],
    "too few offsets": [both, batch(2, ids, strings([0, 1], "ab"))],
    "no offsets": [both, batch(2, ids, strings([], "ab"))],
    "offsets past the end": [both, batch(2, ids, strings([0, 1, 9], "ab"))],
    "offsets that go back": [both, batch(2, ids, strings([0, 2, 1], "ab"))],
    "offsets in a character": [both, batch(2, ids, strings([0, 1, 2], "ä"))],
    "a huge offset": [both, batch(2, ids, strings([0, MOST, MOST], "ab"))],
    "too little validity": [both, batch(9, short, short)],
    "rows without columns": [[], batch(MOST)],
    "rows that there is no room for": [both, batch(MOST, integers(), strings([0], ""))],
    "a column that is not there": [["id", EVIL], batch(2, ids, names)],
    "a column twice": [["id", "id"], batch(2, ids, ids)],
    "arrays without items": [both, batch(2, ids, mixed)],
    "truths that are none": [both, batch(2, ids, truths)],
    "texts for numbers": [both, batch(2, names, names)],
  };
}

attack("forged: batches", () =>
  each(batches(), async (session, [columns, rows]) => {
    const { affected } = await session.insertMany("users", columns, rows, [], NO_OPTIONS);
    return affected;
  }),
);

/** Units of work by what is wrong with them. */
function changes(): Record<string, contract.Change[]> {
  const good = batch(1, integers(950), strings([0, 1], "a"));
  const link = (row: number, col: number, ofChange: number, ofRow: number) => ({ row, column: col, ofChange, ofRow });
  const insert = (more: Partial<contract.Inserts> = {}): contract.Change => ({
    tag: "inserts",
    val: { table: "users", columns: ["id", "name"], rows: good, links: [], returning: [], ...more },
  });
  const remove = (keys: contract.Batch, more: Partial<contract.Deletes> = {}): contract.Change => ({
    tag: "deletes",
    val: { table: "users", keys, versions: null, stored: null, strict: false, ...more },
  });
  const one = batch(1, integers(950));
  return {
    "a table that is not there": [insert({ table: EVIL })],
    "a link to a change that is not there": [insert({ links: [link(0, 0, 9, 0)] })],
    "a link to itself": [insert({ links: [link(0, 0, 0, 0)] })],
    "a link of a row that is not there": [insert({ links: [link(MOST, 0, 0, 0)] })],
    "a link of a column that is not there": [insert({ links: [link(0, 65535, 0, 0)] })],
    "a circle": [insert({ links: [link(0, 0, 1, 0)] }), insert({ links: [link(0, 0, 0, 0)] })],
    "returning what is not there": [insert({ returning: [EVIL] })],
    "a batch that lies": [insert({ rows: batch(MOST, integers(1), strings([0], "")) })],
    "keys of no column": [remove(batch(5))],
    "keys of too many columns": [remove(batch(1, integers(1), integers(1)))],
    "keys of another type": [remove(batch(1, strings([0, 1], "a")))],
    "versions of what has none": [remove(one, { versions: batch(1, integers(1)) })],
    "stored columns that are not there": [remove(one, { stored: { columns: [EVIL], rows: batch(1, integers(1)) } })],
    "a row that is not there": [remove(one, { strict: true })],
    nothing: [],
  };
}

attack("forged: changes", () => each(changes(), async (session, given) => (await session.flush(given)).length));

/** Plans by what is wrong with them. */
function plans(): Record<string, contract.Plan> {
  const keys: contract.LoadRoot = { tag: "keys", val: batch(1, integers(1)) };
  const plan = (more: Partial<contract.Plan>): contract.Plan => ({
    table: "users",
    root: keys,
    loads: [],
    firstLoads: [],
    ...more,
  });
  const query = (statement: contract.Statement): contract.LoadRoot => ({
    tag: "query",
    val: { statement, parameters: [] },
  });
  const write = inserting(["id", "name"], [[0, 1]], [number(950), words("planned")]);
  return {
    "a table that is not there": plan({ table: EVIL }),
    "a relationship that is not there": plan({
      loads: [{ relationship: EVIL, nested: [], joined: false }],
      firstLoads: [0],
    }),
    "a load that is not there": plan({ firstLoads: [MOST] }),
    "a load that holds itself": plan({ loads: [{ relationship: "x", nested: [0], joined: false }], firstLoads: [0] }),
    "keys of another type": plan({ root: { tag: "keys", val: batch(1, strings([0, 1], "a")) } }),
    "a batch that lies": plan({ root: { tag: "keys", val: batch(MOST, integers(1)) } }),
    "a query of other columns": plan({ root: query(selecting(number(1), select([0]))) }),
    "a query that changes": plan({ root: query(write) }),
    "known rows that are not known": plan({
      root: { tag: "known", val: { columns: [EVIL], rows: batch(1, integers(1)) } },
    }),
  };
}

attack("forged: plans", () => each(plans(), async (session, given) => (await session.load(given, NO_OPTIONS)).length));

/** Values past every edge, as the name of a user. */
const VALUES: Record<string, contract.Scalar> = {
  NUL: { tag: "text", val: "a\0b" },
  "a decimal that is none": { tag: "decimal", val: "1); DROP TABLE users; --" },
  "a huge decimal": { tag: "decimal", val: "9".repeat(200_000) },
  "a decimal with an exponent": { tag: "decimal", val: "1e1000000" },
  "a document that is none": { tag: "json", val: "{" },
  "a document that is nested": { tag: "json", val: "[".repeat(100_000) + "]".repeat(100_000) },
  "a date past the end": { tag: "date", val: 2 ** 31 - 1 },
  "a time past midnight": { tag: "time", val: 2n ** 63n - 1n },
  "a moment before all time": { tag: "timestamp-tz", val: -(2n ** 63n) },
  "a type of its own": { tag: "other", val: { nativeType: 'text"; DROP TABLE users; --', text: "x" } },
  "a number past the end": { tag: "unsigned", val: 2n ** 64n - 1n },
};

attack("forged: values", () =>
  each(VALUES, async (session, val) => {
    const insert = inserting(["id", "name"], [[0, 1]], [number(950), { tag: "parameter", val: 0 }]);
    return (await session.execute(insert, [{ tag: "scalar", val }], NO_OPTIONS)).affected;
  }),
);

/** Constants of the same kind. */
attack("forged: constants", () =>
  each(VALUES, (session, val) => execute(session, selecting(literal(val), select([0])))),
);
