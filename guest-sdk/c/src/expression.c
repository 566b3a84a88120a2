/// Expressions: each function makes a node of earlier nodes.
#include "internal.h"

#include <string.h>

sql_expr sql_no_expr(void) {
  return (sql_expr){.node = UINT32_MAX, .statement = 0};
}

sql_expr sql_val(sql_query query, sql_value value) {
  struct statement *statement = statement_ready(query);
  if (statement == NULL) return sql_no_expr();
  wit_node node = {.tag = SQLSERVICE_DATABASE_STATEMENTS_NODE_LITERAL};
  if (!value_lower(&value, &node.val.literal, &statement->arena, true)) {
    statement_fail(statement, "type-mismatch", "a value is of no kind, a date out of range, or an array in an array");
    return sql_no_expr();
  }
  return statement_add(statement, node);
}

sql_expr sql_param(sql_query query, uint32_t position) {
  struct statement *statement = statement_ready(query);
  if (statement == NULL) return sql_no_expr();
  wit_node node = {.tag = SQLSERVICE_DATABASE_STATEMENTS_NODE_PARAMETER};
  node.val.parameter = position;
  return statement_add(statement, node);
}

sql_expr sql_excluded(sql_query query, const char *name) {
  struct statement *statement = statement_ready(query);
  if (statement == NULL) return sql_no_expr();
  wit_node node = {.tag = SQLSERVICE_DATABASE_STATEMENTS_NODE_EXCLUDED};
  node.val.excluded = arena_string(&statement->arena, name);
  return statement_add(statement, node);
}

static sql_expr unary(sql_query query, uint8_t op, sql_expr operand) {
  struct statement *statement = statement_ready(query);
  wit_node node = {.tag = SQLSERVICE_DATABASE_STATEMENTS_NODE_UNARY};
  node.val.unary.f0 = op;
  if (statement == NULL || !statement_node(statement, operand, &node.val.unary.f1)) return sql_no_expr();
  return statement_add(statement, node);
}

sql_expr sql_not(sql_query query, sql_expr operand) {
  return unary(query, SQLSERVICE_DATABASE_STATEMENTS_UNARY_OP_NOT, operand);
}
sql_expr sql_negate(sql_query query, sql_expr operand) {
  return unary(query, SQLSERVICE_DATABASE_STATEMENTS_UNARY_OP_NEGATE, operand);
}
sql_expr sql_is_null(sql_query query, sql_expr operand) {
  return unary(query, SQLSERVICE_DATABASE_STATEMENTS_UNARY_OP_IS_NULL, operand);
}
sql_expr sql_is_not_null(sql_query query, sql_expr operand) {
  return unary(query, SQLSERVICE_DATABASE_STATEMENTS_UNARY_OP_IS_NOT_NULL, operand);
}

sql_expr sql_binary(sql_query query, sql_operator op, sql_expr left, sql_expr right) {
  struct statement *statement = statement_ready(query);
  if (statement == NULL) return sql_no_expr();
  if ((unsigned)op > SQL_JSON_GET_TEXT) {
    statement_fail(statement, "invalid", "there is no such operator");
    return sql_no_expr();
  }
  // sql_operator has the order of the contract's binary-op; a test of the SDK compares them.
  wit_node node = {.tag = SQLSERVICE_DATABASE_STATEMENTS_NODE_BINARY};
  node.val.binary.op = (uint8_t)op;
  const bool known = statement_node(statement, left, &node.val.binary.left) &&
                     statement_node(statement, right, &node.val.binary.right);
  return known ? statement_add(statement, node) : sql_no_expr();
}

sql_expr sql_eq(sql_query query, sql_expr left, sql_expr right) {
  return sql_binary(query, SQL_EQ, left, right);
}
sql_expr sql_ne(sql_query query, sql_expr left, sql_expr right) {
  return sql_binary(query, SQL_NE, left, right);
}
sql_expr sql_lt(sql_query query, sql_expr left, sql_expr right) {
  return sql_binary(query, SQL_LT, left, right);
}
sql_expr sql_le(sql_query query, sql_expr left, sql_expr right) {
  return sql_binary(query, SQL_LE, left, right);
}
sql_expr sql_gt(sql_query query, sql_expr left, sql_expr right) {
  return sql_binary(query, SQL_GT, left, right);
}
sql_expr sql_ge(sql_query query, sql_expr left, sql_expr right) {
  return sql_binary(query, SQL_GE, left, right);
}

sql_expr sql_equals(sql_query query, const char *column, sql_value value) {
  const sql_expr operand = sql_col(query, column);
  return value.kind == SQL_KIND_NULL ? sql_is_null(query, operand) : sql_eq(query, operand, sql_val(query, value));
}

static sql_expr listed(sql_query query, uint8_t op, const sql_expr *items, size_t count) {
  struct statement *statement = statement_ready(query);
  wit_node node = {.tag = SQLSERVICE_DATABASE_STATEMENTS_NODE_LISTED};
  node.val.listed.op = op;
  if (statement == NULL || !statement_nodes(statement, items, count, &node.val.listed.items)) return sql_no_expr();
  return statement_add(statement, node);
}

sql_expr sql_all(sql_query query, const sql_expr *items, size_t count) {
  return listed(query, SQLSERVICE_DATABASE_STATEMENTS_LIST_OP_AND, items, count);
}
sql_expr sql_any(sql_query query, const sql_expr *items, size_t count) {
  return listed(query, SQLSERVICE_DATABASE_STATEMENTS_LIST_OP_OR, items, count);
}
sql_expr sql_row(sql_query query, const sql_expr *items, size_t count) {
  return listed(query, SQLSERVICE_DATABASE_STATEMENTS_LIST_OP_ROW_VALUES, items, count);
}
sql_expr sql_and(sql_query query, sql_expr left, sql_expr right) {
  const sql_expr items[] = {left, right};
  return sql_all(query, items, 2);
}
sql_expr sql_or(sql_query query, sql_expr left, sql_expr right) {
  const sql_expr items[] = {left, right};
  return sql_any(query, items, 2);
}
sql_expr sql_between(sql_query query, sql_expr operand, sql_expr low, sql_expr high) {
  const sql_expr items[] = {operand, low, high};
  return listed(query, SQLSERVICE_DATABASE_STATEMENTS_LIST_OP_BETWEEN, items, 3);
}

/// Prepends an operand to a list.
static sql_expr member(sql_query query, uint8_t op, sql_expr operand, const sql_expr *items, size_t count) {
  struct statement *statement = statement_ready(query);
  if (statement != NULL && items == NULL && count > 0) {
    statement_fail(statement, "invalid", "a list of expressions is missing");
    return sql_no_expr();
  }
  sql_expr *all = statement == NULL || count == SIZE_MAX ? NULL : arena_take(&statement->arena, count + 1, sizeof *all);
  if (all == NULL) return sql_no_expr();
  all[0] = operand;
  if (count > 0) memcpy(all + 1, items, count * sizeof *items);
  return listed(query, op, all, count + 1);
}

sql_expr sql_in(sql_query query, sql_expr operand, const sql_expr *items, size_t count) {
  return member(query, SQLSERVICE_DATABASE_STATEMENTS_LIST_OP_IN_LIST, operand, items, count);
}
sql_expr sql_not_in(sql_query query, sql_expr operand, const sql_expr *items, size_t count) {
  return member(query, SQLSERVICE_DATABASE_STATEMENTS_LIST_OP_NOT_IN_LIST, operand, items, count);
}

sql_expr sql_in_values(sql_query query, sql_expr operand, const sql_value *values, size_t count) {
  struct statement *statement = statement_ready(query);
  if (statement != NULL && values == NULL && count > 0) {
    statement_fail(statement, "invalid", "a list of values is missing");
    return sql_no_expr();
  }
  sql_expr *items = statement == NULL ? NULL : arena_take(&statement->arena, count, sizeof *items);
  if (items == NULL) return sql_no_expr();
  for (size_t i = 0; i < count; i++) items[i] = sql_val(query, values[i]);
  return sql_in(query, operand, items, count);
}

static sql_expr membership(sql_query query, sql_expr operand, sql_query source, bool negated) {
  struct statement *statement = statement_ready(query);
  wit_node node = {.tag = SQLSERVICE_DATABASE_STATEMENTS_NODE_MEMBERSHIP};
  node.val.membership.negated = negated;
  const bool known = statement != NULL && statement_node(statement, operand, &node.val.membership.value) &&
                     statement_query(statement, source, &node.val.membership.query);
  return known ? statement_add(statement, node) : sql_no_expr();
}

sql_expr sql_in_query(sql_query query, sql_expr operand, sql_query source) {
  return membership(query, operand, source, false);
}
sql_expr sql_not_in_query(sql_query query, sql_expr operand, sql_query source) {
  return membership(query, operand, source, true);
}

static sql_expr matching(sql_query query, sql_expr operand, sql_expr pattern, uint32_t escape, bool ignore_case) {
  struct statement *statement = statement_ready(query);
  if (statement == NULL) return sql_no_expr();
  if (escape > 0x10ffff || (escape >= 0xd800 && escape < 0xe000)) {
    statement_fail(statement, "invalid", "the escape is no character");
    return sql_no_expr();
  }
  wit_node node = {.tag = SQLSERVICE_DATABASE_STATEMENTS_NODE_MATCHING};
  node.val.matching.ignore_case = ignore_case;
  node.val.matching.escape = (plugin_option_char32_t){.is_some = escape != 0, .val = escape};
  const bool known = statement_node(statement, operand, &node.val.matching.value) &&
                     statement_node(statement, pattern, &node.val.matching.pattern);
  return known ? statement_add(statement, node) : sql_no_expr();
}

sql_expr sql_like(sql_query query, sql_expr operand, sql_expr pattern, uint32_t escape) {
  return matching(query, operand, pattern, escape, false);
}
sql_expr sql_ilike(sql_query query, sql_expr operand, sql_expr pattern, uint32_t escape) {
  return matching(query, operand, pattern, escape, true);
}

/// Matches the text literally, with `%` before or after it.
static sql_expr literally(sql_query query, sql_expr operand, const char *text, bool before, bool behind) {
  struct statement *statement = statement_ready(query);
  if (statement == NULL) return sql_no_expr();
  const size_t size = text == NULL ? 0 : strlen(text);
  char *pattern = size > SIZE_MAX / 4 ? NULL : arena_take(&statement->arena, size * 2 + 3, 1);
  if (pattern == NULL) {
    statement_fail(statement, "limit", "out of memory");
    return sql_no_expr();
  }
  size_t at = 0;
  if (before) pattern[at++] = '%';
  for (size_t i = 0; i < size; i++) {
    if (text[i] == '%' || text[i] == '_' || text[i] == '!') pattern[at++] = '!';
    pattern[at++] = text[i];
  }
  if (behind) pattern[at++] = '%';
  return sql_like(query, operand, sql_val(query, sql_text_of(pattern, at)), '!');
}

sql_expr sql_starts_with(sql_query query, sql_expr operand, const char *text) {
  return literally(query, operand, text, false, true);
}
sql_expr sql_ends_with(sql_query query, sql_expr operand, const char *text) {
  return literally(query, operand, text, true, false);
}
sql_expr sql_contains(sql_query query, sql_expr operand, const char *text) {
  return literally(query, operand, text, true, true);
}

sql_expr sql_exists(sql_query query, sql_query source) {
  struct statement *statement = statement_ready(query);
  wit_node node = {.tag = SQLSERVICE_DATABASE_STATEMENTS_NODE_EXISTS};
  if (statement == NULL || !statement_query(statement, source, &node.val.exists)) return sql_no_expr();
  return statement_add(statement, node);
}

sql_expr sql_scalar(sql_query query, sql_query source) {
  struct statement *statement = statement_ready(query);
  wit_node node = {.tag = SQLSERVICE_DATABASE_STATEMENTS_NODE_SCALAR_QUERY};
  if (statement == NULL || !statement_query(statement, source, &node.val.scalar_query)) return sql_no_expr();
  return statement_add(statement, node);
}
