/** Tables, catalogs, databases, rows and changes of the schema that were not granted. */

import { database, int64, models, table, text } from "@sqlservice/guest";

import {
  begun,
  column,
  type contract,
  count,
  db,
  execute,
  inserting,
  integers,
  isThere,
  model,
  NO_OPTIONS,
  number,
  opened,
  select,
  selecting,
  source,
  strings,
  user,
  within,
  words,
} from "./tables.ts";
import { attack, type Call, lines, outcome } from "./told.ts";

type Anything = any;

const CATALOGS: [string | null, string, string][] = [
  [null, "sqlite_master", "sql"],
  [null, "sqlite_schema", "sql"],
  ["main", "sqlite_master", "sql"],
  [null, "sqlite_sequence", "name"],
  [null, "pragma_table_info", "name"],
  [null, "pragma_database_list", "file"],
  [null, "dbstat", "name"],
  [null, "SQLITE_MASTER", "sql"],
  [null, "pg_class", "relname"],
  ["pg_catalog", "pg_authid", "rolpassword"],
  ["pg_catalog", "pg_shadow", "passwd"],
  ["information_schema", "tables", "table_name"],
  [null, "pg_stat_activity", "query"],
  ["mysql", "user", "User"],
  ["performance_schema", "threads", "NAME"],
  ["INFORMATION_SCHEMA", "PROCESSLIST", "INFO"],
  [null, "sqlservice_tables", "name"],
];

const DATABASES = [
  "",
  "main",
  "default ",
  " default",
  "DEFAULT",
  "default\0",
  "default/../other",
  "other",
  "tenants",
  "postgres",
  "mysql",
  "sqlite:/etc/passwd",
  "sqlite::memory:",
  "file:sqlservice.db",
  "env:PATH",
  "d\u0435fault",
  "x".repeat(100_000),
];

/** Reads a table below the SDK, which is said to have this column. */
function read(name: string, what = "word", of: string | null = null): Promise<number> {
  const declared = { ...model(name, what), schema: of };
  return within((session) => execute(session, selecting(source(name, of), column(what), select([1], 0))), [declared]);
}

/** Kysely over models that say that there are secrets. */
const secrets = models({
  users: table("users", { id: int64().primaryKey(), name: text(), note: text().nullable() }),
  secrets: table("secrets", { id: int64().primaryKey(), word: text() }),
});

/** Does something in a transaction that is not committed, with models that say more than there is. */
async function with_(declared: Anything, run: (kysely: Anything) => Anything): Promise<number> {
  const session = await database(declared).session();
  try {
    const given = await run(session.kysely).execute();
    const [first] = given;
    const affected = first?.numUpdatedRows ?? first?.numInsertedOrUpdatedRows ?? first?.numDeletedRows;
    return affected === undefined ? given.length : Number(affected);
  } finally {
    await session.close();
  }
}

const SECRET: contract.Batch = { rows: 1, columns: [integers(900), strings([0, 1], "x")] };
const inSecrets = <T>(run: (session: contract.Session) => Promise<T>) => within(run, [model("secrets", "id", "word")]);

attack("rights: tables", () => {
  const by = (run: (kysely: Anything) => Anything) => () => with_(secrets, run);
  const words_ = (of: Anything): Anything => of.selectFrom("secrets").select("word");
  return lines({
    read: by((of) => of.selectFrom("secrets").selectAll()),
    "read by another case": () => read("SECRETS"),
    "read by a schema": () => read("secrets", "word", "main"),
    "read by another schema": () => read("secrets", "word", "public"),
    "read by a dot": () => read("main.secrets"),
    join: by((of) => of.selectFrom("users").innerJoin("secrets", "secrets.id", "users.id").select("users.id")),
    subquery: by((of) => of.selectFrom("users").select("id").where("id", "in", of.selectFrom("secrets").select("id"))),
    expression: by((of) => of.with("c", words_).selectFrom("c").select("word")),
    union: by((of) => of.selectFrom("users").select("name").unionAll(words_(of))),
    scalar: by((of) => of.selectFrom("users").select(words_(of).limit(1).as("x"))),
    copy: by((of) =>
      of
        .insertInto("users")
        .columns(["id", "name"])
        .expression(of.selectFrom("secrets").select(["id", "word"])),
    ),
    insert: by((of) => of.insertInto("secrets").values({ id: 900, word: "x" })),
    update: by((of) => of.updateTable("secrets").set({ word: "x" })),
    "update from": by((of) =>
      of.updateTable("users").from("secrets").set({ note: "x" }).whereRef("secrets.id", "=", "users.id"),
    ),
    delete: by((of) => of.deleteFrom("secrets")),
    flush: () =>
      inSecrets((session) =>
        session.flush([
          {
            tag: "inserts",
            val: { table: "secrets", columns: ["id", "word"], rows: SECRET, links: [], returning: [] },
          },
        ]),
      ),
    load: () => inSecrets((session) => session.load(byKeys("secrets", 1), NO_OPTIONS)),
    "insert many": () => inSecrets((session) => session.insertMany("secrets", ["id", "word"], SECRET, [], NO_OPTIONS)),
  });
});

function byKeys(name: string, ...keys: number[]): contract.Plan {
  const root: contract.LoadRoot = { tag: "keys", val: { rows: keys.length, columns: [integers(...keys)] } };
  return { table: name, root, loads: [], firstLoads: [] };
}

attack("rights: catalogs", async () => {
  const said = [];
  for (const [of, name, what] of CATALOGS) {
    const told = await outcome(() => read(name, what, of));
    said.push(`${of === null ? name : `${of}.${name}`}: ${told.startsWith("got") ? "reached" : "refused"}`);
  }
  return said;
});

attack("rights: databases", async () => {
  const said = [];
  for (const name of DATABASES)
    said.push(`${escaped(name.slice(0, 20))}: ${await outcome(() => opened(undefined, name))}`);
  return said;
});

/** A name as Python shows it. */
function escaped(name: string): string {
  return `'${name.replace("\0", "\\x00").replace("\u0435", "\\u0435")}'`;
}

const ALL: Anything = { only: [], checkFirst: false };
const CHECKED: Anything = { only: [], checkFirst: true };
const make = async (declared: contract.Table, how: Anything = ALL) => (await opened([declared])).createAll(how);
const drop = async (declared: contract.Table, how: Anything = ALL) => (await opened([declared])).dropAll(how);

attack("rights: schema changes", async () => {
  const own = database(models({ own: table("own", { id: int64().primaryKey() }) }));
  const cases: Record<string, Call> = {
    make: () => own.createAll({ only: ["own"], checkFirst: false }),
    "make all": () => own.createAll(),
    "make below": () => make(model("own", "id")),
    "make another's": () => make(model("secrets", "id"), CHECKED),
    drop: () => own.dropAll({ checkFirst: false }),
    "drop another's": () => database(models({ secrets: table("secrets", { id: int64().primaryKey() }) })).dropAll(),
    "drop all": () => db.dropAll(),
    "drop below": () => drop(model("secrets", "id")),
    "drop the host's": () => drop(model("sqlservice_tables", "id")),
    "drop a catalog": () => drop(model("sqlite_master", "sql")),
    "drop a schema's": () => drop({ ...model("pg_class", "relname"), schema: "pg_catalog" }),
  };
  return [...(await lines(cases)), `users: ${await count()}`];
});

/** To make tables where that was granted for one's own: others' stay. */
attack("rights: own tables", () => {
  const shown = (made: Promise<string[]>) => made.then((names) => `[${names.map((name) => `'${name}'`).join(", ")}]`);
  return lines({
    make: () => shown(make(model("own", "id"), CHECKED)),
    "drop another's": () => shown(drop(model("secrets", "id"), CHECKED)),
    "make another's": () => shown(make(model("secrets", "id"), CHECKED)),
    "drop another's again": () => shown(drop(model("secrets", "id"), CHECKED)),
    drop: () => shown(drop(model("own", "id"), CHECKED)),
  });
});

attack("rights: reflection", () => {
  const names = async (only: string[], of: string | null, views: boolean): Promise<string> => {
    const tables = await (await opened()).reflect({ only, schema: of, views });
    return tables
      .map(({ name }: contract.Table) => name)
      .sort()
      .join(", ");
  };
  return lines({
    all: () => names([], null, true),
    one: () => names(["secrets"], null, false),
    "a catalog": () => names(["sqlite_master"], null, true),
    "a schema of the database": async () => (await names([], "pg_catalog", true)) || "nothing",
    "the catalog of catalogs": async () => (await names([], "information_schema", true)) || "nothing",
  });
});

const notes = models({ notes: table("notes", { id: int64().primaryKey(), text: text().nullable() }) });
const whole = models({
  notes: table("notes", { id: int64().primaryKey(), tenant_id: int64().nullable(), text: text().nullable() }),
});

/** Under a policy: rows 1 and 2 are the tenant's, 11 and 12 are another's. */
attack("rights: rows of others", () => {
  const mine = (run: (kysely: Anything) => Anything) => () => with_(notes, run);
  const all = (run: (kysely: Anything) => Anything) => () => with_(whole, run);
  const ids = (of: Anything): Anything => of.selectFrom("notes").select("id");
  return lines({
    read: mine(ids),
    "read another's": mine((of) => ids(of).where("id", "=", 11)),
    "read by what is always true": mine((of) =>
      ids(of).where((eb: Anything) => eb.or([eb.lit(true), eb("id", ">", 0)])),
    ),
    "read twice": mine((of) => of.selectFrom(["notes", "notes as other"]).select(["notes.id", "other.text"])),
    "read the tenant": all((of) => of.selectFrom("notes").select("tenant_id")),
    "ask for the tenant": all((of) => ids(of).where("tenant_id", "=", 8)),
    "order by the tenant": all((of) => ids(of).orderBy("tenant_id")),
    count: mine((of) => of.selectFrom("notes").select(of.fn.countAll().as("n"))),
    "insert for another": all((of) => of.insertInto("notes").values({ id: 900, tenant_id: 8, text: "x" })),
    "give to another": all((of) => of.updateTable("notes").set({ tenant_id: 8 })),
    "change another's": mine((of) => of.updateTable("notes").set({ text: "x" }).where("id", "=", 11)),
    "change all": mine((of) => of.updateTable("notes").set({ text: "x" })),
    "change a key": mine((of) => of.updateTable("notes").set({ id: 11 }).where("id", "=", 1)),
    "delete another's": mine((of) => of.deleteFrom("notes").where("id", "=", 11)),
    "delete all": mine((of) => of.deleteFrom("notes")),
    lock: mine((of) => ids(of).forUpdate()),
    "flush a change of another's": () => flushed(11, false),
    "flush a deletion of another's": () => flushed(11, true),
    "load another's": () =>
      inNotes(async (session) => (await session.load(byKeys("notes", 1, 11), NO_OPTIONS))[0].firstBatch.rows),
  });
});

const inNotes = <T>(run: (session: contract.Session) => Promise<T>) => within(run, [model("notes", "id", "text")]);

/** A unit of work with a row by its key. */
function flushed(key: number, isDeletion: boolean): Promise<number | undefined> {
  const keys = { rows: 1, columns: [integers(key)] };
  const rows = { rows: 1, columns: [strings([0, 1], "x")] };
  const more = { table: "notes", keys, versions: null, stored: null };
  const change: contract.Change = isDeletion
    ? { tag: "deletes", val: { ...more, strict: true } }
    : { tag: "updates", val: { ...more, columns: ["text"], rows, links: [], returning: [] } };
  return inNotes(async (session) => (await session.flush([change]))[0]?.rows);
}

/** What is granted works, so that it is seen that the rest was refused for what it is. */
attack("rights: the plugin's own rows", async () => {
  await db.begin((session) => session.save("users", { ...user(950), name: "own" }));
  const there = await isThere(950);
  await db.kysely.deleteFrom("users").where("id", "=", 950).execute();
  const twice = inserting(["id", "name"], [[0, 1]], [number(1), words("twice")]);
  const where: contract.Node = { tag: "binary", val: { op: "equal", left: 0, right: 1 } };
  return [
    `the row is there: ${there}`,
    `a key twice: ${await outcome(async () => execute(await begun(), twice))}`,
    `no query: ${await outcome(async () => execute(await begun(), selecting(source(), column("id"), number(1), where)))}`,
    `users: ${await count()}`,
  ];
});
