/// Checks values against the declared types of their columns, before they are sent.
#include "internal.h"

#include <string.h>

/// Whether the names are equal; the first is not zero-terminated.
static bool is(plugin_string_t name, const char *text) {
  return text != NULL && name.len == strlen(text) && (name.len == 0 || memcmp(name.ptr, text, name.len) == 0);
}

const sql_entry *check_column(void *object, plugin_string_t table, plugin_string_t column) {
  const struct database *database = object_above(object, OBJECT_DATABASE);
  bool inside = false;
  for (size_t i = 0; i < database->models.count; i++) {
    const sql_entry *entry = &database->models.entries[i];
    if (entry->entry == SQL_ENTRY_TABLE)
      inside = is(table, entry->name);
    else if (inside && entry->entry == SQL_ENTRY_COLUMN && is(column, entry->name))
      return entry;
  }
  return NULL;
}

static bool within(sql_value value, int64_t low, int64_t high) {
  if (value.kind == SQL_KIND_UNSIGNED) return value.as.unsigned_integer <= (uint64_t)high;
  return value.kind == SQL_KIND_INTEGER && value.as.integer >= low && value.as.integer <= high;
}

bool check_value(const sql_entry *column, sql_value value) {
  if (value.kind == SQL_KIND_NULL) return true;
  const bool integer = value.kind == SQL_KIND_INTEGER || value.kind == SQL_KIND_UNSIGNED;
  switch (column->type) {
    case SQL_BOOLEAN: return value.kind == SQL_KIND_BOOLEAN;
    case SQL_INT16: return within(value, INT16_MIN, INT16_MAX);
    case SQL_INT32: return within(value, INT32_MIN, INT32_MAX);
    case SQL_INT64: return within(value, INT64_MIN, INT64_MAX);
    case SQL_UINT64: return value.kind == SQL_KIND_UNSIGNED || within(value, 0, INT64_MAX);
    case SQL_FLOAT32:
    case SQL_FLOAT64: return value.kind == SQL_KIND_FLOAT || integer;
    case SQL_DECIMAL: return value.kind == SQL_KIND_DECIMAL || integer;
    case SQL_TEXT:
    case SQL_VARCHAR:
    case SQL_ENUMERATION: return value.kind == SQL_KIND_TEXT;
    case SQL_BYTES: return value.kind == SQL_KIND_BYTES;
    case SQL_UUID: return value.kind == SQL_KIND_UUID;
    case SQL_JSON: return value.kind == SQL_KIND_JSON;
    case SQL_DATE: return value.kind == SQL_KIND_DATE;
    case SQL_TIME: return value.kind == SQL_KIND_TIME;
    case SQL_TIMESTAMP: return value.kind == SQL_KIND_TIMESTAMP;
    case SQL_TIMESTAMP_TZ: return value.kind == SQL_KIND_TIMESTAMP_TZ;
    case SQL_INTERVAL: return value.kind == SQL_KIND_INTERVAL;
    case SQL_ARRAY: return value.kind == SQL_KIND_ARRAY;
    case SQL_OTHER: return true;
  }
  return true;
}

static const char *const TYPES[] = {"boolean",     "int16",   "int32", "int64",     "uint64",       "float32",
                                    "float64",     "decimal", "text",  "varchar",   "bytes",        "uuid",
                                    "json",        "date",    "time",  "timestamp", "timestamp-tz", "interval",
                                    "enumeration", "array",   "other"};

bool check_fail(void *object, const sql_entry *column, sql_kind got) {
  struct error *error = error_of(object);
  error_set(error, "type-mismatch", "column %s is %s; the value is %s, or out of range", column->name,
            TYPES[column->type], kind_name(got));
  error->failure.columns = column->name;
  return false;
}

bool check_assigned(struct statement *statement, const char *column, uint32_t node) {
  const wit_node *value = &statement->nodes[node];
  if (value->tag != SQLSERVICE_DATABASE_STATEMENTS_NODE_LITERAL) return true;
  const plugin_string_t name = string_view((sql_str){.data = column, .size = strlen(column)});
  const sql_entry *entry = check_column(statement, statement->table, name);
  const bool single = value->val.literal.tag == SQLSERVICE_DATABASE_VALUES_VALUE_SCALAR;
  const sql_value lifted = single ? value_lift_scalar(&value->val.literal.val.scalar) : sql_array_of(NULL, 0);
  return entry == NULL || check_value(entry, lifted) || check_fail(statement, entry, lifted.kind);
}
