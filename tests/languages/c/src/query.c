/// Expressions and queries of the list, written with the SDK's builder.
#include "guest.h"

#include <stdlib.h>
#include <string.h>

enum { ITEMS = 64 };

/// The operands behind the name of an operation.
static size_t operands(sql_query query, const json *list, sql_expr *items) {
  size_t count = 0;
  for (const json *item = list; item != NULL && count < ITEMS; item = item->next)
    items[count++] = expression_of(query, item);
  return count;
}

static const struct {
  const char *name;
  sql_operator op;
} OPERATORS[] = {{"=", SQL_EQ},  {"!=", SQL_NE}, {"<", SQL_LT},       {"<=", SQL_LE},      {">", SQL_GT},
                 {">=", SQL_GE}, {"+", SQL_ADD}, {"-", SQL_SUBTRACT}, {"*", SQL_MULTIPLY}, {"||", SQL_CONCAT}};

static sql_expr in(sql_query query, const json *first, bool negated) {
  sql_expr items[ITEMS];
  const sql_expr operand = expression_of(query, first);
  const json *second = first->next;
  if (second->kind == JSON_OBJECT) return sql_in_query(query, operand, subquery_of(query, second));
  const size_t count = operands(query, second->first, items);
  return negated ? sql_not_in(query, operand, items, count) : sql_in(query, operand, items, count);
}

static sql_expr window(sql_query query, const json *first) {
  sql_expr partition[ITEMS];
  sql_order order[ITEMS];
  sql_window window = {.partition_by = partition, .order_by = order};
  const sql_expr call = expression_of(query, first);
  const json *by = json_get(first->next, "partition by"), *keys = json_get(first->next, "order by");
  window.partition_count = operands(query, by == NULL ? NULL : by->first, partition);
  for (const json *key = keys == NULL ? NULL : keys->first; key != NULL; key = key->next) {
    const bool descending = key->kind == JSON_LIST && strcmp(key->first->text, "desc") == 0;
    order[window.order_count++] =
        (sql_order){.expression = expression_of(query, descending ? key->first->next : key), .descending = descending};
  }
  return sql_over(query, call, window);
}

static sql_expr choice(sql_query query, const json *first) {
  sql_when whens[ITEMS];
  size_t count = 0;
  for (const json *when = first->first; when != NULL; when = when->next) {
    whens[count].condition = expression_of(query, when->first);
    whens[count++].value = expression_of(query, when->first->next);
  }
  return sql_case(query, whens, count, first->next == NULL ? SQL_NONE : expression_of(query, first->next));
}

static sql_expr operation(sql_query query, const char *name, const json *first) {
  sql_expr items[ITEMS];
  if (strcmp(name, "in") == 0 || strcmp(name, "not in") == 0) return in(query, first, name[0] == 'n');
  if (strcmp(name, "exists") == 0) return sql_exists(query, subquery_of(query, first));
  if (strcmp(name, "scalar") == 0) return sql_scalar(query, subquery_of(query, first));
  if (strcmp(name, "over") == 0) return window(query, first);
  if (strcmp(name, "case") == 0) return choice(query, first);
  if (strcmp(name, "excluded") == 0) return sql_excluded(query, first->text);
  if (strcmp(name, "cast") == 0) {
    return sql_cast(query, expression_of(query, first), strcmp(first->next->text, "text") == 0 ? SQL_TEXT : SQL_INT64);
  }
  if (strcmp(name, "starts with") == 0) {
    return sql_starts_with(query, expression_of(query, first), json_text(first->next, "v"));
  }
  const size_t count = operands(query, first, items);
  for (size_t i = 0; i < sizeof OPERATORS / sizeof OPERATORS[0]; i++) {
    if (strcmp(name, OPERATORS[i].name) == 0) return sql_binary(query, OPERATORS[i].op, items[0], items[1]);
  }
  if (strcmp(name, "and") == 0) return sql_all(query, items, count);
  if (strcmp(name, "or") == 0) return sql_any(query, items, count);
  if (strcmp(name, "not") == 0) return sql_not(query, items[0]);
  if (strcmp(name, "is null") == 0) return sql_is_null(query, items[0]);
  if (strcmp(name, "is not null") == 0) return sql_is_not_null(query, items[0]);
  if (strcmp(name, "between") == 0) return sql_between(query, items[0], items[1], items[2]);
  if (strcmp(name, "like") == 0) return sql_like(query, items[0], items[1], '!');
  if (strcmp(name, "ilike") == 0) return sql_ilike(query, items[0], items[1], '!');
  if (strcmp(name, "count distinct") == 0) return sql_fn_distinct(query, "count", items[0]);
  return sql_call(query, name, items, count);
}

sql_expr expression_of(sql_query query, const json *given) {
  char memory[MEMORY];
  if (given == NULL) return SQL_NONE;
  if (given->kind == JSON_TEXT) return sql_col(query, given->text);
  if (given->kind == JSON_OBJECT) return sql_val(query, value_in(json_get(given, "v"), NULL, memory, sizeof memory));
  if (given->kind != JSON_LIST || given->first == NULL || given->first->text == NULL) return SQL_NONE;
  return operation(query, given->first->text, given->first->next);
}

void order_by(sql_query query, const json *keys) {
  for (const json *key = keys == NULL ? NULL : keys->first; key != NULL; key = key->next) {
    const bool descending = key->kind == JSON_LIST && strcmp(key->first->text, "desc") == 0;
    if (descending)
      sql_order_by_desc(query, expression_of(query, key->first->next));
    else
      sql_order_by(query, expression_of(query, key));
  }
}

static void columns(sql_query query, const json *list) {
  for (const json *item = list->first; item != NULL; item = item->next) {
    if (item->kind == JSON_OBJECT && json_get(item, "is") != NULL) {
      sql_column(query, expression_of(query, json_get(item, "is")), json_text(item, "as"));
    } else {
      sql_column(query, expression_of(query, item), NULL);
    }
  }
}

static sql_join_kind kind_of(const char *name) {
  return strcmp(name, "left") == 0 ? SQL_LEFT : strcmp(name, "cross") == 0 ? SQL_CROSS : SQL_INNER;
}

static void joins(sql_query query, const json *list) {
  for (const json *join = list == NULL ? NULL : list->first; join != NULL; join = join->next) {
    const sql_join_kind kind = kind_of(json_text(join, "kind"));
    const json *table = json_get(join, "table");
    const char *alias = json_text(join, "as");
    if (table->kind == JSON_OBJECT) {
      const sql_query source = subquery_of(query, table);
      sql_join_query(query, kind, source, alias, false, expression_of(query, json_get(join, "on")));
    } else {
      sql_join(query, kind, table->text, alias, expression_of(query, json_get(join, "on")));
    }
  }
}

static void with(sql_query query, const json *list) {
  for (const json *cte = list == NULL ? NULL : list->first; cte != NULL; cte = cte->next) {
    const json *recursive = json_get(cte, "recursive"), *names = json_get(cte, "columns");
    out text = {0};
    for (const json *name = names == NULL ? NULL : names->first; name != NULL; name = name->next) {
      if (text.size > 0) out_text(&text, ",");
      out_text(&text, name->text);
    }
    out_add(&text, "", 1);
    const sql_query definition = subquery_of(query, json_get(cte, "query"));
    sql_with(query, json_text(cte, "name"), text.data, definition, recursive != NULL && recursive->truth);
    free(text.data);
  }
}

static void ends(sql_query query, const json *given) {
  const json *limit = json_get(given, "limit"), *offset = json_get(given, "offset");
  order_by(query, json_get(given, "order by"));
  if (limit != NULL) sql_limit(query, strtoull(limit->text, NULL, 10));
  if (offset != NULL) sql_offset(query, strtoull(offset->text, NULL, 10));
}

static const char *const COMPOUNDS[] = {"union", "union all", "intersect", "except"};

bool is_compound(const json *given, sql_set_operator *how) {
  for (unsigned i = 0; i < 4; i++) {
    *how = (sql_set_operator)i;
    if (json_get(given, COMPOUNDS[i]) != NULL) return true;
  }
  return false;
}

void query_fill(sql_query query, const json *given) {
  sql_set_operator how;
  if (is_compound(given, &how)) {
    for (const json *part = json_get(given, COMPOUNDS[how])->first; part != NULL; part = part->next) {
      sql_part(query, subquery_of(query, part));
    }
    ends(query, given);
    return;
  }
  const json *from = json_get(given, "from"), *group = json_get(given, "group by");
  const json *distinct = json_get(given, "distinct");
  with(query, json_get(given, "with"));
  if (from != NULL && from->kind == JSON_OBJECT)
    sql_from_query(query, subquery_of(query, from), json_text(given, "as"));
  else if (from != NULL)
    sql_from(query, from->text, json_text(given, "as"));
  joins(query, json_get(given, "join"));
  columns(query, json_get(given, "columns"));
  if (distinct != NULL && distinct->truth) sql_distinct(query);
  if (json_get(given, "where") != NULL) sql_where(query, expression_of(query, json_get(given, "where")));
  for (const json *key = group == NULL ? NULL : group->first; key != NULL; key = key->next) {
    sql_group_by(query, expression_of(query, key));
  }
  if (json_get(given, "having") != NULL) sql_having(query, expression_of(query, json_get(given, "having")));
  ends(query, given);
}

sql_query query_of(sql_session session, const json *given) {
  sql_set_operator how;
  const sql_query query = is_compound(given, &how) ? sql_compound(session, how) : sql_select(session);
  query_fill(query, given);
  return query;
}

sql_query subquery_of(sql_query statement, const json *given) {
  sql_set_operator how;
  const sql_query query = is_compound(given, &how) ? sql_subcompound(statement, how) : sql_subselect(statement);
  query_fill(query, given);
  return query;
}
