/** SQL in every string that Kysely and the SDK take, without the grant of SQL text. */

import { database, int64, models, native, table, text } from "@sqlservice/guest";
import { sql } from "kysely";

import { call, count, db, execute, number, opened, select, selecting, source, within } from "./tables.ts";
import { attack, type Call, lines, outcome } from "./told.ts";

const EVIL = "x\"'`]); DROP TABLE users; --";

type Anything = any;
/** Kysely without its types, which an attacker does not keep to. */
const any: Anything = db.kysely;
const users: Anything = db.kysely.selectFrom("users");
const raw = sql.raw<Anything>(EVIL);

/** How many rows a query gives. */
async function rows(query: Anything): Promise<number> {
  return (await query.execute()).length;
}

/** How many rows a change takes, which is not committed. */
async function changed(change: (trx: Anything) => Anything): Promise<number> {
  const session = await db.session();
  try {
    const [result] = await change(session.kysely).execute();
    return Number(result.numUpdatedRows ?? result.numInsertedOrUpdatedRows ?? result.numDeletedRows);
  } finally {
    await session.close();
  }
}

async function savepoint(): Promise<string> {
  const trx = await db.kysely.startTransaction().execute();
  const saved = await trx.savepoint(EVIL).execute();
  await saved.rollbackToSavepoint(EVIL as never).execute();
  await trx.rollback().execute();
  return "back";
}

attack("sql: names", async () => {
  const cases: Record<string, Call> = {
    "a table": () => rows(any.selectFrom(EVIL).select("id")),
    "a schema": () => rows(any.withSchema(EVIL).selectFrom("users").select("id")),
    "a column": () => rows(users.select(EVIL)),
    "a column of a table": () => rows(users.select(`users.${EVIL}`)),
    "a column of an insert": () => changed((trx) => trx.insertInto("users").values({ [EVIL]: 1 })),
    "a label": async () => {
      const found = await users.select(sql.ref("id").as(EVIL)).execute();
      return `${found.length}, ${Object.keys(found[0])[0] === EVIL}`;
    },
    "an alias": () => rows(any.selectFrom(any.selectFrom("users").select("id").as(EVIL)).select("id")),
    "an expression's name": () =>
      rows(
        any
          .with(EVIL, (of: Anything) => of.selectFrom("users").select("id"))
          .selectFrom(EVIL)
          .select("id"),
      ),
    "a function": () => rows(users.select((eb: Anything) => eb.fn(EVIL, [eb.val(1)]).as("x"))),
    "a collation": () => rows(users.select("id").orderBy("name", (ob: Anything) => ob.collate(EVIL))),
    "a type": () => rows(users.select((eb: Anything) => eb.cast("name", raw).as("x"))),
    "a savepoint": savepoint,
    "an isolation level": () =>
      any
        .transaction()
        .setIsolationLevel(EVIL)
        .execute(async () => "begun"),
    "a database": () => opened(undefined, EVIL),
  };
  return [...(await lines(cases)), `users: ${await count()}`];
});

attack("sql: texts", async () => {
  const ids = users.select("id");
  const element = { toOperationNode: () => ({ kind: "RawNode", sqlFragments: [EVIL], parameters: [] }) };
  const cases: Record<string, Call> = {
    "a column": () => rows(users.select(raw.as("x"))),
    "an honest column": () => rows(users.select(sql`sqlite_version()`.as("x"))),
    "a condition": () => rows(ids.where(sql`1 = 1) OR (1 = 1`)),
    "an order": () => rows(ids.orderBy(raw)),
    "a group": () => rows(users.select(any.fn.countAll().as("n")).groupBy(raw)),
    "an operator": () => rows(ids.where("name", raw, 1)),
    "a source": () => rows(any.selectFrom(sql.table("secrets").as("s")).select(sql.lit(1).as("x"))),
    "a word in front": () => rows(ids.modifyFront(raw)),
    "a word at the end": () => rows(ids.modifyEnd(raw)),
    "a new value": () => changed((trx) => trx.updateTable("users").set({ note: sql`(SELECT word FROM secrets)` })),
    "an element of one's own": () =>
      rows(users.select({ ...element, isAliasedExpression: true, alias: "x", expression: element })),
    "a literal": () => rows(users.select(sql.lit(EVIL).as("x"))),
    "a name that is written out": () => rows(users.select(sql.id(EVIL).as("x"))),
    "a whole query": () => sql`SELECT word FROM secrets`.execute(db.kysely),
    "a value that is an element": () =>
      rows(ids.where("name", "=", JSON.parse('{"kind":"RawNode","sqlFragments":["1) OR (1=1"],"parameters":[]}'))),
    "schema changes": () => any.schema.dropTable("users").execute(),
    "a text between": () => rows(ids.where(sql`${sql.ref("name")} = ${"x"} OR 1 = 1`)),
  };
  return [...(await lines(cases)), `users: ${await count()}`];
});

attack("sql: values", async () => {
  const ids = users.select("id");
  const none = ids.where("id", "<", 0);
  const path = (key: string) => (eb: Anything) => eb.ref("note", "->$").key(key).as("x");
  const cases: Record<string, Call> = {
    "a text": () => rows(ids.where("name", "=", EVIL)),
    "a pattern": () => rows(ids.where("name", "like", EVIL)),
    "a pattern that is a text": () => rows(ids.where("name", "like", sql`${"!%%"} escape '!'`)),
    "an escape": () => rows(ids.where("name", "like", sql`${"x"} escape '''`)),
    "a list": () => rows(ids.where("name", "in", [EVIL, EVIL])),
    "a path of a document": () => rows(none.select(path(EVIL))),
    "a limit": () => rows(ids.limit(EVIL)),
    "an offset": () => rows(ids.limit(1).offset(EVIL)),
    "a literal": () => rows(users.select((eb: Anything) => eb.val(EVIL).as("x"))),
    "a literal that is written out": () => rows(users.select((eb: Anything) => eb.lit(EVIL).as("x"))),
    "a new value": () => changed((trx) => trx.updateTable("users").set({ note: EVIL }).where("id", "<", 0)),
  };
  return [...(await lines(cases)), `users: ${await count()}`];
});

attack("sql: an escape of many characters", () =>
  lines({
    "an escape": () => rows(users.select("id").where("name", "like", sql`${"x"} escape ${sql.raw(`'${EVIL}'`)}`)),
  }),
);

/** SQL text in models, which are opened and never made. */
attack("sql: models", () => {
  const made = (columns: Anything, more?: Anything) => async () => {
    const of = models({ smuggled: table("smuggled", { id: int64().primaryKey(), ...columns }, more) });
    return (await database(of).open()) && "opened";
  };
  return lines({
    "a check": made({}, { checks: { evil: "1 = 1); DROP TABLE users; --" } }),
    "a type": made({ x: native(EVIL) }),
    "a foreign key": made({ x: int64().references(`${EVIL}.id`) }),
    "a name": made({ [EVIL]: text() }),
    "a comment": made({}, { comment: EVIL }),
  });
});

const FUNCTIONS = (
  "load_extension readfile writefile fts3_tokenizer sqlite_version randomblob zeroblob pg_sleep pg_read_file pg_ls_dir set_config " +
  "current_setting lo_import dblink query_to_xml pg_terminate_backend pg_advisory_lock version current_user session_user sleep " +
  "benchmark load_file get_lock user database uuid sys_exec nextval xp_cmdshell"
).split(" ");

/** Functions that are not on the host's list, in every place of a statement. */
attack("sql: functions", async () => {
  const said = [];
  for (const name of FUNCTIONS) {
    const evil = (eb: Anything): Anything => eb.fn(name, [eb.val(1)]);
    const below = selecting(source(), number(1), call(name, 1), select([2], 0));
    const tried = [
      await outcome(() => rows(users.select((eb: Anything) => evil(eb).as("x")))),
      await outcome(() => rows(users.select("id").where((eb: Anything) => eb(evil(eb), "=", 1)))),
      await outcome(() => rows(users.select("id").orderBy(evil))),
      await outcome(() => within((session) => execute(session, below))),
      await outcome(() => changed((trx) => trx.updateTable("users").set((eb: Anything) => ({ note: evil(eb) })))),
      await outcome(() => changed((trx) => trx.deleteFrom("users").where((eb: Anything) => eb(evil(eb), "=", 1)))),
    ];
    const refused = tried.filter((line) => line.startsWith("refused")).length;
    said.push(`${name}: ${tried[0]}, ${refused} of ${tried.length} refused`);
  }
  return said;
});
