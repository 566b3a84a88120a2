/// Single values.
#include "internal.h"

#include <string.h>

static sql_str str(const char *text) {
  return (sql_str){.data = text, .size = text == NULL ? 0 : strlen(text)};
}

sql_value sql_null(void) {
  return (sql_value){.kind = SQL_KIND_NULL};
}
sql_value sql_bool(bool value) {
  return (sql_value){.kind = SQL_KIND_BOOLEAN, .as.boolean = value};
}
sql_value sql_int(int64_t value) {
  return (sql_value){.kind = SQL_KIND_INTEGER, .as.integer = value};
}
sql_value sql_uint(uint64_t value) {
  return (sql_value){.kind = SQL_KIND_UNSIGNED, .as.unsigned_integer = value};
}
sql_value sql_float(double value) {
  return (sql_value){.kind = SQL_KIND_FLOAT, .as.real = value};
}

static sql_value textual(sql_kind kind, const char *text) {
  return text == NULL ? sql_null() : (sql_value){.kind = kind, .as.text = str(text)};
}

sql_value sql_decimal(const char *digits) {
  return textual(SQL_KIND_DECIMAL, digits);
}
sql_value sql_text(const char *text) {
  return textual(SQL_KIND_TEXT, text);
}
sql_value sql_json(const char *document) {
  return textual(SQL_KIND_JSON, document);
}

sql_value sql_text_of(const void *data, size_t size) {
  return (sql_value){.kind = SQL_KIND_TEXT, .as.text = {.data = data, .size = data == NULL ? 0 : size}};
}
sql_value sql_bytes(const void *data, size_t size) {
  return (sql_value){.kind = SQL_KIND_BYTES, .as.text = {.data = data, .size = data == NULL ? 0 : size}};
}
sql_value sql_uuid_of(uint64_t high, uint64_t low) {
  return (sql_value){.kind = SQL_KIND_UUID, .as.uuid = {.high = high, .low = low}};
}

sql_value sql_date(int32_t days) {
  return (sql_value){.kind = SQL_KIND_DATE, .as.integer = days};
}
sql_value sql_time(int64_t microseconds) {
  return (sql_value){.kind = SQL_KIND_TIME, .as.integer = microseconds};
}
sql_value sql_timestamp(int64_t microseconds) {
  return (sql_value){.kind = SQL_KIND_TIMESTAMP, .as.integer = microseconds};
}
sql_value sql_timestamp_tz(int64_t microseconds) {
  return (sql_value){.kind = SQL_KIND_TIMESTAMP_TZ, .as.integer = microseconds};
}
sql_value sql_interval_of(int32_t months, int32_t days, int64_t microseconds) {
  return (sql_value){.kind = SQL_KIND_INTERVAL,
                     .as.interval = {.months = months, .days = days, .microseconds = microseconds}};
}
sql_value sql_array_of(const sql_value *items, size_t count) {
  return (sql_value){.kind = SQL_KIND_ARRAY, .as.array = {.items = items, .count = count}};
}
sql_value sql_other(const char *type, const char *text) {
  return (sql_value){.kind = SQL_KIND_OTHER, .as.other = {.type = str(type), .text = str(text)}};
}

const char *kind_name(sql_kind kind) {
  static const char *const names[] = {"null",      "boolean",      "integer",  "unsigned", "float", "decimal",
                                      "text",      "bytes",        "uuid",     "json",     "date",  "time",
                                      "timestamp", "timestamp-tz", "interval", "other",    "array"};
  return (size_t)kind < sizeof names / sizeof names[0] ? names[kind] : "no kind";
}

plugin_string_t string_view(sql_str text) {
  // The bindings only read the text, but their types are not const.
  union {
    const char *read;
    uint8_t *given;
  } pointer = {.read = text.data};
  return (plugin_string_t){.ptr = pointer.given, .len = text.data == NULL ? 0 : text.size};
}

static plugin_string_t kept_bytes(sql_str text, struct arena *arena, bool copy) {
  if (!copy) {
    arena_count(arena, text.size, 1);
    return string_view(text);
  }
  uint8_t *bytes = arena_copy(arena, text.data, text.data == NULL ? 0 : text.size);
  return (plugin_string_t){.ptr = bytes, .len = bytes == NULL || text.data == NULL ? 0 : text.size};
}

static plugin_string_t kept(sql_str text, struct arena *arena, bool copy) {
  if (text.data != NULL) arena_check(arena, text.data, text.size);
  return kept_bytes(text, arena, copy);
}

static bool scalar_lower(const sql_value *value, wit_scalar *out, struct arena *arena, bool copy) {
  *out = (wit_scalar){.tag = (uint8_t)value->kind};
  switch (value->kind) {
    case SQL_KIND_NULL: return true;
    case SQL_KIND_BOOLEAN: out->val.boolean = value->as.boolean; return true;
    case SQL_KIND_INTEGER: out->val.integer = value->as.integer; return true;
    case SQL_KIND_UNSIGNED: out->val.unsigned_ = value->as.unsigned_integer; return true;
    case SQL_KIND_FLOAT: out->val.float_ = value->as.real; return true;
    case SQL_KIND_DECIMAL:
    case SQL_KIND_TEXT:
    case SQL_KIND_JSON: out->val.text = kept(value->as.text, arena, copy); return true;
    case SQL_KIND_BYTES: {
      const plugin_string_t bytes = kept_bytes(value->as.text, arena, copy);
      out->val.bytes = (plugin_list_u8_t){.ptr = bytes.ptr, .len = bytes.len};
      return true;
    }
    case SQL_KIND_UUID:
      out->val.uuid = (plugin_tuple2_u64_u64_t){.f0 = value->as.uuid.high, .f1 = value->as.uuid.low};
      return true;
    case SQL_KIND_DATE:
      if (value->as.integer < INT32_MIN || value->as.integer > INT32_MAX) return false;
      out->val.date = (int32_t)value->as.integer;
      return true;
    case SQL_KIND_TIME:
    case SQL_KIND_TIMESTAMP:
    case SQL_KIND_TIMESTAMP_TZ: out->val.time = value->as.integer; return true;
    case SQL_KIND_INTERVAL:
      out->val.interval = (WIT(values_interval_t)){.months = value->as.interval.months,
                                                   .days = value->as.interval.days,
                                                   .microseconds = value->as.interval.microseconds};
      return true;
    case SQL_KIND_OTHER:
      out->val.other.native_type = kept(value->as.other.type, arena, copy);
      out->val.other.text = kept(value->as.other.text, arena, copy);
      return true;
    case SQL_KIND_ARRAY: return false;
  }
  return false;
}

bool value_lower(const sql_value *value, wit_value *out, struct arena *arena, bool copy) {
  if (value->kind != SQL_KIND_ARRAY) {
    *out = (wit_value){.tag = SQLSERVICE_DATABASE_VALUES_VALUE_SCALAR};
    return scalar_lower(value, &out->val.scalar, arena, copy);
  }
  const size_t count = value->as.array.count;
  if (value->as.array.items == NULL && count > 0) return false;
  uint32_t *dimension = arena_take(arena, 1, sizeof *dimension);
  wit_scalar *items = arena_take(arena, count, sizeof *items);
  if (dimension == NULL || items == NULL || count > UINT32_MAX) return false;
  *dimension = (uint32_t)count;
  for (size_t i = 0; i < count; i++) {
    if (!scalar_lower(&value->as.array.items[i], &items[i], arena, copy)) return false;
  }
  *out = (wit_value){.tag = SQLSERVICE_DATABASE_VALUES_VALUE_ARRAY};
  out->val.array.dimensions = (plugin_list_u32_t){.ptr = dimension, .len = count == 0 ? 0 : 1};
  out->val.array.items = (WIT(values_list_scalar_t)){.ptr = items, .len = count};
  return true;
}

static sql_str lift_text(plugin_string_t text) {
  return (sql_str){.data = (const char *)text.ptr, .size = text.len};
}

sql_value value_lift_scalar(const wit_scalar *scalar) {
  sql_value value = {.kind = (sql_kind)scalar->tag};
  switch (value.kind) {
    case SQL_KIND_NULL: break;
    case SQL_KIND_BOOLEAN: value.as.boolean = scalar->val.boolean; break;
    case SQL_KIND_INTEGER: value.as.integer = scalar->val.integer; break;
    case SQL_KIND_UNSIGNED: value.as.unsigned_integer = scalar->val.unsigned_; break;
    case SQL_KIND_FLOAT: value.as.real = scalar->val.float_; break;
    case SQL_KIND_DECIMAL:
    case SQL_KIND_TEXT:
    case SQL_KIND_JSON: value.as.text = lift_text(scalar->val.text); break;
    case SQL_KIND_BYTES:
      value.as.text = (sql_str){.data = (const char *)scalar->val.bytes.ptr, .size = scalar->val.bytes.len};
      break;
    case SQL_KIND_UUID: value.as.uuid = (sql_uuid){.high = scalar->val.uuid.f0, .low = scalar->val.uuid.f1}; break;
    case SQL_KIND_DATE: value.as.integer = scalar->val.date; break;
    case SQL_KIND_TIME:
    case SQL_KIND_TIMESTAMP:
    case SQL_KIND_TIMESTAMP_TZ: value.as.integer = scalar->val.time; break;
    case SQL_KIND_INTERVAL:
      value.as.interval = (sql_interval){.months = scalar->val.interval.months,
                                         .days = scalar->val.interval.days,
                                         .microseconds = scalar->val.interval.microseconds};
      break;
    case SQL_KIND_OTHER:
      value.as.other.type = lift_text(scalar->val.other.native_type);
      value.as.other.text = lift_text(scalar->val.other.text);
      break;
    case SQL_KIND_ARRAY: break;
  }
  return value;
}
