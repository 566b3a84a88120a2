/** The tables of all programs, as Kysely's types say them. */

import type { ColumnType, Generated } from "kysely";

export interface Person {
  id: number;
  first_name: string;
  last_name: string | null;
  age: number | null;
  gender: string;
  balance: ColumnType<string, string, string>;
  score: number | null;
  active: ColumnType<boolean, boolean | undefined, boolean>;
  born: string | null;
  created: ColumnType<Date, Date, Date>;
}

export interface Pet {
  id: Generated<number>;
  owner_id: number;
  name: string;
  species: string;
}

export interface Toy {
  id: number;
  pet_id: number;
  name: string;
  price: ColumnType<string, string, string>;
}

export interface Body {
  name: string;
  tags: string[];
  size: { width: number };
}

export interface Document {
  id: number;
  body: ColumnType<Body, any, any>;
}

export interface Counter {
  name: string;
  hits: ColumnType<number, number | undefined, number>;
}

export interface Note {
  id: Generated<number>;
  text: string;
  stars: ColumnType<number, number | undefined, number>;
}

export interface Author {
  id: Generated<number>;
  name: string;
}

export interface Book {
  id: Generated<number>;
  author_id: number;
  title: string;
}

export interface DB {
  author: Author;
  book: Book;
  note: Note;
  person: Person;
  pet: Pet;
  toy: Toy;
  document: Document;
  counter: Counter;
}
