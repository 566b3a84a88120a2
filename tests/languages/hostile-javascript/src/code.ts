/** Code that was not there when the component was built, and code that lies. */

import databases from "sqlservice:database/databases@0.2.0";
import raw from "sqlservice:database/raw-sql@0.2.0";

import { begun, count, db, execute, inserting, NO_OPTIONS, number, select, selecting, user, words } from "./tables.ts";
import { attack, lines, outcome, ways } from "./told.ts";

type Anything = any;
const everything: Anything = globalThis;

attack("code: from text", async () => [
  `run: ${await outcome(() => everything.eval("(x => x * 2)(21)"))}`,
  ...(await ways({
    "open a file": () => everything.eval("require('fs').readFileSync('/etc/passwd')"),
    "call the host": () => everything.eval("databases.Database.open('other')"),
  })),
]);

/** Modules that are not there, by their names and by code. */
attack("code: imported", () => ways({ "a module": () => import(["s", "td"].join("")) }));
attack("code: imported from text", () => ways({ "a module": () => new Function("return import('std')")() }));

/** Prototypes that lie: to nothing but the plugin itself. */
attack("code: polluted prototypes", async () => {
  const prototype: Anything = Object.prototype;
  const polluted = { tag: "drop", val: 1, payload: { code: "ok" }, rawSql: true, schema: "secrets", table: "secrets" };
  Object.assign(prototype, polluted);
  try {
    return await lines({
      "a query": () => count(),
      "a change": async () => (await db.begin(async (session) => session.save("users", user()))) && "a row",
      "text without its grant": async () => (await raw.execute(await begun(), "SELECT 1", [], NO_OPTIONS)) && "rows",
    });
  } finally {
    for (const name of Object.keys(polluted)) delete prototype[name];
    await db.kysely.deleteFrom("users").where("id", "=", user().id).execute();
  }
});

attack("code: a patched language", async () => {
  const { push, map } = Array.prototype;
  const { has } = Map.prototype;
  Array.prototype.push = () => 1 << 31;
  Array.prototype.map = () => [];
  Map.prototype.has = () => true;
  let said;
  try {
    said = await outcome(() => begun());
  } finally {
    Array.prototype.push = push;
    Array.prototype.map = map;
    Map.prototype.has = has;
  }
  return [
    `begin: ${said.startsWith("got") ? "got" : "refused"}`,
    `then: ${await outcome(async () => (await count()) && "rows")}`,
  ];
});

/** An SDK that says that it has what it has not. */
attack("code: a patched SDK", async () => {
  const { open } = databases.Database;
  const patched: Anything = databases.Database;
  try {
    patched.open = (name: string, models: never) => open.call(patched, name, models);
  } catch {
    patched.open = open;
  }
  const session = await begun();
  return lines({
    "a text for a number": () =>
      execute(session, inserting(["id", "name"], [[0, 1]], [words("901"), words("patched")])),
    "text without its grant": async () => (await raw.execute(session, "SELECT 1", [], NO_OPTIONS)) && "rows",
  });
});

/** Every object that can be reached: none holds more than was granted. */
attack("code: all objects", () => {
  const needles = ["@127." + "0.0.1", "s3" + "cret", "SQLSERVICE_" + "TEST", "main" + ".db"];
  const seen = new Set<unknown>();
  const waiting: unknown[] = [everything, db];
  let found = 0;
  while (waiting.length > 0 && seen.size < 100_000) {
    const one = waiting.pop();
    if (typeof one === "string") found += needles.some((needle) => one.includes(needle)) ? 1 : 0;
    if ((typeof one !== "object" && typeof one !== "function") || one === null || seen.has(one)) continue;
    seen.add(one);
    for (const property of Object.values(Object.getOwnPropertyDescriptors(one))) waiting.push(property.value);
    waiting.push(Object.getPrototypeOf(one));
  }
  return [`secrets: ${found}`];
});

attack("code: reading without the SDK", async () => {
  const session = await begun();
  return lines({
    "a query": () => execute(session, selecting(number(1), select([0]))),
    text: async () => (await raw.execute(session, "SELECT 1", [], NO_OPTIONS)) && "rows",
  });
});
