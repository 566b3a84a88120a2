/// Converts declarations to the contract's models. The bindings free them, so each piece is an
/// allocation of its own.
#include "internal.h"

#include <stdlib.h>
#include <string.h>

typedef WIT(schema_table_t) wit_table;
typedef WIT(schema_default_value_t) wit_default;

/// The context of a conversion, and whether memory ran out.
struct maker {
  bool exhausted;
  struct error *error;
};

/// Appends a zeroed item.
static bool grow(struct maker *maker, void **items, size_t *count, size_t size) {
  unsigned char *larger = realloc(*items, (*count + 1) * size);
  if (larger == NULL) {
    maker->exhausted = true;
    return false;
  }
  memset(larger + *count * size, 0, size);
  *items = larger;
  (*count)++;
  return true;
}

/// Appends an item to a list of the bindings; evaluates to a pointer to the item, or null.
#define PUSH(maker, list) \
  (push_any((maker), (void *)&(list)->ptr, &(list)->len, sizeof *(list)->ptr) ? &(list)->ptr[(list)->len - 1] : NULL)

static bool push_any(struct maker *maker, void *pointer, size_t *count, size_t size) {
  void *items;
  memcpy(&items, pointer, sizeof items);
  const bool grown = grow(maker, &items, count, size);
  if (grown) memcpy(pointer, &items, sizeof items);
  return grown;
}

static plugin_string_t text(struct maker *maker, const char *data, size_t size) {
  if (data == NULL || size == 0) return (plugin_string_t){0};
  struct arena checked = {0};
  arena_check(&checked, data, size);
  if (checked.malformed) error_set(maker->error, "type-mismatch", "a text of a declaration is not UTF-8");
  uint8_t *copy = malloc(size);
  if (copy == NULL) {
    maker->exhausted = true;
    return (plugin_string_t){0};
  }
  memcpy(copy, data, size);
  return (plugin_string_t){.ptr = copy, .len = size};
}

static plugin_string_t whole(struct maker *maker, const char *data) {
  return text(maker, data, data == NULL ? 0 : strlen(data));
}

static plugin_option_string_t option(struct maker *maker, const char *data) {
  return (plugin_option_string_t){.is_some = data != NULL, .val = whole(maker, data)};
}

static plugin_option_u32_t number(uint32_t value) {
  return (plugin_option_u32_t){.is_some = value != 0, .val = value};
}

static plugin_list_string_t names(struct maker *maker, const char *list) {
  struct arena arena = {0};
  const plugin_list_string_t cut = arena_names(&arena, list);
  plugin_list_string_t out = {0};
  for (size_t i = 0; i < cut.len; i++) {
    plugin_string_t *item = PUSH(maker, &out);
    if (item != NULL) *item = text(maker, (const char *)cut.ptr[i].ptr, cut.ptr[i].len);
  }
  if (arena.exhausted) maker->exhausted = true;
  arena_free(&arena);
  return out;
}

static void add_name(struct maker *maker, plugin_list_string_t *list, const char *name) {
  plugin_string_t *item = PUSH(maker, list);
  if (item != NULL) *item = whole(maker, name);
}

static void constant(struct maker *maker, const sql_entry *entry, wit_value *out) {
  *out = (wit_value){.tag = SQLSERVICE_DATABASE_VALUES_VALUE_SCALAR};
  wit_scalar *scalar = &out->val.scalar;
  scalar->tag = (uint8_t)entry->value_kind;
  switch (entry->value_kind) {
    case SQL_KIND_BOOLEAN: scalar->val.boolean = entry->value != 0; break;
    case SQL_KIND_INTEGER:
    case SQL_KIND_TIME:
    case SQL_KIND_TIMESTAMP:
    case SQL_KIND_TIMESTAMP_TZ: scalar->val.integer = entry->value; break;
    case SQL_KIND_DATE: scalar->val.date = (int32_t)entry->value; break;
    case SQL_KIND_FLOAT: scalar->val.float_ = entry->real; break;
    case SQL_KIND_DECIMAL:
    case SQL_KIND_TEXT:
    case SQL_KIND_JSON: scalar->val.text = whole(maker, entry->text); break;
    case SQL_KIND_NULL: break;
    default:
      scalar->tag = SQLSERVICE_DATABASE_VALUES_SCALAR_NULL;
      error_set(maker->error, "unsupported", "column %s: a constant default of this kind cannot be declared in C",
                entry->name);
  }
}

static wit_default by_default(struct maker *maker, const sql_entry *entry, sql_default what) {
  wit_default out = {.tag = (uint8_t)what};
  if (what == SQL_VALUE) constant(maker, entry, &out.val.literal);
  if (what == SQL_EXPRESSION) out.val.expression = whole(maker, entry->text);
  return out;
}

static WIT(schema_column_type_t) type(struct maker *maker, const sql_entry *entry) {
  WIT(schema_column_type_t) out = {.kind = (uint8_t)entry->type, .length = number(entry->length)};
  out.precision = number(entry->precision);
  out.scale = (plugin_option_u32_t){.is_some = entry->precision != 0, .val = entry->scale};
  if (entry->type == SQL_ARRAY) out.element.is_some = true, out.element.val = (uint8_t)entry->element;
  out.labels = names(maker, entry->labels);
  out.native = option(maker, entry->native);
  return out;
}

static void refer(struct maker *maker, wit_table *table, const sql_entry *entry) {
  const char *dot = strrchr(entry->references, '.');
  if (dot == NULL) {
    error_set(maker->error, "invalid", "column %s refers to %s, which is no table.column", entry->name,
              entry->references);
    return;
  }
  WIT(schema_foreign_key_t) *key = PUSH(maker, &table->foreign_keys);
  if (key == NULL) return;
  add_name(maker, &key->columns, entry->name);
  key->table = text(maker, entry->references, (size_t)(dot - entry->references));
  add_name(maker, &key->referred, dot + 1);
  key->on_delete = (uint8_t)entry->on_delete;
  key->on_update = (uint8_t)entry->on_key_update;
}

static void add_column(struct maker *maker, wit_table *table, const sql_entry *entry) {
  WIT(schema_column_t) *column = PUSH(maker, &table->columns);
  if (column == NULL) return;
  column->name = whole(maker, entry->name);
  column->ty = type(maker, entry);
  column->nullable = entry->nullable;
  column->default_ = by_default(maker, entry, entry->by_default);
  column->on_update = by_default(maker, entry, entry->on_update);
  column->computed = option(maker, entry->computed);
  column->comment = option(maker, entry->comment);
  if (entry->primary_key) add_name(maker, &table->primary_key, entry->name);
  if (entry->references != NULL) refer(maker, table, entry);
  if (entry->unique) {
    WIT(schema_index_t) *unique = PUSH(maker, &table->uniques);
    if (unique != NULL) unique->unique = true, add_name(maker, &unique->columns, entry->name);
  }
  if (entry->index) {
    WIT(schema_index_t) *index = PUSH(maker, &table->indexes);
    if (index != NULL) add_name(maker, &index->columns, entry->name);
  }
}

static void add_index(struct maker *maker, WIT(schema_list_index_t) * list, const sql_entry *entry, bool unique) {
  WIT(schema_index_t) *index = PUSH(maker, list);
  if (index == NULL) return;
  index->name = option(maker, entry->name);
  index->columns = names(maker, entry->columns);
  index->unique = unique || entry->unique;
}

static void add_foreign_key(struct maker *maker, wit_table *table, const sql_entry *entry) {
  WIT(schema_foreign_key_t) *key = PUSH(maker, &table->foreign_keys);
  if (key == NULL) return;
  key->name = option(maker, entry->name);
  key->columns = names(maker, entry->columns);
  key->table = whole(maker, entry->target);
  key->schema = option(maker, entry->schema);
  key->referred = names(maker, entry->referred);
  key->on_delete = (uint8_t)entry->on_delete;
  key->on_update = (uint8_t)entry->on_key_update;
}

static void add_relationship(struct maker *maker, WIT(schema_models_t) * models, const sql_entry *table,
                             const sql_entry *entry) {
  WIT(schema_relationship_t) *out = PUSH(maker, &models->relationships);
  if (out == NULL) return;
  out->name = whole(maker, entry->name);
  out->owner = whole(maker, table->name);
  out->target = whole(maker, entry->target);
  out->foreign_key.is_some = entry->columns != NULL;
  out->foreign_key.val = names(maker, entry->columns);
  out->through = option(maker, entry->through);
  out->collection = entry->collection;
  out->passive_deletes = entry->passive_deletes;
  out->post_update = entry->post_update;
  out->order_by = names(maker, entry->order_by);
  for (uint8_t kind = 0; kind < 3; kind++) {
    if ((entry->cascade >> kind & 1U) == 0) continue;
    WIT(schema_cascade_kind_t) *cascade = PUSH(maker, &out->cascade);
    if (cascade != NULL) *cascade = kind;
  }
}

static wit_table *add_table(struct maker *maker, WIT(schema_models_t) * models, const sql_entry *entry) {
  wit_table *table = PUSH(maker, &models->tables);
  if (table == NULL) return NULL;
  table->name = whole(maker, entry->name);
  table->schema = option(maker, entry->schema);
  table->version_column = option(maker, entry->version);
  table->comment = option(maker, entry->comment);
  table->is_view = entry->is_view;
  return table;
}

static void add_check(struct maker *maker, wit_table *table, const sql_entry *entry) {
  WIT(schema_check_t) *check = PUSH(maker, &table->checks);
  if (check == NULL) return;
  check->name = option(maker, entry->name);
  check->expression = whole(maker, entry->text);
}

/// Whether the entry's enumerations have values of the header.
static bool known(const sql_entry *entry) {
  return (unsigned)entry->type <= SQL_OTHER && (unsigned)entry->element <= SQL_OTHER &&
         (unsigned)entry->by_default <= SQL_EXPRESSION && (unsigned)entry->on_update <= SQL_EXPRESSION &&
         (unsigned)entry->on_delete <= SQL_SET_DEFAULT && (unsigned)entry->on_key_update <= SQL_SET_DEFAULT;
}

static void add(struct maker *maker, WIT(schema_models_t) * models, wit_table *table, const sql_entry *of,
                const sql_entry *entry) {
  if (!known(entry)) {
    error_set(maker->error, "invalid", "%s has a type, default or action that is none: use the header's words",
              entry->name == NULL ? "an entry" : entry->name);
    return;
  }
  switch (entry->entry) {
    case SQL_ENTRY_COLUMN: add_column(maker, table, entry); return;
    case SQL_ENTRY_PRIMARY_KEY:
      table->primary_key_name = option(maker, entry->name);
      table->primary_key = names(maker, entry->columns);
      return;
    case SQL_ENTRY_UNIQUE: add_index(maker, &table->uniques, entry, true); return;
    case SQL_ENTRY_INDEX: add_index(maker, &table->indexes, entry, false); return;
    case SQL_ENTRY_CHECK: add_check(maker, table, entry); return;
    case SQL_ENTRY_FOREIGN_KEY: add_foreign_key(maker, table, entry); return;
    case SQL_ENTRY_RELATIONSHIP: add_relationship(maker, models, of, entry); return;
    default: error_set(maker->error, "invalid", "a declaration has an entry of no kind: use the macros");
  }
}

bool models_lower(sql_models declared, WIT(schema_models_t) * models, struct error *error) {
  struct maker maker = {.error = error};
  wit_table *table = NULL;
  const sql_entry *of = NULL;
  *models = (WIT(schema_models_t)){0};
  for (size_t i = 0; i < declared.count && !maker.exhausted; i++) {
    const sql_entry *entry = &declared.entries[i];
    if (entry->entry == SQL_ENTRY_TABLE) {
      table = add_table(&maker, models, entry);
      of = entry;
    } else if (table != NULL) {
      add(&maker, models, table, of, entry);
    } else {
      error_set(error, "invalid", "a declaration begins with a table");
    }
  }
  if (maker.exhausted) error_set(error, "limit", "out of memory");
  return !error->failed;
}

void sql_declare(sql_models models, void *generated) {
  struct error error = {0};
  models_lower(models, generated, &error);
  error_clear(&error);
}
