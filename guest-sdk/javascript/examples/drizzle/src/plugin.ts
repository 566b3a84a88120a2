/** Drizzle on SQL text. It produces SQL text, which needs the grant for raw SQL. The dialect is SQLite's. */

import { database, models, type Session } from "@sqlservice/guest";
import { execute } from "@sqlservice/guest/raw";
import { eq, sql } from "drizzle-orm";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { drizzle } from "drizzle-orm/sqlite-proxy";

const notes = sqliteTable("notes", { id: integer("id").primaryKey(), text: text("text").notNull().unique() });

const db = database(models({}));

/** Returns a Drizzle that runs its statements on a session. */
function over(session: Session<any>) {
  return drizzle(async (statement, parameters, method) => {
    const { columns, rows } = await execute(session, statement, parameters);
    const values = rows.map((row) => columns.map((name) => row[name]));
    return { rows: method === "get" ? (values[0] ?? []) : values };
  });
}

/** Adds a note and returns all texts. */
export async function addNote(text: string): Promise<string[]> {
  return db.begin(async (session) => {
    const orm = over(session);
    await orm.run(sql`create table if not exists notes (id integer primary key, text text not null unique)`);
    await orm.insert(notes).values({ text }).onConflictDoNothing();
    const rows = await orm.select({ text: notes.text }).from(notes).orderBy(notes.id);
    return rows.map((row) => row.text);
  });
}

/** Returns whether a note exists. */
export async function hasNote(text: string): Promise<boolean> {
  return db.begin(async (session) => (await over(session).select().from(notes).where(eq(notes.text, text))).length > 0);
}
