/// The models of the list, and where to find their parts.
#include "plugin.h"

#include <string.h>

#include "guest.h"

#define CASCADES .on_delete = SQL_CASCADE

SQL_MODELS(models, SQL_TABLE("users"), SQL_ID("id"), SQL_STRING("name", 64, .unique = true),
           SQL_COLUMN("email", SQL_TEXT, .nullable = true),
           SQL_COLUMN("active", SQL_BOOLEAN, SQL_DEFAULT_BOOLEAN(true)), SQL_COLUMN("born", SQL_DATE, .nullable = true),
           SQL_MANY("devices", "devices", .cascade = SQL_SAVE_UPDATE | SQL_DELETE | SQL_DELETE_ORPHAN),

           SQL_TABLE("devices"), SQL_ID("id"), SQL_COLUMN("user_id", SQL_INT64, .references = "users.id", CASCADES),
           SQL_STRING("name", 64), SQL_COLUMN("seen", SQL_TIMESTAMP_TZ, .nullable = true), SQL_UNIQUE("user_id, name"),
           SQL_ONE("user", "users", .cascade = SQL_SAVE_UPDATE),
           SQL_MANY("tags", "tags", .through = "device_tags", .cascade = SQL_SAVE_UPDATE),

           SQL_TABLE("tags"), SQL_ID("id"), SQL_STRING("label", 32, .unique = true),

           SQL_TABLE("device_tags"),
           SQL_COLUMN("device_id", SQL_INT64, .primary_key = true, .references = "devices.id", CASCADES),
           SQL_COLUMN("tag_id", SQL_INT64, .primary_key = true, .references = "tags.id", CASCADES),

           SQL_TABLE("accounts", .version = "version"), SQL_COLUMN("id", SQL_INT64, .primary_key = true),
           SQL_STRING("owner", 64), SQL_NUMERIC("balance", 20, 4), SQL_COLUMN("version", SQL_INT64),

           SQL_TABLE("kinds"), SQL_COLUMN("id", SQL_INT64, .primary_key = true),
           SQL_COLUMN("b", SQL_BOOLEAN, .nullable = true), SQL_COLUMN("i16", SQL_INT16, .nullable = true),
           SQL_COLUMN("i32", SQL_INT32, .nullable = true), SQL_COLUMN("i64", SQL_INT64, .nullable = true),
           SQL_COLUMN("f64", SQL_FLOAT64, .nullable = true), SQL_NUMERIC("dec", 20, 4, .nullable = true),
           SQL_COLUMN("t", SQL_TEXT, .nullable = true), SQL_STRING("v", 20, .nullable = true),
           SQL_COLUMN("by", SQL_BYTES, .nullable = true), SQL_COLUMN("u", SQL_UUID, .nullable = true),
           SQL_COLUMN("j", SQL_JSON, .nullable = true), SQL_COLUMN("d", SQL_DATE, .nullable = true),
           SQL_COLUMN("ti", SQL_TIME, .nullable = true), SQL_COLUMN("ts", SQL_TIMESTAMP, .nullable = true),
           SQL_COLUMN("tz", SQL_TIMESTAMP_TZ, .nullable = true));
SQL_EXPORT_MODELS(models)

const sql_models guest_models = {models_entries, sizeof models_entries / sizeof models_entries[0]};

const sql_entry *model_end(void) {
  return guest_models.entries + guest_models.count;
}

const sql_entry *model_table(const char *table) {
  for (const sql_entry *entry = guest_models.entries; entry < model_end() && table != NULL; entry++) {
    if (entry->entry == SQL_ENTRY_TABLE && strcmp(entry->name, table) == 0) return entry + 1;
  }
  return model_end();
}

static const sql_entry *part(const char *table, sql_entry_kind kind, const char *name) {
  for (const sql_entry *entry = model_table(table); entry < model_end() && entry->entry != SQL_ENTRY_TABLE; entry++) {
    if (entry->entry == kind && strcmp(entry->name, name) == 0) return entry;
  }
  return NULL;
}

const sql_entry *model_column(const char *table, const char *column) {
  return part(table, SQL_ENTRY_COLUMN, column);
}
const sql_entry *model_relationship(const char *table, const char *name) {
  return part(table, SQL_ENTRY_RELATIONSHIP, name);
}

const sql_entry *model_reference(const char *table, const char *target) {
  const size_t size = strlen(target);
  for (const sql_entry *entry = model_table(table); entry < model_end() && entry->entry != SQL_ENTRY_TABLE; entry++) {
    const bool refers = entry->entry == SQL_ENTRY_COLUMN && entry->references != NULL;
    if (refers && strncmp(entry->references, target, size) == 0 && entry->references[size] == '.') return entry;
  }
  return NULL;
}
