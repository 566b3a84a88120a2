/// The work of the benchmark: it is measured against the guest in Rust, and programs without a sandbox.
#include "plugin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sqlservice.h"

SQL_MODELS(models, SQL_TABLE("users"), SQL_ID("id"), SQL_STRING("name", 64), SQL_STRING("email", 128, .nullable = true),
           SQL_COLUMN("score", SQL_FLOAT64), SQL_COLUMN("active", SQL_BOOLEAN), SQL_COLUMN("created", SQL_INT64),
           SQL_TABLE("devices"), SQL_ID("id"),
           SQL_COLUMN("user_id", SQL_INT64, .references = "users.id", .index = true), SQL_STRING("name", 64));
SQL_EXPORT_MODELS(models)

enum { BATCH = 1024, AT_ONCE = 10000, NAME = 32, EMAIL = 48, DEVICES = 2, CREATED = 5 };

/// Columns of many users, in one block of memory.
typedef struct users {
  int64_t *created;
  double *score;
  const char **name, **email;
  uint8_t *active;
  char *chars;
  sql_data columns[5];
} users;

/// Writes so many digits of a number behind `before`, and `behind` after them.
static void numbered(char *out, const char *before, uint32_t number, size_t digits, const char *behind) {
  const size_t at = strlen(before);
  memcpy(out, before, at);
  for (size_t i = digits; i > 0; i--, number /= 10) out[at + i - 1] = (char)('0' + number % 10);
  memcpy(out + at + digits, behind, strlen(behind) + 1);
}

static bool users_make(users *made, uint32_t start, uint32_t count) {
  const size_t each = sizeof *made->created + sizeof *made->score + 2 * sizeof *made->name + NAME + EMAIL + 1;
  made->created = calloc(count + 1, each);
  if (made->created == NULL) return false;
  made->score = (double *)(made->created + count);
  made->name = (const char **)(made->score + count);
  made->email = made->name + count;
  made->chars = (char *)(made->email + count);
  made->active = (uint8_t *)made->chars + (size_t)count * (NAME + EMAIL);
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t number = start + i;
    char *name = made->chars + (size_t)i * (NAME + EMAIL), *email = name + NAME;
    numbered(name, "user-", number, 8, "-abcdefgh");
    numbered(email, "user-", number, 8, "@example.org-0123456789");
    made->name[i] = name;
    made->email[i] = number % 7 == 0 ? NULL : email;
    made->score[i] = number * 0.5;
    made->active[i] = number % 2 == 0;
    made->created[i] = INT64_C(1700000000000000) + number;
  }
  made->columns[0] = sql_data_texts("name", made->name);
  made->columns[1] = sql_data_texts("email", made->email);
  made->columns[2] = sql_data_floats("score", made->score, NULL);
  made->columns[3] = sql_data_bools("active", made->active, NULL);
  made->columns[4] = sql_data_ints("created", made->created, NULL);
  return true;
}

static void users_free(users *made) {
  free(made->created);
}

static uint64_t insert_users(sql_session session, uint32_t start, uint32_t count) {
  users made;
  if (!users_make(&made, start, count)) return 0;
  const sql_rows rows = sql_insert_many(session, "users", made.columns, 5, count, NULL);
  const uint64_t affected = sql_affected(rows);
  sql_rows_close(rows);
  users_free(&made);
  return affected;
}

/// Two devices of each of the newest users.
static void insert_devices(sql_session session) {
  static int64_t owners[2000 * DEVICES];
  static char names[2000 * DEVICES][NAME];
  static const char *texts[2000 * DEVICES];
  const sql_query newest = sql_select(session);
  sql_columns(newest, "id");
  sql_from(newest, "users", NULL);
  sql_order_by_desc(newest, sql_col(newest, "id"));
  sql_limit(newest, 2000);
  const sql_rows rows = sql_fetch(newest);
  size_t count = 0;
  while (sql_next(rows)) {
    for (int k = 0; k < DEVICES; k++, count++) {
      owners[count] = sql_get_int(rows, 0);
      snprintf(names[count], NAME, "dev-%lld-%d", (long long)owners[count], k);
      texts[count] = names[count];
    }
  }
  sql_rows_close(rows);
  const sql_data columns[] = {sql_data_ints("user_id", owners, NULL), sql_data_texts("name", texts)};
  sql_rows_close(sql_insert_many(session, "devices", columns, 2, count, NULL));
}

bool exports_plugin_prepare(uint32_t rows, plugin_string_t *err) {
  const sql_database db = sql_open("default", models);
  sql_drop_all(db);
  sql_create_all(db);
  const sql_session session = sql_begin(db);
  for (uint32_t start = 0; start < rows; start += AT_ONCE) {
    insert_users(session, start, rows - start < AT_ONCE ? rows - start : AT_ONCE);
  }
  insert_devices(session);
  sql_commit(session);
  return SQL_FINISH(db, err);
}

/// A select of all columns of the users.
static sql_query select_users(sql_session session) {
  const sql_query query = sql_select(session);
  sql_from(query, "users", NULL);
  sql_columns(query, "id, name, email, score, active, created");
  return query;
}

bool exports_plugin_read(plugin_tuple2_u64_s64_t *ret, plugin_string_t *err) {
  const sql_database db = sql_open("default", models);
  const sql_session session = sql_session_of(db);
  sql_set_options(session, (sql_options){.batch_rows = BATCH});
  const sql_rows rows = sql_fetch(select_users(session));
  uint64_t count = 0;
  int64_t sum = 0;
  while (sql_next(rows)) {
    const size_t texts = sql_get_text(rows, 1).size + (sql_get_null(rows, 2) ? 0 : sql_get_text(rows, 2).size);
    sum += sql_get_int(rows, 0) + (int64_t)texts + (int64_t)sql_get_float(rows, 3) + sql_get_bool(rows, 4) +
           sql_get_int(rows, CREATED);
    count++;
  }
  *ret = (plugin_tuple2_u64_s64_t){.f0 = count, .f1 = sum};
  return SQL_FINISH(db, err);
}

/// The key that is asked for in turn `k`.
static int64_t key(uint64_t k, uint32_t rows) {
  return (int64_t)(k * 7919 % rows) + 1;
}

/// The only row's moment of creation.
static int64_t created(sql_rows rows) {
  const int64_t value = sql_only(rows) ? sql_get_int(rows, CREATED) : 0;
  sql_rows_close(rows);
  return value;
}

bool exports_plugin_point(uint32_t count, uint32_t rows, int64_t *ret, plugin_string_t *err) {
  const sql_database db = sql_open("default", models);
  const sql_query query = select_users(sql_session_of(db));
  sql_where(query, sql_eq(query, sql_col(query, "id"), sql_param(query, 0)));
  const sql_prepared by_id = sql_prepare(query);
  *ret = 0;
  for (uint64_t k = 0; k < count; k++) {
    const sql_value id = sql_int(key(k, rows));
    *ret += created(sql_run(by_id, &id, 1));
  }
  return SQL_FINISH(db, err);
}

static int64_t built(sql_session session, int64_t id) {
  const sql_query query = select_users(session);
  sql_where(query, sql_equals(query, "id", sql_int(id)));
  return created(sql_fetch(query));
}

bool exports_plugin_built(uint32_t count, uint32_t rows, int64_t *ret, plugin_string_t *err) {
  const sql_database db = sql_open("default", models);
  const sql_session session = sql_session_of(db);
  *ret = 0;
  for (uint64_t k = 0; k < count; k++) *ret += built(session, key(k, rows));
  return SQL_FINISH(db, err);
}

bool exports_plugin_insert(uint32_t start, uint32_t count, uint64_t *ret, plugin_string_t *err) {
  const sql_database db = sql_open("default", models);
  const sql_session session = sql_begin(db);
  *ret = insert_users(session, start, count);
  sql_commit(session);
  return SQL_FINISH(db, err);
}

/// Devices without an owner yet: a flush fills it in.
static uint32_t flush_devices(sql_flush flush, uint32_t start, uint32_t owners, uint32_t users_change) {
  const uint32_t count = owners * DEVICES;
  int64_t *none = calloc((size_t)count + 1, sizeof *none);
  const char **texts = calloc((size_t)count + 1, sizeof *texts);
  char *chars = calloc((size_t)count + 1, NAME);
  uint32_t change = UINT32_MAX;
  if (none != NULL && texts != NULL && chars != NULL) {
    for (uint32_t i = 0; i < count; i++) {
      char *text = chars + (size_t)i * NAME;
      numbered(text, "dev-", start + i / DEVICES, 8, i % DEVICES == 0 ? "-0" : "-1");
      texts[i] = text;
    }
    const sql_data columns[] = {sql_data_ints("user_id", none, NULL), sql_data_texts("name", texts)};
    change = sql_flush_inserts(flush, "devices", columns, 2, count, "id");
    for (uint32_t i = 0; i < count; i++) sql_flush_link(flush, change, i, "user_id", users_change, i / DEVICES);
  }
  free(none);
  free(texts);
  free(chars);
  return change;
}

bool exports_plugin_flush(uint32_t start, uint32_t count, int64_t *ret, plugin_string_t *err) {
  const sql_database db = sql_open("default", models);
  const sql_session session = sql_begin(db);
  const sql_flush flush = sql_flush_of(session);
  users made;
  if (users_make(&made, start, count)) {
    const uint32_t change = sql_flush_inserts(flush, "users", made.columns, 5, count, "id");
    users_free(&made);
    flush_devices(flush, start, count, change);
  }
  sql_flush_run(flush);
  sql_commit(session);
  *ret = (int64_t)count * 3;
  return SQL_FINISH(db, err);
}

bool exports_plugin_cross(uint32_t count, int64_t *ret, plugin_string_t *err) {
  const sql_database db = sql_open("default", models);
  const sql_session session = sql_session_of(db);
  for (uint32_t i = 0; i < count; i++) sql_commit(session);
  *ret = count;
  return SQL_FINISH(db, err);
}

bool exports_plugin_one(int64_t id, int64_t *ret, plugin_string_t *err) {
  const sql_database db = sql_open("default", models);
  *ret = built(sql_session_of(db), id);
  return SQL_FINISH(db, err);
}

void exports_plugin_nothing(void) {}
