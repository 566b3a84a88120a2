import { database, id, type int, models, table, text, timestampTz } from "@sqlservice/guest";

const note = table("notes", { id: id(), text: text(), created: timestampTz().defaultNow() });

/** The models, which `sqlservice inspect` shows. */
export const schema = models({ notes: note });

const db = database(schema);

/** Adds a note and returns its key. */
export async function addNote(text: string): Promise<int> {
  await db.createAll();
  return db.begin(async (session) => {
    const { id } = await session.save("notes", { text });
    return id;
  });
}

/** Returns the texts of all notes, oldest first. */
export async function notes(): Promise<string[]> {
  await db.createAll();
  const rows = await db.kysely.selectFrom("notes").select("text").orderBy("id").execute();
  return rows.map((row) => row.text);
}
