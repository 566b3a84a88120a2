/// C compiles the header unchanged, from C99 on.
#include "sqlservice.h"

SQL_MODELS(models, SQL_TABLE("users"), SQL_ID("id"), SQL_STRING("name", 64, .unique = true),
           SQL_COLUMN("email", SQL_TEXT, .nullable = true), SQL_NUMERIC("paid", 12, 2, SQL_DEFAULT_DECIMAL("0")),
           SQL_UNIQUE("name, email"), SQL_INDEX("paid"), SQL_CHECK("paid >= 0"), SQL_MANY("devices", "devices"),
           SQL_TABLE("devices", .comment = "theirs"), SQL_COLUMN("id", SQL_INT32), SQL_COLUMN("user_id", SQL_INT64),
           SQL_PRIMARY_KEY("id, user_id"), SQL_FOREIGN_KEY("user_id", "users", "id", .on_delete = SQL_CASCADE),
           SQL_ONE("user", "users"));

sql_database open_users(void);
sql_database open_users(void) {
  return sql_open("default", models);
}

int64_t count_users(sql_database db);
int64_t count_users(sql_database db) {
  const sql_query query = sql_select(sql_session_of(db));
  sql_from(query, "users", NULL);
  sql_where(query, sql_equals(query, "name", sql_text("ann")));
  sql_column(query, sql_count(query), NULL);
  int64_t count = 0;
  return sql_fetch_int(query, &count) ? count : -1;
}
