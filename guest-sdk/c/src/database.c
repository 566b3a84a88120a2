/// Databases.
#include "internal.h"

#include <stdlib.h>
#include <string.h>

void database_drop(struct object *object) {
  struct database *database = (struct database *)object;
  plans_free(&database->plans);
  if (database->open) WIT(databases_database_drop_own)(database->handle);
  arena_free(&database->arena);
  error_clear(&database->error);
  error_clear(&database->closed);
}

sql_database sql_open(const char *name, sql_models models) {
  struct database *database = object_new(OBJECT_DATABASE, sizeof *database, NULL);
  if (database == NULL) return (sql_database){0};
  const sql_database handle = {.id = database->object.id};
  database->models = models;
  if (name == NULL) {
    error_set(&database->error, "invalid", "a database has no name");
    return handle;
  }
  arena_check(&database->arena, name, strlen(name));
  if (!arena_fits(&database->arena, &database->error)) return handle;
  WIT(schema_models_t) lowered;
  wit_failure failure;
  if (models_lower(models, &lowered, &database->error)) {
    plugin_string_t text = string_view((sql_str){.data = name, .size = strlen(name)});
    database->open = WIT(databases_static_database_open)(&text, &lowered, &database->handle, &failure);
    if (!database->open) error_take(&database->error, &failure);
  }
  WIT(schema_models_free)(&lowered);
  return handle;
}

void sql_close(sql_database handle) {
  struct database *database = object_of(OBJECT_DATABASE, handle.id);
  if (database != NULL) object_free(database);
}

bool sql_finish(sql_database handle, uint8_t **data, size_t *size) {
  const sql_failure *failure = sql_database_error(handle);
  if (failure != NULL && data != NULL && size != NULL) {
    *size = strlen(failure->message);
    *data = malloc(*size == 0 ? 1 : *size);
    if (*data == NULL)
      *size = 0;
    else
      memcpy(*data, failure->message, *size);
  }
  sql_close(handle);
  return failure == NULL;
}

bool sql_push_text(void **items, size_t *count, sql_str text) {
  plugin_string_t *larger = realloc(*count == 0 ? NULL : *items, (*count + 1) * sizeof *larger);
  if (larger == NULL) return false;
  *items = larger;
  plugin_string_dup_n(&larger[*count], text.data == NULL ? "" : text.data, text.data == NULL ? 0 : text.size);
  (*count)++;
  return true;
}

static struct database *ready(sql_database handle) {
  struct database *database = object_of(OBJECT_DATABASE, handle.id);
  return database == NULL || database->error.failed ? NULL : database;
}

static WIT(databases_borrow_database_t) borrow(const struct database *database) {
  return WIT(databases_borrow_database)(database->handle);
}

/// Makes rows of one column of names, and frees the names.
static sql_rows rows_of_names(struct database *database, plugin_list_string_t *names) {
  size_t size = 0;
  for (size_t i = 0; i < names->len; i++) size += names->ptr[i].len;
  uint32_t *offsets = calloc(names->len + 1, sizeof *offsets);
  uint8_t *data = malloc(size + 1);
  wit_column *column = calloc(1, sizeof *column);
  char **titles = arena_take(&database->arena, 1, sizeof *titles);
  char *title = arena_text(&database->arena, "table", 5);
  if (offsets == NULL || data == NULL || column == NULL || titles == NULL || title == NULL) {
    free(offsets);
    free(data);
    free(column);
    plugin_list_string_free(names);
    error_set(&database->error, "limit", "out of memory");
    return (sql_rows){0};
  }
  titles[0] = title;
  for (size_t i = 0; i < names->len; i++) {
    if (names->ptr[i].len > 0) memcpy(data + offsets[i], names->ptr[i].ptr, names->ptr[i].len);
    offsets[i + 1] = offsets[i] + (uint32_t)names->ptr[i].len;
  }
  column->values.tag = SQLSERVICE_DATABASE_ROWS_VECTOR_TEXTS;
  column->values.val.texts.offsets = (plugin_list_u32_t){.ptr = offsets, .len = names->len + 1};
  column->values.val.texts.data = (plugin_string_t){.ptr = data, .len = size};
  if (size == 0) free(data);
  wit_result result = {.first_batch = {.rows = (uint32_t)names->len, .columns = {.ptr = column, .len = 1}}};
  plugin_list_string_free(names);
  return rows_of(database, &result, titles, 1);
}

typedef bool ddl(WIT(databases_borrow_database_t), WIT(databases_ddl_options_t) *, plugin_list_string_t *,
                 wit_failure *);

static bool run(sql_database handle, ddl *call, sql_rows *rows) {
  struct database *database = ready(handle);
  if (database == NULL) return false;
  WIT(databases_ddl_options_t) options = {.check_first = true};
  plugin_list_string_t names;
  wit_failure failure;
  if (!call(borrow(database), &options, &names, &failure)) return error_take(&database->error, &failure);
  if (rows == NULL)
    plugin_list_string_free(&names);
  else
    *rows = rows_of_names(database, &names);
  return true;
}

bool sql_create_all(sql_database database) {
  return run(database, WIT(databases_method_database_create_all), NULL);
}
bool sql_drop_all(sql_database database) {
  return run(database, WIT(databases_method_database_drop_all), NULL);
}

sql_rows sql_create_tables(sql_database database) {
  sql_rows rows = {0};
  run(database, WIT(databases_method_database_create_all), &rows);
  return rows;
}
sql_rows sql_drop_tables(sql_database database) {
  sql_rows rows = {0};
  run(database, WIT(databases_method_database_drop_all), &rows);
  return rows;
}

bool sql_ping(sql_database handle) {
  struct database *database = ready(handle);
  wit_failure failure;
  if (database == NULL) return false;
  return WIT(databases_method_database_ping)(borrow(database), &failure) || error_take(&database->error, &failure);
}

const char *sql_dialect(sql_database handle) {
  struct database *database = ready(handle);
  if (database == NULL) return "";
  if (database->dialect == NULL) {
    plugin_string_t text;
    WIT(databases_method_database_dialect)(borrow(database), &text);
    database->dialect = arena_text(&database->arena, (const char *)text.ptr, text.len);
    plugin_string_free(&text);
  }
  return database->dialect == NULL ? "" : database->dialect;
}

static bool is(plugin_string_t text, const char *word) {
  return text.len == strlen(word) && (text.len == 0 || memcmp(text.ptr, word, text.len) == 0);
}

bool sql_capable(sql_database handle, const char *capability) {
  struct database *database = ready(handle);
  if (database == NULL || capability == NULL) return false;
  plugin_list_string_t words;
  WIT(databases_method_database_capabilities)(borrow(database), &words);
  bool found = false;
  for (size_t i = 0; i < words.len && !found; i++) found = is(words.ptr[i], capability);
  plugin_list_string_free(&words);
  return found;
}

uint64_t sql_limit_of(sql_database handle, const char *limit) {
  struct database *database = ready(handle);
  if (database == NULL || limit == NULL) return 0;
  WIT(databases_list_limit_t) limits;
  WIT(databases_method_database_limits)(borrow(database), &limits);
  uint64_t value = 0;
  for (size_t i = 0; i < limits.len; i++) {
    if (is(limits.ptr[i].name, limit)) value = limits.ptr[i].value;
  }
  WIT(databases_list_limit_free)(&limits);
  return value;
}

static WIT(sessions_transaction_options_t) lower(sql_transaction transaction) {
  return (WIT(sessions_transaction_options_t)){
      .isolation = (uint8_t)transaction.isolation,
      .read_only = transaction.read_only,
      .timeout_ms = {.is_some = transaction.timeout_ms != 0, .val = transaction.timeout_ms}};
}

enum how { HOW_BEGIN, HOW_SESSION, HOW_CONNECT };

/// Opens a session. It gets the failure of the database where there is one.
static sql_session session_new(sql_database handle, enum how how, sql_transaction transaction) {
  struct database *database = object_of(OBJECT_DATABASE, handle.id);
  if (database == NULL) return (sql_session){0};
  struct session *session = object_new(OBJECT_SESSION, sizeof *session, database);
  if (session == NULL) {
    error_set(&database->error, "limit", "out of memory, or more than 65536 open handles");
    return (sql_session){0};
  }
  const sql_session made = {.id = session->object.id};
  wit_failure failure;
  if (database->error.failed) {
    error_copy(&session->error, &database->error);
    return made;
  }
  if ((unsigned)transaction.isolation > SQL_AUTOCOMMIT) {
    error_set(&session->error, "invalid", "there is no such isolation level");
    return made;
  }
  WIT(sessions_transaction_options_t) options = lower(transaction);
  switch (how) {
    case HOW_BEGIN:
      session->open = WIT(databases_method_database_begin)(borrow(database), &options, &session->handle, &failure);
      break;
    case HOW_SESSION:
      session->open = WIT(databases_method_database_session)(borrow(database), &session->handle, &failure);
      break;
    case HOW_CONNECT:
      session->open = WIT(databases_method_database_connect)(borrow(database), &session->handle, &failure);
      break;
  }
  if (!session->open) error_take(&session->error, &failure);
  return made;
}

sql_session sql_begin(sql_database database) {
  return session_new(database, HOW_BEGIN, (sql_transaction){0});
}
sql_session sql_begin_with(sql_database database, sql_transaction transaction) {
  return session_new(database, HOW_BEGIN, transaction);
}
sql_session sql_session_of(sql_database database) {
  return session_new(database, HOW_SESSION, (sql_transaction){0});
}
sql_session sql_connect(sql_database database) {
  return session_new(database, HOW_CONNECT, (sql_transaction){0});
}

bool sql_start(sql_session handle, sql_transaction transaction) {
  struct session *session = session_ready(handle);
  if (session == NULL) return false;
  if ((unsigned)transaction.isolation > SQL_AUTOCOMMIT) {
    return error_set(&session->error, "invalid", "there is no such isolation level");
  }
  WIT(sessions_transaction_options_t) options = lower(transaction);
  wit_failure failure;
  return WIT(sessions_method_session_begin)(session_borrow(session), &options, &failure) ||
         error_take(&session->error, &failure);
}
