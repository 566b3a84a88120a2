/// Functions, windows, cases and casts.
#include "internal.h"

static sql_expr call(sql_query query, const char *function, const sql_expr *arguments, size_t count, bool distinct) {
  struct statement *statement = statement_ready(query);
  if (statement == NULL) return sql_no_expr();
  wit_node node = {.tag = SQLSERVICE_DATABASE_STATEMENTS_NODE_CALL};
  node.val.call.function = arena_string(&statement->arena, function);
  node.val.call.distinct = distinct;
  if (!statement_nodes(statement, arguments, count, &node.val.call.arguments)) return sql_no_expr();
  return statement_add(statement, node);
}

sql_expr sql_call(sql_query query, const char *function, const sql_expr *arguments, size_t count) {
  return call(query, function, arguments, count, false);
}
sql_expr sql_fn(sql_query query, const char *function, sql_expr argument) {
  return call(query, function, &argument, 1, false);
}
sql_expr sql_fn_distinct(sql_query query, const char *function, sql_expr argument) {
  return call(query, function, &argument, 1, true);
}
sql_expr sql_count(sql_query query) {
  return call(query, "count", NULL, 0, false);
}

/// The call node of an expression.
static bool call_node(struct statement *statement, sql_expr expr, uint32_t *node) {
  if (!statement_node(statement, expr, node)) return false;
  if (statement->nodes[*node].tag == SQLSERVICE_DATABASE_STATEMENTS_NODE_CALL) return true;
  return statement_fail(statement, "invalid", "only a function has a filter or a window");
}

sql_expr sql_filter(sql_query query, sql_expr expr, sql_expr condition) {
  struct statement *statement = statement_ready(query);
  uint32_t of, node;
  if (statement == NULL || !call_node(statement, expr, &of)) return sql_no_expr();
  if (!statement_node(statement, condition, &node)) return sql_no_expr();
  wit_node filtered = statement->nodes[of];
  filtered.val.call.filter = (WIT(statements_option_node_id_t)){.is_some = true, .val = node};
  return statement_add(statement, filtered);
}

static bool bound_of(struct statement *statement, sql_bound bound, WIT(statements_frame_bound_t) * out) {
  if ((unsigned)bound.kind > SQL_FOLLOWING) return statement_fail(statement, "invalid", "there is no such border");
  *out = (WIT(statements_frame_bound_t)){.tag = (uint8_t)bound.kind};
  out->val.preceding = bound.distance;
  return true;
}

static bool orders_of(struct statement *statement, const sql_order *keys, size_t count, wit_orders *out) {
  *out = (wit_orders){.ptr = arena_take(&statement->arena, count, sizeof *out->ptr), .len = count};
  if (out->ptr == NULL) return statement_fail(statement, "limit", "out of memory");
  for (size_t i = 0; i < count; i++) {
    WIT(statements_order_t) *order = &out->ptr[i];
    order->descending = keys[i].descending;
    order->nulls_first =
        (plugin_option_bool_t){.is_some = keys[i].nulls != SQL_NULLS_DEFAULT, .val = keys[i].nulls == SQL_NULLS_FIRST};
    if (!statement_node(statement, keys[i].expression, &order->expression)) return false;
  }
  return true;
}

sql_expr sql_over(sql_query query, sql_expr expr, sql_window window) {
  struct statement *statement = statement_ready(query);
  wit_node node = {.tag = SQLSERVICE_DATABASE_STATEMENTS_NODE_WINDOW};
  WIT(statements_window_t) *out = &node.val.window;
  const bool known = statement != NULL && call_node(statement, expr, &out->call) &&
                     statement_nodes(statement, window.partition_by, window.partition_count, &out->partition_by) &&
                     orders_of(statement, window.order_by, window.order_count, &out->order_by);
  if (!known) return sql_no_expr();
  if (window.frame != SQL_NO_FRAME) {
    out->frame.is_some = true;
    out->frame.val.unit = (uint8_t)((unsigned)window.frame - SQL_FRAME_ROWS);
    const bool bounds = (unsigned)window.frame <= SQL_FRAME_GROUPS &&
                        bound_of(statement, window.start, &out->frame.val.start) &&
                        bound_of(statement, window.end, &out->frame.val.end);
    if (!bounds) {
      statement_fail(statement, "invalid", "there is no such frame");
      return sql_no_expr();
    }
  }
  return statement_add(statement, node);
}

sql_expr sql_case(sql_query query, const sql_when *whens, size_t count, sql_expr otherwise) {
  struct statement *statement = statement_ready(query);
  if (statement == NULL) return sql_no_expr();
  wit_node node = {.tag = SQLSERVICE_DATABASE_STATEMENTS_NODE_CASE};
  WIT(statements_list_when_t) *out = &node.val.case_.whens;
  *out = (WIT(statements_list_when_t)){.ptr = arena_take(&statement->arena, count, sizeof *out->ptr), .len = count};
  if (whens == NULL && count > 0) statement_fail(statement, "invalid", "the branches of a case are missing");
  if (out->ptr == NULL || (whens == NULL && count > 0)) return sql_no_expr();
  for (size_t i = 0; i < count; i++) {
    const bool known = statement_node(statement, whens[i].condition, &out->ptr[i].condition) &&
                       statement_node(statement, whens[i].value, &out->ptr[i].then);
    if (!known) return sql_no_expr();
  }
  if (otherwise.node != UINT32_MAX || otherwise.statement != 0) {
    node.val.case_.otherwise.is_some = true;
    if (!statement_node(statement, otherwise, &node.val.case_.otherwise.val)) return sql_no_expr();
  }
  return statement_add(statement, node);
}

static plugin_option_u32_t some(uint32_t number) {
  return (plugin_option_u32_t){.is_some = number != 0, .val = number};
}

sql_expr sql_cast_to(sql_query query, sql_expr operand, sql_type type, uint32_t length, uint32_t precision,
                     uint32_t scale) {
  struct statement *statement = statement_ready(query);
  if (statement == NULL) return sql_no_expr();
  if ((unsigned)type > SQL_OTHER) {
    statement_fail(statement, "invalid", "there is no such type");
    return sql_no_expr();
  }
  wit_node node = {.tag = SQLSERVICE_DATABASE_STATEMENTS_NODE_CAST};
  WIT(statements_column_type_t) *out = &node.val.cast.ty;
  out->kind = (uint8_t)type;
  out->length = some(length);
  out->precision = some(precision);
  out->scale = (plugin_option_u32_t){.is_some = precision != 0, .val = scale};
  return statement_node(statement, operand, &node.val.cast.value) ? statement_add(statement, node) : sql_no_expr();
}

sql_expr sql_cast(sql_query query, sql_expr operand, sql_type type) {
  return sql_cast_to(query, operand, type, 0, 0, 0);
}
