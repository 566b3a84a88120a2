/// JSON: a reader of one pass, and a writer.
#include "json.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct reader {
  const char *at, *end;
  int depth;
} reader;

static json *read_value(reader *reader);

static void blanks(reader *reader) {
  while (reader->at < reader->end && strchr(" \n\r\t", *reader->at) != NULL && *reader->at != 0) reader->at++;
}

static bool take(reader *reader, char wanted) {
  blanks(reader);
  if (reader->at == reader->end || *reader->at != wanted) return false;
  reader->at++;
  return true;
}

static size_t put_utf8(char *to, uint32_t c) {
  if (c < 0x80) return to[0] = (char)c, 1;
  if (c < 0x800) return to[0] = (char)(0xc0 | c >> 6), to[1] = (char)(0x80 | (c & 63)), 2;
  if (c < 0x10000) {
    return to[0] = (char)(0xe0 | c >> 12), to[1] = (char)(0x80 | (c >> 6 & 63)), to[2] = (char)(0x80 | (c & 63)), 3;
  }
  to[0] = (char)(0xf0 | c >> 18), to[1] = (char)(0x80 | (c >> 12 & 63));
  return to[2] = (char)(0x80 | (c >> 6 & 63)), to[3] = (char)(0x80 | (c & 63)), 4;
}

static uint32_t hex4(reader *reader) {
  uint32_t number = 0;
  for (int i = 0; i < 4 && reader->at < reader->end; i++, reader->at++) {
    const char c = *reader->at;
    number = number * 16 + (uint32_t)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
  }
  return number;
}

static size_t escaped(reader *reader, char *to) {
  const char c = *reader->at++;
  static const char from[] = "nrtbf", what[] = "\n\r\t\b\f";
  if (c == 'u') {
    uint32_t number = hex4(reader);
    if (number >= 0xd800 && number < 0xdc00 && reader->end - reader->at >= 6) {
      reader->at += 2;
      number = 0x10000 + ((number - 0xd800) << 10) + (hex4(reader) - 0xdc00);
    }
    return put_utf8(to, number);
  }
  const char *found = c == 0 ? NULL : strchr(from, c);
  *to = found == NULL ? c : what[found - from];
  return 1;
}

static char *read_text(reader *reader) {
  const char *close = reader->at;
  while (close < reader->end && *close != '"') close += *close == '\\' ? 2 : 1;
  if (close >= reader->end) return NULL;
  char *text = malloc((size_t)(close - reader->at) + 1);
  size_t size = 0;
  while (text != NULL && reader->at < close) {
    if (*reader->at == '\\')
      reader->at++, size += escaped(reader, text + size);
    else
      text[size++] = *reader->at++;
  }
  if (text != NULL) text[size] = 0;
  reader->at = close + 1;
  return text;
}

static bool read_members(reader *reader, json *value, char close) {
  json **last = &value->first;
  if (take(reader, close)) return true;
  do {
    char *name = NULL;
    if (value->kind == JSON_OBJECT) {
      if (!take(reader, '"') || (name = read_text(reader)) == NULL || !take(reader, ':')) return free(name), false;
    }
    json *item = read_value(reader);
    if (item == NULL) return free(name), false;
    item->name = name;
    *last = item;
    last = &item->next;
    value->count++;
  } while (take(reader, ','));
  return take(reader, close);
}

static bool read_word(reader *reader, json *value) {
  const char *start = reader->at;
  while (reader->at < reader->end && strchr("+-.0123456789abcdefghijklmnopqrstuvwxyzE", *reader->at) != NULL)
    reader->at++;
  const size_t size = (size_t)(reader->at - start);
  value->kind = size > 0 && *start == 'n'                      ? JSON_NULL
                : size > 0 && (*start == 't' || *start == 'f') ? JSON_BOOLEAN
                                                               : JSON_NUMBER;
  value->truth = *start == 't';
  value->text = malloc(size + 1);
  if (value->text != NULL) memcpy(value->text, start, size), value->text[size] = 0;
  return size > 0 && value->text != NULL;
}

static json *read_value(reader *reader) {
  json *value = calloc(1, sizeof *value);
  blanks(reader);
  if (value == NULL || reader->at == reader->end || reader->depth > 100) return free(value), NULL;
  value->raw = reader->at;
  reader->depth++;
  bool read;
  if (take(reader, '{'))
    value->kind = JSON_OBJECT, read = read_members(reader, value, '}');
  else if (take(reader, '['))
    value->kind = JSON_LIST, read = read_members(reader, value, ']');
  else if (take(reader, '"'))
    value->kind = JSON_TEXT, read = (value->text = read_text(reader)) != NULL;
  else
    read = read_word(reader, value);
  reader->depth--;
  value->raw_size = (size_t)(reader->at - value->raw);
  if (read) return value;
  json_free(value);
  return NULL;
}

json *json_read(const char *data, size_t size) {
  reader reader = {.at = data, .end = data + size};
  return read_value(&reader);
}

void json_free(json *value) {
  while (value != NULL) {
    json *next = value->next;
    json_free(value->first);
    free(value->text);
    free(value->name);
    free(value);
    value = next;
  }
}

const json *json_get(const json *object, const char *name) {
  if (object == NULL || object->kind != JSON_OBJECT) return NULL;
  for (const json *member = object->first; member != NULL; member = member->next) {
    if (strcmp(member->name, name) == 0) return member;
  }
  return NULL;
}

const char *json_text(const json *object, const char *name) {
  const json *member = json_get(object, name);
  return member == NULL || member->kind != JSON_TEXT ? NULL : member->text;
}

const json *json_at(const json *list, size_t position) {
  const json *item = list == NULL ? NULL : list->first;
  while (item != NULL && position-- > 0) item = item->next;
  return item;
}

void out_add(out *out, const char *data, size_t size) {
  if (out->room - out->size < size + 1) {
    const size_t room = (out->size + size + 1) * 2;
    char *larger = realloc(out->data, room);
    if (larger == NULL) abort();
    out->data = larger;
    out->room = room;
  }
  memcpy(out->data + out->size, data, size);
  out->size += size;
}

void out_text(out *out, const char *text) {
  out_add(out, text, strlen(text));
}

void out_quoted(out *out, const char *data, size_t size) {
  out_text(out, "\"");
  for (size_t i = 0; i < size; i++) {
    char escape[8];
    if (data[i] == '"' || data[i] == '\\') {
      out_add(out, "\\", 1);
      out_add(out, data + i, 1);
    } else if ((unsigned char)data[i] < 0x20) {
      snprintf(escape, sizeof escape, "\\u%04x", (unsigned)data[i]);
      out_text(out, escape);
    } else {
      out_add(out, data + i, 1);
    }
  }
  out_text(out, "\"");
}

void out_name(out *out, bool *first, const char *name) {
  if (!*first) out_text(out, ",");
  *first = false;
  out_quoted(out, name, strlen(name));
  out_text(out, ":");
}
