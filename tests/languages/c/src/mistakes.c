/// Mistakes that a program makes: none traps, and each gets the error that it has to. It is longer than other files as
/// each mistake is a function of its own, and the table at the end names all of them.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin.h"

#include "guest.h"

/// Where a mistake is made: a session in a transaction of its own.
typedef struct trial {
  sql_database db;
  sql_session s;
} trial;

/// A mistake, and the codes that it may get, with `|` between; `ok` is none.
typedef struct mistake {
  const char *name, *wanted;
  void (*make)(trial *);
} mistake;

static void insert(trial *t, const char *column, sql_value value) {
  const sql_query q = sql_insert(t->s, "kinds");
  sql_set(q, "id", sql_int(1));
  sql_set(q, column, value);
  sql_execute(q, NULL);
}
static sql_rows read_back(trial *t, const char *column, sql_value value) {
  insert(t, column, value);
  const sql_query q = sql_select(t->s);
  sql_columns(q, column);
  sql_from(q, "kinds", NULL);
  const sql_rows rows = sql_fetch(q);
  sql_next(rows);
  return rows;
}
static bool fill(sql_session s, size_t count) {
  int64_t *ids = calloc(count, sizeof *ids);
  if (ids == NULL) return false;
  for (size_t i = 0; i < count; i++) ids[i] = (int64_t)i;
  const sql_data data = sql_data_ints("id", ids, NULL);
  const bool well = sql_rows_close(sql_insert_many(s, "kinds", &data, 1, count, NULL));
  free(ids);
  return well;
}
static sql_query kinds(sql_session s) {
  const sql_query q = sql_select(s);
  sql_columns(q, "id");
  sql_from(q, "kinds", NULL);
  return q;
}

/* Values. */

static void text_in_integer(trial *t) {
  insert(t, "i32", sql_text("five"));
}
static void integer_in_text(trial *t) {
  insert(t, "t", sql_int(5));
}
static void small_overflow(trial *t) {
  insert(t, "i16", sql_int(40000));
}
static void unsigned_overflow(trial *t) {
  insert(t, "i64", sql_uint(UINT64_MAX));
}
static void not_utf8(trial *t) {
  insert(t, "t", sql_text("\xff\xfe"));
}
static void cut_utf8(trial *t) {
  insert(t, "t", sql_text_of("gr\xc3", 3));
}
static void long_utf8(trial *t) {
  insert(t, "t", sql_text_of("\xc0\x80\xed\xa0\x80", 5));
}
static void bad_json(trial *t) {
  insert(t, "j", sql_json("{\xff}"));
}
static void bad_name(trial *t) {
  insert(t, "\xff", sql_int(1));
}
static void bad_table(trial *t) {
  sql_execute(sql_insert(t->s, "k\xff"), NULL);
}
static void bad_alias(trial *t) {
  const sql_query q = kinds(t->s);
  sql_column(q, sql_val(q, sql_int(1)), "\xff");
  sql_execute(q, NULL);
}
static void bad_function(trial *t) {
  const sql_query q = kinds(t->s);
  sql_column(q, sql_fn(q, "\xff", sql_col(q, "id")), NULL);
  sql_execute(q, NULL);
}
static void bad_raw(trial *t) {
  sql_rows_close(sql_raw(t->s, "select '\xff'", NULL, 0));
}
static void bad_parameter(trial *t) {
  const sql_value value = sql_text("\xff");
  sql_rows_close(sql_raw(t->s, "select 1", &value, 1));
}
static void bad_database(trial *t) {
  const sql_database db = sql_open("\xff", guest_models);
  const sql_failure *failure = sql_database_error(db);
  if (sql_is(failure, "type-mismatch")) insert(t, "i32", sql_text("five"));
  sql_close(db);
}
static void bad_column_of_many(trial *t) {
  const char *const texts[] = {"\xff"};
  const int64_t ids[] = {1};
  const sql_data data[] = {sql_data_ints("id", ids, NULL), sql_data_texts("t", texts)};
  sql_rows_close(sql_insert_many(t->s, "kinds", data, 2, 1, NULL));
}
static void bad_strings(trial *t) {
  const uint32_t offsets[] = {0, 1, 2};
  const int64_t ids[] = {1, 2};
  // A character that is cut in two.
  const sql_data data[] = {sql_data_ints("id", ids, NULL),
                           sql_data_strings("t", SQL_KIND_TEXT, "\xc3\xbc", offsets, NULL)};
  sql_rows_close(sql_insert_many(t->s, "kinds", data, 2, 2, NULL));
}
static void bad_mixed(trial *t) {
  const sql_value values[] = {sql_text("\xff")};
  const int64_t ids[] = {1};
  const sql_data data[] = {sql_data_ints("id", ids, NULL), sql_data_values("t", values)};
  sql_rows_close(sql_insert_many(t->s, "kinds", data, 2, 1, NULL));
}
static void bad_flush(trial *t) {
  const char *const texts[] = {"\xff"};
  const sql_data data = sql_data_texts("name", texts);
  const sql_flush flush = sql_flush_of(t->s);
  sql_flush_inserts(flush, "users", &data, 1, 1, NULL);
  sql_flush_run(flush);
}
static void bad_truth(trial *t) {
  const uint8_t truths[] = {7};
  const int64_t ids[] = {1};
  const sql_data data[] = {sql_data_ints("id", ids, NULL), sql_data_bools("b", truths, NULL)};
  sql_rows_close(sql_insert_many(t->s, "kinds", data, 2, 1, NULL));
}
static void no_number(trial *t) {
  insert(t, "f64", sql_float((double)NAN));
}
static void infinite(trial *t) {
  insert(t, "f64", sql_float((double)-INFINITY));
}
static void bad_decimal(trial *t) {
  insert(t, "dec", sql_decimal("1e5"));
}
static void late_date(trial *t) {
  insert(t, "d", sql_date(INT32_MAX));
}
static void no_kind(trial *t) {
  insert(t, "t", (sql_value){.kind = (sql_kind)77});
}
static void no_text(trial *t) {
  insert(t, "t", sql_text(NULL));
}
static void huge_text(trial *t) {
  const size_t size = (size_t)70 << 20;
  char *text = malloc(size);
  if (text == NULL) return;
  memset(text, 'x', size);
  insert(t, "t", sql_text_of(text, size));
  free(text);
}
static void null_as_integer(trial *t) {
  sql_get_int(read_back(t, "i64", sql_null()), 0);
}
static void text_as_integer(trial *t) {
  sql_get_int(read_back(t, "t", sql_text("x")), 0);
}
static void long_as_short(trial *t) {
  sql_get_int32(read_back(t, "i64", sql_int(INT64_MAX)), 0);
}
static void negative_as_unsigned(trial *t) {
  sql_get_uint(read_back(t, "i64", sql_int(-1)), 0);
}
static void no_such_column(trial *t) {
  sql_get_int(read_back(t, "i64", sql_int(1)), 9);
}
static void no_such_name(trial *t) {
  sql_index(read_back(t, "i64", sql_int(1)), NULL);
}
static void deep(trial *t) {
  const sql_query q = kinds(t->s);
  sql_expr expr = sql_equals(q, "id", sql_int(1));
  for (int i = 0; i < 10000; i++) expr = sql_not(q, expr);
  sql_where(q, expr);
  sql_execute(q, NULL);
}
static void wide(trial *t) {
  const sql_query q = kinds(t->s);
  sql_expr *all = calloc(100000, sizeof *all);
  for (int i = 0; all != NULL && i < 100000; i++) all[i] = sql_equals(q, "id", sql_int(i));
  sql_where(q, sql_any(q, all, 100000));
  free(all);
  sql_execute(q, NULL);
}
static void one_part(trial *t) {
  sql_execute(sql_compound(t->s, (sql_set_operator)9), NULL);
}
static void no_join(trial *t) {
  const sql_query q = kinds(t->s);
  sql_join(q, (sql_join_kind)77, "users", NULL, sql_equals(q, "users.id", sql_int(1)));
  sql_execute(q, NULL);
}

/* Handles and transactions. */

static void nothing(trial *t) {
  sql_execute(sql_select(t->s), NULL);
}
static void closed_twice(trial *t) {
  sql_session_close(t->s);
  sql_session_close(t->s);
}
static void used_after_close(trial *t) {
  sql_session_close(t->s);
  sql_execute(kinds(t->s), NULL);
}
static void statement_twice(trial *t) {
  const sql_query q = kinds(t->s);
  sql_execute(q, NULL);
  sql_execute(q, NULL);
  sql_discard(q);
  sql_where(q, SQL_NONE);
}
static void prepared_after_close(trial *t) {
  const sql_prepared p = sql_prepare(kinds(t->s));
  sql_prepared_close(p);
  sql_prepared_close(p);
  sql_rows_close(sql_run(p, NULL, 0));
}
static void rows_after_close(trial *t) {
  const sql_rows rows = sql_fetch(kinds(t->s));
  sql_rows_close(rows);
  sql_rows_close(rows);
  sql_next(rows);
  sql_get_int(rows, 0);
}
static void too_few_parameters(trial *t) {
  const sql_query q = kinds(t->s);
  sql_where(q, sql_eq(q, sql_col(q, "id"), sql_param(q, 0)));
  sql_run_only(sql_prepare(q), NULL, 0, NULL);
}
static void savepoint_twice(trial *t) {
  const sql_savepoint p = sql_save(t->s);
  sql_release(p);
  sql_release(p);
  sql_rollback_to(p);
}
static void half_read(trial *t) {
  fill(t->s, 5000);
  sql_set_options(t->s, (sql_options){.batch_rows = 10});
  for (int i = 0; i < 3; i++) {
    const sql_rows rows = sql_fetch(kinds(t->s));
    sql_next(rows);
    sql_rows_close(rows);
    sql_execute(kinds(t->s), NULL);
    // PostgreSQL ends the transaction with such a query: the contract says that it may.
    if (sql_is(sql_error(t->s), "pending-rollback")) {
      sql_clear(t->s);
      return;
    }
  }
}
static void while_reading(trial *t) {
  fill(t->s, 5000);
  sql_set_options(t->s, (sql_options){.batch_rows = 10});
  const sql_rows rows = sql_fetch(kinds(t->s));
  sql_next(rows);
  sql_execute(kinds(t->s), NULL);
}
static void begun_twice(trial *t) {
  sql_start(t->s, (sql_transaction){0});
}
static void no_level(trial *t) {
  sql_set_isolation(t->s, (sql_isolation)77);
}
static void after_commit(trial *t) {
  sql_commit(t->s);
  sql_commit(t->s);
}
static void taken_name(trial *t) {
  for (int i = 0; i < 2; i++) {
    const sql_query q = sql_insert(t->s, "users");
    sql_set(q, "name", sql_text("ann"));
    sql_execute(q, NULL);
  }
  // The error sticks: this is no commit.
  if (sql_commit(t->s)) sql_clear(t->s);
}
static void late_commit(trial *t) {
  sql_session_close(t->s);
  t->s = sql_begin_with(t->db, (sql_transaction){.timeout_ms = 40});
  fill(t->s, 1);
  sql_sleep(150);
  if (sql_commit(t->s)) sql_clear(t->s);
}
static void late_commit_by_hand(trial *t) {
  sql_session_close(t->s);
  t->s = sql_connect(t->db);
  sql_start(t->s, (sql_transaction){.timeout_ms = 40});
  fill(t->s, 1);
  sql_sleep(150);
  if (sql_commit(t->s)) sql_clear(t->s);
}
static void late_savepoint(trial *t) {
  sql_session_close(t->s);
  t->s = sql_begin_with(t->db, (sql_transaction){.timeout_ms = 40});
  const sql_savepoint p = sql_save(t->s);
  fill(t->s, 1);
  sql_sleep(150);
  sql_release(p);
  if (sql_commit(t->s)) sql_clear(t->s);
}
static void no_owner(trial *t) {
  const int64_t owners[] = {987654};
  const char *const names[] = {"tv"};
  const sql_data data[] = {sql_data_ints("user_id", owners, NULL), sql_data_texts("name", names)};
  sql_rows_close(sql_insert_many(t->s, "devices", data, 2, 1, NULL));
  // Some databases tell it at the commit.
  if (sql_error(t->s) == NULL) sql_commit(t->s);
}
static void many_handles(trial *t) {
  for (int i = 0; i < 70000; i++) sql_select(t->s);
}
static void no_columns(trial *t) {
  sql_rows_close(sql_insert_many(t->s, "kinds", NULL, 0, 0, NULL));
}
static void no_such_change(trial *t) {
  const sql_flush flush = sql_flush_of(t->s);
  sql_flush_link(flush, 7, 0, "id", 9, 9);
  sql_flush_run(flush);
}
static void no_such_link(trial *t) {
  const int64_t ids[] = {1};
  const sql_data data = sql_data_ints("user_id", ids, NULL);
  const sql_flush flush = sql_flush_of(t->s);
  sql_flush_link(flush, sql_flush_inserts(flush, "devices", &data, 1, 1, NULL), 9, "user_id", 77, 9);
  sql_flush_run(flush);
}

#define BAD_TEXT "type-mismatch"
static const mistake mistakes[] = {
    {"a text in an integer", "type-mismatch", text_in_integer},
    {"an integer in a text", "type-mismatch", integer_in_text},
    {"an integer out of range", "type-mismatch", small_overflow},
    {"an unsigned integer out of range", "type-mismatch", unsigned_overflow},
    {"a text that is not UTF-8", BAD_TEXT, not_utf8},
    {"a text that ends within a character", BAD_TEXT, cut_utf8},
    {"a text of long forms and surrogates", BAD_TEXT, long_utf8},
    {"JSON that is not UTF-8", BAD_TEXT, bad_json},
    {"a column's name that is not UTF-8", BAD_TEXT, bad_name},
    {"a table's name that is not UTF-8", BAD_TEXT, bad_table},
    {"a label that is not UTF-8", BAD_TEXT, bad_alias},
    {"a function that is not UTF-8", BAD_TEXT, bad_function},
    {"SQL that is not UTF-8", BAD_TEXT, bad_raw},
    {"a parameter that is not UTF-8", BAD_TEXT, bad_parameter},
    {"a database's name that is not UTF-8", BAD_TEXT, bad_database},
    {"a column of texts that are not UTF-8", BAD_TEXT, bad_column_of_many},
    {"offsets within a character", BAD_TEXT "|invalid", bad_strings},
    {"values that are not UTF-8", BAD_TEXT, bad_mixed},
    {"a flush that is not UTF-8", BAD_TEXT, bad_flush},
    {"a truth value of 7", "ok|type-mismatch|invalid", bad_truth},
    {"no number", "ok|data", no_number},
    {"infinity", "ok|data", infinite},
    {"a decimal that is none", "data|type-mismatch|invalid", bad_decimal},
    {"a date out of range", "ok|data|type-mismatch|invalid", late_date},
    {"a value of no kind", "type-mismatch", no_kind},
    {"a text that is null", "ok", no_text},
    {"a text longer than the host takes", "limit", huge_text},
    {"a null read as an integer", "type-mismatch", null_as_integer},
    {"a text read as an integer", "type-mismatch", text_as_integer},
    {"an integer read as a shorter one", "type-mismatch", long_as_short},
    {"a negative read as unsigned", "type-mismatch", negative_as_unsigned},
    {"a column that is none", "no-such-column", no_such_column},
    {"a name that is none", "no-such-column", no_such_name},
    {"conditions in each other", "limit", deep},
    {"a hundred thousand conditions", "limit|ok", wide},
    {"a compound of nothing", "invalid", one_part},
    {"a join that is none", "invalid", no_join},
    {"a query of nothing", "invalid", nothing},
    {"a session closed twice", "closed", closed_twice},
    {"a session used after its end", "closed", used_after_close},
    {"a statement run twice", "ok|closed", statement_twice},
    {"a prepared statement used after its end", "ok|closed", prepared_after_close},
    {"rows read after their end", "ok|closed", rows_after_close},
    {"too few parameters", "invalid", too_few_parameters},
    {"a savepoint ended twice", "ok|closed", savepoint_twice},
    {"rows left half read", "ok", half_read},
    {"a statement while rows are read", "busy", while_reading},
    {"a transaction in a transaction", "already-begun", begun_twice},
    {"a level that is none", "invalid", no_level},
    {"a commit after a commit", "transaction-closed", after_commit},
    {"a name that is taken", "unique-violation", taken_name},
    {"a commit after the transaction's time", "transaction-closed", late_commit},
    {"the same of one that was begun by hand", "transaction-closed", late_commit_by_hand},
    {"a savepoint in a transaction whose time is over", "transaction-closed", late_savepoint},
    {"a row that refers to none", "foreign-key-violation", no_owner},
    {"more handles than there are", "limit", many_handles},
    {"no columns", "ok|invalid", no_columns},
    {"a change that is none", "invalid", no_such_change},
    {"a link that is none", "invalid", no_such_link},
};

static bool allowed(const char *wanted, const char *code) {
  const char *at = strstr(wanted, code);
  const size_t size = strlen(code);
  return at != NULL && (at == wanted || at[-1] == '|') && (at[size] == 0 || at[size] == '|');
}

static void say(plugin_list_string_t *lines, const char *line) {
  SQL_PUSH_TEXT(lines, ((sql_str){.data = line, .size = strlen(line)}));
}

/// How many rows are there of all that is not committed.
static int64_t kept(sql_database db) {
  const sql_query q = sql_select(sql_session_of(db));
  int64_t count = -1;
  sql_column(q, sql_count(q), NULL);
  sql_from(q, "kinds", NULL);
  return sql_fetch_int(q, &count) ? count : -1;
}

bool exports_plugin_mistakes(plugin_list_string_t *ret, plugin_string_t *err) {
  const size_t count = sizeof mistakes / sizeof mistakes[0];
  char line[512];
  *ret = (plugin_list_string_t){0};
  const sql_database db = sql_open("default", guest_models);
  sql_drop_all(db);
  sql_create_all(db);
  for (size_t i = 0; i < count && sql_database_error(db) == NULL; i++) {
    trial t = {.db = db, .s = sql_begin(db)};
    mistakes[i].make(&t);
    const sql_failure *failure = sql_error(t.s);
    const char *code = failure == NULL ? "ok" : failure->code;
    if (!allowed(mistakes[i].wanted, code)) {
      snprintf(line, sizeof line, "%s: %s instead of %s (%.300s)", mistakes[i].name, code, mistakes[i].wanted,
               failure == NULL ? "" : failure->message);
      say(ret, line);
    }
    sql_session_close(t.s);
    sql_database_clear(db);
  }
  const int64_t rows = kept(db);
  if (rows != 0) {
    snprintf(line, sizeof line, "%lld rows were kept of transactions that failed", (long long)rows);
    say(ret, line);
  }
  snprintf(line, sizeof line, "%zu mistakes", count);
  say(ret, line);
  return SQL_FINISH(db, err);
}

bool exports_plugin_idle(uint32_t pause, plugin_list_string_t *ret, plugin_string_t *err) {
  static const char *const ways[] = {"sql_begin", "sql_session_of", "sql_connect", "sql_save"};
  *ret = (plugin_list_string_t){0};
  const sql_database db = sql_open("default", guest_models);
  sql_create_all(db);
  for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
    const sql_session s = i == 0 ? sql_begin(db) : i == 2 ? sql_connect(db) : sql_session_of(db);
    const sql_savepoint p = i == 3 ? sql_save(s) : (sql_savepoint){0};
    fill(s, 1);
    sql_sleep(pause);
    if (i == 3) sql_release(p);
    const bool committed = sql_commit(s);
    char line[128];
    snprintf(line, sizeof line, "%s: %s", ways[i], committed ? "ok" : sql_error(s)->code);
    say(ret, line);
    sql_session_close(s);
    sql_database_clear(db);
  }
  char line[64];
  snprintf(line, sizeof line, "%lld rows", (long long)kept(db));
  say(ret, line);
  return SQL_FINISH(db, err);
}
