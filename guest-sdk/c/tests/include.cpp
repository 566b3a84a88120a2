// C++ compiles the header unchanged from C++11 on, models included: options are in the order of the
// fields.
#include "sqlservice.h"

extern "C" int64_t count_users(sql_database db) {
  sql_query query = sql_select(sql_session_of(db));
  sql_from(query, "users", nullptr);
  sql_where(query, sql_equals(query, "name", sql_text("ann")));
  sql_column(query, sql_count(query), nullptr);
  int64_t count = 0;
  return sql_fetch_int(query, &count) ? count : -1;
}

SQL_MODELS(models, SQL_TABLE("users"), SQL_ID("id"), SQL_STRING("name", 64, .unique = true),
           SQL_COLUMN("email", SQL_TEXT, .nullable = true), SQL_UNIQUE("name, email"));
extern "C" sql_database open_users() {
  return sql_open("default", models);
}
