/// Rows: batches of a cursor, or a single batch.
#include "internal.h"

#include <string.h>

enum { BATCH_ROWS = 10000, BATCH_BYTES = 1 << 20 };

static void batch_drop(struct rows *rows) {
  if (rows->has_batch && !rows->borrowed) WIT(rows_batch_free)(&rows->batch);
  arena_free(&rows->scratch);
  rows->has_batch = false;
  rows->batch = (wit_batch){0};
  rows->at = 0;
}

static void cursor_drop(struct rows *rows) {
  if (rows->has_cursor) WIT(sessions_cursor_drop_own)(rows->cursor);
  rows->has_cursor = false;
}

void rows_drop(struct object *object) {
  struct rows *rows = (struct rows *)object;
  batch_drop(rows);
  cursor_drop(rows);
  plan_release(rows->plan);
  arena_free(&rows->arena);
}

void result_free(wit_result *result) {
  if (result->cursor.is_some) WIT(sessions_cursor_drop_own)(result->cursor.val);
  WIT(sessions_result_set_free)(result);
}

static struct rows *rows_new(void *parent, char **names, size_t width) {
  struct rows *rows = object_new(OBJECT_ROWS, sizeof *rows, parent);
  if (rows == NULL) {
    error_set(error_of(parent), "limit", "out of memory, or more than 65536 open handles");
    return NULL;
  }
  rows->names = names;
  rows->width = width;
  return rows;
}

sql_rows rows_of(void *parent, wit_result *result, char **names, size_t width) {
  struct rows *rows = rows_new(parent, names, width);
  if (rows == NULL) {
    result_free(result);
    return (sql_rows){0};
  }
  if (names == NULL) {
    rows->names = names_of(&rows->arena, &result->columns);
    rows->width = rows->names == NULL ? 0 : result->columns.len;
  }
  WIT(sessions_list_result_column_free)(&result->columns);
  rows->batch = result->first_batch;
  rows->has_batch = true;
  rows->has_cursor = result->cursor.is_some;
  rows->cursor = result->cursor.val;
  rows->affected = result->affected;
  rows->last_key = result->last_key;
  const struct session *session = object_above(rows, OBJECT_SESSION);
  const bool asked = session != NULL && session->options.batch_rows.is_some;
  rows->batch_rows = asked ? session->options.batch_rows.val : BATCH_ROWS;
  return (sql_rows){.id = rows->object.id};
}

sql_rows rows_over(void *parent, const wit_batch *batch, char **names, size_t width) {
  struct rows *rows = rows_new(parent, names, width);
  if (rows == NULL) return (sql_rows){0};
  rows->batch = *batch;
  rows->has_batch = true;
  rows->borrowed = true;
  return (sql_rows){.id = rows->object.id};
}

/// The rows of a handle, where no error sticks.
static struct rows *ready(sql_rows handle) {
  struct rows *rows = object_of(OBJECT_ROWS, handle.id);
  return rows == NULL || error_of(rows)->failed ? NULL : rows;
}

/// Fetches the next batch; false at the end.
static bool fetch(struct rows *rows) {
  batch_drop(rows);
  if (!rows->has_cursor) return false;
  WIT(sessions_option_batch_t) batch;
  wit_failure failure;
  const bool done = WIT(sessions_method_cursor_next_batch)(WIT(sessions_borrow_cursor)(rows->cursor), rows->batch_rows,
                                                           BATCH_BYTES, &batch, &failure);
  if (!done) error_take(error_of(rows), &failure);
  if (!done || !batch.is_some) {
    cursor_drop(rows);
    return false;
  }
  rows->batch = batch.val;
  rows->has_batch = true;
  return true;
}

bool sql_next(sql_rows handle) {
  struct rows *rows = ready(handle);
  if (rows == NULL) return false;
  while (rows->has_batch && rows->at >= rows->batch.rows) {
    if (!fetch(rows)) return false;
  }
  if (!rows->has_batch) return false;
  rows->at++;
  return true;
}

bool sql_only(sql_rows handle) {
  struct rows *rows = ready(handle);
  if (rows == NULL) return false;
  if (!sql_next(handle)) {
    return error_set(error_of(rows), "no-result", "one row was required and there was none");
  }
  if (rows->at < rows->batch.rows) {
    return error_set(error_of(rows), "multiple-results", "one row was required and there were more");
  }
  if (!rows->has_cursor) return true;
  // The batch with the row has to be kept while the next one is fetched.
  const wit_batch batch = rows->batch;
  rows->has_batch = false;
  const bool more = fetch(rows);
  if (more) batch_drop(rows);
  rows->batch = batch;
  rows->has_batch = true;
  rows->at = batch.rows;
  if (more) return error_set(error_of(rows), "multiple-results", "one row was required and there were more");
  return !error_of(rows)->failed;
}

bool sql_next_batch(sql_rows handle) {
  struct rows *rows = ready(handle);
  if (rows == NULL || !rows->has_batch) return false;
  // The first batch comes with the result, so it is returned before any fetch.
  while (rows->at > 0 || rows->batch.rows == 0) {
    if (!fetch(rows)) return false;
    if (rows->batch.rows > 0) break;
  }
  rows->at = rows->batch.rows;
  return true;
}

size_t sql_batch_rows(sql_rows handle) {
  const struct rows *rows = ready(handle);
  return rows == NULL || !rows->has_batch ? 0 : rows->batch.rows;
}

bool sql_rows_close(sql_rows handle) {
  struct rows *rows = object_of(OBJECT_ROWS, handle.id);
  if (rows == NULL) return false;
  const bool well = !error_of(rows)->failed;
  object_free(rows);
  return well;
}

size_t sql_width(sql_rows handle) {
  const struct rows *rows = object_of(OBJECT_ROWS, handle.id);
  return rows == NULL ? 0 : rows->width;
}

const char *sql_name(sql_rows handle, size_t column) {
  const struct rows *rows = object_of(OBJECT_ROWS, handle.id);
  return rows == NULL || column >= rows->width ? NULL : rows->names[column];
}

size_t sql_index(sql_rows handle, const char *name) {
  struct rows *rows = ready(handle);
  if (rows == NULL) return SIZE_MAX;
  for (size_t i = 0; name != NULL && i < rows->width; i++) {
    if (strcmp(rows->names[i], name) == 0) return i;
  }
  error_set(error_of(rows), "no-such-column", "the rows have no column %s", name == NULL ? "without a name" : name);
  return SIZE_MAX;
}

uint64_t sql_affected(sql_rows handle) {
  const struct rows *rows = object_of(OBJECT_ROWS, handle.id);
  return rows == NULL ? 0 : rows->affected;
}

bool sql_last_key(sql_rows handle, int64_t *key) {
  const struct rows *rows = object_of(OBJECT_ROWS, handle.id);
  if (rows == NULL || !rows->last_key.is_some) return false;
  if (key != NULL) *key = rows->last_key.val;
  return true;
}
