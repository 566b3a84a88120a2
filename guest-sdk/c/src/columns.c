/// Converts columns of many rows to batches.
#include "internal.h"

#include <string.h>

static bool textual(sql_kind kind) {
  return kind == SQL_KIND_TEXT || kind == SQL_KIND_DECIMAL || kind == SQL_KIND_JSON || kind == SQL_KIND_BYTES;
}

static sql_data data(const char *name, sql_kind kind, const void *values, const uint8_t *nulls) {
  return (sql_data){.name = name, .kind = kind, .values = values, .nulls = nulls};
}

sql_data sql_data_ints(const char *name, const int64_t *values, const uint8_t *nulls) {
  return data(name, SQL_KIND_INTEGER, values, nulls);
}
sql_data sql_data_floats(const char *name, const double *values, const uint8_t *nulls) {
  return data(name, SQL_KIND_FLOAT, values, nulls);
}
sql_data sql_data_bools(const char *name, const uint8_t *values, const uint8_t *nulls) {
  return data(name, SQL_KIND_BOOLEAN, values, nulls);
}
sql_data sql_data_texts(const char *name, const char *const *values) {
  return data(name, SQL_KIND_TEXT, values, NULL);
}
sql_data sql_data_strings(const char *name, sql_kind kind, const char *chars, const uint32_t *offsets,
                          const uint8_t *nulls) {
  // Without offsets, or with another kind, the characters would be read as other values.
  sql_data column = data(name, textual(kind) ? kind : SQL_KIND_OTHER, offsets == NULL ? NULL : chars, nulls);
  column.offsets = offsets;
  return column;
}
sql_data sql_data_dates(const char *name, const int32_t *days, const uint8_t *nulls) {
  return data(name, SQL_KIND_DATE, days, nulls);
}
sql_data sql_data_moments(const char *name, sql_kind kind, const int64_t *microseconds, const uint8_t *nulls) {
  const bool moment = kind == SQL_KIND_TIME || kind == SQL_KIND_TIMESTAMP || kind == SQL_KIND_TIMESTAMP_TZ;
  return data(name, moment ? kind : SQL_KIND_OTHER, microseconds, nulls);
}
sql_data sql_data_values(const char *name, const sql_value *values) {
  return data(name, SQL_KIND_NULL, values, NULL);
}

/// The context in which the columns of one batch are converted.
struct writer {
  struct session *session;
  struct arena *arena;
  plugin_string_t table;
  size_t rows;
  bool copy;
};

static bool fail(const struct writer *writer, const char *code, const char *message, const char *column) {
  return error_set(&writer->session->error, code, "column %s: %s", column == NULL ? "without a name" : column, message);
}

/// The array itself, or a copy of it.
static void *array(const struct writer *writer, const void *values, size_t count, size_t size) {
  union {
    const void *read;
    void *given;
  } pointer = {.read = values};  // The bindings only read it.
  if (writer->copy) return arena_copy(writer->arena, values, count * size);
  arena_count(writer->arena, count, size);
  return pointer.given;
}

static bool bits(const struct writer *writer, const sql_data *column, wit_column *out) {
  if (column->nulls == NULL) return true;
  uint8_t *validity = arena_take(writer->arena, writer->rows / 8 + 1, 1);
  if (validity == NULL) return fail(writer, "limit", "out of memory", column->name);
  for (size_t i = 0; i < writer->rows; i++) {
    if (column->nulls[i] == 0) validity[i / 8] = (uint8_t)(validity[i / 8] | 1U << (i % 8));
  }
  out->validity = (plugin_option_list_u8_t){.is_some = true, .val = {.ptr = validity, .len = (writer->rows + 7) / 8}};
  return true;
}

static bool end_to_end(const struct writer *writer, const sql_data *column, wit_column *out) {
  const uint32_t *offsets = column->offsets;
  for (size_t i = 0; i < writer->rows; i++) {
    if (offsets[i + 1] < offsets[i]) return fail(writer, "invalid", "its offsets have to ascend", column->name);
  }
  out->values.val.texts.offsets.ptr = array(writer, offsets, writer->rows + 1, sizeof *offsets);
  out->values.val.texts.offsets.len = writer->rows + 1;
  out->values.val.texts.data.ptr = array(writer, column->values, offsets[writer->rows], 1);
  out->values.val.texts.data.len = offsets[writer->rows];
  if (column->kind != SQL_KIND_BYTES) arena_check(writer->arena, column->values, offsets[writer->rows]);
  return true;
}

/// Allocates offsets and characters for texts with a total size.
static bool room(const struct writer *writer, uint64_t size, const char *name, wit_column *out) {
  if (size > UINT32_MAX / 2) return fail(writer, "limit", "its texts have more than 2 GiB together", name);
  uint32_t *offsets = arena_take(writer->arena, writer->rows + 1, sizeof *offsets);
  uint8_t *chars = arena_take(writer->arena, (size_t)size, 1);
  if (offsets == NULL || chars == NULL) return fail(writer, "limit", "out of memory", name);
  out->values.val.texts.offsets = (plugin_list_u32_t){.ptr = offsets, .len = writer->rows + 1};
  out->values.val.texts.data = (plugin_string_t){.ptr = chars, .len = (size_t)size};
  return true;
}

static void put(wit_column *out, size_t row, sql_str text) {
  uint32_t *offsets = out->values.val.texts.offsets.ptr;
  if (text.size > 0) memcpy(out->values.val.texts.data.ptr + offsets[row], text.data, text.size);
  offsets[row + 1] = offsets[row] + (uint32_t)text.size;
}

static bool zero_ended(const struct writer *writer, const sql_data *column, wit_column *out) {
  const char *const *texts = column->values;
  uint64_t size = 0;
  bool nulls = false;
  for (size_t i = 0; i < writer->rows; i++) {
    if (texts[i] == NULL)
      nulls = true;
    else
      size += strlen(texts[i]);
  }
  if (!room(writer, size, column->name, out)) return false;
  for (size_t i = 0; i < writer->rows; i++) {
    put(out, i, (sql_str){.data = texts[i], .size = texts[i] == NULL ? 0 : strlen(texts[i])});
  }
  if (column->kind != SQL_KIND_BYTES) arena_check(writer->arena, out->values.val.texts.data.ptr, (size_t)size);
  if (!nulls) return true;
  uint8_t *flags = arena_take(writer->arena, writer->rows, 1);
  if (flags == NULL) return fail(writer, "limit", "out of memory", column->name);
  for (size_t i = 0; i < writer->rows; i++) flags[i] = texts[i] == NULL;
  return bits(writer, &(sql_data){.name = column->name, .nulls = flags}, out);
}

/// Converts `sql_value`s of any kind to a vector of mixed values.
static bool mixed(const struct writer *writer, const sql_data *column, wit_column *out) {
  const sql_value *values = column->values;
  wit_value *items = arena_take(writer->arena, writer->rows, sizeof *items);
  if (items == NULL) return fail(writer, "limit", "out of memory", column->name);
  for (size_t i = 0; i < writer->rows; i++) {
    if (!value_lower(&values[i], &items[i], writer->arena, writer->copy)) {
      return fail(writer, "type-mismatch", "a value is of no kind, out of range, or an array in an array",
                  column->name);
    }
  }
  out->values.tag = SQLSERVICE_DATABASE_ROWS_VECTOR_MIXED;
  out->values.val.mixed = (WIT(rows_list_value_t)){.ptr = items, .len = writer->rows};
  return true;
}

static bool vector(const struct writer *writer, const sql_data *column, wit_column *out) {
  const size_t rows = writer->rows;
  WIT(rows_vector_t) *to = &out->values;
  to->tag = (uint8_t)(column->kind - 1U);
  switch (column->kind) {
    case SQL_KIND_BOOLEAN:
      to->val.booleans = (plugin_list_u8_t){array(writer, column->values, rows, 1), rows};
      return true;
    case SQL_KIND_INTEGER:
    case SQL_KIND_UNSIGNED:
    case SQL_KIND_FLOAT:
    case SQL_KIND_TIME:
    case SQL_KIND_TIMESTAMP:
    case SQL_KIND_TIMESTAMP_TZ:
      // All of these are arrays of 8 bytes an item.
      to->val.integers = (plugin_list_s64_t){array(writer, column->values, rows, 8), rows};
      return true;
    case SQL_KIND_DATE: to->val.dates = (plugin_list_s32_t){array(writer, column->values, rows, 4), rows}; return true;
    case SQL_KIND_UUID:
      to->val.uuids = (plugin_list_tuple2_u64_u64_t){array(writer, column->values, rows, 16), rows};
      return true;
    default: return fail(writer, "type-mismatch", "there are no columns of this kind of values", column->name);
  }
}

/// Whether the declared column can hold the values.
static bool check(const struct writer *writer, const sql_data *column) {
  const plugin_string_t name = string_view((sql_str){.data = column->name, .size = strlen(column->name)});
  const sql_entry *entry = check_column(writer->session, writer->table, name);
  if (entry == NULL) return true;
  const sql_value *values = column->kind == SQL_KIND_NULL ? column->values : NULL;
  for (size_t i = 0; values != NULL && i < writer->rows; i++) {
    if (!check_value(entry, values[i])) return check_fail(writer->session, entry, values[i].kind);
  }
  const bool narrow = entry->type == SQL_INT16 || entry->type == SQL_INT32;
  if (values == NULL && !(narrow && column->kind == SQL_KIND_INTEGER)) {
    return check_value(entry, (sql_value){.kind = column->kind}) || check_fail(writer->session, entry, column->kind);
  }
  const int64_t *numbers = values == NULL ? column->values : NULL;
  for (size_t i = 0; numbers != NULL && i < writer->rows; i++) {
    const bool null = column->nulls != NULL && column->nulls[i] != 0;
    if (!null && !check_value(entry, sql_int(numbers[i]))) return check_fail(writer->session, entry, SQL_KIND_INTEGER);
  }
  return true;
}

static bool lower(const struct writer *writer, const sql_data *column, wit_column *out) {
  *out = (wit_column){0};
  if (column->name == NULL || (column->values == NULL && writer->rows > 0)) {
    return fail(writer, "invalid", "a column needs a name and values", column->name);
  }
  if (!check(writer, column)) return false;
  if (column->kind == SQL_KIND_NULL) return mixed(writer, column, out);
  if (!textual(column->kind)) return vector(writer, column, out) && bits(writer, column, out);
  out->values.tag = (uint8_t)(column->kind - 1U);
  if (column->offsets != NULL) return end_to_end(writer, column, out) && bits(writer, column, out);
  return zero_ended(writer, column, out);
}

bool columns_lower(struct session *session, struct arena *arena, const char *table, const sql_data *columns,
                   size_t count, size_t rows, bool copy, wit_batch *batch, plugin_list_string_t *names) {
  const struct writer writer = {
      .session = session, .arena = arena, .table = arena_string(arena, table), .rows = rows, .copy = copy};
  if (columns == NULL && count > 0) return error_set(&session->error, "invalid", "the columns are missing");
  wit_column *items = arena_take(arena, count, sizeof *items);
  plugin_string_t *texts = arena_take(arena, count, sizeof *texts);
  if (items == NULL || texts == NULL || rows > UINT32_MAX) {
    return error_set(&session->error, "limit", "out of memory, or too many rows");
  }
  for (size_t i = 0; i < count; i++) {
    if (!lower(&writer, &columns[i], &items[i])) return false;
    texts[i] = arena_string(arena, columns[i].name);
  }
  *batch = (wit_batch){.rows = (uint32_t)rows, .columns = {.ptr = items, .len = count}};
  if (names != NULL) *names = (plugin_list_string_t){.ptr = texts, .len = count};
  return arena_fits(arena, &session->error);
}

sql_rows sql_insert_many(sql_session handle, const char *table, const sql_data *columns, size_t count, size_t rows,
                         const char *returning) {
  struct session *session = session_ready(handle);
  if (session == NULL) return (sql_rows){0};
  struct arena arena = {0};
  wit_batch batch;
  wit_result result;
  plugin_list_string_t names;
  bool done = false;
  if (columns_lower(session, &arena, table, columns, count, rows, false, &batch, &names)) {
    plugin_string_t to = arena_string(&arena, table);
    plugin_list_string_t back = arena_names(&arena, returning);
    wit_failure failure;
    const bool fits = arena_fits(&arena, &session->error);
    done = fits && WIT(sessions_method_session_insert_many)(session_borrow(session), &to, &names, &batch, &back,
                                                            &session->options, &result, &failure);
    if (fits && !done) error_take(&session->error, &failure);
  }
  arena_free(&arena);
  return done ? rows_of(session, &result, NULL, 0) : (sql_rows){0};
}
