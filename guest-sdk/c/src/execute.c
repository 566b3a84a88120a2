/// Running statements.
#include "internal.h"

#include <string.h>

struct prepared {
  struct object object;
  struct plan plan;
};

void prepared_drop(struct object *object) {
  struct prepared *prepared = (struct prepared *)object;
  if (prepared->plan.open) WIT(sessions_prepared_drop_own)(prepared->plan.handle);
  arena_free(&prepared->plan.arena);
}

char **names_of(struct arena *arena, const WIT(sessions_list_result_column_t) * columns) {
  char **names = arena_take(arena, columns->len, sizeof *names);
  if (names == NULL) return NULL;
  for (size_t i = 0; i < columns->len; i++) {
    names[i] = arena_text(arena, (const char *)columns->ptr[i].name.ptr, columns->ptr[i].name.len);
    if (names[i] == NULL) return NULL;
  }
  return names;
}

/// The statement of a handle, which must not be a query inside of it.
static struct statement *whole(sql_query query) {
  struct statement *statement = statement_ready(query);
  if (statement != NULL && object_part_of(query.id) != 0) {
    statement_fail(statement, "invalid", "a query inside of a statement does not run by itself");
    return NULL;
  }
  return statement;
}

static bool run_plan(const struct plan *plan, struct session *session, WIT(sessions_list_value_t) * values,
                     wit_result *result, wit_failure *failure) {
  return WIT(sessions_method_session_run)(session_borrow(session), WIT(sessions_borrow_prepared)(plan->handle), values,
                                          &session->options, result, failure);
}

/// Runs a statement and uses it up. `plan` gets the prepared statement of a repeated one, or null.
static bool run(sql_query query, struct session **of, struct plan **plan, wit_result *result) {
  struct statement *statement = whole(query);
  wit_statement lowered;
  bool done = false;
  if (statement != NULL && statement_finish(statement, &lowered)) {
    struct session *session = session_above(statement);
    WIT(sessions_list_value_t) values = {0};
    wit_failure failure;
    *of = session;
    *plan = plan_of(statement, &lowered, &values);
    done = *plan != NULL ? run_plan(*plan, session, &values, result, &failure)
                         : WIT(sessions_method_session_execute)(session_borrow(session), &lowered, &values,
                                                                &session->options, result, &failure);
    if (!done) error_take(&session->error, &failure);
  }
  sql_discard(query);
  return done;
}

sql_rows sql_fetch(sql_query query) {
  struct session *session;
  struct plan *plan;
  wit_result result;
  if (!run(query, &session, &plan, &result)) return (sql_rows){0};
  const sql_rows handle =
      plan == NULL ? rows_of(session, &result, NULL, 0) : rows_of(session, &result, plan->names, plan->width);
  struct rows *rows = object_of(OBJECT_ROWS, handle.id);
  // The plan has the rows' names, so the rows keep it even after the cache evicts it.
  if (rows != NULL && plan != NULL) {
    rows->plan = plan;
    plan->users++;
  }
  return handle;
}

static void told(wit_result *result, uint64_t *affected) {
  if (affected != NULL) *affected = result->affected;
  result_free(result);
}

bool sql_execute(sql_query query, uint64_t *affected) {
  struct session *session;
  struct plan *plan;
  wit_result result;
  if (affected != NULL) *affected = 0;
  if (!run(query, &session, &plan, &result)) return false;
  told(&result, affected);
  return true;
}

bool sql_fetch_int(sql_query query, int64_t *value) {
  const sql_rows rows = sql_fetch(query);
  const bool only = sql_only(rows);
  const int64_t got = only ? sql_get_int(rows, 0) : 0;
  const bool well = sql_rows_close(rows) && only;
  if (value != NULL) *value = well ? got : 0;
  return well;
}

static sql_prepared prepare(struct statement *statement, struct session *session) {
  wit_statement lowered;
  wit_failure failure;
  if (!statement_finish(statement, &lowered)) return (sql_prepared){0};
  struct prepared *prepared = object_new(OBJECT_PREPARED, sizeof *prepared, session);
  if (prepared == NULL) {
    error_set(&session->error, "limit", "out of memory, or more than 65536 open handles");
    return (sql_prepared){0};
  }
  if (!plan_prepare(&prepared->plan, session, &lowered, &failure)) {
    object_free(prepared);
    error_take(&session->error, &failure);
    return (sql_prepared){0};
  }
  if (prepared->plan.names == NULL) {
    object_free(prepared);
    error_set(&session->error, "limit", "out of memory");
    return (sql_prepared){0};
  }
  return (sql_prepared){.id = prepared->object.id};
}

sql_prepared sql_prepare(sql_query query) {
  struct statement *statement = whole(query);
  const sql_prepared prepared = statement == NULL ? (sql_prepared){0} : prepare(statement, session_above(statement));
  sql_discard(query);
  return prepared;
}

void sql_prepared_close(sql_prepared handle) {
  struct prepared *prepared = object_of(OBJECT_PREPARED, handle.id);
  if (prepared != NULL) object_free(prepared);
}

/// Converts the parameters of a call, which point to the caller's texts.
static bool lower(struct session *session, struct arena *arena, const sql_value *values, size_t count,
                  WIT(sessions_list_value_t) * out) {
  if (values == NULL && count > 0) return error_set(&session->error, "invalid", "the parameters are missing");
  *out = (WIT(sessions_list_value_t)){.ptr = arena_take(arena, count, sizeof *out->ptr), .len = count};
  if (out->ptr == NULL) return error_set(&session->error, "limit", "out of memory");
  for (size_t i = 0; i < count; i++) {
    if (!value_lower(&values[i], &out->ptr[i], arena, false)) {
      return error_set(&session->error, "type-mismatch",
                       "parameter %zu is of no kind, out of range, or an array in an array", i);
    }
  }
  return arena_fits(arena, &session->error);
}

static struct prepared *run_prepared(sql_prepared handle, const sql_value *values, size_t count, wit_result *result) {
  struct prepared *prepared = object_of(OBJECT_PREPARED, handle.id);
  struct session *session = prepared == NULL ? NULL : session_above(prepared);
  if (session == NULL) return NULL;
  struct arena arena = {0};
  WIT(sessions_list_value_t) parameters;
  wit_failure failure;
  bool done = false;
  if (lower(session, &arena, values, count, &parameters)) {
    done = run_plan(&prepared->plan, session, &parameters, result, &failure);
    if (!done) error_take(&session->error, &failure);
  }
  arena_free(&arena);
  return done ? prepared : NULL;
}

sql_rows sql_run(sql_prepared handle, const sql_value *values, size_t count) {
  wit_result result;
  struct prepared *prepared = run_prepared(handle, values, count, &result);
  return prepared == NULL ? (sql_rows){0} : rows_of(prepared, &result, prepared->plan.names, prepared->plan.width);
}

bool sql_run_only(sql_prepared handle, const sql_value *values, size_t count, uint64_t *affected) {
  wit_result result;
  if (affected != NULL) *affected = 0;
  if (run_prepared(handle, values, count, &result) == NULL) return false;
  told(&result, affected);
  return true;
}
