/// Values in JSON's forms.
#include "guest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static sql_value number_in(const char *text, const sql_entry *column) {
  const bool real =
      column != NULL ? column->type == SQL_FLOAT64 || column->type == SQL_FLOAT32 : strpbrk(text, ".eE") != NULL;
  if (real || strpbrk(text, ".eE") != NULL) return sql_float(strtod(text, NULL));
  errno = 0;
  const long long number = strtoll(text, NULL, 10);
  return errno == 0 ? sql_int(number) : sql_uint(strtoull(text, NULL, 10));
}

static sql_value bytes_in(const char *hex, char memory[], size_t room) {
  size_t size = 0;
  for (; hex[0] != 0 && hex[1] != 0 && size < room; hex += 2) {
    const char pair[3] = {hex[0], hex[1], 0};
    memory[size++] = (char)strtoul(pair, NULL, 16);
  }
  return sql_bytes(memory, size);
}

static sql_value tagged_in(const json *member, char memory[], size_t room) {
  static const struct {
    const char *name;
    sql_kind kind;
  } parsed[] = {{"uuid", SQL_KIND_UUID},
                {"date", SQL_KIND_DATE},
                {"time", SQL_KIND_TIME},
                {"timestamp", SQL_KIND_TIMESTAMP},
                {"timestamp-tz", SQL_KIND_TIMESTAMP_TZ}};
  if (strcmp(member->name, "json") == 0) {
    sql_value value = sql_text_of(member->raw, member->raw_size);
    value.kind = SQL_KIND_JSON;
    return value;
  }
  if (member->text == NULL) return sql_null();
  if (strcmp(member->name, "integer") == 0) return number_in(member->text, NULL);
  if (strcmp(member->name, "decimal") == 0) return sql_decimal(member->text);
  if (strcmp(member->name, "bytes") == 0) return bytes_in(member->text, memory, room);
  for (size_t i = 0; i < sizeof parsed / sizeof parsed[0]; i++) {
    sql_value value;
    const sql_str text = {.data = member->text, .size = strlen(member->text)};
    if (strcmp(member->name, parsed[i].name) == 0 && sql_parse(parsed[i].kind, text, &value)) return value;
  }
  return sql_text(member->text);
}

sql_value value_in(const json *given, const sql_entry *column, char memory[], size_t room) {
  if (given == NULL) return sql_null();
  switch (given->kind) {
    case JSON_NULL: return sql_null();
    case JSON_BOOLEAN: return sql_bool(given->truth);
    case JSON_NUMBER: return number_in(given->text, column);
    case JSON_TEXT: return sql_text_of(given->text, strlen(given->text));
    case JSON_OBJECT: return given->first == NULL ? sql_null() : tagged_in(given->first, memory, room);
    default: return sql_null();
  }
}

static void tagged_out(out *out, const char *tag, const char *data, size_t size) {
  out_text(out, "{");
  bool first = true;
  out_name(out, &first, tag);
  out_quoted(out, data, size);
  out_text(out, "}");
}

static void bytes_out(out *out, sql_str bytes) {
  out_text(out, "{\"bytes\":\"");
  for (size_t i = 0; i < bytes.size; i++) {
    char pair[3];
    snprintf(pair, sizeof pair, "%02x", (unsigned)(unsigned char)bytes.data[i]);
    out_text(out, pair);
  }
  out_text(out, "\"}");
}

void value_out(out *out, sql_value value) {
  static const char *const tags[] = {[SQL_KIND_UUID] = "uuid",
                                     [SQL_KIND_DATE] = "date",
                                     [SQL_KIND_TIME] = "time",
                                     [SQL_KIND_TIMESTAMP] = "timestamp",
                                     [SQL_KIND_TIMESTAMP_TZ] = "timestamp-tz"};
  char text[64];
  const int64_t exact = INT64_C(9007199254740991);
  switch (value.kind) {
    case SQL_KIND_TEXT: out_quoted(out, value.as.text.data, value.as.text.size); return;
    case SQL_KIND_DECIMAL: tagged_out(out, "decimal", value.as.text.data, value.as.text.size); return;
    case SQL_KIND_BYTES: bytes_out(out, value.as.text); return;
    case SQL_KIND_JSON:
      out_text(out, "{\"json\":");
      out_add(out, value.as.text.data, value.as.text.size);
      out_text(out, "}");
      return;
    case SQL_KIND_INTEGER:
      sql_format(value, text, sizeof text);
      if (value.as.integer > exact || value.as.integer < -exact)
        tagged_out(out, "integer", text, strlen(text));
      else
        out_text(out, text);
      return;
    case SQL_KIND_UNSIGNED:
      sql_format(value, text, sizeof text);
      if (value.as.unsigned_integer > (uint64_t)exact)
        tagged_out(out, "integer", text, strlen(text));
      else
        out_text(out, text);
      return;
    case SQL_KIND_UUID:
    case SQL_KIND_DATE:
    case SQL_KIND_TIME:
    case SQL_KIND_TIMESTAMP:
    case SQL_KIND_TIMESTAMP_TZ:
      sql_format(value, text, sizeof text);
      tagged_out(out, tags[value.kind], text, strlen(text));
      return;
    default: sql_format(value, text, sizeof text); out_text(out, text);
  }
}

void rows_out(out *out, sql_rows rows, size_t at_most) {
  out_text(out, "\"rows\":[");
  for (size_t row = 0; row < at_most && sql_next(rows); row++) {
    out_text(out, row == 0 ? "[" : ",[");
    for (size_t i = 0; i < sql_width(rows); i++) {
      if (i > 0) out_text(out, ",");
      value_out(out, sql_get(rows, i));
    }
    out_text(out, "]");
  }
  out_text(out, "]");
}
