/** What Kysely's documentation advises: reusable parts, expressions and plugins of one's own, queries apart from their execution. */

import {
  type AliasedExpression,
  type Expression,
  type ExpressionBuilder,
  type Kysely,
  type KyselyPlugin,
  type Nullable,
  type OperationNode,
  OperationNodeTransformer,
  SafeNullComparisonPlugin,
  type SelectQueryBuilder,
  sql,
  type SqlBool,
  type TableNode,
  WithSchemaPlugin,
} from "kysely";

import { programs } from "./program.ts";
import type { DB } from "./schema.ts";

/** A value in lower case, as an expression of a class of its own. */
class Lower implements Expression<string> {
  private readonly inner: Expression<string>;

  constructor(inner: Expression<string>) {
    this.inner = inner;
  }

  get expressionType(): string | undefined {
    return undefined;
  }

  as<A extends string>(alias: A): AliasedExpression<string, A> {
    return sql<string>`lower(${this.inner})`.as(alias);
  }

  toOperationNode(): OperationNode {
    return sql<string>`lower(${this.inner})`.toOperationNode();
  }
}

/** Whether a person has a pet of a species: a helper that works in any query on persons. */
function owns(species: string): (eb: ExpressionBuilder<DB, "person">) => Expression<SqlBool> {
  return (eb) =>
    eb.exists(
      eb
        .selectFrom("pet")
        .select("pet.id")
        .whereRef("pet.owner_id", "=", "person.id")
        .where("pet.species", "=", species),
    );
}

/** A helper for any nullable text. */
function orElse(value: Expression<string | null>, otherwise: string): Expression<string> {
  return sql<string>`coalesce(${value}, ${sql.lit(otherwise)})`;
}

/** A part of a query as a function for `$call`. */
function withPets<O>(
  query: SelectQueryBuilder<DB, "person", O>,
): SelectQueryBuilder<DB & { pet: Nullable<DB["pet"]> }, "person" | "pet", O & { pet: string | null }> {
  return query.leftJoin("pet", "pet.owner_id", "person.id").select("pet.name as pet") as never;
}

/** Takes one table for another one. */
class RenamePlugin implements KyselyPlugin {
  private readonly transformer: OperationNodeTransformer;

  constructor(from: string, to: string) {
    this.transformer = new (class extends OperationNodeTransformer {
      protected override transformTable(node: TableNode, ...rest: [any]): TableNode {
        const { table, ...more } = super.transformTable(node, ...rest);
        const isMeant = table.identifier.name === from;
        return { ...more, table: isMeant ? { ...table, identifier: { ...table.identifier, name: to } } : table };
      }
    })();
  }

  transformQuery: KyselyPlugin["transformQuery"] = ({ node, queryId }) => this.transformer.transformNode(node, queryId);

  transformResult: KyselyPlugin["transformResult"] = ({ result }) =>
    Promise.resolve({ ...result, rows: result.rows.map((row) => ({ ...row, seen: true })) });
}

/** A repository as the documentation writes it. */
class Persons {
  private readonly db: Kysely<DB>;

  constructor(db: Kysely<DB>) {
    this.db = db;
  }

  find(criteria: { gender?: string; older?: number; name?: string | null }): Promise<{ id: number }[]> {
    let query = this.db.selectFrom("person");
    if (criteria.gender !== undefined) query = query.where("gender", "=", criteria.gender);
    if (criteria.older !== undefined) query = query.where("age", ">", criteria.older);
    if (criteria.name !== undefined)
      query = query.where("last_name", criteria.name === null ? "is" : "=", criteria.name);
    return query.select("id").orderBy("id").execute();
  }
}

const NO_NULL = "its is takes no parameter";

const names = (db: Kysely<DB>) => db.selectFrom("pet").select("name").orderBy("name");

export const recipes = programs("recipe", {
  "an expression of a class of one's own": (db) =>
    db
      .selectFrom("person")
      .select((eb) => new Lower(eb.ref("first_name")).as("name"))
      .where((eb) => eb(new Lower(eb.ref("gender")), "=", "male"))
      .orderBy((eb) => new Lower(eb.ref("first_name")))
      .execute(),
  "a helper that takes and gives expressions": (db) =>
    db
      .selectFrom("person")
      .select("id")
      .where((eb) => eb(orElse(eb.ref("last_name"), "none"), "!=", "Aniston"))
      .orderBy("id")
      .execute(),
  "a condition as a helper": (db) =>
    db
      .selectFrom("person")
      .select("id")
      .where((eb) => eb.or([owns("cat")(eb), owns("dog")(eb)]))
      .where((eb) => eb.not(owns("hamster")(eb)))
      .orderBy("id")
      .execute(),
  "a part of a query as a function": (db) =>
    db.selectFrom("person").select("person.id").$call(withPets).orderBy("person.id").orderBy("pet").execute(),
  "conditions from a list": (db) => {
    const wanted: ["id" | "age", number][] = [
      ["id", 1],
      ["age", 76],
    ];
    return db
      .selectFrom("person")
      .select("id")
      .where((eb) => eb.or(wanted.map(([column, value]) => eb(column, "=", value))))
      .orderBy("id")
      .execute();
  },
  "a repository": async (db) => {
    const persons = new Persons(db);
    return [
      await persons.find({ gender: "male", older: 76 }),
      await persons.find({ name: null }),
      await persons.find({}),
    ];
  },
  "columns that are selected on a condition": async (db) => {
    const find = (isLong: boolean) =>
      db
        .selectFrom("pet")
        .select("name")
        .$if(isLong, (query) =>
          query.innerJoin("person", "person.id", "pet.owner_id").select(["species", "person.first_name"]),
        )
        .orderBy("pet.id")
        .executeTakeFirstOrThrow();
    return [await find(false), await find(true)];
  },
  "a query apart from its execution": async (db) => {
    const compiled = names(db).limit(2).compile();
    return [compiled.parameters, (await db.executeQuery(compiled)).rows];
  },
  "a query that is no query": async (db) => {
    const query = names(db).limit(1);
    return [typeof query.toOperationNode().kind, await query.executeTakeFirst(), await query.executeTakeFirst()];
  },
  "types that are asserted": async (db) => [
    await db
      .selectFrom("person")
      .select("last_name")
      .where("last_name", "is not", null)
      .orderBy("id")
      .$narrowType<{ last_name: string }>()
      .execute(),
    await names(db).$assertType<{ name: string }>().executeTakeFirst(),
    await db
      .selectFrom("pet")
      .select((eb) => [
        "id",
        eb
          .selectFrom("person")
          .select("first_name")
          .whereRef("person.id", "=", "pet.owner_id")
          .$asScalar()
          .$notNull()
          .as("owner"),
      ])
      .orderBy("id")
      .execute(),
  ],
  "tables that are there for the types": async (db) => [
    await db.$pickTables<"pet">().selectFrom("pet").select("name").orderBy("name").execute(),
    await db.$omitTables<"person">().selectFrom("pet").select("id").orderBy("id").execute(),
    await db
      .$extendTables<{ more: { id: number } }>()
      .with("more", (cte) => cte.selectFrom("toy").select("id"))
      .selectFrom("more")
      .select("id")
      .orderBy("id")
      .execute(),
  ],
  "a plugin of one's own": (db) =>
    (db.withPlugin(new RenamePlugin("animal", "pet")) as any)
      .selectFrom("animal")
      .select("name")
      .orderBy("name")
      .execute(),
  "without plugins": (db) =>
    db
      .withPlugin(new RenamePlugin("pet", "nothing"))
      .withoutPlugins()
      .selectFrom("pet")
      .select("name")
      .orderBy("id")
      .execute(),
  SafeNullComparisonPlugin: {
    run: (db) =>
      db
        .withPlugin(new SafeNullComparisonPlugin())
        .selectFrom("person")
        .select("id")
        .where("last_name", "=", null)
        .execute(),
    insideOnly: { postgresql: NO_NULL },
  },
  "SafeNullComparisonPlugin, not": {
    run: (db) =>
      db
        .withPlugin(new SafeNullComparisonPlugin())
        .selectFrom("person")
        .select("id")
        .where((eb) => eb.not(eb("age", "!=", null)))
        .execute(),
    insideOnly: { postgresql: NO_NULL },
  },
  WithSchemaPlugin: {
    run: (db, { dialect }) =>
      names(db.withPlugin(new WithSchemaPlugin(dialect === "sqlite" ? "main" : "public"))).execute(),
    refusedOn: { sqlite: "main.pet", postgresql: "public.pet", mariadb: "public.pet" },
  },
  "withSchema, and a common table expression": {
    run: (db) =>
      db
        .withSchema("nowhere")
        .with("cats", (cte) => cte.selectFrom("pet").select("name"))
        .selectFrom("cats")
        .select("name")
        .execute(),
    refusedOn: { sqlite: "nowhere.pet", postgresql: "nowhere.pet", mariadb: "nowhere.pet" },
  },
  "withSchema of changes": {
    run: async (db) => {
      const there = db.withSchema("nowhere");
      const messages: string[] = [];
      for (const query of [
        there.insertInto("counter").values({ name: "new" }),
        there.updateTable("counter").set({ hits: 1 }),
        there.deleteFrom("counter"),
      ]) {
        messages.push(
          await query.execute().then(
            () => "done",
            () => "an error",
          ),
        );
      }
      return messages;
    },
  },
  "optional criteria that are undefined": (db) =>
    db
      .selectFrom("pet")
      .select("id")
      .where((eb) => eb.and({ species: "cat", owner_id: undefined as never }))
      .orderBy("id")
      .execute()
      .then(
        () => "rows",
        () => "an error",
      ),
  "a reusable transaction": async (db) => {
    const add = (on: Kysely<DB>, text: string) => on.insertInto("note").values({ text }).execute();
    const both = (on: Kysely<DB>) => add(on, "one").then(() => add(on, "two"));
    await db.transaction().execute(both);
    const run = (on: Kysely<DB>) => (on.isTransaction ? both(on) : on.transaction().execute(both));
    await run(db);
    return db.selectFrom("note").select("text").orderBy("id").execute();
  },
});
