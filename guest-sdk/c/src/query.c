/// Selects and compounds, before they become nodes.
#include "internal.h"

static WIT(statements_option_node_id_t) some(uint32_t node) {
  return (WIT(statements_option_node_id_t)){.is_some = true, .val = node};
}

bool sql_columns(sql_query query, const char *names) {
  struct statement *statement;
  struct draft *draft = draft_ready(query, &statement);
  return draft != NULL && statement_columns(statement, &draft->columns, names);
}

bool sql_column(sql_query query, sql_expr expression, const char *label) {
  struct statement *statement;
  struct draft *draft = draft_ready(query, &statement);
  uint32_t node;
  if (draft == NULL || !statement_node(statement, expression, &node)) return false;
  if (label != NULL) {
    wit_node labelled = {.tag = SQLSERVICE_DATABASE_STATEMENTS_NODE_LABEL};
    labelled.val.label.value = node;
    labelled.val.label.label = arena_string(&statement->arena, label);
    node = statement_push(statement, labelled);
  }
  return node != UINT32_MAX && ids_push(statement, &draft->columns, node);
}

bool sql_distinct(sql_query query) {
  struct statement *statement;
  struct draft *draft = draft_ready(query, &statement);
  if (draft == NULL) return false;
  draft->distinct = true;
  return true;
}

static uint32_t table_node(struct statement *statement, const char *table, const char *alias) {
  wit_node node = {.tag = SQLSERVICE_DATABASE_STATEMENTS_NODE_TABLE};
  statement_table(&statement->arena, table, &node.val.table.table, &node.val.table.schema);
  if (alias != NULL) {
    node.val.table.alias = (plugin_option_string_t){.is_some = true, .val = arena_string(&statement->arena, alias)};
  }
  return statement_push(statement, node);
}

static uint32_t query_node(struct statement *statement, sql_query source, const char *alias, bool lateral) {
  uint32_t query;
  if (!statement_query(statement, source, &query)) return UINT32_MAX;
  wit_node node = {.tag = SQLSERVICE_DATABASE_STATEMENTS_NODE_SUBQUERY};
  node.val.subquery.query = query;
  node.val.subquery.alias = arena_string(&statement->arena, alias);
  node.val.subquery.lateral = lateral;
  return statement_push(statement, node);
}

static bool join(struct statement *statement, struct draft *draft, sql_join_kind kind, uint32_t right, sql_expr on) {
  if (right == UINT32_MAX) return false;
  if ((unsigned)kind > SQL_CROSS) return statement_fail(statement, "invalid", "there is no such join");
  if (!draft->source.is_some) return statement_fail(statement, "invalid", "a join needs sql_from before it");
  wit_node node = {.tag = SQLSERVICE_DATABASE_STATEMENTS_NODE_JOIN};
  node.val.join.kind = (uint8_t)kind;
  node.val.join.left = draft->source.val;
  node.val.join.right = right;
  if (kind != SQL_CROSS) {
    node.val.join.on.is_some = true;
    if (!statement_node(statement, on, &node.val.join.on.val)) return false;
  }
  const uint32_t joined = statement_push(statement, node);
  draft->source = some(joined);
  return joined != UINT32_MAX;
}

static bool source(struct statement *statement, struct draft *draft, uint32_t node) {
  if (node == UINT32_MAX) return false;
  if (draft->source.is_some) return join(statement, draft, SQL_CROSS, node, sql_no_expr());
  draft->source = some(node);
  return true;
}

bool sql_from(sql_query query, const char *table, const char *alias) {
  struct statement *statement;
  struct draft *draft = draft_ready(query, &statement);
  return draft != NULL && source(statement, draft, table_node(statement, table, alias));
}

bool sql_from_query(sql_query query, sql_query from, const char *alias) {
  struct statement *statement;
  struct draft *draft = draft_ready(query, &statement);
  return draft != NULL && source(statement, draft, query_node(statement, from, alias, false));
}

bool sql_join(sql_query query, sql_join_kind kind, const char *table, const char *alias, sql_expr on) {
  struct statement *statement;
  struct draft *draft = draft_ready(query, &statement);
  return draft != NULL && join(statement, draft, kind, table_node(statement, table, alias), on);
}

bool sql_join_query(sql_query query, sql_join_kind kind, sql_query from, const char *alias, bool lateral, sql_expr on) {
  struct statement *statement;
  struct draft *draft = draft_ready(query, &statement);
  return draft != NULL && join(statement, draft, kind, query_node(statement, from, alias, lateral), on);
}

bool sql_where(sql_query query, sql_expr condition) {
  struct statement *statement;
  struct draft *draft = draft_ready(query, &statement);
  uint32_t node;
  return draft != NULL && statement_node(statement, condition, &node) && ids_push(statement, &draft->where, node);
}

bool sql_group_by(sql_query query, sql_expr expression) {
  struct statement *statement;
  struct draft *draft = draft_ready(query, &statement);
  uint32_t node;
  return draft != NULL && statement_node(statement, expression, &node) && ids_push(statement, &draft->group_by, node);
}

bool sql_having(sql_query query, sql_expr condition) {
  struct statement *statement;
  struct draft *draft = draft_ready(query, &statement);
  uint32_t node;
  return draft != NULL && statement_node(statement, condition, &node) && ids_push(statement, &draft->having, node);
}

bool sql_order_by_key(sql_query query, sql_order key) {
  struct statement *statement;
  struct draft *draft = draft_ready(query, &statement);
  WIT(statements_order_t) order = {.descending = key.descending};
  if (draft == NULL || !statement_node(statement, key.expression, &order.expression)) return false;
  order.nulls_first =
      (plugin_option_bool_t){.is_some = key.nulls != SQL_NULLS_DEFAULT, .val = key.nulls == SQL_NULLS_FIRST};
  draft->order_by = arena_grow(&statement->arena, draft->order_by, draft->order_count, sizeof order);
  if (draft->order_by == NULL) return statement_fail(statement, "limit", "out of memory");
  draft->order_by[draft->order_count++] = order;
  return true;
}

bool sql_order_by(sql_query query, sql_expr expression) {
  return sql_order_by_key(query, (sql_order){.expression = expression});
}

bool sql_order_by_desc(sql_query query, sql_expr expression) {
  return sql_order_by_key(query, (sql_order){.expression = expression, .descending = true});
}

bool sql_limit_by(sql_query query, sql_expr rows) {
  struct statement *statement;
  struct draft *draft = draft_ready(query, &statement);
  draft = draft != NULL && statement_node(statement, rows, &draft->limit.val) ? draft : NULL;
  if (draft != NULL) draft->limit.is_some = true;
  return draft != NULL;
}

bool sql_offset_by(sql_query query, sql_expr rows) {
  struct statement *statement;
  struct draft *draft = draft_ready(query, &statement);
  draft = draft != NULL && statement_node(statement, rows, &draft->offset.val) ? draft : NULL;
  if (draft != NULL) draft->offset.is_some = true;
  return draft != NULL;
}

static sql_expr count_of(sql_query query, uint64_t rows) {
  return sql_val(query, rows > INT64_MAX ? sql_uint(rows) : sql_int((int64_t)rows));
}

bool sql_limit(sql_query query, uint64_t rows) {
  return sql_limit_by(query, count_of(query, rows));
}
bool sql_offset(sql_query query, uint64_t rows) {
  return sql_offset_by(query, count_of(query, rows));
}

bool sql_lock(sql_query query, uint32_t how, const char *sources) {
  struct statement *statement;
  struct draft *draft = draft_ready(query, &statement);
  if (draft == NULL) return false;
  draft->lock.is_some = true;
  draft->lock.val = (WIT(statements_locking_t)){.for_share = (how & SQL_FOR_SHARE) != 0,
                                                .no_wait = (how & SQL_NO_WAIT) != 0,
                                                .skip_locked = (how & SQL_SKIP_LOCKED) != 0,
                                                .tables = arena_names(&statement->arena, sources)};
  return true;
}

bool sql_with(sql_query query, const char *name, const char *columns, sql_query definition, bool recursive) {
  struct statement *statement;
  struct draft *draft = draft_ready(query, &statement);
  WIT(statements_cte_t) cte = {.recursive = recursive};
  if (draft == NULL || !statement_query(statement, definition, &cte.query)) return false;
  cte.name = arena_string(&statement->arena, name);
  cte.columns = arena_names(&statement->arena, columns);
  draft->ctes = arena_grow(&statement->arena, draft->ctes, draft->cte_count, sizeof cte);
  if (draft->ctes == NULL) return statement_fail(statement, "limit", "out of memory");
  draft->ctes[draft->cte_count++] = cte;
  return true;
}

bool sql_part(sql_query compound, sql_query part) {
  struct statement *statement;
  struct draft *draft = draft_ready(compound, &statement);
  uint32_t node;
  if (draft == NULL) return false;
  if (!draft->compound) return statement_fail(statement, "invalid", "only a compound has parts");
  return statement_query(statement, part, &node) && ids_push(statement, &draft->parts, node);
}

static wit_ids list(struct ids ids) {
  return (wit_ids){.ptr = ids.items, .len = ids.count};
}

static wit_node compound_node(const struct draft *draft) {
  wit_node node = {.tag = SQLSERVICE_DATABASE_STATEMENTS_NODE_COMPOUND};
  WIT(statements_compound_t) *compound = &node.val.compound;
  compound->ctes = (WIT(statements_list_cte_t)){.ptr = draft->ctes, .len = draft->cte_count};
  compound->op = draft->set_operator;
  compound->parts = list(draft->parts);
  compound->order_by = (wit_orders){.ptr = draft->order_by, .len = draft->order_count};
  compound->limit = draft->limit;
  compound->offset = draft->offset;
  return node;
}

static wit_node select_node(struct statement *statement, const struct draft *draft) {
  wit_node node = {.tag = SQLSERVICE_DATABASE_STATEMENTS_NODE_SELECT};
  WIT(statements_select_t) *select = &node.val.select;
  select->ctes = (WIT(statements_list_cte_t)){.ptr = draft->ctes, .len = draft->cte_count};
  select->columns = list(draft->columns);
  select->distinct = draft->distinct;
  select->source = draft->source;
  select->where = statement_all(statement, &draft->where);
  select->group_by = list(draft->group_by);
  select->having = statement_all(statement, &draft->having);
  select->order_by = (wit_orders){.ptr = draft->order_by, .len = draft->order_count};
  select->limit = draft->limit;
  select->offset = draft->offset;
  select->lock = draft->lock;
  return node;
}

bool draft_finish(struct statement *statement, struct draft *draft) {
  if (draft->compound) {
    const bool selects = draft->columns.count > 0 || draft->source.is_some || draft->where.count > 0;
    if (selects) return statement_fail(statement, "invalid", "a compound has parts, no columns, sources or conditions");
    draft->node = statement_push(statement, compound_node(draft));
  } else {
    draft->node = statement_push(statement, select_node(statement, draft));
  }
  draft->used = true;
  return draft->node != UINT32_MAX;
}
