/// Declarations that the files of the SDK share. Not for users.
#ifndef SQLSERVICE_INTERNAL_H
#define SQLSERVICE_INTERNAL_H

#include "plugin.h"
#include "sqlservice.h"

/// A type or function of the generated bindings, by its name within the contract's package.
#define WIT(name) sqlservice_database_##name

typedef WIT(errors_failure_t) wit_failure;
typedef WIT(statements_node_t) wit_node;
typedef WIT(statements_list_node_id_t) wit_ids;
typedef WIT(statements_list_order_t) wit_orders;
typedef WIT(values_value_t) wit_value;
typedef WIT(values_scalar_t) wit_scalar;
typedef WIT(rows_batch_t) wit_batch;
typedef WIT(rows_column_data_t) wit_column;
typedef WIT(sessions_result_set_t) wit_result;
typedef WIT(sessions_statement_t) wit_statement;

/* ---- arena.c: memory that is freed at once ---- */

struct block;
struct session;
struct statement;
/// Blocks from which pieces are allocated. Zero is an empty arena.
struct arena {
  struct block *last;
  bool exhausted;  ///< Whether memory ran out; pieces are null from then on.
  bool malformed;  ///< Whether a text that goes to the host is not UTF-8.
  uint64_t taken;  ///< Bytes of pieces, and of other memory that is passed to the host.
};
struct error;
/// Whether the arena's content can be passed to the host; records the reason where not. (The call
/// would trap.)
bool arena_fits(const struct arena *arena, struct error *error);
/// Counts bytes outside of the arena that are passed to the host.
void arena_count(struct arena *arena, size_t count, size_t size);
/// Records whether a text is not UTF-8.
void arena_check(struct arena *arena, const void *text, size_t size);
/// Allocates zeroed memory, aligned for any type; null where memory ran out.
void *arena_take(struct arena *arena, size_t count, size_t size);
void *arena_copy(struct arena *arena, const void *data, size_t size);
/// A zero-terminated copy.
char *arena_text(struct arena *arena, const char *data, size_t size);
plugin_string_t arena_string(struct arena *arena, const char *text);
/// Splits names at commas and trims blanks. Empty for null.
plugin_list_string_t arena_names(struct arena *arena, const char *names);
/// Room for one more item in an array that grows by doubling; null where memory ran out.
void *arena_grow(struct arena *arena, void *items, size_t count, size_t size);
void arena_free(struct arena *arena);

/* ---- object.c: the objects of handles ---- */

enum object_kind {
  OBJECT_DATABASE = 1,
  OBJECT_SESSION,
  OBJECT_STATEMENT,
  OBJECT_PREPARED,
  OBJECT_ROWS,
  OBJECT_SAVEPOINT,
  OBJECT_FLUSH,
  OBJECT_LOAD
};
/// The object of a handle, the first member of each of the structs below. Objects are a tree;
/// freeing one frees its children.
struct object {
  enum object_kind kind;
  uint64_t id;
  struct object *parent, *child, *next, *previous;
};
/// Allocates an object of `size` bytes; null where memory or handles ran out.
void *object_new(enum object_kind kind, size_t size, void *parent);
/// The object of a handle; null where it was closed or is of another kind. The 16 bits of a query's
/// part are ignored.
void *object_of(enum object_kind kind, uint64_t id);
void object_free(void *object);
/// The nearest object of a kind, from the object itself up to its database.
void *object_above(void *object, enum object_kind kind);
uint64_t object_part(uint64_t id, uint32_t part);
uint32_t object_part_of(uint64_t id);

/// Release the resources of an object of each kind; each is in the file of that kind.
void database_drop(struct object *object);
void session_drop(struct object *object);
void statement_drop(struct object *object);
void prepared_drop(struct object *object);
void rows_drop(struct object *object);
void savepoint_drop(struct object *object);
void flush_drop(struct object *object);
void load_drop(struct object *object);

/* ---- error.c: failures that stick ---- */

/// A failure, if any, and the memory of its texts.
struct error {
  bool failed;
  sql_failure failure;
  struct arena arena;
};
void error_clear(struct error *error);
/// Records a failure of the SDK, unless there is one already. Always false.
bool error_set(struct error *error, const char *code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/// Records the host's failure, unless there is one already, and frees it. Always false.
bool error_take(struct error *error, wit_failure *failure);
void error_copy(struct error *to, const struct error *from);

/* ---- key.c: keys of statements ---- */

/// A statement's key, and the values that become its parameters, with their nodes.
struct key {
  uint8_t *bytes;
  size_t size;
  uint32_t *nodes;
  WIT(sessions_list_value_t) values;
};
/// Makes a statement's key. False for a statement that is not cached.
bool key_of(struct statement *statement, const wit_statement *lowered, struct key *key);

/* ---- plan.c: prepared statements ---- */

/// A prepared statement and its key in the cache. It is freed when it has no users.
struct plan {
  size_t users;
  bool open;  ///< Whether it is prepared; the cache prepares it at its second execution.
  WIT(sessions_own_prepared_t) handle;
  char **names;
  size_t width;
  struct arena arena;
  uint64_t hash, used;
  uint8_t *key;
  size_t size;
};
/// The statement cache of a database.
struct plans {
  struct plan **items;
  size_t count;
  uint64_t clock;
};
void plan_release(struct plan *plan);
void plans_free(struct plans *plans);
/// Prepares a statement. The plan's names are null where memory ran out.
bool plan_prepare(struct plan *plan, struct session *session, wit_statement *statement, wit_failure *failure);
/// The prepared statement of a repeated statement, and the values for its parameters; null where
/// the statement has to be executed unprepared.
struct plan *plan_of(struct statement *statement, wit_statement *lowered, WIT(sessions_list_value_t) * values);

struct database {
  struct object object;
  struct error error;   ///< The database's own failure.
  struct error closed;  ///< The failure of a session that was closed with one.
  bool open;
  sql_models models;  ///< The declared models, which outlive the database.
  WIT(databases_own_database_t) handle;
  struct plans plans;
  char *dialect;
  struct arena arena;
};

struct session {
  struct object object;
  struct error error;
  bool open;
  WIT(sessions_own_session_t) handle;
  WIT(sessions_options_t) options;
  struct arena reflected;
};

/// The session of a handle, where no error sticks on it; null where one does.
struct session *session_ready(sql_session session);
/// The session of an object, where no error sticks on it.
struct session *session_above(void *object);
WIT(sessions_borrow_session_t) session_borrow(const struct session *session);

/* ---- value.c ---- */

/// Converts a value to the contract's, which without `copy` points to the same texts. False for a
/// value that is of no kind, out of range, or an array in an array.
bool value_lower(const sql_value *value, wit_value *out, struct arena *arena, bool copy);
sql_value value_lift_scalar(const wit_scalar *scalar);
plugin_string_t string_view(sql_str text);
const char *kind_name(sql_kind kind);

/* ---- statement.c: the arena of nodes ---- */

struct names {
  plugin_string_t *items;
  size_t count;
};
struct ids {
  uint32_t *items;
  size_t count;
};

/// A query that is being built: a select or a compound. It becomes a node when it is used.
struct draft {
  bool compound, used;
  uint32_t node;
  uint8_t set_operator;
  bool distinct;
  struct ids columns, where, group_by, having, parts;
  WIT(statements_order_t) * order_by;
  size_t order_count;
  WIT(statements_cte_t) * ctes;
  size_t cte_count;
  WIT(statements_option_node_id_t) source, limit, offset;
  WIT(statements_option_locking_t) lock;
};

enum statement_kind { STATEMENT_SELECT, STATEMENT_INSERT, STATEMENT_UPDATE, STATEMENT_DELETE };

/// A statement that is being built. Part 0 of its queries is the statement itself.
struct statement {
  struct object object;
  enum statement_kind kind;
  struct arena arena;
  wit_node *nodes;
  size_t node_count;
  struct draft **drafts;
  size_t draft_count;
  plugin_string_t table;
  plugin_option_string_t schema;
  struct names columns;      ///< Columns of an insert.
  struct ids values;         ///< Values of an insert, row by row.
  size_t row_count, row_at;  ///< Rows of an insert, and columns set in its last one.
  WIT(statements_assignment_t) * assignments;
  size_t assignment_count;
  WIT(statements_option_node_id_t) query;  ///< The query of an insert from a query.
  bool conflict;
  plugin_list_string_t conflict_columns;
  WIT(statements_assignment_t) * conflict_assignments;
  size_t conflict_count;
  WIT(statements_option_node_id_t) conflict_where;
};

/// The statement of a query, where no error sticks on its session.
struct statement *statement_ready(sql_query query);
/// The query's draft, unless the query is used already.
struct draft *draft_ready(sql_query query, struct statement **statement);
uint32_t statement_push(struct statement *statement, wit_node node);
/// The node of an expression of this statement; for any other, records a failure and returns false.
bool statement_node(struct statement *statement, sql_expr expr, uint32_t *node);
sql_expr statement_expr(const struct statement *statement, uint32_t node);
/// Pushes a node and returns its expression.
sql_expr statement_add(struct statement *statement, wit_node node);
/// The nodes of a list of expressions, in the arena.
bool statement_nodes(struct statement *statement, const sql_expr *items, size_t count, wit_ids *out);
/// Makes the node of a query of this statement; on failure, records it and returns false.
bool statement_query(struct statement *statement, sql_query query, uint32_t *node);
bool statement_fail(struct statement *statement, const char *code, const char *message);
bool ids_push(struct statement *statement, struct ids *ids, uint32_t id);
/// The conjunction of the conditions in the list; none for an empty list.
WIT(statements_option_node_id_t) statement_all(struct statement *statement, const struct ids *ids);
/// Adds a column node for each name in a comma-separated list.
bool statement_columns(struct statement *statement, struct ids *ids, const char *names);
/// Splits `schema.table`.
void statement_table(struct arena *arena, const char *name, plugin_string_t *table, plugin_option_string_t *schema);
bool draft_finish(struct statement *statement, struct draft *draft);
/// Converts the statement to the contract's.
bool statement_finish(struct statement *statement, wit_statement *out);

/* ---- rows.c ---- */

/// Rows: batches of a cursor, or a single batch.
struct rows {
  struct object object;
  struct plan *plan;  ///< The plan that owns the names; null where another object does.
  char **names;
  size_t width;
  struct arena arena;    ///< Memory of the names.
  struct arena scratch;  ///< Memory of arrays that were read from the batch.
  bool has_batch, has_cursor;
  wit_batch batch;
  WIT(sessions_own_cursor_t) cursor;
  uint32_t batch_rows;
  size_t at;      ///< One more than the current row's position in the batch.
  bool borrowed;  ///< Whether the batch belongs to another object.
  uint64_t affected;
  plugin_option_s64_t last_key;
};
/// Makes rows of a result, which they own; with the names of a prepared statement, or null for the
/// result's own.
sql_rows rows_of(void *parent, wit_result *result, char **names, size_t width);
/// Frees a result that is not read. (The function of the bindings leaves its cursor open.)
void result_free(wit_result *result);
/// The names of result columns as zero-terminated texts.
char **names_of(struct arena *arena, const WIT(sessions_list_result_column_t) * columns);
/// The error of the object's session, else of its database.
struct error *error_of(void *object);
/// Makes rows of a batch that belongs to the parent.
sql_rows rows_over(void *parent, const wit_batch *batch, char **names, size_t width);

/* ---- check.c ---- */

/// The declared column of a table; null where it is not declared.
const sql_entry *check_column(void *object, plugin_string_t table, plugin_string_t column);
/// Whether the column can hold the value.
bool check_value(const sql_entry *column, sql_value value);
/// Records a failure for a value that the column cannot hold. Always false.
bool check_fail(void *object, const sql_entry *column, sql_kind got);
/// Whether the column can hold the node's value, where it is a constant.
bool check_assigned(struct statement *statement, const char *column, uint32_t node);

/* ---- columns.c ---- */

/// Converts columns to a batch, which points to their values or into the arena.
bool columns_lower(struct session *session, struct arena *arena, const char *table, const sql_data *columns,
                   size_t count, size_t rows, bool copy, wit_batch *batch, plugin_list_string_t *names);

/* ---- model.c ---- */

/// Converts a declaration to the contract's models, which the bindings free. For an invalid one,
/// records a failure and returns false.
bool models_lower(sql_models models, WIT(schema_models_t) * out, struct error *error);

#endif
