/// Tests of the SDK with a mock host: the statements that it sends, that it never leaks, and that
/// no mistake has undefined behaviour.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "sqlservice.h"

static size_t checks, failed;
#define CHECK(condition) \
  ((void)(checks++, (condition) ? 0 : (failed++, fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition))))

SQL_MODELS(models, SQL_TABLE("users", .comment = "who"), SQL_ID("id"), SQL_STRING("name", 64, .unique = true),
           SQL_COLUMN("age", SQL_INT16, .nullable = true, SQL_DEFAULT_INTEGER(1)),
           SQL_COLUMN("t", SQL_TEXT, SQL_DEFAULT_TEXT("x")), SQL_INDEX("name, age"), SQL_CHECK("age > 0"),
           SQL_MANY("devices", "devices", .order_by = "id desc"), SQL_TABLE("devices"), SQL_ID("id"),
           SQL_COLUMN("user_id", SQL_INT64, .references = "users.id"), SQL_FOREIGN_KEY("user_id", "users", "id"),
           SQL_UNIQUE("id, user_id"));

static uint64_t state = 88172645463325252U;
static uint32_t random_below(uint32_t bound) {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return (uint32_t)(state >> 20) % bound;
}

static void read_rows(sql_rows rows) {
  while (sql_next(rows)) {
    if (!sql_get_null(rows, sql_index(rows, "id"))) sql_get_int(rows, 0);
    sql_get_text(rows, 1);
  }
  sql_rows_close(rows);
}

/// A statement with most features.
static sql_query large(sql_session s) {
  const sql_query q = sql_select(s), sub = sql_subselect(q), cte = sql_subcompound(q, SQL_UNION),
                  part = sql_subselect(q);
  const sql_expr id = sql_col(q, "u.id"), items[] = {id, sql_val(q, sql_text("a text"))};
  const sql_order order = {.expression = id, .descending = true, .nulls = SQL_NULLS_LAST};
  const sql_when when = {.condition = sql_is_null(q, id), .value = sql_val(q, sql_float(1.5))};
  sql_columns(part, "id");
  sql_from(part, "devices", NULL);
  sql_part(cte, part);
  sql_with(q, "c", "id", cte, false);
  sql_from(q, "main.users", "u");
  sql_join(q, SQL_LEFT, "c", NULL, sql_eq(q, id, sql_col(q, "c.id")));
  sql_columns(sub, "d.id");
  sql_from(sub, "devices", "d");
  sql_where(q, sql_exists(q, sub));
  sql_where(q, sql_in(q, id, items, 2));
  sql_where(q, sql_or(q, sql_starts_with(q, sql_col(q, "name"), "50%_!"), sql_not(q, sql_between(q, id, id, id))));
  sql_column(q,
             sql_over(q, sql_fn(q, "max", id),
                      (sql_window){.partition_by = items,
                                   .partition_count = 1,
                                   .order_by = &order,
                                   .order_count = 1,
                                   .frame = SQL_FRAME_ROWS}),
             "top");
  sql_column(q, sql_case(q, &when, 1, SQL_NONE), NULL);
  sql_column(q, sql_cast(q, id, SQL_TEXT), "text");
  sql_group_by(q, id);
  sql_having(q, sql_gt(q, sql_filter(q, sql_count(q), sql_equals(q, "age", sql_null())), sql_val(q, sql_int(1))));
  sql_order_by_key(q, order);
  sql_limit(q, 10);
  sql_lock(q, SQL_FOR_SHARE | SQL_NO_WAIT, "u");
  return q;
}

static void write_all(sql_session s) {
  const char *const names[] = {"ann", NULL, "cid"};
  const int64_t ages[] = {1, 2, 3};
  const uint8_t nulls[] = {0, 1, 0};
  const sql_value values[] = {sql_int(1), sql_null(), sql_int(3)};
  const sql_data data[] = {sql_data_texts("name", names), sql_data_ints("age", ages, nulls)};
  const sql_data keys = sql_data_values("id", values);
  read_rows(sql_insert_many(s, "users", data, 2, 3, "id, name"));
  const sql_flush flush = sql_flush_of(s);
  const uint32_t users = sql_flush_inserts(flush, "users", data, 2, 3, "id, name");
  const uint32_t devices = sql_flush_updates(flush, "devices", &keys, 1, data, 2, 3, NULL);
  sql_flush_link(flush, devices, 0, "age", users, 1);
  sql_flush_versions(flush, devices, keys);
  sql_flush_stored(flush, sql_flush_deletes(flush, "users", &keys, 1, 3, true), data, 2);
  sql_flush_run(flush);
  read_rows(sql_flush_rows(flush, users));
  const sql_load load = sql_load_query("users", large(s));
  sql_load_with(load, sql_load_with(load, SQL_ROOT, "devices", true), "tags", false);
  sql_load_run(load);
  read_rows(sql_load_rows(load, SQL_ROOT));
  read_rows(sql_load_rows(load, 1));
  sql_load_run(sql_load_keys(s, "users", &keys, 1, 3));
}

/// Makes every kind of call, and closes only the database.
static bool scenario(void) {
  const sql_database db = sql_open("default", models);
  const sql_rows tables = sql_create_tables(db);
  while (sql_next(tables)) sql_get_text(tables, 0);
  sql_create_all(db);
  sql_ping(db);
  sql_dialect(db);
  const sql_session s = sql_begin(db);
  const sql_query insert = sql_insert(s, "users");
  sql_set(insert, "name", sql_text("ann"));
  sql_next_row(insert);
  sql_set(insert, "name", sql_text("bob"));
  sql_on_conflict(insert, "name");
  sql_conflict_set(insert, "age", sql_excluded(insert, "age"));
  sql_columns(insert, "id, name");
  read_rows(sql_fetch(insert));
  // The second execution prepares the statement, and the third one runs the prepared statement.
  for (int i = 0; i < 3; i++) read_rows(sql_fetch(large(s)));
  const sql_savepoint savepoint = sql_save(s);
  const sql_query update = sql_update(s, "users");
  sql_set_to(update, "age", sql_binary(update, SQL_ADD, sql_col(update, "age"), sql_val(update, sql_int(1))));
  sql_where(update, sql_equals(update, "id", sql_int(1)));
  sql_execute(update, NULL);
  sql_rollback_to(savepoint);
  sql_save(s);
  const sql_prepared prepared = sql_prepare(large(s));
  const sql_value parameters[] = {sql_int(1), sql_array_of((sql_value[]){sql_int(1)}, 1)};
  read_rows(sql_run(prepared, parameters, 2));
  sql_run(prepared, parameters, 2);
  sql_raw(s, "select 1", parameters, 2);
  write_all(s);
  sql_reflect(s, "users, devices");
  sql_select(s);
  const bool committed = sql_commit(s);
  const bool told = sql_database_error(db) != NULL;
  CHECK(committed != told);
  uint8_t *message = NULL;
  size_t size = 0;
  const bool well = sql_finish(db, &message, &size);
  CHECK(well == committed && well == (message == NULL));
  if (getenv("SHOW") != NULL && message != NULL) fprintf(stderr, "%.*s\n", (int)size, (const char *)message);
  test_free(message);
  return well;
}

/// Each call of the host and each allocation fails once: nothing leaks, and it is reported.
static void test_failures(void) {
  host_reset();
  host_batches = 3;
  CHECK(scenario());
  CHECK(host_handles == 0 && host_memory == 0 && host_malformed == 0);
  const size_t calls = host_calls, requests = host_requests;
  size_t mended = 0;
  for (size_t i = 0; i < calls; i++) {
    host_reset();
    host_batches = 3;
    host_fails_at = i;
    mended += scenario();
    CHECK(host_handles == 0 && host_memory == 0);
  }
  // A repeated statement that cannot be prepared is executed unprepared.
  CHECK(mended == 1);
  for (size_t i = 0; i < requests; i++) {
    host_reset();
    host_batches = 3;
    host_no_memory_at = i;
    scenario();
    CHECK(host_handles == 0 && host_memory == 0);
  }
  printf("%zu calls and %zu requests for memory failed once each\n", calls, requests);
}

static void test_errors(void) {
  host_reset();
  const sql_database db = sql_open("default", models);
  const sql_session s = sql_begin(db);
  host_fails_at = host_calls;
  CHECK(!sql_commit(s));
  const sql_failure *failure = sql_error(s);
  CHECK(sql_is(failure, "unique-violation") && failure->position == 4 && failure->retryable);
  CHECK(strcmp(failure->columns, "name,email") == 0 && strcmp(failure->details, "expected=1") == 0);
  CHECK(strcmp(failure->sqlstate, "23505") == 0 && strcmp(failure->constraint, "users_name") == 0);
  const size_t calls = host_calls;
  CHECK(!sql_commit(s) && !sql_execute(sql_select(s), NULL) && host_calls == calls);
  CHECK(sql_rollback(s) && sql_error(s) != NULL);
  sql_clear(s);
  CHECK(sql_error(s) == NULL && sql_commit(s));
  CHECK(sql_session_close(s) && !sql_session_close(s) && sql_is(sql_error(s), "closed"));
  sql_close(db);
  sql_close(db);
  CHECK(sql_is(sql_database_error(db), "closed") && !sql_ping(db));
}

static const char *code_of(sql_session s) {
  const sql_failure *failure = sql_error(s);
  static char code[32];
  snprintf(code, sizeof code, "%s", failure == NULL ? "" : failure->code);
  sql_clear(s);
  return code;
}
#define FAILS(call, wanted) ((void)(call), CHECK(strcmp(code_of(s), wanted) == 0))

static void test_misuse(void) {
  host_reset();
  const sql_database db = sql_open("default", models);
  const sql_session s = sql_begin(db);
  const sql_query q = sql_select(s), other = sql_select(s);
  FAILS(sql_where(q, sql_col(other, "id")), "invalid");
  FAILS(sql_where(q, SQL_NONE), "invalid");
  FAILS(sql_exists(q, other), "invalid");
  FAILS(sql_exists(q, q), "invalid");
  FAILS(sql_col(q, NULL), "invalid");
  FAILS(sql_next_row(q), "invalid");
  FAILS(sql_join(q, SQL_LEFT, "users", NULL, SQL_NONE), "invalid");
  FAILS(sql_fetch((sql_query){.id = q.id | 0x70000}), "invalid");
  CHECK(!sql_columns(q, "id") && sql_error(s) == NULL);
  const sql_query insert = sql_insert(s, "users");
  FAILS(sql_set(insert, "age", sql_int(40000)), "type-mismatch");
  FAILS(sql_set(insert, "age", sql_text("five")), "type-mismatch");
  FAILS(sql_set(insert, "name", sql_date(INT32_MAX)), "type-mismatch");
  FAILS(sql_val(insert, (sql_value){.kind = (sql_kind)77}), "type-mismatch");
  const sql_rows rows = sql_fetch(other);
  FAILS(sql_get_int(rows, 0), "invalid");
  CHECK(sql_next(rows));
  FAILS(sql_get_int(rows, 7), "no-such-column");
  FAILS(sql_index(rows, "nick"), "no-such-column");
  FAILS(sql_get_uuid(rows, 1), "type-mismatch");
  FAILS(sql_floats(rows, 1), "type-mismatch");
  const int64_t wide[] = {70000};
  const sql_data data = sql_data_ints("age", wide, NULL);
  FAILS(sql_insert_many(s, "users", &data, 1, 1, NULL), "type-mismatch");
  FAILS(sql_start(s, (sql_transaction){.isolation = (sql_isolation)9}), "invalid");
  host_rows = 2;
  FAILS(sql_only(sql_fetch(large(s))), "multiple-results");
  host_rows = 0;
  FAILS(sql_fetch_int(large(s), NULL), "no-result");
  sql_close(db);
  CHECK(!sql_next(rows) && sql_get(rows, 0).kind == SQL_KIND_NULL && !sql_commit(s) && sql_width(rows) == 0);
  CHECK(sql_begin((sql_database){0}).id == 0 && !sql_commit((sql_session){12345}));
  CHECK(host_handles == 0 && host_memory == 0);
}

/// Rows have the host's values for all sizes of batches, read by row and by column.
static void test_rows(void) {
  for (int round = 0; round < 300; round++) {
    host_reset();
    host_rows = random_below(20);
    host_batches = random_below(4) + 1;
    host_seed = random_below(1000000);
    const sql_database db = sql_open("default", models);
    const sql_rows rows = sql_fetch(large(sql_begin(db)));
    const bool by_batch = random_below(2) == 0;
    size_t met = 0;
    while (by_batch ? sql_next_batch(rows) : sql_next(rows)) {
      const uint32_t batch = host_rows == 0 ? 0 : (uint32_t)(met / host_rows), at = (uint32_t)met - batch * host_rows;
      for (uint32_t i = at; i < (by_batch ? host_rows : at + 1); i++) {
        char text[32];
        const sql_str wanted = {.data = text, .size = host_text(batch, i, text)};
        const uint8_t *bits = sql_validity(rows, 0);
        const sql_texts texts = sql_text_column(rows, 1);
        const sql_str got =
            by_batch ? (sql_str){.data = texts.data + texts.offsets[i], .size = texts.offsets[i + 1] - texts.offsets[i]}
                     : sql_get_text(rows, 1);
        CHECK(got.size == wanted.size && memcmp(got.data, text, got.size) == 0);
        CHECK((bits[i / 8] >> (i % 8) & 1) != host_null(batch, i));
        CHECK(by_batch ? sql_ints(rows, 0)[i] == host_integer(batch, i)
                       : sql_get_null(rows, 0) || sql_get_int(rows, 0) == host_integer(batch, i));
        met++;
      }
    }
    CHECK(met == host_rows * host_batches);
    CHECK(sql_database_error(db) == NULL);
    sql_close(db);
    CHECK(host_handles == 0 && host_memory == 0);
  }
}

/// In random combinations of expressions, each node refers only to earlier ones.
static void test_builder(void) {
  for (int round = 0; round < 300; round++) {
    host_reset();
    const sql_database db = sql_open("default", models);
    const sql_session s = sql_begin(db);
    const sql_query q = sql_select(s);
    sql_expr made[200] = {sql_col(q, "id")};
    const uint32_t count = random_below(199) + 1;
    for (uint32_t i = 1; i < count; i++) {
      const sql_expr a = made[random_below(i)], b = made[random_below(i)];
      switch (random_below(6)) {
        case 0: made[i] = sql_binary(q, (sql_operator)random_below(16), a, b); break;
        case 1: made[i] = sql_all(q, made, random_below(i)); break;
        case 2: made[i] = sql_not(q, a); break;
        case 3: made[i] = sql_in(q, a, made, random_below(i)); break;
        case 4: made[i] = sql_val(q, sql_text("some text that is kept in the arena")); break;
        default: made[i] = sql_call(q, "coalesce", made, i); break;
      }
      sql_column(q, made[i], random_below(2) == 0 ? "label" : NULL);
    }
    sql_columns(q, " id , u.name");
    CHECK(sql_execute(q, NULL) && host_malformed == 0 && host_nodes >= count);
    sql_close(db);
  }
}

static sql_query by_name(sql_session s, const char *name, const char *label) {
  const sql_query q = sql_select(s);
  sql_column(q, sql_val(q, sql_int(1)), label);
  sql_columns(q, "id");
  sql_from(q, "users", NULL);
  sql_where(q, sql_equals(q, "name", sql_text(name)));
  return q;
}

/// A repeated statement is prepared once, with any values, and is not confused with another one.
static void test_plans(void) {
  host_reset();
  const sql_database db = sql_open("default", models);
  const sql_session s = sql_begin(db);
  for (int i = 0; i < 5; i++) CHECK(sql_execute(by_name(s, i % 2 == 0 ? "ann" : "bob", "one"), NULL));
  CHECK(host_prepared == 1 && host_sent == 1);
  CHECK(sql_execute(by_name(s, "ann", "two"), NULL) && host_prepared == 1 && host_sent == 2);
  const sql_query other = by_name(s, "ann", "one");
  sql_limit(other, 1);
  CHECK(sql_execute(other, NULL) && host_prepared == 1 && host_sent == 3);
  for (int64_t i = 0; i < 3; i++) {
    const sql_query insert = sql_insert(s, "users");
    sql_set(insert, "name", i == 0 ? sql_null() : sql_text("ann"));
    sql_set(insert, "age", sql_int(i));
    CHECK(sql_execute(insert, NULL));
  }
  CHECK(host_prepared == 2 && host_sent == 4);
  // A value in a result's column stays a literal, as it determines the column's type.
  for (int64_t i = 0; i < 3; i++) {
    const sql_query q = sql_select(s);
    sql_column(q, sql_val(q, sql_int(i)), NULL);
    CHECK(sql_execute(q, NULL));
  }
  CHECK(host_prepared == 2 && host_sent == 7);
  // Rows keep their names after the cache evicts their statement.
  const sql_rows rows = sql_fetch(by_name(s, "cid", "one"));
  char label[32];
  for (int i = 0; i < 100; i++) {
    snprintf(label, sizeof label, "label %d", i / 2);
    CHECK(sql_execute(by_name(s, "ann", label), NULL));
  }
  CHECK(host_prepared == 52 && host_handles <= 2 + 32 + 1);
  CHECK(strcmp(sql_name(rows, 1), "name") == 0);
  sql_close(db);
  CHECK(host_handles == 0 && host_memory == 0);
}

static void test_times(void) {
  for (int32_t day = -719162; day <= 2932896; day += 1 + (int32_t)random_below(40)) {
    int32_t year;
    uint32_t month, of_month;
    char text[40];
    sql_value back;
    sql_civil(day, &year, &month, &of_month);
    CHECK(sql_days(year, month, of_month) == day);
    const size_t size = sql_format(sql_date(day), text, sizeof text);
    CHECK(size == 10 && sql_parse(SQL_KIND_DATE, (sql_str){text, size}, &back) && back.as.integer == day);
    const int64_t moment = (int64_t)day * 86400000000 + random_below(86400000) * INT64_C(1000);
    const size_t long_size = sql_format(sql_timestamp_tz(moment), text, sizeof text);
    CHECK(sql_parse(SQL_KIND_TIMESTAMP_TZ, (sql_str){text, long_size}, &back) && back.as.integer == moment);
  }
  sql_value value;
  const char *const wrong[] = {"", "2023-02-29", "2024-13-01", "0000-01-01", "2024-1-01", "2024-01-01 ", "x"};
  for (size_t i = 0; i < 7; i++) CHECK(!sql_parse(SQL_KIND_DATE, (sql_str){wrong[i], strlen(wrong[i])}, &value));
  CHECK(!sql_parse(SQL_KIND_TIME, (sql_str){"24:00:00", 8}, &value) &&
        !sql_parse(SQL_KIND_TIME, (sql_str){"12:00:00.", 9}, &value));
  const char *uuid = "00112233-4455-6677-8899-aabbccddeeff";
  char text[40];
  CHECK(sql_parse(SQL_KIND_UUID, (sql_str){uuid, 36}, &value) && sql_format(value, text, sizeof text) == 36);
  CHECK(strcmp(text, uuid) == 0 &&
        !sql_parse(SQL_KIND_UUID, (sql_str){"00112233-4455-6677-8899-aabbccddeefg", 36}, &value));
}

int main(void) {
  test_failures();
  test_errors();
  test_misuse();
  test_rows();
  test_builder();
  test_plans();
  test_times();
  printf("%zu checks, %zu failed\n", checks, failed);
  return failed == 0 ? 0 : 1;
}
