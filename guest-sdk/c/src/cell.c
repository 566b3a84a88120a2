/// Reading rows: single values, and whole columns without copying.
#include "internal.h"

#include <string.h>

static struct rows *ready(sql_rows handle) {
  struct rows *rows = object_of(OBJECT_ROWS, handle.id);
  return rows == NULL || error_of(rows)->failed ? NULL : rows;
}

static const char *name_of(const struct rows *rows, size_t column) {
  return column < rows->width ? rows->names[column] : "without a name";
}

/// A column of the batch; records a failure and returns null where there is none.
static const wit_column *column_of(struct rows *rows, size_t column) {
  if (rows == NULL) return NULL;
  if (!rows->has_batch || rows->at == 0) {
    error_set(error_of(rows), "invalid", "there is no current row: ask sql_next or sql_next_batch first");
    return NULL;
  }
  if (column < rows->batch.columns.len) return &rows->batch.columns.ptr[column];
  error_set(error_of(rows), "no-such-column", "there is no column %zu: the rows have %zu", column,
            rows->batch.columns.len);
  return NULL;
}

static bool valid(const wit_column *column, size_t row) {
  const plugin_option_list_u8_t *bits = &column->validity;
  return !bits->is_some || bits->val.len == 0 || (bits->val.ptr[row / 8] >> (row % 8) & 1) != 0;
}

static sql_str cut(const WIT(rows_strings_t) * strings, size_t row) {
  const uint32_t from = strings->offsets.ptr[row];
  return (sql_str){.data = (const char *)strings->data.ptr + from, .size = strings->offsets.ptr[row + 1] - from};
}

static sql_value array_of(struct rows *rows, const WIT(values_array_value_t) * array) {
  sql_value *items = arena_take(&rows->scratch, array->items.len, sizeof *items);
  if (items == NULL || array->dimensions.len > 1) {
    error_set(error_of(rows), items == NULL ? "limit" : "unsupported",
              items == NULL ? "out of memory" : "arrays of several dimensions cannot be read in C");
    return sql_null();
  }
  for (size_t i = 0; i < array->items.len; i++) items[i] = value_lift_scalar(&array->items.ptr[i]);
  return sql_array_of(items, array->items.len);
}

static sql_value lift(struct rows *rows, const wit_column *column, size_t row) {
  const WIT(rows_vector_t) *values = &column->values;
  sql_value value = {.kind = (sql_kind)(values->tag + 1)};
  if (!valid(column, row)) return sql_null();
  switch (values->tag) {
    case SQLSERVICE_DATABASE_ROWS_VECTOR_BOOLEANS: value.as.boolean = values->val.booleans.ptr[row] != 0; break;
    case SQLSERVICE_DATABASE_ROWS_VECTOR_INTEGERS:
    case SQLSERVICE_DATABASE_ROWS_VECTOR_TIMES:
    case SQLSERVICE_DATABASE_ROWS_VECTOR_TIMESTAMPS:
    case SQLSERVICE_DATABASE_ROWS_VECTOR_TIMESTAMPS_TZ: value.as.integer = values->val.integers.ptr[row]; break;
    case SQLSERVICE_DATABASE_ROWS_VECTOR_UNSIGNEDS: value.as.unsigned_integer = values->val.unsigneds.ptr[row]; break;
    case SQLSERVICE_DATABASE_ROWS_VECTOR_FLOATS: value.as.real = values->val.floats.ptr[row]; break;
    case SQLSERVICE_DATABASE_ROWS_VECTOR_DECIMALS:
    case SQLSERVICE_DATABASE_ROWS_VECTOR_TEXTS:
    case SQLSERVICE_DATABASE_ROWS_VECTOR_JSONS: value.as.text = cut(&values->val.texts, row); break;
    case SQLSERVICE_DATABASE_ROWS_VECTOR_BYTES: {
      const uint32_t from = values->val.bytes.offsets.ptr[row];
      value.as.text = (sql_str){.data = (const char *)values->val.bytes.data.ptr + from,
                                .size = values->val.bytes.offsets.ptr[row + 1] - from};
      break;
    }
    case SQLSERVICE_DATABASE_ROWS_VECTOR_UUIDS:
      value.as.uuid = (sql_uuid){.high = values->val.uuids.ptr[row].f0, .low = values->val.uuids.ptr[row].f1};
      break;
    case SQLSERVICE_DATABASE_ROWS_VECTOR_DATES: value.as.integer = values->val.dates.ptr[row]; break;
    case SQLSERVICE_DATABASE_ROWS_VECTOR_INTERVALS: {
      const WIT(rows_interval_t) *interval = &values->val.intervals.ptr[row];
      value.as.interval =
          (sql_interval){.months = interval->months, .days = interval->days, .microseconds = interval->microseconds};
      break;
    }
    default: {
      const wit_value *mixed = &values->val.mixed.ptr[row];
      const bool single = mixed->tag == SQLSERVICE_DATABASE_VALUES_VALUE_SCALAR;
      return single ? value_lift_scalar(&mixed->val.scalar) : array_of(rows, &mixed->val.array);
    }
  }
  return value;
}

sql_value sql_get(sql_rows handle, size_t at) {
  struct rows *rows = ready(handle);
  const wit_column *column = column_of(rows, at);
  return column == NULL ? sql_null() : lift(rows, column, rows->at - 1);
}

/// The fast path: the vector of a column with this tag, unless the current row is null. It avoids a
/// copy of the value.
static const WIT(rows_vector_t) * plain(sql_rows handle, size_t at, uint8_t tag, size_t *row) {
  const struct rows *rows = ready(handle);
  if (rows == NULL || rows->at == 0 || at >= rows->batch.columns.len) return NULL;
  const wit_column *column = &rows->batch.columns.ptr[at];
  *row = rows->at - 1;
  return column->values.tag == tag && valid(column, *row) ? &column->values : NULL;
}

bool sql_get_null(sql_rows handle, size_t at) {
  struct rows *rows = ready(handle);
  const wit_column *column = column_of(rows, at);
  if (column == NULL || !valid(column, rows->at - 1)) return true;
  const bool mixed = column->values.tag == SQLSERVICE_DATABASE_ROWS_VECTOR_MIXED;
  return mixed && lift(rows, column, rows->at - 1).kind == SQL_KIND_NULL;
}

static void mismatch(sql_rows handle, size_t at, const char *wanted, sql_kind got) {
  struct rows *rows = ready(handle);
  // Where the column could not be read, the failure that explains it is recorded already.
  if (rows != NULL) {
    error_set(error_of(rows), "type-mismatch", "column %zu (%s) is asked for %s and has %s%s", at, name_of(rows, at),
              wanted, kind_name(got), got == SQL_KIND_NULL ? ": ask sql_get_null first" : "");
  }
}

bool sql_get_bool(sql_rows handle, size_t at) {
  size_t row;
  const WIT(rows_vector_t) *vector = plain(handle, at, SQLSERVICE_DATABASE_ROWS_VECTOR_BOOLEANS, &row);
  if (vector != NULL) return vector->val.booleans.ptr[row] != 0;
  const sql_value value = sql_get(handle, at);
  if (value.kind == SQL_KIND_BOOLEAN) return value.as.boolean;
  mismatch(handle, at, "a truth value", value.kind);
  return false;
}

int64_t sql_get_int(sql_rows handle, size_t at) {
  size_t row;
  const WIT(rows_vector_t) *vector = plain(handle, at, SQLSERVICE_DATABASE_ROWS_VECTOR_INTEGERS, &row);
  if (vector != NULL) return vector->val.integers.ptr[row];
  const sql_value value = sql_get(handle, at);
  if (value.kind == SQL_KIND_INTEGER) return value.as.integer;
  if (value.kind == SQL_KIND_UNSIGNED && value.as.unsigned_integer <= INT64_MAX) {
    return (int64_t)value.as.unsigned_integer;
  }
  mismatch(handle, at, "a signed integer of 64 bits", value.kind);
  return 0;
}

int32_t sql_get_int32(sql_rows handle, size_t at) {
  const int64_t value = sql_get_int(handle, at);
  if (value >= INT32_MIN && value <= INT32_MAX) return (int32_t)value;
  mismatch(handle, at, "an integer of 32 bits", SQL_KIND_INTEGER);
  return 0;
}

uint64_t sql_get_uint(sql_rows handle, size_t at) {
  const sql_value value = sql_get(handle, at);
  if (value.kind == SQL_KIND_UNSIGNED) return value.as.unsigned_integer;
  if (value.kind == SQL_KIND_INTEGER && value.as.integer >= 0) return (uint64_t)value.as.integer;
  mismatch(handle, at, "an unsigned integer", value.kind);
  return 0;
}

double sql_get_float(sql_rows handle, size_t at) {
  size_t row;
  const WIT(rows_vector_t) *vector = plain(handle, at, SQLSERVICE_DATABASE_ROWS_VECTOR_FLOATS, &row);
  if (vector != NULL) return vector->val.floats.ptr[row];
  const sql_value value = sql_get(handle, at);
  if (value.kind == SQL_KIND_FLOAT) return value.as.real;
  const int64_t exact = (int64_t)1 << 53;
  if (value.kind == SQL_KIND_INTEGER && value.as.integer <= exact && value.as.integer >= -exact) {
    return (double)value.as.integer;
  }
  mismatch(handle, at, "a float", value.kind);
  return 0;
}

sql_str sql_get_text(sql_rows handle, size_t at) {
  size_t row;
  const WIT(rows_vector_t) *vector = plain(handle, at, SQLSERVICE_DATABASE_ROWS_VECTOR_TEXTS, &row);
  if (vector != NULL) return cut(&vector->val.texts, row);
  const sql_value value = sql_get(handle, at);
  if (value.kind == SQL_KIND_TEXT || value.kind == SQL_KIND_DECIMAL || value.kind == SQL_KIND_JSON) {
    return value.as.text;
  }
  if (value.kind == SQL_KIND_OTHER) return value.as.other.text;
  mismatch(handle, at, "a text", value.kind);
  return (sql_str){.data = "", .size = 0};
}

sql_str sql_get_bytes(sql_rows handle, size_t at) {
  const sql_value value = sql_get(handle, at);
  if (value.kind == SQL_KIND_BYTES) return value.as.text;
  mismatch(handle, at, "bytes", value.kind);
  return (sql_str){.data = "", .size = 0};
}

sql_uuid sql_get_uuid(sql_rows handle, size_t at) {
  const sql_value value = sql_get(handle, at);
  if (value.kind == SQL_KIND_UUID) return value.as.uuid;
  mismatch(handle, at, "a UUID", value.kind);
  return (sql_uuid){0};
}

int64_t sql_get_moment(sql_rows handle, size_t at) {
  const sql_value value = sql_get(handle, at);
  if (value.kind >= SQL_KIND_DATE && value.kind <= SQL_KIND_TIMESTAMP_TZ) return value.as.integer;
  mismatch(handle, at, "a date or time", value.kind);
  return 0;
}

const uint8_t *sql_validity(sql_rows handle, size_t at) {
  const wit_column *column = column_of(ready(handle), at);
  if (column == NULL || !column->validity.is_some || column->validity.val.len == 0) return NULL;
  return column->validity.val.ptr;
}

/// The vector of a column whose tag is from `first` to `last`.
static const WIT(rows_vector_t) * vector_of(sql_rows handle, size_t at, uint8_t first, uint8_t last) {
  const wit_column *column = column_of(ready(handle), at);
  if (column == NULL) return NULL;
  if (column->values.tag >= first && column->values.tag <= last) return &column->values;
  const bool mixed = column->values.tag == SQLSERVICE_DATABASE_ROWS_VECTOR_MIXED;
  mismatch(handle, at, "another column", mixed ? SQL_KIND_OTHER : (sql_kind)(column->values.tag + 1));
  return NULL;
}

const uint8_t *sql_bools(sql_rows handle, size_t at) {
  const uint8_t tag = SQLSERVICE_DATABASE_ROWS_VECTOR_BOOLEANS;
  const WIT(rows_vector_t) *vector = vector_of(handle, at, tag, tag);
  return vector == NULL ? NULL : vector->val.booleans.ptr;
}
const int64_t *sql_ints(sql_rows handle, size_t at) {
  const uint8_t tag = SQLSERVICE_DATABASE_ROWS_VECTOR_INTEGERS;
  const WIT(rows_vector_t) *vector = vector_of(handle, at, tag, tag);
  return vector == NULL ? NULL : vector->val.integers.ptr;
}
const uint64_t *sql_uints(sql_rows handle, size_t at) {
  const uint8_t tag = SQLSERVICE_DATABASE_ROWS_VECTOR_UNSIGNEDS;
  const WIT(rows_vector_t) *vector = vector_of(handle, at, tag, tag);
  return vector == NULL ? NULL : vector->val.unsigneds.ptr;
}
const double *sql_floats(sql_rows handle, size_t at) {
  const uint8_t tag = SQLSERVICE_DATABASE_ROWS_VECTOR_FLOATS;
  const WIT(rows_vector_t) *vector = vector_of(handle, at, tag, tag);
  return vector == NULL ? NULL : vector->val.floats.ptr;
}
const int32_t *sql_dates(sql_rows handle, size_t at) {
  const uint8_t tag = SQLSERVICE_DATABASE_ROWS_VECTOR_DATES;
  const WIT(rows_vector_t) *vector = vector_of(handle, at, tag, tag);
  return vector == NULL ? NULL : vector->val.dates.ptr;
}
const int64_t *sql_moments(sql_rows handle, size_t at) {
  const WIT(rows_vector_t) *vector =
      vector_of(handle, at, SQLSERVICE_DATABASE_ROWS_VECTOR_TIMES, SQLSERVICE_DATABASE_ROWS_VECTOR_TIMESTAMPS_TZ);
  return vector == NULL ? NULL : vector->val.times.ptr;
}

_Static_assert(sizeof(sql_uuid) == sizeof(plugin_tuple2_u64_u64_t), "a UUID is two numbers in both");

const sql_uuid *sql_uuids(sql_rows handle, size_t at) {
  const uint8_t tag = SQLSERVICE_DATABASE_ROWS_VECTOR_UUIDS;
  const WIT(rows_vector_t) *vector = vector_of(handle, at, tag, tag);
  return vector == NULL ? NULL : (const sql_uuid *)(const void *)vector->val.uuids.ptr;
}

sql_texts sql_text_column(sql_rows handle, size_t at) {
  const WIT(rows_vector_t) *vector =
      vector_of(handle, at, SQLSERVICE_DATABASE_ROWS_VECTOR_DECIMALS, SQLSERVICE_DATABASE_ROWS_VECTOR_JSONS);
  if (vector == NULL) return (sql_texts){0};
  if (vector->tag == SQLSERVICE_DATABASE_ROWS_VECTOR_UUIDS) {
    mismatch(handle, at, "texts", SQL_KIND_UUID);
    return (sql_texts){0};
  }
  // Strings and blobs have the same shape.
  return (sql_texts){.offsets = vector->val.texts.offsets.ptr, .data = (const char *)vector->val.texts.data.ptr};
}
