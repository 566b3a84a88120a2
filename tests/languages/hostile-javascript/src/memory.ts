/** What takes memory until there is none. */

import { db, user } from "./tables.ts";
import { attack } from "./told.ts";

function doubling(): never {
  let text = "x";
  for (;;) text += `${text}y`.split("").reverse().join("");
}

attack("memory: a text that doubles", doubling);

attack("memory: lists", () => {
  let held: unknown[] = [];
  for (;;) held = [held, new Array(10_000).fill(0)];
});

attack("memory: buffers", () => {
  const held: Uint8Array[] = [];
  for (;;) held.push(new Uint8Array(1 << 20));
});

attack("memory: a generator", () => {
  function* counting(): Generator<number> {
    for (let at = 0; ; at++) yield at;
  }
  return [String([...counting()].length)];
});

attack("memory: recursion", () => {
  const evil: Record<string, unknown> = new Proxy({} as Record<string, unknown>, {
    get: (_, name) => [evil[`${String(name)}x`], evil[`${String(name)}y`]],
  });
  for (;;) {
    try {
      void evil["x"];
    } catch {
      continue;
    }
  }
});

attack("memory: in a transaction", () =>
  db.begin(async (session) => {
    await session.kysely.insertInto("users").values(user()).execute();
    return doubling();
  }),
);
