/// The steps of a case: `run-case` does them one after the other.
#include "plugin.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"

enum { SESSIONS = 8, SAVEPOINTS = 16, COLUMNS = 64 };

/// What a case has open.
typedef struct run {
  sql_database db;
  const char *session_names[SESSIONS];
  sql_session sessions[SESSIONS];
  size_t session_count;
  const char *savepoint_names[SAVEPOINTS];
  sql_savepoint savepoints[SAVEPOINTS];
  size_t savepoint_count;
} run;

/// The session of a step, opened where it is not.
static sql_session *session_of(run *run, const json *step) {
  const char *name = json_text(step, "session");
  if (name == NULL) name = "a";
  size_t at = 0;
  while (at < run->session_count && strcmp(run->session_names[at], name) != 0) at++;
  if (at == run->session_count && at < SESSIONS - 1) run->session_names[run->session_count++] = name;
  if (run->sessions[at].id == 0) run->sessions[at] = sql_session_of(run->db);
  return &run->sessions[at];
}

/// Names as a text with commas; null where there are none. To be freed.
static char *names(const json *list) {
  out text = {0};
  for (const json *name = list == NULL ? NULL : list->first; name != NULL; name = name->next) {
    if (text.size > 0) out_text(&text, ",");
    out_text(&text, name->text);
  }
  if (text.size > 0) out_add(&text, "", 1);
  return text.data;
}

static void affected(out *out, uint64_t count) {
  char text[64];
  sql_format(sql_uint(count), text, sizeof text);
  out_text(out, "\"affected\":");
  out_text(out, text);
}

/// Runs a change, and tells its rows or how many there were.
static void change(sql_query query, const json *step, out *out) {
  char *returning = names(json_get(step, "returning"));
  if (returning != NULL) sql_columns(query, returning);
  sql_rows rows = sql_fetch(query);
  if (returning != NULL)
    rows_out(out, rows, SIZE_MAX);
  else
    affected(out, sql_affected(rows));
  sql_rows_close(rows);
  free(returning);
}

static void step_select(sql_session session, const json *step, out *out) {
  const json *most = json_get(step, "max rows");
  sql_set_options(session, (sql_options){.max_rows = most == NULL ? 0 : strtoull(most->text, NULL, 10)});
  sql_rows rows = sql_fetch(query_of(session, json_get(step, "query")));
  out_text(out, "\"columns\":[");
  for (size_t i = 0; i < sql_width(rows); i++) {
    if (i > 0) out_text(out, ",");
    out_quoted(out, sql_name(rows, i), strlen(sql_name(rows, i)));
  }
  out_text(out, "],");
  rows_out(out, rows, SIZE_MAX);
  sql_rows_close(rows);
  sql_set_options(session, (sql_options){0});
}

static void step_stream(sql_session session, const json *step, out *out) {
  const json *take = json_get(step, "take");
  sql_set_options(session, (sql_options){.batch_rows = (uint32_t)strtoul(json_get(step, "batch")->text, NULL, 10)});
  sql_rows rows = sql_fetch(query_of(session, json_get(step, "query")));
  rows_out(out, rows, take == NULL ? SIZE_MAX : (size_t)strtoull(take->text, NULL, 10));
  sql_rows_close(rows);
  sql_set_options(session, (sql_options){0});
}

static void set_row(sql_query query, const char *table, const json *row) {
  for (const json *member = row->first; member != NULL; member = member->next) {
    char memory[MEMORY];
    sql_set(query, member->name, value_in(member, model_column(table, member->name), memory, sizeof memory));
  }
}

static void step_insert(sql_session session, const json *step, out *out) {
  const char *table = json_text(step, "table");
  const sql_query query = sql_insert(session, table);
  const json *rows = json_get(step, "rows");
  if (rows == NULL) {
    char *columns = names(json_get(step, "columns"));
    sql_insert_from(query, columns, subquery_of(query, json_get(step, "query")));
    free(columns);
  }
  for (const json *row = rows == NULL ? NULL : rows->first; row != NULL; row = row->next) {
    if (row != rows->first) sql_next_row(query);
    set_row(query, table, row);
  }
  change(query, step, out);
}

static void step_insert_many(sql_session session, const json *step, out *out) {
  const char *table = json_text(step, "table");
  const json *columns = json_get(step, "columns"), *rows = json_get(step, "rows");
  const size_t width = columns->count, height = rows->count;
  sql_data data[COLUMNS];
  sql_value *values = calloc(width * height + 1, sizeof *values);
  char *memory = calloc(width * height + 1, 256);
  if (values == NULL || memory == NULL || width > COLUMNS) abort();
  for (size_t i = 0; i < width; i++) data[i] = sql_data_values(json_at(columns, i)->text, values + i * height);
  size_t at = 0;
  for (const json *row = rows->first; row != NULL; row = row->next, at++) {
    size_t column = 0;
    for (const json *item = row->first; item != NULL && column < width; item = item->next, column++) {
      const size_t cell = column * height + at;
      values[cell] = value_in(item, model_column(table, data[column].name), memory + cell * 256, 256);
    }
  }
  char *returning = names(json_get(step, "returning"));
  sql_rows got = sql_insert_many(session, table, data, width, height, returning);
  if (returning != NULL)
    rows_out(out, got, SIZE_MAX);
  else
    affected(out, sql_affected(got));
  sql_rows_close(got);
  free(returning);
  free(values);
  free(memory);
}

static void step_upsert(sql_session session, const json *step) {
  const char *table = json_text(step, "table");
  const sql_query query = sql_insert(session, table);
  const json *set = json_get(step, "set");
  set_row(query, table, json_get(step, "row"));
  char *key = names(json_get(step, "key"));
  sql_on_conflict(query, key);
  free(key);
  for (const json *member = set == NULL ? NULL : set->first; member != NULL; member = member->next) {
    sql_conflict_set(query, member->name, expression_of(query, member));
  }
  if (json_get(step, "where") != NULL) sql_conflict_where(query, expression_of(query, json_get(step, "where")));
  sql_execute(query, NULL);
}

static void step_update(sql_session session, const json *step, out *out) {
  const sql_query query = sql_update(session, json_text(step, "table"));
  for (const json *member = json_get(step, "set")->first; member != NULL; member = member->next) {
    sql_set_to(query, member->name, expression_of(query, member));
  }
  if (json_get(step, "where") != NULL) sql_where(query, expression_of(query, json_get(step, "where")));
  change(query, step, out);
}

static void step_delete(sql_session session, const json *step, out *out) {
  const sql_query query = sql_delete(session, json_text(step, "table"));
  if (json_get(step, "where") != NULL) sql_where(query, expression_of(query, json_get(step, "where")));
  change(query, step, out);
}

static void step_raw(run *run, sql_session session, const json *step, out *out) {
  sql_value values[COLUMNS];
  char memory[MEMORY];
  size_t count = 0;
  const json *parameters = json_get(step, "parameters");
  for (const json *item = parameters == NULL ? NULL : parameters->first; item != NULL; item = item->next) {
    values[count++] = value_in(item, NULL, memory, sizeof memory);
  }
  const char *text = json_text(json_get(step, "sql"), sql_dialect(run->db));
  if (text == NULL) text = json_text(json_get(step, "sql"), "mariadb");
  sql_rows rows = sql_raw(session, text, values, count);
  rows_out(out, rows, SIZE_MAX);
  sql_rows_close(rows);
}

static void step_ddl(sql_rows rows, out *out) {
  out_text(out, "\"tables\":[");
  for (bool first = true; sql_next(rows); first = false) {
    const sql_str name = sql_get_text(rows, 0);
    if (!first) out_text(out, ",");
    out_quoted(out, name.data, name.size);
  }
  out_text(out, "]");
  sql_rows_close(rows);
}

static void list_out(out *out, const char *commas) {
  out_text(out, "[");
  for (const char *at = commas; at != NULL && *at != 0;) {
    const size_t size = strcspn(at, ",");
    if (at != commas) out_text(out, ",");
    out_quoted(out, at, size);
    at += size + (at[size] == ',');
  }
  out_text(out, "]");
}

/// The entries of one kind of a table, as a list.
static void parts_out(out *out, const sql_entry *from, const sql_entry *to, sql_entry_kind kind) {
  bool first = true;
  for (const sql_entry *entry = from; entry < to && entry->entry != SQL_ENTRY_TABLE; entry++) {
    if (entry->entry != kind) continue;
    if (!first) out_text(out, ",");
    first = false;
    if (kind == SQL_ENTRY_COLUMN) {
      out_quoted(out, entry->name, strlen(entry->name));
    } else if (kind == SQL_ENTRY_FOREIGN_KEY) {
      out_text(out, "[");
      list_out(out, entry->columns);
      out_text(out, ",");
      out_quoted(out, entry->target, strlen(entry->target));
      out_text(out, ",");
      list_out(out, entry->referred);
      out_text(out, "]");
    } else {
      list_out(out, entry->columns);
    }
  }
}

static void step_reflect(sql_session session, const json *step, out *out) {
  char *only = names(json_get(step, "only"));
  const sql_models models = sql_reflect(session, only);
  const sql_entry *end = models.entries + models.count;
  bool first = true;
  free(only);
  out_text(out, "\"tables\":{");
  for (const sql_entry *table = models.entries; table < end; table++) {
    if (table->entry != SQL_ENTRY_TABLE) continue;
    out_name(out, &first, table->name);
    out_text(out, "{\"columns\":[");
    parts_out(out, table + 1, end, SQL_ENTRY_COLUMN);
    out_text(out, "],\"primary key\":");
    size_t before = out->size;
    parts_out(out, table + 1, end, SQL_ENTRY_PRIMARY_KEY);
    if (before == out->size) out_text(out, "[]");
    out_text(out, ",\"foreign keys\":[");
    parts_out(out, table + 1, end, SQL_ENTRY_FOREIGN_KEY);
    out_text(out, "],\"uniques\":[");
    parts_out(out, table + 1, end, SQL_ENTRY_UNIQUE);
    out_text(out, "]}");
  }
  out_text(out, "}");
}

static sql_isolation isolation_of(const char *name) {
  static const char *const levels[] = {"default",         "read-uncommitted", "read-committed",
                                       "repeatable-read", "serializable",     "autocommit"};
  for (unsigned i = 0; name != NULL && i < 6; i++) {
    if (strcmp(name, levels[i]) == 0) return (sql_isolation)i;
  }
  return SQL_ISOLATION_DEFAULT;
}

static void step_savepoint(run *run, sql_session session, const json *step, const char *what) {
  const char *name = json_text(step, "name");
  size_t at = run->savepoint_count;
  if (strcmp(what, "savepoint") == 0) {
    if (at == SAVEPOINTS) abort();
    run->savepoint_names[at] = name;
    run->savepoints[run->savepoint_count++] = sql_save(session);
    return;
  }
  while (at > 0 && strcmp(run->savepoint_names[at - 1], name) != 0) at--;
  const sql_savepoint savepoint = at == 0 ? (sql_savepoint){0} : run->savepoints[at - 1];
  if (strcmp(what, "release") == 0)
    sql_release(savepoint);
  else
    sql_rollback_to(savepoint);
  if (at > 0) run->savepoint_count = at - 1;
}

/// Steps at the level of transactions and databases; false where it is another one.
static bool simple(run *run, const json *step, const char *what, out *out) {
  const json *read_only = json_get(step, "read only");
  if (strcmp(what, "create all") == 0) return step_ddl(sql_create_tables(run->db), out), true;
  if (strcmp(what, "drop all") == 0) return step_ddl(sql_drop_tables(run->db), out), true;
  if (strcmp(what, "ping") == 0) return sql_ping(run->db), true;
  sql_session *session = session_of(run, step);
  if (strcmp(what, "begin") == 0) {
    const sql_transaction transaction = {.isolation = isolation_of(json_text(step, "isolation")),
                                         .read_only = read_only != NULL && read_only->truth};
    return sql_start(*session, transaction), true;
  }
  if (strcmp(what, "commit") == 0) return sql_commit(*session), true;
  if (strcmp(what, "rollback") == 0) return sql_rollback(*session), true;
  if (strcmp(what, "close") == 0) {
    sql_session_close(*session);
    *session = (sql_session){0};
    return true;
  }
  const bool savepoint =
      strcmp(what, "savepoint") == 0 || strcmp(what, "release") == 0 || strcmp(what, "rollback to") == 0;
  if (savepoint) step_savepoint(run, *session, step, what);
  return savepoint;
}

static void step(run *run, const json *given, out *out) {
  const char *what = json_text(given, "do");
  if (simple(run, given, what, out)) return;
  const sql_session session = *session_of(run, given);
  if (strcmp(what, "select") == 0)
    step_select(session, given, out);
  else if (strcmp(what, "stream") == 0)
    step_stream(session, given, out);
  else if (strcmp(what, "insert") == 0)
    step_insert(session, given, out);
  else if (strcmp(what, "insert many") == 0)
    step_insert_many(session, given, out);
  else if (strcmp(what, "upsert") == 0)
    step_upsert(session, given);
  else if (strcmp(what, "update") == 0)
    step_update(session, given, out);
  else if (strcmp(what, "delete") == 0)
    step_delete(session, given, out);
  else if (strcmp(what, "reflect") == 0)
    step_reflect(session, given, out);
  else if (strcmp(what, "raw") == 0)
    step_raw(run, session, given, out);
  else if (strcmp(what, "save") == 0)
    step_save(session, given, out);
  else if (strcmp(what, "load") == 0)
    step_load(session, given, out);
  else if (strcmp(what, "change") == 0)
    step_change(session, given);
  else if (strcmp(what, "remove") == 0)
    step_remove(session, given);
  else
    out_text(out, "\"error\":{\"code\":\"unsupported\"}");
}

static void error_out(out *out, const sql_failure *failure) {
  bool first = true;
  out_text(out, "{\"error\":{");
  out_name(out, &first, "code");
  out_quoted(out, failure->code, strlen(failure->code));
  if (failure->table != NULL) {
    out_name(out, &first, "table");
    out_quoted(out, failure->table, strlen(failure->table));
  }
  out_name(out, &first, "message");
  out_quoted(out, failure->message, strlen(failure->message));
  out_name(out, &first, "columns");
  list_out(out, failure->columns);
  if (failure->position >= 0) {
    char number[32];
    sql_format(sql_int(failure->position), number, sizeof number);
    out_name(out, &first, "position");
    out_text(out, number);
  }
  out_text(out, "}}");
}

void exports_plugin_run_case(plugin_string_t *steps, plugin_string_t *ret) {
  json *list = json_read((const char *)steps->ptr, steps->len);
  run run = {.db = sql_open("default", guest_models)};
  out out = {0};
  out_text(&out, "[");
  for (const json *given = list == NULL ? NULL : list->first; given != NULL; given = given->next) {
    if (given != list->first) out_text(&out, ",");
    const size_t before = out.size;
    out_text(&out, "{");
    step(&run, given, &out);
    out_text(&out, "}");
    const sql_failure *failure = sql_database_error(run.db);
    if (failure == NULL) continue;
    out.size = before;
    error_out(&out, failure);
    for (size_t i = 0; i < run.session_count; i++) sql_clear(run.sessions[i]);
    sql_database_clear(run.db);
  }
  out_text(&out, "]");
  sql_close(run.db);
  json_free(list);
  plugin_string_free(steps);
  *ret = (plugin_string_t){.ptr = (uint8_t *)out.data, .len = out.size};
}
