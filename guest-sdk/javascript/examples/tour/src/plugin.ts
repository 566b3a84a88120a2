/** A tour of the SDK: queries, sessions, errors. */

import { type int, UniqueViolation } from "@sqlservice/guest";
import { sql } from "kysely";

import { db } from "./models.ts";

export { schema } from "./models.ts";

/** A user and the number of their devices. */
export interface Owner {
  name: string;
  devices: int;
}

/** Creates the tables and adds a user with devices. Returns the key of the user. */
export async function addUser(name: string, devices: string[]): Promise<int> {
  await db.createAll();
  return db.begin(async (session) => {
    const ann = await session.save("users", { name, devices: [{ name: "phone" }] });
    const [found] = await session.find("users", { where: { name }, with: { devices: true } });
    if (found !== undefined) found.email = `${name}@example.org`;
    await session.insertMany("devices", { user_id: devices.map(() => ann.id), name: devices });
    return ann.id;
  });
}

/** Returns the users whose names begin with a text. */
export async function owners(beginning: string): Promise<Owner[]> {
  return db.kysely
    .selectFrom("users as u")
    .leftJoin("devices as d", "d.user_id", "u.id")
    .select((eb) => ["u.name", eb.fn.count<number>("d.id").as("devices")])
    .where("u.name", "like", `${beginning}%`)
    .groupBy("u.name")
    .orderBy(sql`lower(u.name)`)
    .execute();
}

/** Adds a user, or changes the address of the user with this name. Returns whether the user is new. */
export async function register(name: string, email: string): Promise<boolean> {
  await db.createAll();
  try {
    await db.kysely.insertInto("users").values({ name, email, version: 1 }).execute();
    return true;
  } catch (error) {
    if (!(error instanceof UniqueViolation)) throw error;
  }
  await db.kysely.updateTable("users").set({ email }).where("name", "=", name).execute();
  return false;
}
