/** The rows that every program begins with. */

import type { Insertable, Kysely } from "kysely";

import type { DB, Person } from "./schema.ts";

const created = (day: number): Date => new Date(Date.UTC(2024, 0, day, 12, 30, 15, 250));

export const PERSONS: Insertable<Person>[] = [
  {
    id: 1,
    first_name: "Jennifer",
    last_name: "Aniston",
    age: 54,
    gender: "female",
    balance: "120.50",
    score: 1.5,
    active: true,
    born: "1969-02-11",
    created: created(1),
  },
  {
    id: 2,
    first_name: "Arnold",
    last_name: "Schwarzenegger",
    age: 76,
    gender: "male",
    balance: "-3.25",
    score: 0.25,
    active: true,
    born: "1947-07-30",
    created: created(2),
  },
  {
    id: 3,
    first_name: "Sylvester",
    last_name: "Stallone",
    age: 77,
    gender: "male",
    balance: "0.00",
    score: null,
    active: false,
    born: "1946-07-06",
    created: created(3),
  },
  {
    id: 4,
    first_name: "Zoë_100%",
    last_name: null,
    age: null,
    gender: "other",
    balance: "99999.99",
    score: -2,
    active: true,
    born: null,
    created: created(4),
  },
];

const PETS = [
  { id: 1, owner_id: 1, name: "Catto", species: "cat" },
  { id: 2, owner_id: 2, name: "Doggo", species: "dog" },
  { id: 3, owner_id: 3, name: "Hammo", species: "hamster" },
  { id: 4, owner_id: 3, name: "Kitty", species: "cat" },
];

const TOYS = [
  { id: 1, pet_id: 2, name: "Bone", price: "3.50" },
  { id: 2, pet_id: 2, name: "Ball", price: "1.25" },
  { id: 3, pet_id: 4, name: "Mouse", price: "2.00" },
];

const DOCUMENTS = [
  { id: 1, body: JSON.stringify({ name: "one", tags: ["a", "b"], size: { width: 3 } }) },
  { id: 2, body: JSON.stringify({ name: "two", tags: [], size: { width: 12 } }) },
];

/** How a document is given to an insert: text outside, and what it says in the sandbox, whose columns are typed. */
export const documents: { encode: (text: string) => unknown } = { encode: (text) => text };

/** Empties the tables and fills them, at once. */
export async function reset(db: Kysely<DB>): Promise<void> {
  await db.transaction().execute(fill);
}

async function fill(db: Kysely<DB>): Promise<void> {
  for (const table of ["toy", "pet", "person", "document", "counter", "note"] as const)
    await db.deleteFrom(table).execute();
  await db.insertInto("person").values(PERSONS).execute();
  await db.insertInto("pet").values(PETS).execute();
  await db.insertInto("toy").values(TOYS).execute();
  await db
    .insertInto("document")
    .values(DOCUMENTS.map(({ id, body }) => ({ id, body: documents.encode(body) })))
    .execute();
  await db
    .insertInto("counter")
    .values([
      { name: "home", hits: 3 },
      { name: "about", hits: 1 },
    ])
    .execute();
}

/** All rows of the tables. Keys that the database made are left out: both sides count on their own. */
export async function dump(db: Kysely<DB>): Promise<unknown> {
  return {
    person: await db.selectFrom("person").selectAll().orderBy("id").execute(),
    pet: await db
      .selectFrom("pet")
      .select(["owner_id", "name", "species"])
      .orderBy("name")
      .orderBy("owner_id")
      .execute(),
    note: await db.selectFrom("note").select(["text", "stars"]).orderBy("text").orderBy("stars").execute(),
    toy: await db.selectFrom("toy").selectAll().orderBy("id").execute(),
    document: (await db.selectFrom("document").select(["id", "body"]).orderBy("id").execute()).map(parsed),
    counter: await db.selectFrom("counter").selectAll().orderBy("name").execute(),
  };
}

/** Some drivers give documents as text. */
function parsed({ id, body }: { id: number; body: unknown }): unknown {
  return { id, body: typeof body === "string" ? JSON.parse(body) : body };
}
