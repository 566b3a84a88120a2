import { database, id, models, table, text, timestampTz } from "@sqlservice/guest";

const note = table("notes", { id: id(), text: text(), created: timestampTz().defaultNow() });

/** The models, which `sqlservice inspect` shows. */
export const schema = models({ notes: note });

const db = database(schema);

/**
 * Adds a note and returns its key. The types define the plugin's WIT interface.
 *
 * @param {string} text
 * @returns {Promise<import("@sqlservice/guest").int>}
 */
export async function addNote(text) {
  await db.createAll();
  return db.begin(async (session) => {
    const { id } = await session.save("notes", { text });
    return id;
  });
}

/**
 * Returns the texts of all notes, oldest first.
 *
 * @returns {Promise<string[]>}
 */
export async function notes() {
  await db.createAll();
  const rows = await db.kysely.selectFrom("notes").select("text").orderBy("id").execute();
  return rows.map((row) => row.text);
}
