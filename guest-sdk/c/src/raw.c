/// SQL text, in a separate file: a plugin that does not call it does not import the interface.
#include "internal.h"

#include <string.h>

sql_rows sql_raw(sql_session handle, const char *text, const sql_value *values, size_t count) {
  struct session *session = session_ready(handle);
  if (session == NULL) return (sql_rows){0};
  if (text == NULL || (values == NULL && count > 0)) {
    error_set(&session->error, "invalid", "a statement has no text, or its parameters are missing");
    return (sql_rows){0};
  }
  struct arena arena = {0};
  WIT(raw_sql_list_value_t) parameters = {.ptr = arena_take(&arena, count, sizeof *parameters.ptr), .len = count};
  bool lowered = parameters.ptr != NULL;
  for (size_t i = 0; lowered && i < count; i++) lowered = value_lower(&values[i], &parameters.ptr[i], &arena, false);
  wit_result result;
  wit_failure failure;
  bool done = false;
  if (lowered) {
    plugin_string_t sql = string_view((sql_str){.data = text, .size = strlen(text)});
    arena_check(&arena, text, sql.len);
    arena_count(&arena, sql.len, 1);
    const bool fits = arena_fits(&arena, &session->error);
    done =
        fits && WIT(raw_sql_execute)(session_borrow(session), &sql, &parameters, &session->options, &result, &failure);
    if (fits && !done) error_take(&session->error, &failure);
  } else {
    error_set(&session->error, "type-mismatch", "a parameter is of no kind, out of range, or an array in an array");
  }
  arena_free(&arena);
  return done ? rows_of(session, &result, NULL, 0) : (sql_rows){0};
}
