/** What computes for ever, or as good as. */

import { db, user } from "./tables.ts";
import { attack, outcome } from "./told.ts";

/** Never ends. */
export function loop(): never {
  for (;;);
}

attack("processor: a loop", loop);

attack("processor: a loop in a transaction", () =>
  db.begin(async (session) => {
    await session.kysely.insertInto("users").values(user()).execute();
    return loop();
  }),
);

attack("processor: a pattern", () => [`it matches: ${/^(a|a)*b$/.test("a".repeat(60))}`]);

attack("processor: a power", () => {
  let value = 3n;
  for (let at = 0; at < 64; at++) value *= value;
  return [`${value.toString(2).length} bits`];
});

attack("processor: an evil comparison", () => {
  const items = Array.from({ length: 100 }, (_, at) => at);
  const compare = (): number => {
    items.push(0);
    for (; items.length > 0;);
    return 0;
  };
  return [String([...items].sort(compare).length)];
});

attack("processor: catching everything", () => {
  for (;;) {
    try {
      loop();
    } catch {
      continue;
    } finally {
      continue;
    }
  }
});

/** Reads a document that is nested a million times. Whether that is refused or ends the instance is the language's. */
attack("processor: a document without an end", async () => {
  const document = "[".repeat(1_000_000) + "]".repeat(1_000_000);
  return [`read: ${await outcome(() => JSON.parse(document).length)}`];
});
