/// JSON: a tree of what was read, and a buffer of what is written.
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>

typedef enum json_kind { JSON_NULL, JSON_BOOLEAN, JSON_NUMBER, JSON_TEXT, JSON_LIST, JSON_OBJECT } json_kind;

/// A value. Members and items are a linked list.
typedef struct json {
  json_kind kind;
  bool truth;
  char *text;       ///< A text without its escapes, or a number as it was written.
  char *name;       ///< Of a member.
  const char *raw;  ///< The document's characters of this value.
  size_t raw_size;
  struct json *first, *next;
  size_t count;
} json;

/// Reads a document; null where it is none. Free it with `json_free`.
json *json_read(const char *data, size_t size);
void json_free(json *value);
/// A member; null where there is none.
const json *json_get(const json *object, const char *name);
const char *json_text(const json *object, const char *name);
/// The item at a position; null where there is none.
const json *json_at(const json *list, size_t position);

/// Characters that grow.
typedef struct out {
  char *data;
  size_t size, room;
} out;
void out_add(out *out, const char *data, size_t size);
void out_text(out *out, const char *text);
/// A text in quotes, with escapes.
void out_quoted(out *out, const char *data, size_t size);
/// The name of a member, with a comma before it unless it is the first.
void out_name(out *out, bool *first, const char *name);

#endif
