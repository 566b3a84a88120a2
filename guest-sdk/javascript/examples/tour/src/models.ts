/** The tables of the tour and their relationships. */

import { belongsTo, database, date, hasMany, id, int64, models, table, text, varchar } from "@sqlservice/guest";

const users = table("users", {
  id: id(),
  name: varchar(64).unique(),
  email: text().nullable(),
  born: date().nullable(),
  version: int64().version(),
});
const devices = table(
  "devices",
  { id: id(), user_id: int64().references("users.id", { onDelete: "cascade" }), name: text() },
  { uniques: [["user_id", "name"]] },
);
export const schema = models(
  { users, devices },
  {
    users: { devices: hasMany("devices", { cascade: ["save-update", "delete", "delete-orphan"] }) },
    devices: { user: belongsTo("users") },
  },
);
export const db = database(schema);
