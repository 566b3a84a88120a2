/** The tables and relationships of `models.json`. */

import {
  belongsTo,
  bigint,
  boolean,
  bytes,
  date,
  decimal,
  float64,
  hasMany,
  id,
  int16,
  int32,
  int64,
  json,
  manyToMany,
  models,
  table,
  text,
  time,
  timestamp,
  timestampTz,
  uuid,
  varchar,
} from "@sqlservice/guest";

const users = table("users", {
  id: id(),
  name: varchar(64).unique(),
  email: text().nullable(),
  active: boolean().default(true),
  born: date().nullable(),
});

const devices = table(
  "devices",
  {
    id: id(),
    user_id: int64().references("users.id", { onDelete: "cascade" }),
    name: varchar(64),
    seen: timestampTz().nullable(),
  },
  { uniques: [["user_id", "name"]] },
);

const tags = table("tags", { id: id(), label: varchar(32).unique() });

const device_tags = table("device_tags", {
  device_id: int64().primaryKey().references("devices.id", { onDelete: "cascade" }),
  tag_id: int64().primaryKey().references("tags.id", { onDelete: "cascade" }),
});

const accounts = table("accounts", {
  id: int64().primaryKey(),
  owner: varchar(64),
  balance: decimal(20, 4),
  version: int64().version(),
});

const kinds = table("kinds", {
  id: int64().primaryKey(),
  b: boolean().nullable(),
  i16: int16().nullable(),
  i32: int32().nullable(),
  i64: bigint().nullable(),
  f64: float64().nullable(),
  dec: decimal(20, 4).nullable(),
  t: text().nullable(),
  v: varchar(20).nullable(),
  by: bytes().nullable(),
  u: uuid().nullable(),
  j: json().nullable(),
  d: date().nullable(),
  ti: time().nullable(),
  ts: timestamp().nullable(),
  tz: timestampTz({ mode: "string" }).nullable(),
});

export const schema = models(
  { users, devices, tags, device_tags, accounts, kinds },
  {
    users: { devices: hasMany("devices", { cascade: ["save-update", "delete", "delete-orphan"] }) },
    devices: { user: belongsTo("users"), tags: manyToMany("tags", "device_tags") },
  },
);
