/// Dates and times, and the text form of values.
#include "internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const int64_t DAY = INT64_C(86400000000);

// The calendar repeats after 400 years of 146097 days. A year begins in March here, so that a leap
// day is its last day.
int32_t sql_days(int32_t year, uint32_t month, uint32_t day) {
  const int64_t y = (int64_t)year - (month <= 2 ? 1 : 0);
  const int64_t cycle = (y >= 0 ? y : y - 399) / 400;
  const int64_t of_cycle = y - cycle * 400;
  const int64_t of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + (int64_t)day - 1;
  return (int32_t)(cycle * 146097 + of_cycle * 365 + of_cycle / 4 - of_cycle / 100 + of_year - 719468);
}

void sql_civil(int32_t days, int32_t *year, uint32_t *month, uint32_t *day) {
  const int64_t z = (int64_t)days + 719468;
  const int64_t cycle = (z >= 0 ? z : z - 146096) / 146097;
  const int64_t of_cycle = z - cycle * 146097;
  const int64_t years = (of_cycle - of_cycle / 1460 + of_cycle / 36524 - of_cycle / 146096) / 365;
  const int64_t of_year = of_cycle - (365 * years + years / 4 - years / 100);
  const int64_t from_march = (5 * of_year + 2) / 153;
  *day = (uint32_t)(of_year - (153 * from_march + 2) / 5 + 1);
  *month = (uint32_t)(from_march < 10 ? from_march + 3 : from_march - 9);
  *year = (int32_t)(years + cycle * 400 + (*month <= 2 ? 1 : 0));
}

static size_t wrote(int count) {
  return count < 0 ? 0 : (size_t)count;
}

static size_t format_date(int32_t days, char *out, size_t size) {
  int32_t year;
  uint32_t month, day;
  sql_civil(days, &year, &month, &day);
  return wrote(snprintf(out, size, "%04" PRId32 "-%02" PRIu32 "-%02" PRIu32, year, month, day));
}

static size_t format_time(int64_t microseconds, char *out, size_t size) {
  const int64_t seconds = microseconds / 1000000;
  return wrote(snprintf(out, size, "%02" PRId64 ":%02" PRId64 ":%02" PRId64 ".%06" PRId64, seconds / 3600,
                        seconds / 60 % 60, seconds % 60, microseconds % 1000000));
}

static size_t format_timestamp(int64_t microseconds, const char *zone, char *out, size_t size) {
  int64_t days = microseconds / DAY;
  if (microseconds % DAY < 0) days--;
  char date[32], time[32];
  if (days > INT32_MAX / 2 || days < INT32_MIN / 2) return wrote(snprintf(out, size, "%s", "out of range"));
  format_date((int32_t)days, date, sizeof date);
  format_time(microseconds - days * DAY, time, sizeof time);
  return wrote(snprintf(out, size, "%sT%s%s", date, time, zone));
}

static size_t format_uuid(sql_uuid uuid, char *out, size_t size) {
  return wrote(snprintf(out, size, "%08" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%012" PRIx64,
                        uuid.high >> 32, uuid.high >> 16 & 0xffff, uuid.high & 0xffff, uuid.low >> 48,
                        uuid.low & UINT64_C(0xffffffffffff)));
}

size_t sql_format(sql_value value, char *out, size_t size) {
  const int limit = value.as.text.size > INT32_MAX ? INT32_MAX : (int)value.as.text.size;
  switch (value.kind) {
    case SQL_KIND_NULL: return wrote(snprintf(out, size, "null"));
    case SQL_KIND_BOOLEAN: return wrote(snprintf(out, size, "%s", value.as.boolean ? "true" : "false"));
    case SQL_KIND_INTEGER: return wrote(snprintf(out, size, "%" PRId64, value.as.integer));
    case SQL_KIND_UNSIGNED: return wrote(snprintf(out, size, "%" PRIu64, value.as.unsigned_integer));
    case SQL_KIND_FLOAT: return wrote(snprintf(out, size, "%.17g", value.as.real));
    case SQL_KIND_DECIMAL:
    case SQL_KIND_TEXT:
    case SQL_KIND_JSON: return wrote(snprintf(out, size, "%.*s", limit, value.as.text.data));
    case SQL_KIND_UUID: return format_uuid(value.as.uuid, out, size);
    case SQL_KIND_DATE:
      if (value.as.integer < INT32_MIN || value.as.integer > INT32_MAX) break;
      return format_date((int32_t)value.as.integer, out, size);
    case SQL_KIND_TIME: return format_time(value.as.integer, out, size);
    case SQL_KIND_TIMESTAMP: return format_timestamp(value.as.integer, "", out, size);
    case SQL_KIND_TIMESTAMP_TZ: return format_timestamp(value.as.integer, "Z", out, size);
    default: break;
  }
  return wrote(snprintf(out, size, "(%s)", kind_name(value.kind)));
}

/// The rest of a text that is being parsed.
struct text {
  const char *at, *end;
};

/// Parses `count` digits as a number.
static bool digits(struct text *text, size_t count, uint32_t *number) {
  *number = 0;
  for (size_t i = 0; i < count; i++) {
    if (text->at == text->end || *text->at < '0' || *text->at > '9') return false;
    *number = *number * 10 + (uint32_t)(*text->at++ - '0');
  }
  return true;
}

static bool literally(struct text *text, char wanted) {
  if (text->at == text->end || *text->at != wanted) return false;
  text->at++;
  return true;
}

static bool read_date(struct text *text, int64_t *days) {
  uint32_t year, month, day;
  const bool read = digits(text, 4, &year) && literally(text, '-') && digits(text, 2, &month) && literally(text, '-') &&
                    digits(text, 2, &day);
  if (!read || year == 0 || month < 1 || month > 12 || day < 1) return false;
  const int32_t counted = sql_days((int32_t)year, month, day);
  int32_t same_year;
  uint32_t same_month, same_day;
  sql_civil(counted, &same_year, &same_month, &same_day);
  *days = counted;
  return same_month == month && same_day == day;
}

static bool read_time(struct text *text, int64_t *microseconds) {
  uint32_t hour, minute, second, fraction = 0, scale = 1000000;
  const bool read = digits(text, 2, &hour) && literally(text, ':') && digits(text, 2, &minute) &&
                    literally(text, ':') && digits(text, 2, &second);
  if (!read || hour > 23 || minute > 59 || second > 59) return false;
  if (literally(text, '.')) {
    uint32_t digit;
    while (scale > 1 && digits(text, 1, &digit)) {
      scale /= 10;
      fraction += digit * scale;
    }
    if (scale == 1000000) return false;
  }
  *microseconds = ((int64_t)hour * 3600 + minute * 60 + second) * 1000000 + fraction;
  return true;
}

static bool read_hex(struct text *text, size_t count, uint64_t *number) {
  for (size_t i = 0; i < count; i++) {
    if (text->at == text->end) return false;
    const char c = *text->at++;
    const bool decimal = c >= '0' && c <= '9', lower = c >= 'a' && c <= 'f', upper = c >= 'A' && c <= 'F';
    if (!decimal && !lower && !upper) return false;
    const int digit = decimal ? c - '0' : (lower ? c - 'a' : c - 'A') + 10;
    *number = *number << 4 | (uint64_t)digit;
  }
  return true;
}

static bool read_uuid(struct text *text, sql_uuid *uuid) {
  *uuid = (sql_uuid){0};
  return read_hex(text, 8, &uuid->high) && literally(text, '-') && read_hex(text, 4, &uuid->high) &&
         literally(text, '-') && read_hex(text, 4, &uuid->high) && literally(text, '-') &&
         read_hex(text, 4, &uuid->low) && literally(text, '-') && read_hex(text, 12, &uuid->low);
}

bool sql_parse(sql_kind kind, sql_str given, sql_value *out) {
  struct text text = {.at = given.data, .end = given.data == NULL ? NULL : given.data + given.size};
  int64_t days = 0, microseconds = 0;
  bool read = false;
  *out = (sql_value){.kind = kind};
  switch (kind) {
    case SQL_KIND_DATE: read = read_date(&text, &days); break;
    case SQL_KIND_TIME: read = read_time(&text, &microseconds); break;
    case SQL_KIND_TIMESTAMP:
    case SQL_KIND_TIMESTAMP_TZ:
      read = read_date(&text, &days) && literally(&text, 'T') && read_time(&text, &microseconds);
      if (read && kind == SQL_KIND_TIMESTAMP_TZ) read = literally(&text, 'Z');
      microseconds += days * DAY;
      break;
    case SQL_KIND_UUID: read = read_uuid(&text, &out->as.uuid); break;
    default: break;
  }
  if (kind == SQL_KIND_DATE)
    out->as.integer = days;
  else if (kind != SQL_KIND_UUID)
    out->as.integer = microseconds;
  return read && text.at == text.end;
}
