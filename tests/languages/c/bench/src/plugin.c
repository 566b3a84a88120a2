/// The work of the benchmark, which is measured beside the same work in Rust (`../rust`).
// For clock_gettime.
#define _POSIX_C_SOURCE 200809L
#include "plugin.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sqlservice.h"

SQL_MODELS(models, SQL_TABLE("users"), SQL_ID("id"), SQL_STRING("name", 64), SQL_STRING("email", 128, .nullable = true),
           SQL_COLUMN("score", SQL_FLOAT64), SQL_COLUMN("active", SQL_BOOLEAN), SQL_COLUMN("created", SQL_INT64),
           SQL_TABLE("devices"), SQL_ID("id"),
           SQL_COLUMN("user_id", SQL_INT64, .references = "users.id", .index = true), SQL_STRING("name", 64));
SQL_EXPORT_MODELS(models)

/// Rows that are there, single rows that are read, and users that are written with two devices each.
enum { ROWS = 10000, POINTS = 1000, OWNERS = 1000, DEVICES = 2 };
enum { BATCH = 1024, NAME = 32, EMAIL = 48, CREATED = 5 };

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

/// Does its work on a database and returns how many rows it read; what fails is told by the database.
typedef int64_t work(sql_database db);

static int64_t open_only(sql_database db) {
  sql_commit(sql_session_of(db));
  return 0;
}

/// A select of all columns of the users.
static sql_query select_users(sql_session session) {
  const sql_query query = sql_select(session);
  sql_from(query, "users", NULL);
  sql_columns(query, "id, name, email, score, active, created");
  return query;
}

/// The key that is asked for in turn `k`.
static int64_t key(int64_t k) {
  return k * 7919 % ROWS + 1;
}

/// Counts rows whose key is what it should be.
static int64_t found(sql_rows rows, int64_t id) {
  const bool is = sql_only(rows) && sql_get_int(rows, 0) == id;
  sql_rows_close(rows);
  return is;
}

static int64_t point(sql_database db) {
  const sql_session session = sql_session_of(db);
  const sql_query query = select_users(session);
  sql_where(query, sql_eq(query, sql_col(query, "id"), sql_param(query, 0)));
  const sql_prepared by_id = sql_prepare(query);
  int64_t count = 0;
  for (int64_t k = 0; k < POINTS; k++) {
    const sql_value id = sql_int(key(k));
    count += found(sql_run(by_id, &id, 1), key(k));
  }
  return count;
}

static int64_t built(sql_database db) {
  const sql_session session = sql_session_of(db);
  int64_t count = 0;
  for (int64_t k = 0; k < POINTS; k++) {
    const sql_query query = select_users(session);
    sql_where(query, sql_equals(query, "id", sql_int(key(k))));
    count += found(sql_fetch(query), key(k));
  }
  return count;
}

static int64_t read_all(sql_database db) {
  const sql_session session = sql_session_of(db);
  sql_set_options(session, (sql_options){.batch_rows = BATCH});
  const sql_rows rows = sql_fetch(select_users(session));
  int64_t count = 0;
  uint64_t sum = 0;
  while (sql_next(rows)) {
    const size_t texts = sql_get_text(rows, 1).size + (sql_get_null(rows, 2) ? 0 : sql_get_text(rows, 2).size);
    sum += (uint64_t)sql_get_int(rows, 0) + texts + (uint64_t)sql_get_float(rows, 3) + sql_get_bool(rows, 4) +
           (uint64_t)sql_get_int(rows, CREATED);
    count++;
  }
  return sum != 0 ? count : 0;
}

static void insert_users(sql_database db, uint32_t start) {
  const sql_session session = sql_begin(db);
  users made;
  if (users_make(&made, start, ROWS)) {
    sql_rows_close(sql_insert_many(session, "users", made.columns, 5, ROWS, NULL));
    users_free(&made);
  }
  sql_commit(session);
}

static int64_t insert(sql_database db) {
  insert_users(db, ROWS);
  return 0;
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

static int64_t flush(sql_database db) {
  const sql_session session = sql_begin(db);
  const sql_flush flush = sql_flush_of(session);
  users made;
  if (users_make(&made, ROWS, OWNERS)) {
    const uint32_t change = sql_flush_inserts(flush, "users", made.columns, 5, OWNERS, "id");
    users_free(&made);
    flush_devices(flush, ROWS, OWNERS, change);
  }
  sql_flush_run(flush);
  sql_commit(session);
  return 0;
}

/// Takes away what a work wrote.
static int64_t clean(sql_database db) {
  const sql_session session = sql_begin(db);
  sql_execute(sql_delete(session, "devices"), NULL);
  const sql_query query = sql_delete(session, "users");
  sql_where(query, sql_ge(query, sql_col(query, "created"), sql_val(query, sql_int(INT64_C(1700000000000000) + ROWS))));
  sql_execute(query, NULL);
  sql_commit(session);
  return 0;
}

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/// A work by its name, and the rows that it reads.
typedef struct named {
  const char *name;
  work *run;
  int64_t rows;
} named;

static const named works[] = {{"open", open_only, 0},   {"point", point, POINTS}, {"built", built, POINTS},
                              {"read", read_all, ROWS}, {"insert", insert, 0},    {"flush", flush, 0}};

static const named *work_named(const plugin_string_t *name) {
  for (size_t i = 0; i < sizeof works / sizeof *works; i++) {
    const size_t size = strlen(works[i].name);
    if (size == name->len && memcmp(works[i].name, name->ptr, size) == 0) return &works[i];
  }
  return NULL;
}

bool exports_plugin_prepare(plugin_string_t *err) {
  const sql_database db = sql_open("default", models);
  sql_drop_all(db);
  sql_create_all(db);
  insert_users(db, 0);
  return SQL_FINISH(db, err);
}

/// Runs a work on a database of its own.
static bool run(work *does, int64_t wanted, plugin_string_t *err) {
  const sql_database db = sql_open("default", models);
  const int64_t rows = does(db);
  if (!SQL_FINISH(db, err)) return false;
  if (rows == wanted) return true;
  plugin_string_dup(err, "another number of rows was wanted");
  return false;
}

bool exports_plugin_measure(plugin_string_t *name, uint32_t rounds, plugin_list_u64_t *times, plugin_string_t *err) {
  const named *const asked = work_named(name);
  plugin_string_free(name);
  *times = (plugin_list_u64_t){.ptr = calloc((size_t)rounds + 1, sizeof(uint64_t)), .len = rounds};
  if (asked == NULL || times->ptr == NULL) {
    plugin_list_u64_free(times);
    plugin_string_dup(err, "there is no such work, or no memory");
    return false;
  }
  for (uint32_t i = 0; i < rounds; i++) {
    const uint64_t start = now();
    const bool well = run(asked->run, asked->rows, err);
    times->ptr[i] = now() - start;
    if (!well || !run(clean, 0, err)) {
      plugin_list_u64_free(times);
      return false;
    }
  }
  return true;
}
