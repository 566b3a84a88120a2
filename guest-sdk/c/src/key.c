/// Keys of statements: two statements with equal keys differ in values of parameters only.
#include "internal.h"

#include <string.h>

enum { LARGEST = 256 };  ///< Nodes: larger statements are generated and seldom repeated.

/// A key that is being written, and how often each literal is referred to: in all, and where it can
/// be a parameter.
struct writer {
  struct statement *statement;
  struct arena *arena;
  uint8_t *bytes;
  size_t size, room;
  uint32_t *named, *bound;
};

static void put(struct writer *writer, const void *data, size_t size) {
  if (writer->room - writer->size < size) {
    const size_t room = (writer->room + size) * 2;
    uint8_t *larger = arena_take(writer->arena, room, 1);
    if (larger == NULL) return;
    if (writer->size > 0) memcpy(larger, writer->bytes, writer->size);
    writer->bytes = larger;
    writer->room = room;
  }
  if (size > 0) memcpy(writer->bytes + writer->size, data, size);
  writer->size += size;
}

static void put_byte(struct writer *writer, uint8_t byte) {
  put(writer, &byte, 1);
}
static void put_number(struct writer *writer, uint64_t number) {
  put(writer, &number, sizeof number);
}
static void put_text(struct writer *writer, plugin_string_t text) {
  put_number(writer, text.len);
  put(writer, text.ptr, text.len);
}
static void put_optional(struct writer *writer, plugin_option_string_t text) {
  put_byte(writer, text.is_some);
  if (text.is_some) put_text(writer, text.val);
}
static void put_names(struct writer *writer, plugin_list_string_t names) {
  put_number(writer, names.len);
  for (size_t i = 0; i < names.len; i++) put_text(writer, names.ptr[i]);
}
static void put_u32(struct writer *writer, plugin_option_u32_t number) {
  put_byte(writer, number.is_some);
  if (number.is_some) put_number(writer, number.val);
}

static void put_id(struct writer *writer, uint32_t id) {
  put(writer, &id, sizeof id);
  writer->named[id]++;
}
static void put_option(struct writer *writer, WIT(statements_option_node_id_t) id) {
  put_byte(writer, id.is_some);
  if (id.is_some) put_id(writer, id.val);
}
static void put_ids(struct writer *writer, wit_ids ids) {
  put_number(writer, ids.len);
  for (size_t i = 0; i < ids.len; i++) put_id(writer, ids.ptr[i]);
}
static void put_orders(struct writer *writer, wit_orders orders) {
  put_number(writer, orders.len);
  for (size_t i = 0; i < orders.len; i++) {
    put_id(writer, orders.ptr[i].expression);
    const plugin_option_bool_t nulls = orders.ptr[i].nulls_first;
    put_byte(writer, (uint8_t)(orders.ptr[i].descending | nulls.is_some << 1 | (nulls.is_some && nulls.val) << 2));
  }
}
static void put_ctes(struct writer *writer, WIT(statements_list_cte_t) ctes) {
  put_number(writer, ctes.len);
  for (size_t i = 0; i < ctes.len; i++) {
    put_text(writer, ctes.ptr[i].name);
    put_names(writer, ctes.ptr[i].columns);
    put_id(writer, ctes.ptr[i].query);
    put_byte(writer, ctes.ptr[i].recursive);
  }
}

/// The scalar of a literal; null where the node is none.
static const wit_scalar *scalar_of(const struct writer *writer, uint32_t id) {
  const wit_node *node = &writer->statement->nodes[id];
  const bool literal = node->tag == SQLSERVICE_DATABASE_STATEMENTS_NODE_LITERAL;
  return literal && node->val.literal.tag == SQLSERVICE_DATABASE_VALUES_VALUE_SCALAR ? &node->val.literal.val.scalar
                                                                                     : NULL;
}

/// Counts a reference to a literal where a column determines its type. Fractions, unsigned integers
/// and nulls keep a type of their own there, which a parameter would lose.
static void bind(struct writer *writer, uint32_t id) {
  const wit_scalar *scalar = scalar_of(writer, id);
  if (scalar == NULL) return;
  switch ((sql_kind)scalar->tag) {
    case SQL_KIND_NULL:
    case SQL_KIND_UNSIGNED:
    case SQL_KIND_FLOAT:
    case SQL_KIND_DECIMAL:
    case SQL_KIND_INTERVAL:
    case SQL_KIND_OTHER: return;
    default: writer->bound[id]++;
  }
}

static bool is_column(const struct writer *writer, uint32_t id) {
  return writer->statement->nodes[id].tag == SQLSERVICE_DATABASE_STATEMENTS_NODE_COLUMN;
}

/// Counts a reference to a literal that a declared column is set to, where it gets its type.
static void bind_assigned(struct writer *writer, plugin_string_t name, uint32_t id) {
  const sql_entry *column = check_column(writer->statement, writer->statement->table, name);
  const wit_scalar *scalar = scalar_of(writer, id);
  if (scalar == NULL || column == NULL || column->type == SQL_OTHER) return;
  if (column->type == SQL_DECIMAL && scalar->tag == SQL_KIND_FLOAT) return;
  writer->bound[id]++;
}

static void bind_count(struct writer *writer, WIT(statements_option_node_id_t) id) {
  const wit_scalar *scalar = id.is_some ? scalar_of(writer, id.val) : NULL;
  if (scalar != NULL && scalar->tag == SQL_KIND_INTEGER && scalar->val.integer >= 0) writer->bound[id.val]++;
}

static void put_binary(struct writer *writer, const WIT(statements_binary_t) * binary) {
  put_byte(writer, binary->op);
  put_id(writer, binary->left);
  put_id(writer, binary->right);
  if (binary->op > SQL_IS_NOT_DISTINCT) return;
  if (is_column(writer, binary->left)) bind(writer, binary->right);
  if (is_column(writer, binary->right)) bind(writer, binary->left);
}

static void put_listed(struct writer *writer, const WIT(statements_listed_t) * listed) {
  put_byte(writer, listed->op);
  put_ids(writer, listed->items);
  const bool compares = listed->op == SQLSERVICE_DATABASE_STATEMENTS_LIST_OP_IN_LIST ||
                        listed->op == SQLSERVICE_DATABASE_STATEMENTS_LIST_OP_NOT_IN_LIST ||
                        listed->op == SQLSERVICE_DATABASE_STATEMENTS_LIST_OP_BETWEEN;
  if (!compares || listed->items.len == 0 || !is_column(writer, listed->items.ptr[0])) return;
  for (size_t i = 1; i < listed->items.len; i++) bind(writer, listed->items.ptr[i]);
}

static void put_type(struct writer *writer, const WIT(statements_column_type_t) * type) {
  put_byte(writer, type->kind);
  put_u32(writer, type->length);
  put_u32(writer, type->precision);
  put_u32(writer, type->scale);
}

static void put_window(struct writer *writer, const WIT(statements_window_t) * window) {
  put_id(writer, window->call);
  put_ids(writer, window->partition_by);
  put_orders(writer, window->order_by);
  put_byte(writer, window->frame.is_some);
  if (!window->frame.is_some) return;
  const WIT(statements_frame_bound_t) bounds[] = {window->frame.val.start, window->frame.val.end};
  put_byte(writer, window->frame.val.unit);
  for (size_t i = 0; i < 2; i++) {
    put_byte(writer, bounds[i].tag);
    if (bounds[i].tag >= SQLSERVICE_DATABASE_STATEMENTS_FRAME_BOUND_PRECEDING)
      put_number(writer, bounds[i].val.preceding);
  }
}

static void put_case(struct writer *writer, const WIT(statements_case_t) * node) {
  put_number(writer, node->whens.len);
  for (size_t i = 0; i < node->whens.len; i++) {
    put_id(writer, node->whens.ptr[i].condition);
    put_id(writer, node->whens.ptr[i].then);
  }
  put_option(writer, node->otherwise);
}

static void put_select(struct writer *writer, const WIT(statements_select_t) * select) {
  put_ctes(writer, select->ctes);
  put_ids(writer, select->columns);
  put_byte(writer, select->distinct);
  put_option(writer, select->source);
  put_option(writer, select->where);
  put_ids(writer, select->group_by);
  put_option(writer, select->having);
  put_orders(writer, select->order_by);
  put_option(writer, select->limit);
  put_option(writer, select->offset);
  bind_count(writer, select->limit);
  bind_count(writer, select->offset);
  put_byte(writer, select->lock.is_some);
  if (!select->lock.is_some) return;
  const WIT(statements_locking_t) *lock = &select->lock.val;
  put_byte(writer, (uint8_t)(lock->for_share | lock->no_wait << 1 | lock->skip_locked << 2));
  put_names(writer, lock->tables);
}

static void put_compound(struct writer *writer, const WIT(statements_compound_t) * compound) {
  put_ctes(writer, compound->ctes);
  put_byte(writer, compound->op);
  put_ids(writer, compound->parts);
  put_orders(writer, compound->order_by);
  put_option(writer, compound->limit);
  put_option(writer, compound->offset);
  bind_count(writer, compound->limit);
  bind_count(writer, compound->offset);
}

/// Writes a node, without the value of a literal. False for a node whose statement is not cached.
static bool put_node(struct writer *writer, const wit_node *node) {
  put_byte(writer, node->tag);
  switch (node->tag) {
    case SQLSERVICE_DATABASE_STATEMENTS_NODE_LITERAL:
      return node->val.literal.tag == SQLSERVICE_DATABASE_VALUES_VALUE_SCALAR;
    case SQLSERVICE_DATABASE_STATEMENTS_NODE_PARAMETER: return false;
    case SQLSERVICE_DATABASE_STATEMENTS_NODE_COLUMN:
      put_optional(writer, node->val.column.table);
      put_text(writer, node->val.column.name);
      return true;
    case SQLSERVICE_DATABASE_STATEMENTS_NODE_EXCLUDED: put_text(writer, node->val.excluded); return true;
    case SQLSERVICE_DATABASE_STATEMENTS_NODE_UNARY:
      put_byte(writer, node->val.unary.f0);
      put_id(writer, node->val.unary.f1);
      return true;
    case SQLSERVICE_DATABASE_STATEMENTS_NODE_BINARY: put_binary(writer, &node->val.binary); return true;
    case SQLSERVICE_DATABASE_STATEMENTS_NODE_LISTED: put_listed(writer, &node->val.listed); return true;
    case SQLSERVICE_DATABASE_STATEMENTS_NODE_MATCHING: {
      const WIT(statements_matching_t) *matching = &node->val.matching;
      put_id(writer, matching->value);
      put_id(writer, matching->pattern);
      put_number(writer, matching->escape.is_some ? matching->escape.val : 0);
      put_byte(writer, (uint8_t)(matching->ignore_case | matching->negated << 1));
      return true;
    }
    case SQLSERVICE_DATABASE_STATEMENTS_NODE_MEMBERSHIP:
      put_id(writer, node->val.membership.value);
      put_id(writer, node->val.membership.query);
      put_byte(writer, node->val.membership.negated);
      return true;
    case SQLSERVICE_DATABASE_STATEMENTS_NODE_CALL:
      put_text(writer, node->val.call.function);
      put_ids(writer, node->val.call.arguments);
      put_byte(writer, node->val.call.distinct);
      put_option(writer, node->val.call.filter);
      return true;
    case SQLSERVICE_DATABASE_STATEMENTS_NODE_CAST:
      put_id(writer, node->val.cast.value);
      put_type(writer, &node->val.cast.ty);
      return true;
    case SQLSERVICE_DATABASE_STATEMENTS_NODE_CASE: put_case(writer, &node->val.case_); return true;
    case SQLSERVICE_DATABASE_STATEMENTS_NODE_WINDOW: put_window(writer, &node->val.window); return true;
    case SQLSERVICE_DATABASE_STATEMENTS_NODE_LABEL:
      put_id(writer, node->val.label.value);
      put_text(writer, node->val.label.label);
      return true;
    case SQLSERVICE_DATABASE_STATEMENTS_NODE_TABLE:
      put_text(writer, node->val.table.table);
      put_optional(writer, node->val.table.schema);
      put_optional(writer, node->val.table.alias);
      return true;
    case SQLSERVICE_DATABASE_STATEMENTS_NODE_SUBQUERY:
      put_id(writer, node->val.subquery.query);
      put_text(writer, node->val.subquery.alias);
      put_byte(writer, node->val.subquery.lateral);
      return true;
    case SQLSERVICE_DATABASE_STATEMENTS_NODE_JOIN:
      put_byte(writer, node->val.join.kind);
      put_id(writer, node->val.join.left);
      put_id(writer, node->val.join.right);
      put_option(writer, node->val.join.on);
      return true;
    case SQLSERVICE_DATABASE_STATEMENTS_NODE_SELECT: put_select(writer, &node->val.select); return true;
    case SQLSERVICE_DATABASE_STATEMENTS_NODE_COMPOUND: put_compound(writer, &node->val.compound); return true;
    case SQLSERVICE_DATABASE_STATEMENTS_NODE_EXISTS: put_id(writer, node->val.exists); return true;
    case SQLSERVICE_DATABASE_STATEMENTS_NODE_SCALAR_QUERY: put_id(writer, node->val.scalar_query); return true;
    default: return false;
  }
}

static void put_assignments(struct writer *writer, WIT(statements_list_assignment_t) list) {
  put_number(writer, list.len);
  for (size_t i = 0; i < list.len; i++) {
    put_text(writer, list.ptr[i].column);
    put_id(writer, list.ptr[i].value);
    bind_assigned(writer, list.ptr[i].column, list.ptr[i].value);
  }
}

static void put_insert(struct writer *writer, const WIT(statements_insert_t) * insert) {
  put_names(writer, insert->columns);
  put_byte(writer, insert->source.tag);
  if (insert->source.tag == SQLSERVICE_DATABASE_STATEMENTS_INSERT_SOURCE_QUERY)
    put_id(writer, insert->source.val.query);
  if (insert->source.tag == SQLSERVICE_DATABASE_STATEMENTS_INSERT_SOURCE_VALUES) {
    const WIT(statements_list_list_node_id_t) *rows = &insert->source.val.values;
    put_number(writer, rows->len);
    for (size_t i = 0; i < rows->len; i++) {
      put_ids(writer, rows->ptr[i]);
      for (size_t c = 0; c < rows->ptr[i].len; c++) bind_assigned(writer, insert->columns.ptr[c], rows->ptr[i].ptr[c]);
    }
  }
  put_byte(writer, insert->conflict.is_some);
  if (insert->conflict.is_some) {
    const WIT(statements_conflict_t) *conflict = &insert->conflict.val;
    put_names(writer, conflict->columns);
    put_byte(writer, conflict->action.tag);
    if (conflict->action.tag == SQLSERVICE_DATABASE_STATEMENTS_CONFLICT_ACTION_UPDATE) {
      put_assignments(writer, conflict->action.val.update);
    }
    put_option(writer, conflict->where);
  }
  put_ids(writer, insert->returning);
}

static void put_root(struct writer *writer, const wit_statement *statement) {
  put_byte(writer, statement->root.tag);
  put_text(writer, writer->statement->table);
  put_optional(writer, writer->statement->schema);
  switch (statement->root.tag) {
    case SQLSERVICE_DATABASE_STATEMENTS_ROOT_SELECT: put_id(writer, statement->root.val.select); return;
    case SQLSERVICE_DATABASE_STATEMENTS_ROOT_INSERT: put_insert(writer, &statement->root.val.insert); return;
    case SQLSERVICE_DATABASE_STATEMENTS_ROOT_UPDATE:
      put_assignments(writer, statement->root.val.update.assignments);
      put_option(writer, statement->root.val.update.source);
      put_option(writer, statement->root.val.update.where);
      put_ids(writer, statement->root.val.update.returning);
      return;
    default:
      put_option(writer, statement->root.val.delete_.source);
      put_option(writer, statement->root.val.delete_.where);
      put_ids(writer, statement->root.val.delete_.returning);
  }
}

/// Writes the value of a literal that does not become a parameter.
static void put_literal(struct writer *writer, const wit_scalar *scalar) {
  put_byte(writer, scalar->tag);
  switch ((sql_kind)scalar->tag) {
    case SQL_KIND_NULL: return;
    case SQL_KIND_BOOLEAN: put_byte(writer, scalar->val.boolean); return;
    case SQL_KIND_DECIMAL:
    case SQL_KIND_TEXT:
    case SQL_KIND_JSON: put_text(writer, scalar->val.text); return;
    case SQL_KIND_BYTES:
      put_text(writer, (plugin_string_t){.ptr = scalar->val.bytes.ptr, .len = scalar->val.bytes.len});
      return;
    case SQL_KIND_DATE: put_number(writer, (uint64_t)(int64_t)scalar->val.date); return;
    case SQL_KIND_UUID:
      put_number(writer, scalar->val.uuid.f0);
      put_number(writer, scalar->val.uuid.f1);
      return;
    case SQL_KIND_INTERVAL:
      put_number(writer, (uint64_t)(int64_t)scalar->val.interval.months);
      put_number(writer, (uint64_t)(int64_t)scalar->val.interval.days);
      put_number(writer, (uint64_t)scalar->val.interval.microseconds);
      return;
    case SQL_KIND_OTHER:
      put_text(writer, scalar->val.other.native_type);
      put_text(writer, scalar->val.other.text);
      return;
    default: put(writer, &scalar->val.integer, sizeof scalar->val.integer);  // Numbers and times, all of 64 bits.
  }
}

bool key_of(struct statement *statement, const wit_statement *lowered, struct key *key) {
  const size_t count = lowered->nodes.len;
  struct writer writer = {.statement = statement, .arena = &statement->arena};
  if (count > LARGEST) return false;
  writer.named = arena_take(&statement->arena, count + 1, sizeof *writer.named);
  writer.bound = arena_take(&statement->arena, count + 1, sizeof *writer.bound);
  key->values = (WIT(sessions_list_value_t)){.ptr = arena_take(&statement->arena, count, sizeof *key->values.ptr)};
  key->nodes = arena_take(&statement->arena, count, sizeof *key->nodes);
  if (statement->arena.exhausted) return false;
  for (size_t i = 0; i < count; i++) {
    if (!put_node(&writer, &lowered->nodes.ptr[i])) return false;
  }
  put_root(&writer, lowered);
  for (uint32_t i = 0; i < count; i++) {
    const wit_scalar *scalar = scalar_of(&writer, i);
    if (scalar == NULL) continue;
    const bool parameter = writer.bound[i] > 0 && writer.bound[i] == writer.named[i];
    put_byte(&writer, parameter);
    if (parameter) {
      key->nodes[key->values.len] = i;
      key->values.ptr[key->values.len++] = statement->nodes[i].val.literal;
    } else {
      put_literal(&writer, scalar);
    }
  }
  key->bytes = writer.bytes;
  key->size = writer.size;
  return !statement->arena.exhausted;
}
