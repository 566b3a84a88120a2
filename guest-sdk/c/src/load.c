/// Loads: rows that are read with their related rows.
#include "internal.h"

struct load {
  struct object object;
  struct arena arena;
  WIT(sessions_plan_t) plan;
  struct arena query;  ///< The statement of the plan.
  bool run;
  WIT(sessions_tuple2_result_set_list_loaded_t) loaded;
};

void load_drop(struct object *object) {
  struct load *load = (struct load *)object;
  if (load->run && load->loaded.f0.cursor.is_some) WIT(sessions_cursor_drop_own)(load->loaded.f0.cursor.val);
  if (load->run) WIT(sessions_tuple2_result_set_list_loaded_free)(&load->loaded);
  arena_free(&load->arena);
  arena_free(&load->query);
}

static bool fail(struct load *load, const char *code, const char *message) {
  return error_set(error_of(load), code, "%s", message);
}

static struct load *load_new(struct session *session, const char *table, uint8_t root) {
  if (session == NULL) return NULL;
  struct load *load = object_new(OBJECT_LOAD, sizeof *load, session);
  if (load == NULL) {
    error_set(&session->error, "limit", "out of memory, or more than 65536 open handles");
    return NULL;
  }
  load->plan.table = arena_string(&load->arena, table);
  load->plan.root.tag = root;
  return load;
}

static sql_load handle_of(const struct load *load) {
  return (sql_load){.id = load == NULL ? 0 : load->object.id};
}

sql_load sql_load_query(const char *table, sql_query query) {
  struct statement *statement = statement_ready(query);
  wit_statement lowered;
  const bool finished = statement != NULL && statement_finish(statement, &lowered);
  struct load *load =
      finished ? load_new(session_above(statement), table, SQLSERVICE_DATABASE_SESSIONS_LOAD_ROOT_QUERY) : NULL;
  if (load != NULL) {
    load->plan.root.val.query.statement = lowered;
    load->query = statement->arena;
    statement->arena = (struct arena){0};
  }
  sql_discard(query);
  return handle_of(load);
}

sql_load sql_load_keys(sql_session session, const char *table, const sql_data *keys, size_t count, size_t rows) {
  struct load *load = load_new(session_ready(session), table, SQLSERVICE_DATABASE_SESSIONS_LOAD_ROOT_KEYS);
  if (load != NULL) {
    columns_lower(session_above(load), &load->arena, table, keys, count, rows, true, &load->plan.root.val.keys, NULL);
  }
  return handle_of(load);
}

sql_load sql_load_known(sql_session session, const char *table, const sql_data *columns, size_t count, size_t rows) {
  struct load *load = load_new(session_ready(session), table, SQLSERVICE_DATABASE_SESSIONS_LOAD_ROOT_KNOWN);
  if (load != NULL) {
    WIT(sessions_known_rows_t) *known = &load->plan.root.val.known;
    columns_lower(session_above(load), &load->arena, table, columns, count, rows, true, &known->rows, &known->columns);
  }
  return handle_of(load);
}

static struct load *ready(sql_load handle) {
  struct load *load = object_of(OBJECT_LOAD, handle.id);
  if (load == NULL || session_above(load) == NULL) return NULL;
  if (!load->run) return load;
  fail(load, "invalid", "a load runs once: make another one");
  return NULL;
}

uint32_t sql_load_with(sql_load handle, uint32_t parent, const char *relationship, bool joined) {
  struct load *load = ready(handle);
  if (load == NULL) return UINT32_MAX;
  WIT(sessions_list_load_t) *loads = &load->plan.loads;
  if (parent != SQL_ROOT && parent >= loads->len) {
    fail(load, "invalid", "the load has no such parent");
    return UINT32_MAX;
  }
  loads->ptr = arena_grow(&load->arena, loads->ptr, loads->len, sizeof *loads->ptr);
  if (loads->ptr != NULL) {
    const uint32_t at = (uint32_t)loads->len++;
    loads->ptr[at] = (WIT(sessions_load_t)){.relationship = arena_string(&load->arena, relationship), .joined = joined};
    plugin_list_u32_t *list = parent == SQL_ROOT ? &load->plan.first_loads : &loads->ptr[parent].nested;
    list->ptr = arena_grow(&load->arena, list->ptr, list->len, sizeof *list->ptr);
    if (list->ptr != NULL) {
      list->ptr[list->len++] = at;
      return at;
    }
    list->len = 0;
  }
  loads->len = 0;
  fail(load, "limit", "out of memory");
  return UINT32_MAX;
}

bool sql_load_run(sql_load handle) {
  struct load *load = ready(handle);
  if (load == NULL) return false;
  struct session *session = session_above(load);
  if (!arena_fits(&load->arena, &session->error)) return false;
  wit_failure failure;
  load->run = WIT(sessions_method_session_load)(session_borrow(session), &load->plan, &session->options, &load->loaded,
                                                &failure);
  return load->run || error_take(&session->error, &failure);
}

sql_rows sql_load_rows(sql_load handle, uint32_t position) {
  struct load *load = object_of(OBJECT_LOAD, handle.id);
  if (load == NULL || session_above(load) == NULL) return (sql_rows){0};
  const WIT(sessions_list_result_column_t) *columns = NULL;
  const wit_batch *batch = NULL;
  if (load->run && position == SQL_ROOT) {
    columns = &load->loaded.f0.columns;
    batch = &load->loaded.f0.first_batch;
  }
  for (size_t i = 0; load->run && position != SQL_ROOT && i < load->loaded.f1.len; i++) {
    if (load->loaded.f1.ptr[i].load != position) continue;
    columns = &load->loaded.f1.ptr[i].columns;
    batch = &load->loaded.f1.ptr[i].rows;
  }
  if (batch == NULL) {
    fail(load, "invalid", "the load was not run, or has no such relationship");
    return (sql_rows){0};
  }
  char **names = names_of(&load->arena, columns);
  if (names != NULL) return rows_over(load, batch, names, columns->len);
  fail(load, "limit", "out of memory");
  return (sql_rows){0};
}

void sql_load_close(sql_load handle) {
  struct load *load = object_of(OBJECT_LOAD, handle.id);
  if (load != NULL) object_free(load);
}
