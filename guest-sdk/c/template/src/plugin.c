/// {name}: a plugin that keeps notes. It knows its database by a name; who runs it decides which one that is.
#include "plugin.h"

#include "sqlservice.h"

// Its models. `sqlservice inspect` shows them.
SQL_MODELS(models, SQL_TABLE("notes"), SQL_ID("id"), SQL_COLUMN("text", SQL_TEXT),
           SQL_COLUMN("done", SQL_BOOLEAN, SQL_DEFAULT_BOOLEAN(false)));
SQL_EXPORT_MODELS(models)

bool exports_plugin_add_note(plugin_string_t *text, int64_t *id, plugin_string_t *err) {
  sql_database db = sql_open("default", models);
  sql_create_all(db);
  sql_session session = sql_begin(db);
  sql_query insert = sql_insert(session, "notes");
  sql_set(insert, "text", sql_text_of(text->ptr, text->len));
  sql_columns(insert, "id");  // Its key comes back.
  sql_fetch_int(insert, id);
  sql_commit(session);
  plugin_string_free(text);
  // Closes all. Without a commit, all is rolled back. The first error of all these calls is told.
  return SQL_FINISH(db, err);
}

bool exports_plugin_notes(plugin_list_string_t *notes, plugin_string_t *err) {
  sql_database db = sql_open("default", models);
  sql_create_all(db);
  sql_query query = sql_select(sql_session_of(db));
  sql_columns(query, "text");
  sql_from(query, "notes", NULL);
  sql_where(query, sql_equals(query, "done", sql_bool(false)));
  sql_order_by(query, sql_col(query, "id"));
  sql_rows rows = sql_fetch(query);
  *notes = (plugin_list_string_t){0};
  while (sql_next(rows)) SQL_PUSH_TEXT(notes, sql_get_text(rows, 0));
  if (SQL_FINISH(db, err)) return true;
  plugin_list_string_free(notes);
  return false;
}
