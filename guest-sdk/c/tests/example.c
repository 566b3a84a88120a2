/// The README's examples, to check that they compile.
#include <stdio.h>

#include "sqlservice.h"

bool count_devices(sql_session session);
bool commit(sql_session session);
int64_t total(sql_session session);

bool count_devices(sql_session session) {
  sql_query query = sql_select(session);
  sql_from(query, "users", "u");
  sql_join(query, SQL_LEFT, "devices", "d", sql_eq(query, sql_col(query, "d.user_id"), sql_col(query, "u.id")));
  sql_where(query, sql_starts_with(query, sql_col(query, "u.name"), "a"));
  sql_columns(query, "u.name");
  sql_column(query, sql_fn(query, "count", sql_col(query, "d.id")), "devices");
  sql_group_by(query, sql_col(query, "u.name"));

  sql_rows rows = sql_fetch(query);
  while (sql_next(rows)) {
    sql_str name = sql_get_text(rows, 0);
    printf("%.*s: %lld\n", (int)name.size, name.data, (long long)sql_get_int(rows, sql_index(rows, "devices")));
  }
  return sql_rows_close(rows);
}

int64_t total(sql_session session) {
  sql_query query = sql_select(session);
  sql_from(query, "users", NULL);
  sql_columns(query, "score");

  int64_t sum = 0;
  sql_rows rows = sql_fetch(query);
  while (sql_next_batch(rows)) {
    const int64_t *scores = sql_ints(rows, 0);
    for (size_t i = 0; scores != NULL && i < sql_batch_rows(rows); i++) sum += scores[i];
  }
  sql_rows_close(rows);
  return sum;
}

bool commit(sql_session session) {
  if (!sql_commit(session) && sql_is(sql_error(session), "unique-violation")) {
    sql_clear(session);
    sql_rollback(session);
    return false;
  }
  return true;
}
