/// Failures that stick until they are cleared.
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const sql_failure CLOSED = {
    .code = "closed",
    .message = "the handle names nothing: it was closed, or never opened",
    .columns = "",
    .details = "",
    .position = -1,
};

void error_clear(struct error *error) {
  arena_free(&error->arena);
  *error = (struct error){0};
}

bool error_set(struct error *error, const char *code, const char *format, ...) {
  if (error->failed) return false;
  char message[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  const char *kept = arena_text(&error->arena, message, strlen(message));
  error->failed = true;
  error->failure = (sql_failure){
      .code = code, .message = kept == NULL ? "out of memory" : kept, .columns = "", .details = "", .position = -1};
  return false;
}

static const char *text_of(struct arena *arena, plugin_string_t text) {
  const char *copy = arena_text(arena, (const char *)text.ptr, text.len);
  return copy == NULL ? "" : copy;
}

static const char *optional(struct arena *arena, plugin_option_string_t text) {
  return text.is_some ? text_of(arena, text.val) : NULL;
}

/// Appends to a text with enough room.
static size_t append(char *out, size_t at, plugin_string_t text) {
  if (text.len > 0) memcpy(out + at, text.ptr, text.len);
  return at + text.len;
}

static const char *joined(struct arena *arena, plugin_list_string_t names) {
  size_t size = 1;
  for (size_t i = 0; i < names.len; i++) size += names.ptr[i].len + 2;
  char *out = arena_take(arena, size, 1);
  if (out == NULL) return "";
  for (size_t i = 0, at = 0; i < names.len; i++) {
    if (i > 0) out[at++] = ',';
    at = append(out, at, names.ptr[i]);
  }
  return out;
}

static const char *details(struct arena *arena, const wit_failure *failure) {
  size_t size = 1;
  for (size_t i = 0; i < failure->details.len; i++) {
    size += failure->details.ptr[i].name.len + failure->details.ptr[i].value.len + 2;
  }
  char *out = arena_take(arena, size, 1);
  if (out == NULL) return "";
  for (size_t i = 0, at = 0; i < failure->details.len; i++) {
    if (i > 0) out[at++] = ',';
    at = append(out, at, failure->details.ptr[i].name);
    out[at++] = '=';
    at = append(out, at, failure->details.ptr[i].value);
  }
  return out;
}

bool error_take(struct error *error, wit_failure *failure) {
  if (!error->failed) {
    struct arena *arena = &error->arena;
    error->failure = (sql_failure){
        .code = text_of(arena, failure->code),
        .message = text_of(arena, failure->message),
        .sqlstate = optional(arena, failure->sqlstate),
        .constraint = optional(arena, failure->constraint),
        .table = optional(arena, failure->table),
        .columns = joined(arena, failure->columns),
        .details = details(arena, failure),
        .position = failure->position.is_some ? (int64_t)failure->position.val : -1,
        .retryable = failure->retryable,
    };
    error->failed = true;
  }
  WIT(errors_failure_free)(failure);
  return false;
}

static const char *again(struct arena *arena, const char *text) {
  return text == NULL ? NULL : arena_text(arena, text, strlen(text));
}

void error_copy(struct error *to, const struct error *from) {
  if (to->failed || !from->failed) return;
  struct arena *arena = &to->arena;
  const sql_failure *old = &from->failure;
  to->failed = true;
  to->failure = *old;
  to->failure.code = again(arena, old->code);
  to->failure.message = again(arena, old->message);
  to->failure.sqlstate = again(arena, old->sqlstate);
  to->failure.constraint = again(arena, old->constraint);
  to->failure.table = again(arena, old->table);
  to->failure.columns = again(arena, old->columns);
  to->failure.details = again(arena, old->details);
  if (to->failure.code == NULL || to->failure.message == NULL) {
    to->failure.code = "limit";
    to->failure.message = "out of memory";
  }
}

const sql_failure *sql_error(sql_session handle) {
  const struct session *session = object_of(OBJECT_SESSION, handle.id);
  if (session == NULL) return &CLOSED;
  return session->error.failed ? &session->error.failure : NULL;
}

const sql_failure *sql_database_error(sql_database handle) {
  struct database *database = object_of(OBJECT_DATABASE, handle.id);
  if (database == NULL) return &CLOSED;
  if (database->error.failed) return &database->error.failure;
  if (database->closed.failed) return &database->closed.failure;
  // The children of a database are its sessions and rows of names; the first session is the last of the list.
  const sql_failure *first = NULL;
  for (struct object *child = database->object.child; child != NULL; child = child->next) {
    if (child->kind != OBJECT_SESSION) continue;
    const struct session *session = (const struct session *)child;
    if (session->error.failed) first = &session->error.failure;
  }
  return first;
}

bool sql_is(const sql_failure *failure, const char *code) {
  return failure != NULL && code != NULL && strcmp(failure->code, code) == 0;
}

void sql_clear(sql_session handle) {
  struct session *session = object_of(OBJECT_SESSION, handle.id);
  if (session != NULL) error_clear(&session->error);
}

void sql_database_clear(sql_database handle) {
  struct database *database = object_of(OBJECT_DATABASE, handle.id);
  if (database == NULL) return;
  error_clear(&database->error);
  error_clear(&database->closed);
}
