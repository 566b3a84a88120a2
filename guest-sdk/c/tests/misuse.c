/// Programs with random mistakes: random calls with random handles, columns and texts. None has
/// undefined behaviour, which the sanitizers check, and none leaks, also where memory runs out.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "host.h"
#include "sqlservice.h"

SQL_MODELS(models, SQL_TABLE("users"), SQL_ID("id"), SQL_STRING("name", 8),
           SQL_COLUMN("age", SQL_INT16, .nullable = true), SQL_TABLE("devices"), SQL_ID("id"),
           SQL_COLUMN("user_id", SQL_INT64, .references = "users.id"));

/* Functions of the host that sdk.c does not need. */

#define WIT(name) sqlservice_database_##name
typedef WIT(errors_failure_t) wit_failure;

#define OPENS(name)                                                                                                  \
  bool WIT(name)(WIT(databases_borrow_database_t) self, WIT(databases_own_session_t) * ret, wit_failure * failure) { \
    (void)self;                                                                                                      \
    if (host_refuses(failure)) return false;                                                                         \
    ret->__handle = (int32_t)++host_handles;                                                                         \
    return true;                                                                                                     \
  }
OPENS(databases_method_database_session)
OPENS(databases_method_database_connect)

bool WIT(sessions_method_session_get_isolation)(WIT(sessions_borrow_session_t) self, WIT(sessions_isolation_t) * ret,
                                                wit_failure *failure) {
  (void)self, *ret = 0;
  return !host_refuses(failure);
}
bool WIT(sessions_method_session_in_transaction)(WIT(sessions_borrow_session_t) self) {
  (void)self;
  return true;
}
void WIT(databases_method_database_capabilities)(WIT(databases_borrow_database_t) self, plugin_list_string_t *ret) {
  (void)self, *ret = (plugin_list_string_t){0};
}
void WIT(databases_method_database_limits)(WIT(databases_borrow_database_t) self, WIT(databases_list_limit_t) * ret) {
  (void)self, *ret = (WIT(databases_list_limit_t)){0};
}

static uint64_t state;
static uint32_t below(uint32_t bound) {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return (uint32_t)(state >> 20) % bound;
}

/// A program's handles: live, closed and invented ones.
enum { HELD = 6 };
typedef struct program {
  sql_database databases[2];
  sql_session sessions[HELD];
  sql_query queries[HELD];
  sql_expr expressions[HELD];
  sql_rows rows[HELD];
  sql_prepared prepared[HELD];
  sql_savepoint savepoints[HELD];
  sql_flush flushes[HELD];
  sql_load loads[HELD];
} program;

#define ANY(list) list[below(sizeof(list) / sizeof *(list))]
#define KEEP(list, made) (ANY(list) = (made))
#define D ANY(p->databases)
#define S ANY(p->sessions)
#define Q ANY(p->queries)
#define E ANY(p->expressions)
#define R ANY(p->rows)
#define E_IS(made) KEEP(p->expressions, made)
#define R_IS(made) KEEP(p->rows, made)
#define Q_IS(made) KEEP(p->queries, made)

static const char *text(void) {
  static const char *const texts[] = {
      NULL,       "",      "id",    "name",     "users",       "devices",    "u.name",  "no such, thing",
      "\xff\xfe", "id,id", ",,, ,", "age desc", "a.b.c.d.e.f", "2024-02-30", "'; drop", "{\"a\":"};
  return ANY(texts);
}

static sql_value value(void) {
  static const sql_value items[] = {{.kind = SQL_KIND_INTEGER}, {.kind = (sql_kind)99}, {.kind = SQL_KIND_TEXT}};
  switch (below(12)) {
    case 0: return sql_text(text());
    case 1: return sql_int((int64_t)state);
    case 2: return sql_float((double)state);
    case 3: return sql_decimal(text());
    case 4: return sql_json(text());
    case 5: return sql_date((int32_t)state);
    case 6: return sql_timestamp_tz((int64_t)state);
    case 7: return sql_array_of(below(2) == 0 ? NULL : items, below(4));
    case 8: return sql_other(text(), text());
    case 9: return sql_bytes(NULL, below(3));
    case 10: return (sql_value){.kind = (sql_kind)below(40)};
    default: return sql_null();
  }
}

/// Columns of two rows; some without a name or values, or with a wrong kind.
static const sql_data *columns(void) {
  static const int64_t ints[] = {1, INT64_MIN};
  static const char *const names[] = {"ann", NULL};
  static const uint32_t offsets[] = {0, 2, 3};
  static sql_data made[4];
  static sql_value values[2];
  for (size_t i = 0; i < 2; i++) values[i] = value();
  const sql_data all[] = {sql_data_ints(text(), ints, NULL),
                          sql_data_ints("id", NULL, NULL),
                          sql_data_texts(text(), names),
                          sql_data_texts("name", NULL),
                          sql_data_strings(text(), (sql_kind)below(20), "abc", offsets, NULL),
                          sql_data_moments(text(), (sql_kind)below(20), ints, NULL),
                          sql_data_values(text(), values),
                          sql_data_values("id", NULL)};
  for (size_t i = 0; i < 4; i++) made[i] = ANY(all);
  return below(8) == 0 ? NULL : made;
}

static void write_statement(program *p) {
  const sql_order order = {.expression = E, .nulls = (sql_nulls)below(5)};
  switch (below(24)) {
    case 0: Q_IS(sql_select(S)); break;
    case 1: Q_IS(sql_insert(S, text())); break;
    case 2: Q_IS(sql_update(S, text())); break;
    case 3: Q_IS(sql_delete(S, text())); break;
    case 4: Q_IS(sql_subselect(Q)); break;
    case 5: Q_IS(sql_compound(S, (sql_set_operator)below(6))); break;
    case 6: Q_IS(sql_subcompound(Q, (sql_set_operator)below(6))); break;
    case 7: sql_part(Q, Q); break;
    case 8: sql_discard(Q); break;
    case 9: sql_columns(Q, text()); break;
    case 10: sql_column(Q, E, text()); break;
    case 11: sql_from(Q, text(), text()); break;
    case 12: sql_from_query(Q, Q, text()); break;
    case 13: sql_join(Q, (sql_join_kind)below(7), text(), text(), E); break;
    case 14: sql_join_query(Q, (sql_join_kind)below(7), Q, text(), below(2) == 0, E); break;
    case 15: sql_where(Q, E), sql_group_by(Q, E), sql_having(Q, E); break;
    case 16: sql_order_by_key(Q, order), sql_limit_by(Q, E), sql_offset(Q, state); break;
    case 17: sql_lock(Q, below(9), text()); break;
    case 18: sql_with(Q, text(), text(), Q, below(2) == 0); break;
    case 19: sql_set(Q, text(), value()); break;
    case 20: sql_set_to(Q, text(), E), sql_next_row(Q); break;
    case 21: sql_insert_from(Q, text(), Q); break;
    case 22: sql_on_conflict(Q, text()), sql_conflict_set(Q, text(), E); break;
    default: sql_conflict_where(Q, E), sql_distinct(Q); break;
  }
}

static void write_expression(program *p) {
  const sql_expr list[] = {E, E, E};
  const sql_when when = {.condition = E, .value = E};
  const sql_value values[] = {value(), value()};
  const sql_order order = {.expression = E};
  const sql_window window = {
      .partition_by = list, .partition_count = below(4), .order_by = &order, .order_count = below(2)};
  const sql_expr *items = below(8) == 0 ? NULL : list;
  switch (below(20)) {
    case 0: E_IS(sql_col(Q, text())); break;
    case 1: E_IS(sql_val(Q, value())); break;
    case 2: E_IS(sql_param(Q, below(70000))); break;
    case 3: E_IS(sql_excluded(Q, text())); break;
    case 4: E_IS(sql_binary(Q, (sql_operator)below(40), E, E)); break;
    case 5: E_IS(sql_equals(Q, text(), value())); break;
    case 6: E_IS(sql_all(Q, items, below(4))); break;
    case 7: E_IS(sql_not(Q, E)); break;
    case 8: E_IS(sql_in(Q, E, items, below(4))); break;
    case 9: E_IS(sql_in_values(Q, E, below(8) == 0 ? NULL : values, below(3))); break;
    case 10: E_IS(sql_in_query(Q, E, Q)); break;
    case 11: E_IS(sql_between(Q, E, E, E)); break;
    case 12: E_IS(sql_like(Q, E, E, (uint32_t)state)); break;
    case 13: E_IS(sql_contains(Q, E, text())); break;
    case 14: E_IS(sql_exists(Q, Q)); break;
    case 15: E_IS(sql_call(Q, text(), items, below(4))); break;
    case 16: E_IS(sql_over(Q, E, window)); break;
    case 17: E_IS(sql_case(Q, below(8) == 0 ? NULL : &when, below(2), E)); break;
    case 18: E_IS(sql_cast_to(Q, E, (sql_type)below(30), below(9), below(99), below(99))); break;
    default: E_IS(sql_filter(Q, sql_fn(Q, text(), E), E)); break;
  }
}

static void run_statement(program *p) {
  const sql_value values[] = {value(), value()};
  uint64_t affected;
  int64_t number;
  switch (below(9)) {
    case 0: R_IS(sql_fetch(Q)); break;
    case 1: sql_execute(Q, below(2) == 0 ? NULL : &affected); break;
    case 2: sql_fetch_int(Q, below(2) == 0 ? NULL : &number); break;
    case 3: KEEP(p->prepared, sql_prepare(Q)); break;
    case 4: sql_prepared_close(ANY(p->prepared)); break;
    case 5: R_IS(sql_run(ANY(p->prepared), below(8) == 0 ? NULL : values, below(3))); break;
    case 6: sql_run_only(ANY(p->prepared), values, below(3), NULL); break;
    case 7: R_IS(sql_raw(S, text(), below(8) == 0 ? NULL : values, below(3))); break;
    default: R_IS(sql_insert_many(S, text(), columns(), below(4), below(3), text())); break;
  }
}

static void read_rows(program *p) {
  const size_t column = below(4) == 0 ? SIZE_MAX : below(4);
  switch (below(16)) {
    case 0: sql_next(R); break;
    case 1: sql_only(R); break;
    case 2: sql_rows_close(R); break;
    case 3: sql_next_batch(R); break;
    case 4: sql_name(R, column), sql_width(R), sql_index(R, text()); break;
    case 5: sql_last_key(R, NULL), sql_affected(R); break;
    case 6: sql_get_null(R, column), sql_get_bool(R, column); break;
    case 7: sql_get_int(R, column), sql_get_int32(R, column); break;
    case 8: sql_get_uint(R, column), sql_get_float(R, column); break;
    case 9: sql_get_text(R, column), sql_get_bytes(R, column); break;
    case 10: sql_get_uuid(R, column), sql_get_moment(R, column); break;
    case 11: sql_get(R, column); break;
    case 12: sql_ints(R, column), sql_uints(R, column), sql_bools(R, column); break;
    case 13: sql_floats(R, column), sql_dates(R, column), sql_moments(R, column); break;
    case 14: sql_uuids(R, column), sql_text_column(R, column), sql_validity(R, column); break;
    default: sql_batch_rows(R); break;
  }
}

static void use_session(program *p) {
  const sql_transaction transaction = {.isolation = (sql_isolation)below(9)};
  switch (below(15)) {
    case 0: KEEP(p->sessions, sql_begin(D)); break;
    case 1: KEEP(p->sessions, sql_session_of(D)); break;
    case 2: KEEP(p->sessions, sql_connect(D)); break;
    case 3: sql_session_close(S); break;
    case 4: sql_start(S, transaction); break;
    case 5: sql_commit(S); break;
    case 6: sql_rollback(S); break;
    case 7: KEEP(p->savepoints, sql_save(S)); break;
    case 8: sql_release(ANY(p->savepoints)); break;
    case 9: sql_rollback_to(ANY(p->savepoints)); break;
    case 10: sql_set_isolation(S, transaction.isolation), sql_get_isolation(S), sql_in_transaction(S); break;
    case 11: sql_is(sql_error(S), text()), sql_is(sql_database_error(D), NULL); break;
    case 12: sql_reflect(S, text()); break;
    case 13: sql_capable(D, text()), sql_limit_of(D, text()), sql_dialect(D); break;
    default: R_IS(sql_create_tables(D)); break;
  }
}

static void write_many(program *p) {
  sql_flush *flush = &ANY(p->flushes);
  sql_load *load = &ANY(p->loads);
  switch (below(15)) {
    case 0: *flush = sql_flush_of(S); break;
    case 1: sql_flush_inserts(*flush, text(), columns(), below(5), below(3), text()); break;
    case 2: sql_flush_updates(*flush, text(), columns(), below(3), columns(), below(5), below(3), text()); break;
    case 3: sql_flush_deletes(*flush, text(), columns(), below(3), below(3), below(2) == 0); break;
    case 4: sql_flush_link(*flush, below(3), below(3), text(), below(3), below(3)); break;
    case 5: sql_flush_versions(*flush, below(3), sql_data_ints(text(), NULL, NULL)); break;
    case 6: sql_flush_stored(*flush, below(3), columns(), below(5)); break;
    case 7: sql_flush_run(*flush); break;
    case 8: R_IS(sql_flush_rows(*flush, below(3))); break;
    case 9: sql_flush_close(*flush); break;
    case 10:
      *load = below(2) == 0 ? sql_load_query(text(), Q) : sql_load_keys(S, text(), columns(), below(5), below(3));
      break;
    case 11: sql_load_with(*load, below(3) == 0 ? SQL_ROOT : below(3), text(), below(2) == 0); break;
    case 12: sql_load_run(*load); break;
    case 13: R_IS(sql_load_rows(*load, below(3))); break;
    default: sql_load_close(*load); break;
  }
}

/// Makes a random call. As most calls fail and a failure sticks, it is cleared now and then.
static void step(program *p) {
  void (*const steps[])(program *) = {write_statement, write_expression, write_statement, write_expression,
                                      run_statement,   read_rows,        use_session,     write_many};
  ANY(steps)(p);
  if (below(2) == 0) {
    for (size_t i = 0; i < HELD; i++) sql_clear(p->sessions[i]);
    for (size_t i = 0; i < 2; i++) sql_database_clear(p->databases[i]);
  }
}

/// Fills a program's handles with invented values before it begins.
static void forge(program *p) {
  for (size_t i = 0; i < HELD; i++) {
    p->sessions[i].id = below(4);
    p->queries[i].id = (uint32_t)state;
    p->rows[i].id = below(70000);
    p->expressions[i] = (sql_expr){.node = below(9), .statement = below(9)};
  }
}

/// Whether a program leaves no handles and no memory, also where a call of the host or an
/// allocation fails.
static bool leaves_nothing(uint64_t seed, size_t fails_at, size_t no_memory_at) {
  static program p;
  p = (program){0};
  state = seed * 7919 + 88172645463325252U;
  host_reset();
  host_fails_at = fails_at;
  host_no_memory_at = no_memory_at;
  forge(&p);
  p.databases[0] = sql_open("default", models);
  p.sessions[0] = sql_begin(p.databases[0]);
  for (int i = 0; i < 300; i++) step(&p);
  uint8_t *message = NULL;
  size_t size = 0;
  sql_finish(p.databases[0], &message, below(2) == 0 ? NULL : &size);
  test_free(message);
  for (int i = 0; i < 30; i++) step(&p);  // All handles are closed.
  sql_finish(p.databases[0], NULL, NULL);
  sql_close(p.databases[1]);
  if (host_handles == 0 && host_memory == 0 && host_malformed == 0) return true;
  fprintf(stderr, "program %zu leaves %ld handles and %ld pieces of memory; %zu statements were malformed\n",
          (size_t)seed, host_handles, host_memory, host_malformed);
  return false;
}

int main(void) {
  size_t programs = 0;
  for (uint64_t seed = 1; seed <= 1000; seed++) {
    if (!leaves_nothing(seed, SIZE_MAX, SIZE_MAX)) return 1;
    const size_t calls = host_calls, requests = host_requests;
    programs++;
    for (int i = 0; i < 8; i++, programs++) {
      const size_t call = i % 2 == 0 && calls > 0 ? (size_t)seed * 31 * (size_t)(i + 1) % calls : SIZE_MAX;
      const size_t request = i % 2 != 0 && requests > 0 ? (size_t)seed * 37 * (size_t)(i + 1) % requests : SIZE_MAX;
      if (!leaves_nothing(seed, call, request)) return 1;
    }
  }
  printf("%zu programs of 330 mistakes, in most of which a call or a request for memory failed\n", programs);
  return 0;
}
