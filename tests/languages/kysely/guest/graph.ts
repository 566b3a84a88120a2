/** The graph of the benchmark, saved by a session. */

import { authors, booksOf } from "../bench/work.ts";
import { db } from "./models.ts";

/** Saves authors with their books, in one crossing. */
export async function saveGraph(): Promise<void> {
  await db.begin(async (session) => {
    const graph = authors().map((name) => ({ name, books: booksOf(name).map((title) => ({ title })) }));
    await session.saveAll("author", graph);
  });
}
