/// Statements that are being built: the arena of nodes, which all queries of a statement share.
#include "internal.h"

#include <string.h>

void statement_drop(struct object *object) {
  arena_free(&((struct statement *)object)->arena);
}

bool statement_fail(struct statement *statement, const char *code, const char *message) {
  struct session *session = object_above(statement, OBJECT_SESSION);
  return error_set(&session->error, code, "%s", message);
}

static bool exhausted(struct statement *statement) {
  return statement_fail(statement, "limit", "out of memory");
}

static struct draft *draft_new(struct statement *statement, bool compound, uint32_t *part) {
  if (statement->draft_count > 0xffff) {
    statement_fail(statement, "limit", "a statement has at most 65536 queries");
    return NULL;
  }
  statement->drafts = arena_grow(&statement->arena, statement->drafts, statement->draft_count, sizeof(struct draft *));
  struct draft *draft = arena_take(&statement->arena, 1, sizeof *draft);
  if (statement->drafts == NULL || draft == NULL) {
    exhausted(statement);
    return NULL;
  }
  draft->compound = compound;
  *part = (uint32_t)statement->draft_count;
  statement->drafts[statement->draft_count++] = draft;
  return draft;
}

static sql_query statement_new(sql_session handle, enum statement_kind kind, bool compound, const char *table) {
  struct session *session = session_ready(handle);
  if (session == NULL) return (sql_query){0};
  struct statement *statement = object_new(OBJECT_STATEMENT, sizeof *statement, session);
  if (statement == NULL) {
    error_set(&session->error, "limit", "out of memory, or more than 65536 open handles");
    return (sql_query){0};
  }
  statement->kind = kind;
  uint32_t part;
  if (draft_new(statement, compound, &part) == NULL) return (sql_query){0};
  if (kind != STATEMENT_SELECT) statement_table(&statement->arena, table, &statement->table, &statement->schema);
  return (sql_query){.id = statement->object.id};
}

sql_query sql_select(sql_session session) {
  return statement_new(session, STATEMENT_SELECT, false, NULL);
}
sql_query sql_insert(sql_session session, const char *table) {
  return statement_new(session, STATEMENT_INSERT, false, table);
}
sql_query sql_update(sql_session session, const char *table) {
  return statement_new(session, STATEMENT_UPDATE, false, table);
}
sql_query sql_delete(sql_session session, const char *table) {
  return statement_new(session, STATEMENT_DELETE, false, table);
}
static bool operator_known(struct statement *statement, sql_set_operator how) {
  return (unsigned)how <= SQL_EXCEPT ||
         statement_fail(statement, "invalid", "there is no such way to put queries together");
}

sql_query sql_compound(sql_session session, sql_set_operator how) {
  const sql_query query = statement_new(session, STATEMENT_SELECT, true, NULL);
  struct statement *statement = statement_ready(query);
  if (statement != NULL && operator_known(statement, how)) statement->drafts[0]->set_operator = (uint8_t)how;
  return query;
}

static sql_query part_new(sql_query query, bool compound, sql_set_operator how) {
  struct statement *statement = statement_ready(query);
  uint32_t part;
  struct draft *draft = statement == NULL ? NULL : draft_new(statement, compound, &part);
  if (draft == NULL || !operator_known(statement, how)) return (sql_query){0};
  draft->set_operator = (uint8_t)how;
  return (sql_query){.id = object_part(query.id, part)};
}

sql_query sql_subselect(sql_query query) {
  return part_new(query, false, SQL_UNION);
}
sql_query sql_subcompound(sql_query query, sql_set_operator how) {
  return part_new(query, true, how);
}

void sql_discard(sql_query query) {
  struct statement *statement = object_of(OBJECT_STATEMENT, query.id);
  if (statement != NULL) object_free(statement);
}

struct statement *statement_ready(sql_query query) {
  struct statement *statement = object_of(OBJECT_STATEMENT, query.id);
  return statement == NULL || session_above(statement) == NULL ? NULL : statement;
}

struct draft *draft_ready(sql_query query, struct statement **found) {
  struct statement *statement = statement_ready(query);
  *found = statement;
  if (statement == NULL) return NULL;
  const uint32_t part = object_part_of(query.id);
  struct draft *draft = part < statement->draft_count ? statement->drafts[part] : NULL;
  if (draft == NULL) {
    statement_fail(statement, "invalid", "this query is not of this statement");
  } else if (draft->used) {
    statement_fail(statement, "invalid", "this query is used already and cannot be changed");
    draft = NULL;
  }
  return draft;
}

uint32_t statement_push(struct statement *statement, wit_node node) {
  if (statement->node_count >= UINT32_MAX - 1) {
    statement_fail(statement, "limit", "too many nodes");
    return UINT32_MAX;
  }
  statement->nodes = arena_grow(&statement->arena, statement->nodes, statement->node_count, sizeof node);
  if (statement->nodes == NULL) {
    statement->node_count = 0;
    exhausted(statement);
    return UINT32_MAX;
  }
  statement->nodes[statement->node_count] = node;
  return (uint32_t)statement->node_count++;
}

sql_expr statement_expr(const struct statement *statement, uint32_t node) {
  return node == UINT32_MAX ? sql_no_expr()
                            : (sql_expr){.node = node, .statement = (uint32_t)(statement->object.id >> 32)};
}

sql_expr statement_add(struct statement *statement, wit_node node) {
  return statement_expr(statement, statement_push(statement, node));
}

bool statement_nodes(struct statement *statement, const sql_expr *items, size_t count, wit_ids *out) {
  if (items == NULL && count > 0) return statement_fail(statement, "invalid", "a list of expressions is missing");
  *out = (wit_ids){.ptr = arena_take(&statement->arena, count, sizeof *out->ptr), .len = count};
  if (out->ptr == NULL) return exhausted(statement);
  for (size_t i = 0; i < count; i++) {
    if (!statement_node(statement, items[i], &out->ptr[i])) return false;
  }
  return true;
}

bool statement_node(struct statement *statement, sql_expr expr, uint32_t *node) {
  if (expr.statement != (uint32_t)(statement->object.id >> 32) || expr.node >= statement->node_count) {
    return statement_fail(statement, "invalid", "an expression is missing, or is of another statement");
  }
  *node = expr.node;
  return true;
}

bool statement_query(struct statement *statement, sql_query query, uint32_t *node) {
  struct statement *of;
  struct draft *draft = draft_ready(query, &of);
  if (of != statement || (draft != NULL && draft == statement->drafts[0])) {
    return statement_fail(statement, "invalid",
                          "a query inside of a statement is made by sql_subselect or sql_subcompound of it");
  }
  if (draft == NULL || !draft_finish(statement, draft)) return false;
  *node = draft->node;
  return true;
}

bool ids_push(struct statement *statement, struct ids *ids, uint32_t id) {
  ids->items = arena_grow(&statement->arena, ids->items, ids->count, sizeof id);
  if (ids->items == NULL) {
    ids->count = 0;
    return exhausted(statement);
  }
  ids->items[ids->count++] = id;
  return true;
}

WIT(statements_option_node_id_t) statement_all(struct statement *statement, const struct ids *ids) {
  WIT(statements_option_node_id_t) condition = {.is_some = ids->count > 0};
  if (ids->count == 1) condition.val = ids->items[0];
  if (ids->count > 1) {
    wit_node node = {.tag = SQLSERVICE_DATABASE_STATEMENTS_NODE_LISTED};
    node.val.listed.op = SQLSERVICE_DATABASE_STATEMENTS_LIST_OP_AND;
    node.val.listed.items = (wit_ids){.ptr = ids->items, .len = ids->count};
    condition.val = statement_push(statement, node);
  }
  return condition;
}

void statement_table(struct arena *arena, const char *name, plugin_string_t *table, plugin_option_string_t *schema) {
  const char *dot = name == NULL ? NULL : strchr(name, '.');
  *schema = (plugin_option_string_t){.is_some = dot != NULL};
  if (dot != NULL) {
    const size_t size = (size_t)(dot - name);
    schema->val = (plugin_string_t){.ptr = arena_copy(arena, name, size), .len = size};
    name = dot + 1;
  }
  *table = arena_string(arena, name);
}

static plugin_option_string_t some_text(struct arena *arena, plugin_string_t text, size_t from, size_t to) {
  return (plugin_option_string_t){.is_some = true,
                                  .val = {.ptr = arena_copy(arena, text.ptr + from, to - from), .len = to - from}};
}

/// Makes a column node of `name` or `source.name`.
static wit_node column_node(struct statement *statement, plugin_string_t name) {
  wit_node node = {.tag = SQLSERVICE_DATABASE_STATEMENTS_NODE_COLUMN};
  const uint8_t *dot = name.len == 0 ? NULL : memchr(name.ptr, '.', name.len);
  if (dot == NULL) {
    node.val.column.name = name;
    return node;
  }
  const size_t at = (size_t)(dot - name.ptr);
  node.val.column.table = some_text(&statement->arena, name, 0, at);
  node.val.column.name = some_text(&statement->arena, name, at + 1, name.len).val;
  return node;
}

bool statement_columns(struct statement *statement, struct ids *ids, const char *names) {
  const plugin_list_string_t list = arena_names(&statement->arena, names);
  if (statement->arena.exhausted) return exhausted(statement);
  for (size_t i = 0; i < list.len; i++) {
    const uint32_t node = statement_push(statement, column_node(statement, list.ptr[i]));
    if (node == UINT32_MAX || !ids_push(statement, ids, node)) return false;
  }
  return list.len > 0 || statement_fail(statement, "invalid", "no columns are named");
}

sql_expr sql_col(sql_query query, const char *name) {
  struct statement *statement = statement_ready(query);
  if (statement == NULL) return sql_no_expr();
  if (name == NULL) {
    statement_fail(statement, "invalid", "a column has no name");
    return sql_no_expr();
  }
  const plugin_string_t text = arena_string(&statement->arena, name);
  return statement_expr(statement, statement_push(statement, column_node(statement, text)));
}

static wit_ids list(struct ids ids) {
  return (wit_ids){.ptr = ids.items, .len = ids.count};
}

static bool finish_insert(struct statement *statement, WIT(statements_insert_t) * insert) {
  const size_t width = statement->columns.count;
  *insert = (WIT(statements_insert_t)){.table = statement->table, .schema = statement->schema};
  insert->columns = (plugin_list_string_t){.ptr = statement->columns.items, .len = width};
  insert->returning = list(statement->drafts[0]->columns);
  if (statement->query.is_some) {
    insert->source.tag = SQLSERVICE_DATABASE_STATEMENTS_INSERT_SOURCE_QUERY;
    insert->source.val.query = statement->query.val;
  } else if (width == 0) {
    insert->source.tag = SQLSERVICE_DATABASE_STATEMENTS_INSERT_SOURCE_DEFAULTS;
  } else {
    if (statement->row_at != width) return statement_fail(statement, "invalid", "a row of an insert misses columns");
    const size_t rows = statement->row_count + 1;
    wit_ids *lists = arena_take(&statement->arena, rows, sizeof *lists);
    if (lists == NULL) return exhausted(statement);
    for (size_t i = 0; i < rows; i++) lists[i] = (wit_ids){.ptr = statement->values.items + i * width, .len = width};
    insert->source.tag = SQLSERVICE_DATABASE_STATEMENTS_INSERT_SOURCE_VALUES;
    insert->source.val.values = (WIT(statements_list_list_node_id_t)){.ptr = lists, .len = rows};
  }
  if (!statement->conflict) return true;
  insert->conflict.is_some = true;
  WIT(statements_conflict_t) *conflict = &insert->conflict.val;
  conflict->columns = statement->conflict_columns;
  conflict->where = statement->conflict_where;
  conflict->action.tag = statement->conflict_count == 0 ? SQLSERVICE_DATABASE_STATEMENTS_CONFLICT_ACTION_NOTHING
                                                        : SQLSERVICE_DATABASE_STATEMENTS_CONFLICT_ACTION_UPDATE;
  if (statement->conflict_count > 0) {
    conflict->action.val.update =
        (WIT(statements_list_assignment_t)){.ptr = statement->conflict_assignments, .len = statement->conflict_count};
  }
  return true;
}

static bool finish_update(struct statement *statement, WIT(statements_update_t) * update) {
  const struct draft *draft = statement->drafts[0];
  *update = (WIT(statements_update_t)){.table = statement->table, .schema = statement->schema, .source = draft->source};
  update->assignments =
      (WIT(statements_list_assignment_t)){.ptr = statement->assignments, .len = statement->assignment_count};
  update->where = statement_all(statement, &draft->where);
  update->returning = list(draft->columns);
  return true;
}

static bool finish_delete(struct statement *statement, WIT(statements_delete_t) * deleted) {
  const struct draft *draft = statement->drafts[0];
  *deleted =
      (WIT(statements_delete_t)){.table = statement->table, .schema = statement->schema, .source = draft->source};
  deleted->where = statement_all(statement, &draft->where);
  deleted->returning = list(draft->columns);
  return true;
}

bool statement_finish(struct statement *statement, wit_statement *out) {
  *out = (wit_statement){0};
  bool done = false;
  switch (statement->kind) {
    case STATEMENT_SELECT:
      out->root.tag = SQLSERVICE_DATABASE_STATEMENTS_ROOT_SELECT;
      done = draft_finish(statement, statement->drafts[0]);
      out->root.val.select = statement->drafts[0]->node;
      break;
    case STATEMENT_INSERT:
      out->root.tag = SQLSERVICE_DATABASE_STATEMENTS_ROOT_INSERT;
      done = finish_insert(statement, &out->root.val.insert);
      break;
    case STATEMENT_UPDATE:
      out->root.tag = SQLSERVICE_DATABASE_STATEMENTS_ROOT_UPDATE;
      done = finish_update(statement, &out->root.val.update);
      break;
    case STATEMENT_DELETE:
      out->root.tag = SQLSERVICE_DATABASE_STATEMENTS_ROOT_DELETE;
      done = finish_delete(statement, &out->root.val.delete_);
      break;
  }
  struct session *session = object_above(statement, OBJECT_SESSION);
  if (!arena_fits(&statement->arena, &session->error)) return false;
  out->nodes = (WIT(statements_list_node_t)){.ptr = statement->nodes, .len = statement->node_count};
  return done && !session->error.failed;
}
