/// The host's side of the bindings, for tests without a host.
#include "host.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIT(name) sqlservice_database_##name
typedef WIT(errors_failure_t) wit_failure;
typedef WIT(sessions_result_set_t) wit_result;

size_t host_calls, host_fails_at = SIZE_MAX, host_requests, host_no_memory_at = SIZE_MAX;
size_t host_prepared, host_sent;
size_t host_batches, host_nodes, host_malformed;
long host_handles, host_memory;
uint32_t host_rows, host_seed;
static uint32_t cursor_at;

void host_reset(void) {
  host_calls = host_requests = host_nodes = host_prepared = host_sent = 0;
  host_handles = 0;
  host_fails_at = host_no_memory_at = SIZE_MAX;
  host_batches = 1;
  host_rows = 3;
}

/* Memory: counts the allocations that are not freed yet, and makes one of the SDK's fail. */

static void *counted(void *memory) {
  host_memory += memory != NULL;
  return memory;
}
static bool refused(void) {
  return host_requests++ == host_no_memory_at;
}
void *test_malloc(size_t size) {
  return refused() ? NULL : counted(malloc(size));
}
void *test_calloc(size_t count, size_t size) {
  return refused() ? NULL : counted(calloc(count, size));
}
void *test_realloc(void *old, size_t size) {
  if (refused()) return NULL;
  return old == NULL ? counted(malloc(size)) : realloc(old, size);
}
void test_free(void *memory) {
  host_memory -= memory != NULL;
  free(memory);
}

// Generated code does not check whether memory ran out.
void *bindings_malloc(size_t size) {
  void *memory = counted(malloc(size));
  if (memory == NULL) abort();
  return memory;
}
void *bindings_realloc(void *old, size_t size) {
  void *memory = old == NULL ? counted(malloc(size)) : realloc(old, size);
  if (memory == NULL) abort();
  return memory;
}

static void *made(size_t size) {
  // The bindings do not free empty lists and texts.
  void *memory = size == 0 ? NULL : counted(calloc(1, size));
  if (size > 0 && memory == NULL) abort();
  return memory;
}

static plugin_string_t text(const char *chars) {
  plugin_string_t out;
  out.len = strlen(chars);
  out.ptr = made(out.len);
  if (out.len > 0) memcpy(out.ptr, chars, out.len);
  return out;
}

/// Whether this call fails, with a failure that has all fields.
bool host_refuses(wit_failure *failure) {
  if (host_calls++ != host_fails_at) return false;
  *failure = (wit_failure){.code = text("unique-violation"), .message = text("there is one"), .retryable = true};
  failure->sqlstate = (plugin_option_string_t){true, text("23505")};
  failure->constraint = (plugin_option_string_t){true, text("users_name")};
  failure->table = (plugin_option_string_t){true, text("users")};
  failure->columns = (plugin_list_string_t){made(2 * sizeof(plugin_string_t)), 2};
  failure->columns.ptr[0] = text("name");
  failure->columns.ptr[1] = text("email");
  failure->position = (plugin_option_u32_t){true, 4};
  failure->details.ptr = made(sizeof *failure->details.ptr);
  failure->details.len = 1;
  failure->details.ptr[0].name = text("expected");
  failure->details.ptr[0].value = text("1");
  return true;
}

static int32_t handle(void) {
  return (int32_t)++host_handles;
}

#define DROP(interface, name)                                                       \
  void WIT(interface##_##name##_drop_own)(WIT(interface##_own_##name##_t) handle) { \
    (void)handle, host_handles--;                                                   \
  }
#define BORROW(interface, name)                                                                               \
  WIT(interface##_borrow_##name##_t) WIT(interface##_borrow_##name)(WIT(interface##_own_##name##_t) handle) { \
    return (WIT(interface##_borrow_##name##_t)){handle.__handle};                                             \
  }
DROP(databases, database)
DROP(sessions, session)
DROP(sessions, cursor)
DROP(sessions, prepared)
DROP(sessions, savepoint)
BORROW(databases, database)
BORROW(sessions, session)
BORROW(sessions, cursor)
BORROW(sessions, prepared)

/* Batches. */

int64_t host_integer(uint32_t batch, uint32_t row) {
  const uint64_t mixed = ((uint64_t)host_seed + batch * 7919U + row + 1) * UINT64_C(0x9e3779b97f4a7c15);
  return (int64_t)(mixed ^ mixed >> 29);
}
int host_null(uint32_t batch, uint32_t row) {
  return host_integer(batch, row) % 5 == 0;
}
size_t host_text(uint32_t batch, uint32_t row, char out[32]) {
  return (size_t)snprintf(out, 32, "%.*s", (int)((uint64_t)host_integer(batch, row) % 20), "a text of some characters");
}

static plugin_option_list_u8_t validity(uint32_t batch) {
  plugin_option_list_u8_t out = {true, {made((host_rows + 7) / 8), (host_rows + 7) / 8}};
  for (uint32_t i = 0; i < host_rows; i++) {
    if (!host_null(batch, i)) out.val.ptr[i / 8] = (uint8_t)(out.val.ptr[i / 8] | 1U << (i % 8));
  }
  if (out.val.len == 0) test_free(out.val.ptr);
  return out;
}

static WIT(rows_batch_t) batch_of(uint32_t batch) {
  WIT(rows_batch_t) out = {.rows = host_rows, .columns = {made(2 * sizeof *out.columns.ptr), 2}};
  int64_t *numbers = made(host_rows * sizeof *numbers);
  uint32_t *offsets = made((host_rows + 1) * sizeof *offsets);
  char *chars = made(host_rows * 32);
  for (uint32_t i = 0; i < host_rows; i++) {
    char cut[32];
    numbers[i] = host_integer(batch, i);
    const size_t size = host_text(batch, i, cut);
    if (size > 0) memcpy(chars + offsets[i], cut, size);
    offsets[i + 1] = offsets[i] + (uint32_t)size;
  }
  out.columns.ptr[0].validity = validity(batch);
  out.columns.ptr[0].values.tag = SQLSERVICE_DATABASE_ROWS_VECTOR_INTEGERS;
  out.columns.ptr[0].values.val.integers = (plugin_list_s64_t){numbers, host_rows};
  out.columns.ptr[1].values.tag = SQLSERVICE_DATABASE_ROWS_VECTOR_TEXTS;
  out.columns.ptr[1].values.val.texts.offsets = (plugin_list_u32_t){offsets, host_rows + 1};
  out.columns.ptr[1].values.val.texts.data = (plugin_string_t){(uint8_t *)chars, offsets[host_rows]};
  if (host_rows == 0) test_free(numbers);
  if (offsets[host_rows] == 0) test_free(chars);
  return out;
}

static WIT(sessions_list_result_column_t) columns(void) {
  WIT(sessions_list_result_column_t) out = {made(2 * sizeof *out.ptr), 2};
  out.ptr[0].name = text("id");
  out.ptr[1].name = text("name");
  return out;
}

static wit_result result(bool named) {
  wit_result out = {.first_batch = batch_of(0), .affected = host_rows, .last_key = {true, 9}};
  if (named) out.columns = columns();
  cursor_at = 1;
  if (host_batches > 1) out.cursor.is_some = true, out.cursor.val.__handle = handle();
  return out;
}

bool WIT(sessions_method_cursor_next_batch)(WIT(sessions_borrow_cursor_t) self, uint32_t max_rows, uint32_t max_bytes,
                                            WIT(sessions_option_batch_t) * ret, wit_failure *err) {
  (void)self, (void)max_rows, (void)max_bytes;
  if (host_refuses(err)) return false;
  *ret = (WIT(sessions_option_batch_t)){.is_some = cursor_at < host_batches};
  if (ret->is_some) ret->val = batch_of(cursor_at++);
  return true;
}

/* Statements. */

static void check(const WIT(statements_list_node_id_t) * ids, size_t before) {
  for (size_t i = 0; i < ids->len; i++) host_malformed += ids->ptr[i] >= before;
}

static void check_node(const WIT(statements_node_t) * node, size_t at) {
  switch (node->tag) {
    case SQLSERVICE_DATABASE_STATEMENTS_NODE_UNARY: host_malformed += node->val.unary.f1 >= at; break;
    case SQLSERVICE_DATABASE_STATEMENTS_NODE_BINARY:
      host_malformed += node->val.binary.left >= at || node->val.binary.right >= at ||
                        node->val.binary.op > SQLSERVICE_DATABASE_STATEMENTS_BINARY_OP_JSON_GET_TEXT;
      break;
    case SQLSERVICE_DATABASE_STATEMENTS_NODE_LISTED: check(&node->val.listed.items, at); break;
    case SQLSERVICE_DATABASE_STATEMENTS_NODE_CALL: check(&node->val.call.arguments, at); break;
    case SQLSERVICE_DATABASE_STATEMENTS_NODE_JOIN:
      host_malformed += node->val.join.left >= at || node->val.join.right >= at ||
                        (node->val.join.on.is_some && node->val.join.on.val >= at);
      break;
    case SQLSERVICE_DATABASE_STATEMENTS_NODE_SELECT:
      check(&node->val.select.columns, at);
      check(&node->val.select.group_by, at);
      host_malformed += (node->val.select.where.is_some && node->val.select.where.val >= at) ||
                        (node->val.select.source.is_some && node->val.select.source.val >= at);
      break;
    case SQLSERVICE_DATABASE_STATEMENTS_NODE_COMPOUND: check(&node->val.compound.parts, at); break;
    case SQLSERVICE_DATABASE_STATEMENTS_NODE_EXISTS: host_malformed += node->val.exists >= at; break;
    default: host_malformed += node->tag > SQLSERVICE_DATABASE_STATEMENTS_NODE_SCALAR_QUERY; break;
  }
}

static void look_at(const WIT(statements_statement_t) * statement) {
  host_nodes = statement->nodes.len;
  for (size_t i = 0; i < statement->nodes.len; i++) check_node(&statement->nodes.ptr[i], i);
  if (statement->root.tag == SQLSERVICE_DATABASE_STATEMENTS_ROOT_SELECT) {
    host_malformed += statement->root.val.select >= host_nodes;
  }
}

bool WIT(sessions_method_session_execute)(WIT(sessions_borrow_session_t) self, WIT(sessions_statement_t) * statement,
                                          WIT(sessions_list_value_t) * parameters, WIT(sessions_options_t) * options,
                                          wit_result *ret, wit_failure *err) {
  (void)self, (void)parameters, (void)options;
  look_at(statement);
  host_sent++;
  if (host_refuses(err)) return false;
  *ret = result(true);
  return true;
}

bool WIT(sessions_method_session_prepare)(WIT(sessions_borrow_session_t) self, WIT(sessions_statement_t) * statement,
                                          WIT(sessions_own_prepared_t) * ret, wit_failure *err) {
  (void)self;
  look_at(statement);
  host_prepared++;
  if (host_refuses(err)) return false;
  ret->__handle = handle();
  return true;
}

void WIT(sessions_method_prepared_columns)(WIT(sessions_borrow_prepared_t) self,
                                           WIT(sessions_list_result_column_t) * ret) {
  (void)self;
  *ret = columns();
}

bool WIT(sessions_method_session_run)(WIT(sessions_borrow_session_t) self, WIT(sessions_borrow_prepared_t) prepared,
                                      WIT(sessions_list_value_t) * parameters, WIT(sessions_options_t) * options,
                                      wit_result *ret, wit_failure *err) {
  (void)self, (void)prepared, (void)parameters, (void)options;
  if (host_refuses(err)) return false;
  *ret = result(false);
  return true;
}

bool WIT(raw_sql_execute)(WIT(raw_sql_borrow_session_t) session, plugin_string_t *sql,
                          WIT(raw_sql_list_value_t) * parameters, WIT(raw_sql_options_t) * options,
                          WIT(raw_sql_result_set_t) * ret, wit_failure *err) {
  (void)session, (void)sql, (void)parameters, (void)options;
  if (host_refuses(err)) return false;
  *ret = result(true);
  return true;
}

bool WIT(sessions_method_session_insert_many)(WIT(sessions_borrow_session_t) self, plugin_string_t *table,
                                              plugin_list_string_t *names, WIT(sessions_batch_t) * rows,
                                              plugin_list_string_t *returning, WIT(sessions_options_t) * options,
                                              wit_result *ret, wit_failure *err) {
  (void)self, (void)table, (void)returning, (void)options;
  host_malformed += names->len != rows->columns.len;
  if (host_refuses(err)) return false;
  *ret = result(true);
  return true;
}

bool WIT(sessions_method_session_flush)(WIT(sessions_borrow_session_t) self, WIT(sessions_list_change_t) * changes,
                                        WIT(sessions_list_batch_t) * ret, wit_failure *err) {
  (void)self;
  if (host_refuses(err)) return false;
  *ret = (WIT(sessions_list_batch_t)){made(changes->len * sizeof *ret->ptr), changes->len};
  for (size_t i = 0; i < changes->len; i++) ret->ptr[i] = batch_of((uint32_t)i);
  return true;
}

bool WIT(sessions_method_session_load)(WIT(sessions_borrow_session_t) self, WIT(sessions_plan_t) * plan,
                                       WIT(sessions_options_t) * options,
                                       WIT(sessions_tuple2_result_set_list_loaded_t) * ret, wit_failure *err) {
  (void)self, (void)options;
  if (host_refuses(err)) return false;
  const size_t batches = host_batches;
  host_batches = 1;
  ret->f0 = result(true);
  host_batches = batches;
  ret->f1 = (WIT(sessions_list_loaded_t)){made(plan->loads.len * sizeof *ret->f1.ptr), plan->loads.len};
  for (size_t i = 0; i < plan->loads.len; i++) {
    ret->f1.ptr[i] = (WIT(sessions_loaded_t)){.load = (uint32_t)i, .columns = columns(), .rows = batch_of((uint32_t)i)};
  }
  return true;
}

/* Sessions and databases. */

#define CALL(name, ...)                            \
  bool WIT(name)(__VA_ARGS__, wit_failure * err) { \
    (void)self;                                    \
    return !host_refuses(err);                     \
  }
CALL(sessions_method_session_commit, WIT(sessions_borrow_session_t) self)
CALL(sessions_method_session_rollback, WIT(sessions_borrow_session_t) self)
CALL(databases_method_database_ping, WIT(databases_borrow_database_t) self)

bool WIT(sessions_method_session_begin)(WIT(sessions_borrow_session_t) self,
                                        WIT(sessions_transaction_options_t) * options, wit_failure *err) {
  (void)self, (void)options;
  return !host_refuses(err);
}
bool WIT(sessions_method_session_set_isolation)(WIT(sessions_borrow_session_t) self, WIT(sessions_isolation_t) level,
                                                wit_failure *err) {
  (void)self, (void)level;
  return !host_refuses(err);
}
bool WIT(sessions_static_session_close)(WIT(sessions_own_session_t) handle, wit_failure *err) {
  (void)handle, host_handles--;
  return !host_refuses(err);
}
bool WIT(sessions_static_savepoint_release)(WIT(sessions_own_savepoint_t) handle, wit_failure *err) {
  (void)handle, host_handles--;
  return !host_refuses(err);
}
bool WIT(sessions_static_savepoint_rollback)(WIT(sessions_own_savepoint_t) handle, wit_failure *err) {
  (void)handle, host_handles--;
  return !host_refuses(err);
}
bool WIT(sessions_method_session_begin_nested)(WIT(sessions_borrow_session_t) self, WIT(sessions_own_savepoint_t) * ret,
                                               wit_failure *err) {
  (void)self;
  if (host_refuses(err)) return false;
  ret->__handle = handle();
  return true;
}
bool WIT(databases_static_database_open)(plugin_string_t *name, WIT(databases_models_t) * models,
                                         WIT(databases_own_database_t) * ret, wit_failure *err) {
  (void)name, (void)models;
  if (host_refuses(err)) return false;
  ret->__handle = handle();
  return true;
}
bool WIT(databases_method_database_begin)(WIT(databases_borrow_database_t) self,
                                          WIT(databases_transaction_options_t) * options,
                                          WIT(databases_own_session_t) * ret, wit_failure *err) {
  (void)self, (void)options;
  if (host_refuses(err)) return false;
  ret->__handle = handle();
  return true;
}
bool WIT(databases_method_database_create_all)(WIT(databases_borrow_database_t) self,
                                               WIT(databases_ddl_options_t) * options, plugin_list_string_t *ret,
                                               wit_failure *err) {
  (void)self, (void)options;
  if (host_refuses(err)) return false;
  *ret = (plugin_list_string_t){made(sizeof(plugin_string_t)), 1};
  ret->ptr[0] = text("users");
  return true;
}
void WIT(databases_method_database_dialect)(WIT(databases_borrow_database_t) self, plugin_string_t *ret) {
  (void)self;
  *ret = text("none");
}
bool WIT(sessions_method_session_reflect)(WIT(sessions_borrow_session_t) self,
                                          WIT(sessions_reflect_options_t) * options, WIT(sessions_list_table_t) * ret,
                                          wit_failure *err) {
  (void)self, (void)options;
  if (host_refuses(err)) return false;
  *ret = (WIT(sessions_list_table_t)){made(sizeof *ret->ptr), 1};
  ret->ptr[0].name = text("users");
  ret->ptr[0].columns.ptr = made(sizeof *ret->ptr[0].columns.ptr);
  ret->ptr[0].columns.len = 1;
  ret->ptr[0].columns.ptr[0].name = text("id");
  return true;
}
