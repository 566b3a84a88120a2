/// Reflection: the tables of a database as a declaration.
#include "internal.h"

#include <string.h>

/// The entries read so far, and the memory of their texts.
struct reader {
  struct arena *arena;
  sql_entry *entries;
  size_t count;
};

static sql_entry *push(struct reader *reader, sql_entry_kind kind) {
  static sql_entry spare;
  reader->entries = arena_grow(reader->arena, reader->entries, reader->count, sizeof *reader->entries);
  if (reader->entries == NULL) {
    reader->count = 0;
    spare = (sql_entry){0};
    return &spare;
  }
  sql_entry *entry = &reader->entries[reader->count++];
  *entry = (sql_entry){.entry = kind};
  return entry;
}

static const char *text(const struct reader *reader, plugin_string_t data) {
  return arena_text(reader->arena, (const char *)data.ptr, data.len);
}

static const char *option(const struct reader *reader, plugin_option_string_t data) {
  return data.is_some ? text(reader, data.val) : NULL;
}

static const char *names(const struct reader *reader, plugin_list_string_t list) {
  size_t size = 1;
  for (size_t i = 0; i < list.len; i++) size += list.ptr[i].len + 1;
  char *out = arena_take(reader->arena, size, 1);
  if (out == NULL) return NULL;
  for (size_t i = 0, at = 0; i < list.len; i++) {
    if (i > 0) out[at++] = ',';
    if (list.ptr[i].len > 0) memcpy(out + at, list.ptr[i].ptr, list.ptr[i].len);
    at += list.ptr[i].len;
  }
  return out;
}

static void read_default(const struct reader *reader, const WIT(schema_default_value_t) * value, sql_entry *entry) {
  entry->by_default = (sql_default)value->tag;
  if (entry->by_default == SQL_EXPRESSION) entry->text = text(reader, value->val.expression);
  if (entry->by_default != SQL_VALUE || value->val.literal.tag != SQLSERVICE_DATABASE_VALUES_VALUE_SCALAR) return;
  const sql_value lifted = value_lift_scalar(&value->val.literal.val.scalar);
  entry->value_kind = lifted.kind;
  switch (lifted.kind) {
    case SQL_KIND_BOOLEAN: entry->value = lifted.as.boolean; break;
    case SQL_KIND_FLOAT: entry->real = lifted.as.real; break;
    case SQL_KIND_TEXT:
    case SQL_KIND_DECIMAL:
    case SQL_KIND_JSON: entry->text = arena_text(reader->arena, lifted.as.text.data, lifted.as.text.size); break;
    default: entry->value = lifted.as.integer; break;
  }
}

static void read_column(struct reader *reader, const WIT(schema_column_t) * column) {
  sql_entry *entry = push(reader, SQL_ENTRY_COLUMN);
  entry->name = text(reader, column->name);
  entry->type = (sql_type)column->ty.kind;
  entry->nullable = column->nullable;
  entry->length = column->ty.length.is_some ? column->ty.length.val : 0;
  entry->precision = column->ty.precision.is_some ? column->ty.precision.val : 0;
  entry->scale = column->ty.scale.is_some ? column->ty.scale.val : 0;
  entry->element = column->ty.element.is_some ? (sql_type)column->ty.element.val : SQL_BOOLEAN;
  entry->labels = names(reader, column->ty.labels);
  entry->native = option(reader, column->ty.native);
  entry->computed = option(reader, column->computed);
  entry->comment = option(reader, column->comment);
  read_default(reader, &column->default_, entry);
}

static void read_key(struct reader *reader, const WIT(schema_foreign_key_t) * key) {
  sql_entry *entry = push(reader, SQL_ENTRY_FOREIGN_KEY);
  entry->name = option(reader, key->name);
  entry->columns = names(reader, key->columns);
  entry->target = text(reader, key->table);
  entry->schema = option(reader, key->schema);
  entry->referred = names(reader, key->referred);
  entry->on_delete = (sql_action)key->on_delete;
  entry->on_key_update = (sql_action)key->on_update;
}

static void read_indexes(struct reader *reader, const WIT(schema_list_index_t) * list, sql_entry_kind kind) {
  for (size_t i = 0; i < list->len; i++) {
    sql_entry *entry = push(reader, kind);
    entry->name = option(reader, list->ptr[i].name);
    entry->columns = names(reader, list->ptr[i].columns);
    entry->unique = list->ptr[i].unique;
  }
}

static void read_table(struct reader *reader, const WIT(schema_table_t) * table) {
  sql_entry *entry = push(reader, SQL_ENTRY_TABLE);
  entry->name = text(reader, table->name);
  entry->schema = option(reader, table->schema);
  entry->version = option(reader, table->version_column);
  entry->comment = option(reader, table->comment);
  entry->is_view = table->is_view;
  for (size_t i = 0; i < table->columns.len; i++) read_column(reader, &table->columns.ptr[i]);
  if (table->primary_key.len > 0) {
    sql_entry *key = push(reader, SQL_ENTRY_PRIMARY_KEY);
    key->name = option(reader, table->primary_key_name);
    key->columns = names(reader, table->primary_key);
  }
  for (size_t i = 0; i < table->foreign_keys.len; i++) read_key(reader, &table->foreign_keys.ptr[i]);
  read_indexes(reader, &table->uniques, SQL_ENTRY_UNIQUE);
  read_indexes(reader, &table->indexes, SQL_ENTRY_INDEX);
  for (size_t i = 0; i < table->checks.len; i++) {
    sql_entry *check = push(reader, SQL_ENTRY_CHECK);
    check->name = option(reader, table->checks.ptr[i].name);
    check->text = text(reader, table->checks.ptr[i].expression);
  }
}

sql_models sql_reflect(sql_session handle, const char *only) {
  struct session *session = session_ready(handle);
  if (session == NULL) return (sql_models){0};
  arena_free(&session->reflected);
  WIT(schema_reflect_options_t) options = {.only = arena_names(&session->reflected, only)};
  WIT(sessions_list_table_t) tables;
  wit_failure failure;
  if (!arena_fits(&session->reflected, &session->error)) return (sql_models){0};
  if (!WIT(sessions_method_session_reflect)(session_borrow(session), &options, &tables, &failure)) {
    error_take(&session->error, &failure);
    return (sql_models){0};
  }
  struct reader reader = {.arena = &session->reflected};
  for (size_t i = 0; i < tables.len; i++) read_table(&reader, &tables.ptr[i]);
  WIT(sessions_list_table_free)(&tables);
  if (session->reflected.exhausted) {
    error_set(&session->error, "limit", "out of memory");
    return (sql_models){0};
  }
  return (sql_models){.entries = reader.entries, .count = reader.count};
}
