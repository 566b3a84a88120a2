/** The tables of all programs, declared. */

import {
  boolean,
  database,
  date,
  decimal,
  float64,
  hasMany,
  id,
  int32,
  int64,
  json,
  models,
  table,
  timestampTz,
  varchar,
} from "@sqlservice/guest";

const person = table(
  "person",
  {
    id: int64().primaryKey(),
    first_name: varchar(64),
    last_name: varchar(64).nullable(),
    age: int32().nullable(),
    gender: varchar(16),
    balance: decimal(12, 2),
    score: float64().nullable(),
    active: boolean().default(true),
    born: date().nullable(),
    created: timestampTz(),
  },
  { uniques: [["first_name", "last_name"]] },
);

const pet = table(
  "pet",
  {
    id: id(),
    owner_id: int64().references("person.id", { onDelete: "cascade" }),
    name: varchar(64).unique(),
    species: varchar(16),
  },
  { indexes: [["owner_id"]] },
);

const toy = table("toy", {
  id: int64().primaryKey(),
  pet_id: int64().references("pet.id", { onDelete: "cascade" }),
  name: varchar(64),
  price: decimal(8, 2),
});

const document = table("document", { id: int64().primaryKey(), body: json<any>() });

const counter = table("counter", { name: varchar(32).primaryKey(), hits: int64().default(0) });

const note = table("note", { id: id(), text: varchar(64), stars: int32().default(0) });

const author = table("author", { id: id(), name: varchar(64) });

const book = table("book", {
  id: id(),
  author_id: int64().references("author.id"),
  title: varchar(64),
});

export const schema = models(
  { person, pet, toy, document, counter, note, author, book },
  { author: { books: hasMany("book") } },
);

export const db = database(schema);
