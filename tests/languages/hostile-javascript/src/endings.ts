/** Ways to end a call that nothing expects: huge errors, answers that are none, each with a transaction open. */

import { ESCAPES } from "./output.ts";
import { db, inserted, isThere, type contract, user } from "./tables.ts";
import { attack } from "./told.ts";

type Anything = any;

/** What is begun and left open: a row that is not committed. */
const begun: contract.Session[] = [];

/** Ends the call by an exception, with a row that is not committed. */
async function thrown(what: unknown): Promise<never> {
  begun.push(await inserted());
  throw what;
}

/** Ends the call by an answer, with a row that is not committed. */
async function given(what: Anything): Promise<string[]> {
  begun.push(await inserted());
  return what;
}

attack("ending: a huge error", () => thrown(new Error("x".repeat(30_000_000))));
attack("ending: an error that steers", () => thrown(new Error(ESCAPES)));
attack("ending: an error in a transaction", () =>
  db.begin(async (session) => {
    await session.save("users", user());
    await session.flush();
    throw new Error("in begin");
  }),
);

/** An exception from within the flush, by a value that is read while it is written. */
attack("ending: an error in a flush", async () => {
  const session = await db.session();
  const evil: Anything = {
    ...user(),
    get name(): never {
      throw new Error("in flush");
    },
  };
  let said = "flushed";
  try {
    await session.save("users", evil);
    await session.flush();
  } catch (failure) {
    said = `refused: ${(failure as Error).message}`;
  }
  await session.rollback();
  await session.close();
  return [said, `the row is there: ${await isThere()}`];
});

/** The instance ends within a savepoint: the stack has an end that nothing catches. */
attack("ending: a trap in a savepoint", async () => {
  const session = await db.session();
  await session.save("users", user());
  await session.savepoint();
  await session.save("users", user(901));
  await session.flush();
  const deeper = (value: number): number => 1 + deeper(value + 1);
  return [String(deeper(0))];
});

/** An error whose message, name and text are errors. */
attack("ending: an error that cannot be told", () => {
  const evil: Anything = new Proxy(new Error("x"), {
    get() {
      throw evil;
    },
  });
  return thrown(evil);
});

attack("ending: an error that is none", () => thrown(undefined));
attack("ending: an error without an end", () => {
  const evil = new Error("again");
  evil.cause = evil;
  return thrown(evil);
});
attack("ending: another type", () => given([1, 2, 3]));

/** Texts and arrays that are only said to be ones. */
attack("ending: an evil answer", () => {
  const evil: Anything = new Proxy(["a text"], {
    get: (target: Anything, name) => (name === "length" ? 2 ** 32 : target[name]),
  });
  return given(evil);
});
attack("ending: an answer that never comes", () => given({ then: () => undefined }));
attack("ending: half a character", () => given(["\ud800"]));
attack("ending: a huge answer", () => given(new Array<string>(200_000).fill("x".repeat(100))));
attack("ending: what a call leaves", async () => [`the row is there: ${await isThere()}`]);
