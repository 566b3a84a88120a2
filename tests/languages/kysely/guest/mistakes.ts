/** What a programmer does by mistake with the SDK: each is an error of a class that says so, and everything works after it. */

import { type Session } from "@sqlservice/guest";
import { type Kysely, sql } from "kysely";

import { reset } from "../programs/data.ts";
import { db, type schema } from "./models.ts";

type Run = () => Promise<unknown>;

const kysely = db.kysely as unknown as Kysely<any>;
const person = { first_name: "x", last_name: null, age: 1, gender: "x", balance: "1.00", score: 1, born: null };
const row = (more: object) => ({ id: 77, ...person, active: true, created: new Date(0), ...more });
const insert =
  (more: object): Run =>
  () =>
    kysely.insertInto("person").values(row(more)).execute();
const find =
  (column: string, operator: string, value: unknown): Run =>
  () =>
    kysely
      .selectFrom("person")
      .select("id")
      .where(column, operator as "=", value)
      .execute();

/** Runs with a session that is closed afterwards. */
async function session(run: (session: Session<typeof schema>) => Promise<unknown>): Promise<unknown> {
  const opened = await db.session();
  try {
    return await run(opened);
  } finally {
    await opened.close();
  }
}

function circle(): object {
  const made: { self?: object } = {};
  made.self = made;
  return made;
}

function nest(levels: number): unknown {
  let made: unknown = 1;
  for (let i = 0; i < levels; i++) made = { made };
  return made;
}

/** Conditions in conditions. */
function deep(levels: number): Run {
  return () => {
    let condition: any = sql.lit(true);
    for (let i = 0; i < levels; i++) condition = sql`not (${condition})`;
    return kysely.selectFrom("person").select("id").where(condition).execute();
  };
}

/** Mistakes by the class of the error that each is. Several classes where databases differ; `none` where it is no error on some. */
export const MISTAKES: Readonly<Record<string, readonly [expected: string, run: Run]>> = {
  "a text for an integer": ["TypeMismatchError", insert({ age: "7" })],
  "a fraction for an integer": ["TypeMismatchError", insert({ age: 1.5 })],
  "NaN for an integer": ["TypeMismatchError", insert({ age: NaN })],
  "infinity for an integer": ["TypeMismatchError", insert({ age: Infinity })],
  "an integer past its range": ["OutOfRangeError", insert({ age: 2 ** 31 })],
  "an integer that a number cannot hold": ["OutOfRangeError", insert({ id: 2 ** 53 })],
  "a bigint past 64 bits": ["OutOfRangeError", insert({ id: 2n ** 64n })],
  "a negative integer that a number cannot hold": ["OutOfRangeError", insert({ id: -(2 ** 60) })],
  "NaN for a float": ["none DataError InvalidError NotNullViolation", insert({ score: NaN })],
  "infinity for a float": ["none DataError InvalidError", insert({ score: -Infinity })],
  "a text for a float": ["TypeMismatchError", insert({ score: "1.5" })],
  "a fraction for a decimal": ["TypeMismatchError", insert({ balance: 0.1 })],
  "no number for a decimal": ["TypeMismatchError", insert({ balance: "1,00" })],
  "a decimal past its digits": ["DataError InvalidError OutOfRangeError", insert({ balance: "99999999999.00" })],
  "a number for a truth value": ["TypeMismatchError", insert({ active: 1 })],
  "a number for a text": ["TypeMismatchError", insert({ gender: 1 })],
  "an object for a text": ["TypeMismatchError", insert({ gender: {} })],
  "a symbol for a text": ["TypeMismatchError", insert({ gender: Symbol("x") })],
  "a function for a text": ["TypeError", insert({ gender: () => "x" })],
  "half of a character": ["TypeMismatchError", insert({ gender: "x\ud800" })],
  "half of a character in a condition": ["TypeMismatchError", find("gender", "=", "\udc00x")],
  "half of a character in a document": [
    "none DataError CheckViolation",
    () =>
      kysely
        .insertInto("document")
        .values({ id: 77, body: { name: "\ud800" } })
        .execute(),
  ],
  "a zero in a text": ["none DataError InvalidError", insert({ gender: "a\0b" })],
  "a text that is too long": ["DataError InvalidError", insert({ gender: "x".repeat(17) })],
  "a very long text": ["DataError InvalidError LimitError", () => insert({ gender: "x".repeat(20_000_000) })()],
  "a Date for a date": ["TypeMismatchError", insert({ born: new Date(0) })],
  "a day that is none": ["TypeMismatchError", insert({ born: "2023-02-29" })],
  "a Date that is none": ["TypeMismatchError", insert({ created: new Date(NaN) })],
  "a moment far away": [
    "DataError InvalidError OutOfRangeError TypeMismatchError none",
    insert({ created: new Date(8.64e15) }),
  ],
  "undefined in a condition": ["TypeMismatchError Error", find("age", "=", undefined)],
  "undefined in a list": ["TypeMismatchError Error", find("age", "in", [1, undefined])],
  "a list for a value": ["UnsupportedError", find("age", "=", [1, 2])],
  "a document in a circle": [
    "TypeMismatchError",
    () => kysely.insertInto("document").values({ id: 77, body: circle() }).execute(),
  ],
  "a document with a bigint": [
    "TypeMismatchError",
    () =>
      kysely
        .insertInto("document")
        .values({ id: 77, body: { big: 1n } })
        .execute(),
  ],
  "a deep document": [
    "none DataError CheckViolation",
    () =>
      kysely
        .insertInto("document")
        .values({ id: 77, body: nest(60) })
        .execute(),
  ],
  "a document of a function": [
    "TypeError",
    () =>
      kysely
        .insertInto("document")
        .values({ id: 77, body: () => 1 })
        .execute(),
  ],
  "a negative limit": [
    "none DataError InvalidError",
    () => kysely.selectFrom("person").select("id").limit(-1).execute(),
  ],
  "a fraction of a limit": [
    "Error TypeMismatchError",
    () => kysely.selectFrom("person").select("id").limit(1.5).execute(),
  ],
  "a name with a zero": ["NotFoundError InvalidError", () => kysely.selectFrom("person").select("a\0b").execute()],
  "a name that is half a character": [
    "NotFoundError InvalidError TypeMismatchError",
    () => kysely.selectFrom("person").select("a\ud800").execute(),
  ],
  "conditions in conditions": ["none InvalidError LimitError", deep(60)],
  "conditions in conditions, too many": ["InvalidError LimitError", deep(3_000)],
  "many conditions": [
    "none InvalidError LimitError",
    () =>
      kysely
        .selectFrom("person")
        .select("id")
        .where((eb) => eb.or(Array.from({ length: 20_000 }, (_, i) => eb("id", "=", i))))
        .execute(),
  ],
  "too many rows": ["LimitError", () => db.withOptions({ maxRows: 2 }).selectFrom("person").select("id").execute()],
  "a limit that is none": [
    "OutOfRangeError",
    async () => db.withOptions({ maxRows: -1 }).selectFrom("pet").select("id").execute(),
  ],
  "a database that is closed": [
    "ClosedError",
    () => session(async (one) => (await one.close(), one.kysely.selectFrom("pet").select("id").execute())),
  ],
  "a session that is closed twice": ["none", () => session((one) => one.close())],
  "a session after its transaction": [
    "TransactionError",
    () => db.begin(async (one) => (await one.commit(), one.kysely.selectFrom("pet").select("id").execute())),
  ],
  "a session kept after its transaction": [
    "ClosedError",
    async () => {
      const kept: Session<typeof schema>[] = [];
      await db.begin(async (one) => void kept.push(one));
      return kept[0]?.kysely.selectFrom("pet").select("id").execute();
    },
  ],
  "a savepoint that is released twice": [
    "ClosedError",
    () =>
      db.begin(async (one) => {
        const savepoint = await one.savepoint();
        await savepoint.release();
        await savepoint.release();
      }),
  ],
  "savepoints in the wrong order": [
    "none TransactionError InvalidError ClosedError",
    () =>
      db.begin(async (one) => {
        const [first, second] = [await one.savepoint(), await one.savepoint()];
        await first.rollback();
        await second.release();
      }),
  ],
  "a transaction that is begun twice": [
    "TransactionError",
    () => session(async (one) => (await one.begin(), one.begin())),
  ],
  "a failed statement that is passed over": [
    "TransactionError",
    () =>
      db.begin(async (one) => {
        await one.kysely
          .insertInto("counter")
          .values({ name: "home" })
          .execute()
          .catch(() => undefined);
        await one.kysely.selectFrom("pet").select("id").execute();
      }),
  ],
  "a failed statement that is passed over until the commit": [
    "TransactionError UniqueViolation",
    () =>
      db.begin(async (one) => {
        await one.kysely
          .insertInto("counter")
          .values({ name: "home" })
          .execute()
          .catch(() => undefined);
      }),
  ],
  "a row with an unknown column": [
    "NotFoundError InvalidError",
    () => db.begin((one) => one.save("note", { text: "x", nothing: 1 } as never)),
  ],
  "a table that is not declared": ["NotFoundError", () => db.begin((one) => one.save("nothing" as never, {} as never))],
  "columns of several lengths": [
    "InvalidError",
    () => db.begin((one) => one.insertMany("note", { text: ["a", "b"], stars: [1] })),
  ],
  "rows of several shapes": [
    "InvalidError",
    () => db.begin((one) => one.insertMany("note", [{ text: "a", stars: 1 }, { text: "b" }])),
  ],
  "a value of the wrong type among many": [
    "TypeMismatchError",
    () => db.begin((one) => one.insertMany("note", { text: ["a", 1] })),
  ],
  "half of a character among many": [
    "TypeMismatchError",
    () => db.begin((one) => one.insertMany("note", { text: ["a", "\ud800"] })),
  ],
  "a key of too few columns": ["InvalidError", () => db.begin((one) => one.get("pet", [] as never))],
  "a transaction that outlives its time": [
    "TransactionError",
    () =>
      db.begin(
        async (one) => {
          await one.kysely.insertInto("note").values({ text: "lost" }).execute();
          await new Promise((resolve) => setTimeout(resolve, 400));
        },
        { timeoutMs: 150 },
      ),
  ],
  "a transaction that its own program commits": [
    "none",
    () => db.begin(async (one) => (await one.savepoint(), await one.commit())),
  ],
  "a transaction that its own program rolls back": [
    "none",
    () =>
      db.begin(async (one) => {
        await one.save("note", { text: "undone" });
        await one.rollback();
      }),
  ],
  "saves that are not awaited": [
    "none",
    async () => {
      await db.begin(async (one) => {
        void one.save("note", { text: "a" });
        void one.save("note", { text: "b" });
      });
      const { numDeletedRows } = await kysely.deleteFrom("note").executeTakeFirstOrThrow();
      if (numDeletedRows !== 2n) throw new RangeError(`${numDeletedRows} rows`);
    },
  ],
  "an error of the program's own": [
    "RangeError",
    () =>
      db.begin(async () => {
        throw new RangeError("mine");
      }),
  ],
  "something else than an error": [
    "String",
    () =>
      db.begin(async () => {
        throw "text";
      }),
  ],
  "a rejection that is not handled": ["none", async () => void Promise.reject(new Error("left"))],
};

/** A mistake that was made: the classes of error that it may be, and the one that it was. */
export interface Made {
  readonly name: string;
  readonly expected: string;
  readonly got: string;
}

/** Makes mistakes. A query has to work after each, and nothing to be left of it. */
export async function make(names: readonly string[]): Promise<Made[]> {
  const made: Made[] = [];
  await reset(kysely);
  for (const name of names) {
    const [expected, run] = MISTAKES[name] ?? ["a mistake of this name", async () => undefined];
    const got = await errorOf(run);
    await kysely.deleteFrom("person").where("id", "=", 77).execute();
    await kysely.deleteFrom("document").where("id", "=", 77).execute();
    const left = await kysely.selectFrom("note").select("id").execute();
    made.push({ name, expected, got: left.length > 0 ? `${got}, and rows that were not committed` : got });
  }
  return made;
}

async function errorOf(run: Run): Promise<string> {
  try {
    await run();
    return "none";
  } catch (error) {
    return error instanceof Error ? error.name : (error as object).constructor.name;
  }
}
