/// Inserts, updates and deletes: the values that they set.
#include "internal.h"

#include <string.h>

static struct statement *change_ready(sql_query query, enum statement_kind kind, const char *misuse) {
  struct statement *statement = statement_ready(query);
  if (statement != NULL && statement->kind != kind) {
    statement_fail(statement, "invalid", misuse);
    return NULL;
  }
  return statement;
}

static bool assign(struct statement *statement, WIT(statements_assignment_t) * *items, size_t *count,
                   const char *column, uint32_t value) {
  *items = arena_grow(&statement->arena, *items, *count, sizeof **items);
  if (*items == NULL) {
    *count = 0;
    return statement_fail(statement, "limit", "out of memory");
  }
  (*items)[(*count)++] =
      (WIT(statements_assignment_t)){.column = arena_string(&statement->arena, column), .value = value};
  return true;
}

static bool same(plugin_string_t name, const char *text) {
  return name.len == strlen(text) && (name.len == 0 || memcmp(name.ptr, text, name.len) == 0);
}

static bool name_new(struct statement *statement, const char *column) {
  struct names *names = &statement->columns;
  names->items = arena_grow(&statement->arena, names->items, names->count, sizeof *names->items);
  if (names->items == NULL) {
    names->count = 0;
    return statement_fail(statement, "limit", "out of memory");
  }
  names->items[names->count++] = arena_string(&statement->arena, column);
  return true;
}

static bool insert_set(struct statement *statement, const char *column, uint32_t value) {
  struct names *names = &statement->columns;
  if (statement->row_count == 0) {
    if (!name_new(statement, column)) return false;
  } else if (statement->row_at >= names->count || !same(names->items[statement->row_at], column)) {
    return statement_fail(statement, "invalid", "every row of an insert sets the same columns in the same order");
  }
  statement->row_at++;
  return ids_push(statement, &statement->values, value);
}

bool sql_set_to(sql_query change, const char *column, sql_expr value) {
  struct statement *statement = statement_ready(change);
  uint32_t node;
  if (statement == NULL) return false;
  if (column == NULL) return statement_fail(statement, "invalid", "a column has no name");
  if (!statement_node(statement, value, &node)) return false;
  if (!check_assigned(statement, column, node)) return false;
  if (statement->kind == STATEMENT_INSERT) return insert_set(statement, column, node);
  if (statement->kind == STATEMENT_UPDATE) {
    return assign(statement, &statement->assignments, &statement->assignment_count, column, node);
  }
  return statement_fail(statement, "invalid", "only inserts and updates set columns");
}

bool sql_set(sql_query change, const char *column, sql_value value) {
  return sql_set_to(change, column, sql_val(change, value));
}

bool sql_next_row(sql_query insert) {
  struct statement *statement = change_ready(insert, STATEMENT_INSERT, "only an insert has rows");
  if (statement == NULL) return false;
  if (statement->row_at == 0 || statement->row_at != statement->columns.count) {
    return statement_fail(statement, "invalid", "a row of an insert misses columns");
  }
  statement->row_at = 0;
  statement->row_count++;
  return true;
}

bool sql_insert_from(sql_query insert, const char *columns, sql_query source) {
  struct statement *statement = change_ready(insert, STATEMENT_INSERT, "only an insert takes the rows of a query");
  if (statement == NULL || !statement_query(statement, source, &statement->query.val)) return false;
  const plugin_list_string_t names = arena_names(&statement->arena, columns);
  statement->columns = (struct names){.items = names.ptr, .count = names.len};
  statement->query.is_some = true;
  return true;
}

bool sql_on_conflict(sql_query insert, const char *columns) {
  struct statement *statement = change_ready(insert, STATEMENT_INSERT, "only an insert has conflicts");
  if (statement == NULL) return false;
  statement->conflict = true;
  statement->conflict_columns = arena_names(&statement->arena, columns);
  return true;
}

bool sql_conflict_set(sql_query insert, const char *column, sql_expr value) {
  struct statement *statement = change_ready(insert, STATEMENT_INSERT, "only an insert has conflicts");
  uint32_t node;
  if (statement == NULL || !statement_node(statement, value, &node)) return false;
  if (!statement->conflict || column == NULL) {
    return statement_fail(statement, "invalid", "sql_conflict_set needs sql_on_conflict before it, and a column");
  }
  return assign(statement, &statement->conflict_assignments, &statement->conflict_count, column, node);
}

bool sql_conflict_where(sql_query insert, sql_expr condition) {
  struct statement *statement = change_ready(insert, STATEMENT_INSERT, "only an insert has conflicts");
  if (statement == NULL || !statement_node(statement, condition, &statement->conflict_where.val)) return false;
  statement->conflict_where.is_some = true;
  return true;
}
