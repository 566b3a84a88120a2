/// sqlservice for C: databases for a sandboxed plugin. The only header, also for C++ and Zig.
///
/// Handles identify databases, sessions, queries and rows. A call with one that is zero, closed, or
/// whose owner was closed never traps: it does nothing and fails with `closed`. Closing a database
/// closes every handle that was opened from it.
///
/// Errors stick: a session keeps its first failure. Until `sql_clear`, calls on it, its queries and
/// its rows do nothing and return false, zero or an empty text, except for closing and rolling
/// back. So a plugin checks once, at the end: if `sql_commit` is false, `sql_error` has the reason.
///
/// Memory: arguments are copied, except for columns and parameters, which are read during the call.
/// Results stay valid until their rows move to the next batch or are closed.
#ifndef SQLSERVICE_H
#define SQLSERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Values -------------------------------------------------------------------------------------------------------
 */

/// Characters or bytes, not zero-terminated.
typedef struct sql_str {
  const char *data;
  size_t size;
} sql_str;

/// The kind of a value, as in the contract's `scalar`.
typedef enum sql_kind {
  SQL_KIND_NULL,
  SQL_KIND_BOOLEAN,
  SQL_KIND_INTEGER,
  SQL_KIND_UNSIGNED,
  SQL_KIND_FLOAT,
  SQL_KIND_DECIMAL,
  SQL_KIND_TEXT,
  SQL_KIND_BYTES,
  SQL_KIND_UUID,
  SQL_KIND_JSON,
  SQL_KIND_DATE,
  SQL_KIND_TIME,
  SQL_KIND_TIMESTAMP,
  SQL_KIND_TIMESTAMP_TZ,
  SQL_KIND_INTERVAL,
  SQL_KIND_OTHER,
  SQL_KIND_ARRAY
} sql_kind;

/// A UUID: its high and its low 64 bits.
typedef struct sql_uuid {
  uint64_t high, low;
} sql_uuid;

/// A span of time; its parts are independent.
typedef struct sql_interval {
  int32_t months, days;
  int64_t microseconds;
} sql_interval;

struct sql_value;

/// An array of one dimension, whose items are no arrays.
typedef struct sql_array {
  const struct sql_value *items;
  size_t count;
} sql_array;

/// One value. Make it with the functions below.
typedef struct sql_value {
  sql_kind kind;
  union {
    bool boolean;
    int64_t integer;  ///< Integers; days of dates; microseconds of times and timestamps.
    uint64_t unsigned_integer;
    double real;
    sql_str text;  ///< Texts, decimals, JSON, bytes.
    sql_uuid uuid;
    sql_interval interval;
    sql_array array;
    struct {
      sql_str type, text;
    } other;  ///< A value of the database's own types.
  } as;
} sql_value;

/// SQL's null.
sql_value sql_null(void);
sql_value sql_bool(bool value);
sql_value sql_int(int64_t value);
sql_value sql_uint(uint64_t value);
sql_value sql_float(double value);
/// An exact decimal: a sign, digits, a point, digits. No exponent.
sql_value sql_decimal(const char *digits);
/// A zero-terminated text; null where the pointer is null.
sql_value sql_text(const char *text);
/// A text of `size` bytes of UTF-8.
sql_value sql_text_of(const void *data, size_t size);
sql_value sql_bytes(const void *data, size_t size);
sql_value sql_uuid_of(uint64_t high, uint64_t low);
/// A JSON document as text. JSON's null is the text `null`.
sql_value sql_json(const char *document);
/// A date: days since 1970-01-01. `sql_days` counts them.
sql_value sql_date(int32_t days);
/// A time of day: microseconds since midnight.
sql_value sql_time(int64_t microseconds);
/// A date and time without a zone: microseconds since 1970-01-01T00:00:00.
sql_value sql_timestamp(int64_t microseconds);
/// A timestamp with a time zone: microseconds since 1970-01-01T00:00:00Z.
sql_value sql_timestamp_tz(int64_t microseconds);
sql_value sql_interval_of(int32_t months, int32_t days, int64_t microseconds);
/// An array of `count` values.
sql_value sql_array_of(const sql_value *items, size_t count);
/// A value of a database's own type, in the database's text form.
sql_value sql_other(const char *type, const char *text);

/// Converts an existing date of the proleptic Gregorian calendar to days since 1970-01-01.
int32_t sql_days(int32_t year, uint32_t month, uint32_t day);
/// Converts days since 1970-01-01 to a date.
void sql_civil(int32_t days, int32_t *year, uint32_t *month, uint32_t *day);
/// Formats a date, time, timestamp, decimal, UUID, JSON, text, number or boolean as a
/// zero-terminated text, cut to `size`. Returns the uncut length without the zero, as `snprintf`.
size_t sql_format(sql_value value, char *out, size_t size);
/// Parses `2024-02-29`, `12:34:56.789`, `2024-02-29T12:34:56.789` (with `Z` for a timestamp with a
/// time zone) or a UUID. False for any other text.
bool sql_parse(sql_kind kind, sql_str text, sql_value *out);

/* ---- Models -------------------------------------------------------------------------------------------------------
 */

/// The type of a column.
typedef enum sql_type {
  SQL_BOOLEAN,
  SQL_INT16,
  SQL_INT32,
  SQL_INT64,
  SQL_UINT64,
  SQL_FLOAT32,
  SQL_FLOAT64,
  SQL_DECIMAL,
  SQL_TEXT,
  SQL_VARCHAR,
  SQL_BYTES,
  SQL_UUID,
  SQL_JSON,
  SQL_DATE,
  SQL_TIME,
  SQL_TIMESTAMP,
  SQL_TIMESTAMP_TZ,
  SQL_INTERVAL,
  SQL_ENUMERATION,
  SQL_ARRAY,
  SQL_OTHER
} sql_type;

/// The action on a row when the row that it refers to is deleted or its key changes.
typedef enum sql_action { SQL_NO_ACTION, SQL_RESTRICT, SQL_CASCADE, SQL_SET_NULL, SQL_SET_DEFAULT } sql_action;

/// The default of a column that a statement does not set.
typedef enum sql_default { SQL_NO_DEFAULT, SQL_VALUE, SQL_NOW, SQL_GENERATED, SQL_EXPRESSION } sql_default;

/// Cascades of a relationship; combine them with `|`.
enum { SQL_SAVE_UPDATE = 1, SQL_DELETE = 2, SQL_DELETE_ORPHAN = 4 };

/// The kind of an entry in a declaration.
typedef enum sql_entry_kind {
  SQL_ENTRY_TABLE = 1,
  SQL_ENTRY_COLUMN,
  SQL_ENTRY_PRIMARY_KEY,
  SQL_ENTRY_UNIQUE,
  SQL_ENTRY_INDEX,
  SQL_ENTRY_CHECK,
  SQL_ENTRY_FOREIGN_KEY,
  SQL_ENTRY_RELATIONSHIP
} sql_entry_kind;

/// An entry in a declaration: a table, or a part of the table before it. The macros below take
/// fields as options: `SQL_COLUMN("email", SQL_TEXT, .nullable = true)`; in C++, in their order.
typedef struct sql_entry {
  sql_entry_kind entry;
  const char *name;        ///< Name of a table, column or relationship; optional for a constraint.
  sql_type type;           ///< The type of a column.
  const char *columns;     ///< Columns of a key, constraint or index, separated by commas.
  const char *target;      ///< The table that a foreign key or relationship refers to.
  const char *referred;    ///< The columns that a foreign key refers to, separated by commas.
  uint32_t length;         ///< Characters of a varchar, bytes of bytes; 0 is no limit.
  uint32_t precision;      ///< Digits of a decimal.
  uint32_t scale;          ///< Digits of a decimal after the point.
  bool collection;         ///< Whether a relationship is to many rows.
  bool primary_key;        ///< Whether a column belongs to the primary key.
  bool nullable;           ///< Whether a column may be null.
  bool unique;             ///< Whether a column's values are unique.
  bool index;              ///< Whether a column has an index.
  sql_default by_default;  ///< Default of a column that an insert does not set.
  sql_kind value_kind;  ///< The kind of a constant default: boolean, integer, float, or a kind that is written as text.
  int64_t value;        ///< A constant default: an integer or boolean.
  double real;          ///< A constant default: a float.
  const char *text;     ///< A constant default as text; SQL text of an expression or check (needs the grant).
  sql_default on_update;     ///< Default in updates: `SQL_NO_DEFAULT`, `SQL_VALUE` or `SQL_NOW`.
  const char *references;    ///< Of a column: `table.column` that it refers to.
  sql_action on_delete;      ///< Of a foreign key.
  sql_action on_key_update;  ///< Of a foreign key.
  sql_type element;          ///< Type of an array's items.
  const char *labels;        ///< Labels of an enumeration, separated by commas.
  const char *native;        ///< The type's name in this database.
  const char *schema;        ///< Schema of a table, or of a foreign key's target.
  const char *version;       ///< Of a table: the column that counts a row's versions.
  const char *comment;       ///< Of a table or column.
  const char *computed;      ///< Of a column: the SQL text that it is computed by.
  bool is_view;              ///< Of a table.
  const char *through;       ///< Of a relationship: its association table.
  uint32_t cascade;          ///< Of a relationship: `SQL_SAVE_UPDATE | SQL_DELETE | SQL_DELETE_ORPHAN`.
  bool passive_deletes;      ///< Of a relationship.
  bool post_update;          ///< Of a relationship.
  const char *order_by;      ///< Of a relationship: columns of the target, `name desc, id`.
  bool end;                  ///< Unused. Macros set it last, as C before C23 has no empty list.
} sql_entry;

/// The models that a plugin declares.
typedef struct sql_models {
  const sql_entry *entries;
  size_t count;
} sql_models;

/// A table; the entries up to the next table belong to it.
#define SQL_TABLE(...) SQL_TABLE_OF(__VA_ARGS__, .end = false)
#define SQL_TABLE_OF(table, ...) {.entry = SQL_ENTRY_TABLE, .name = table, __VA_ARGS__}
/// A column.
#define SQL_COLUMN(...) SQL_COLUMN_OF(__VA_ARGS__, .end = false)
#define SQL_COLUMN_OF(column, kind, ...) {.entry = SQL_ENTRY_COLUMN, .name = column, .type = kind, __VA_ARGS__}
/// A key that the database generates: the whole primary key.
#define SQL_ID(column) \
  {.entry = SQL_ENTRY_COLUMN, .name = column, .type = SQL_INT64, .primary_key = true, .by_default = SQL_GENERATED}
/// A text with a maximum number of characters.
#define SQL_STRING(...) SQL_STRING_OF(__VA_ARGS__, .end = false)
#define SQL_STRING_OF(column, characters, ...) \
  {.entry = SQL_ENTRY_COLUMN, .name = column, .type = SQL_VARCHAR, .length = characters, __VA_ARGS__}
/// An exact decimal.
#define SQL_NUMERIC(...) SQL_NUMERIC_OF(__VA_ARGS__, .end = false)
#define SQL_NUMERIC_OF(column, digits, after_point, ...) \
  {.entry = SQL_ENTRY_COLUMN,                            \
   .name = column,                                       \
   .type = SQL_DECIMAL,                                  \
   .precision = digits,                                  \
   .scale = after_point,                                 \
   __VA_ARGS__}
/// Constant defaults, as options of a column.
#define SQL_DEFAULT_BOOLEAN(truth) .by_default = SQL_VALUE, .value_kind = SQL_KIND_BOOLEAN, .value = truth
#define SQL_DEFAULT_INTEGER(number) .by_default = SQL_VALUE, .value_kind = SQL_KIND_INTEGER, .value = number
#define SQL_DEFAULT_FLOAT(number) .by_default = SQL_VALUE, .value_kind = SQL_KIND_FLOAT, .real = number
#define SQL_DEFAULT_TEXT(chars) .by_default = SQL_VALUE, .value_kind = SQL_KIND_TEXT, .text = chars
#define SQL_DEFAULT_DECIMAL(digits) .by_default = SQL_VALUE, .value_kind = SQL_KIND_DECIMAL, .text = digits
/// A primary key of these columns, `"device_id, tag_id"`.
#define SQL_PRIMARY_KEY(names) {.entry = SQL_ENTRY_PRIMARY_KEY, .columns = names}
/// A unique constraint.
#define SQL_UNIQUE(...) SQL_UNIQUE_OF(__VA_ARGS__, .end = false)
#define SQL_UNIQUE_OF(names, ...) {.entry = SQL_ENTRY_UNIQUE, .columns = names, __VA_ARGS__}
/// An index.
#define SQL_INDEX(...) SQL_INDEX_OF(__VA_ARGS__, .end = false)
#define SQL_INDEX_OF(names, ...) {.entry = SQL_ENTRY_INDEX, .columns = names, __VA_ARGS__}
/// A check. Declaring one needs the grant for raw SQL.
#define SQL_CHECK(...) SQL_CHECK_OF(__VA_ARGS__, .end = false)
#define SQL_CHECK_OF(expression, ...) {.entry = SQL_ENTRY_CHECK, .text = expression, __VA_ARGS__}
/// A foreign key of several columns; for one, set `.references = "users.id"` at its column.
#define SQL_FOREIGN_KEY(...) SQL_FOREIGN_KEY_OF(__VA_ARGS__, .end = false)
#define SQL_FOREIGN_KEY_OF(names, table, keys, ...) \
  {.entry = SQL_ENTRY_FOREIGN_KEY, .columns = names, .target = table, .referred = keys, __VA_ARGS__}
/// A relationship of the table to many rows of another one.
#define SQL_MANY(...) SQL_MANY_OF(__VA_ARGS__, .end = false)
#define SQL_MANY_OF(relationship, table, ...) \
  {.entry = SQL_ENTRY_RELATIONSHIP, .name = relationship, .target = table, .collection = true, __VA_ARGS__}
/// A relationship of the table to at most one row of another one.
#define SQL_ONE(...) SQL_ONE_OF(__VA_ARGS__, .end = false)
#define SQL_ONE_OF(relationship, table, ...) \
  {.entry = SQL_ENTRY_RELATIONSHIP, .name = relationship, .target = table, __VA_ARGS__}
/// Defines models: `SQL_MODELS(models, SQL_TABLE("users"), SQL_ID("id"), …);`
#define SQL_MODELS(variable, ...)                                                            \
  SQL_QUIET_BEGIN SQL_EXTENSION static const sql_entry variable##_entries[] = {__VA_ARGS__}; \
  SQL_QUIET_END static const sql_models variable = {variable##_entries,                      \
                                                    sizeof variable##_entries / sizeof variable##_entries[0]}
/// C++ has designated initialisers from C++20 on; before, compilers have them as an extension.
#if defined(__cplusplus) && __cplusplus < 202002L && defined(__GNUC__)
#define SQL_EXTENSION __extension__
#else
#define SQL_EXTENSION
#endif
/// C++ compilers warn of fields that are not initialised, such as options that are left out.
#ifdef __cplusplus
#define SQL_QUIET_BEGIN \
  _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wmissing-field-initializers\"")
#define SQL_QUIET_END _Pragma("GCC diagnostic pop")
#else
#define SQL_QUIET_BEGIN
#define SQL_QUIET_END
#endif
/// Exports the models, so that `sqlservice inspect` shows them. The world has to include
/// `sqlservice:database/declared`, and the file the generated `plugin.h`.
#define SQL_EXPORT_MODELS(models)                                \
  void exports_sqlservice_database_declarations_declared_models( \
      exports_sqlservice_database_declarations_models_t *ret) {  \
    sql_declare(models, ret);                                    \
  }
/// Writes the models into the generated struct. `SQL_EXPORT_MODELS` calls it.
void sql_declare(sql_models models, void *generated);

/* ---- Errors -------------------------------------------------------------------------------------------------------
 */

/// A failure. `code` is one of the contract's codes (`unique-violation`, `closed`, …).
typedef struct sql_failure {
  const char *code;
  const char *message;
  const char *sqlstate;    ///< Null where the database returned none.
  const char *constraint;  ///< Null where it is not known, as for the table.
  const char *table;
  const char *columns;  ///< Separated by commas; empty where they are not known.
  const char *details;  ///< `name=value`, separated by commas; empty where there are none.
  int64_t position;     ///< Index of the failing change or node; -1 where it is not known.
  bool retryable;       ///< Whether the same transaction, begun again, can succeed.
} sql_failure;

typedef struct sql_database {
  uint64_t id;
} sql_database;  ///< A database that the host granted.
typedef struct sql_session {
  uint64_t id;
} sql_session;  ///< A session of a database, with transactions.
typedef struct sql_query {
  uint64_t id;
} sql_query;  ///< A statement that is being built, or a query inside of one.
typedef struct sql_prepared {
  uint64_t id;
} sql_prepared;  ///< A prepared statement.
typedef struct sql_rows {
  uint64_t id;
} sql_rows;  ///< The rows of a statement.
typedef struct sql_savepoint {
  uint64_t id;
} sql_savepoint;  ///< A point in a transaction to roll back to.
typedef struct sql_flush {
  uint64_t id;
} sql_flush;  ///< Changes that are written in one crossing.
typedef struct sql_load {
  uint64_t id;
} sql_load;  ///< Rows that are loaded with their related rows.
/// An expression of one statement. It is valid as long as its statement is.
typedef struct sql_expr {
  uint32_t node, statement;
} sql_expr;

/// The failure that sticks on the session, or null. Valid until it is cleared or the session closed.
const sql_failure *sql_error(sql_session session);
/// The failure that sticks on the database, else the first one of its sessions, including sessions
/// that were closed with a failure; or null.
const sql_failure *sql_database_error(sql_database database);
/// Whether a failure has this code; false for null.
bool sql_is(const sql_failure *failure, const char *code);
/// Clears the failure, so that the session is usable. A transaction may still need a rollback.
void sql_clear(sql_session session);
/// Clears the failures of the database and of its closed sessions.
void sql_database_clear(sql_database database);

/* ---- Databases ----------------------------------------------------------------------------------------------------
 */

/// Opens a database by its granted name, and checks the models, which have to outlive it. Values
/// that are set or written in columns are checked against their types. Close it with `sql_close`.
sql_database sql_open(const char *name, sql_models models);
/// Closes the database and every handle opened from it, and rolls back open transactions.
void sql_close(sql_database database);
/// Closes the database at the end of an export. Returns false after a failure, with its message as
/// a new text in `*data`, `*size`.
bool sql_finish(sql_database database, uint8_t **data, size_t *size);
/// `return SQL_FINISH(db, err);` closes the database and fills the `err` of an exported function.
#define SQL_FINISH(database, err) sql_finish(database, &(err)->ptr, &(err)->len)
/// `SQL_PUSH_TEXT(list, text);` appends a copy of a text to the list that an export returns.
#define SQL_PUSH_TEXT(list, text) sql_push_text((void **)(void *)&(list)->ptr, &(list)->len, text)
/// Implements `SQL_PUSH_TEXT`. False where memory ran out.
bool sql_push_text(void **items, size_t *count, sql_str text);
/// Creates the declared tables that are missing.
bool sql_create_all(sql_database database);
/// Drops the declared tables that exist.
bool sql_drop_all(sql_database database);
/// Create or drop them, and return their names as rows, which the database owns. Close the rows.
sql_rows sql_create_tables(sql_database database);
sql_rows sql_drop_tables(sql_database database);
/// Checks that the database can be reached.
bool sql_ping(sql_database database);
/// The dialect: `sqlite`, `postgresql`, `mysql`, `mariadb`. Valid until the close, then empty.
const char *sql_dialect(sql_database database);
/// Whether the database has a capability of the contract's list, `insert-returning` for example.
bool sql_capable(sql_database database, const char *capability);
/// A limit of the contract's list, `parameters` for example; 0 where there is none.
uint64_t sql_limit_of(sql_database database, const char *limit);

/// The isolation level of transactions.
typedef enum sql_isolation {
  SQL_ISOLATION_DEFAULT,
  SQL_READ_UNCOMMITTED,
  SQL_READ_COMMITTED,
  SQL_REPEATABLE_READ,
  SQL_SERIALIZABLE,
  SQL_AUTOCOMMIT
} sql_isolation;

/// Options of a transaction. Zero is the default.
typedef struct sql_transaction {
  sql_isolation isolation;
  bool read_only;
  uint32_t timeout_ms;  ///< How long it may stay open; 0 leaves it to the host.
} sql_transaction;

/// Options of a session's statements. Zero is the default.
typedef struct sql_options {
  uint32_t timeout_ms;  ///< How long a statement may take; 0 leaves it to the host.
  uint64_t max_rows;    ///< How many rows it may return before it fails; 0 leaves it to the host.
  uint32_t batch_rows;  ///< How many rows a batch has at most; 0 leaves it to the host.
} sql_options;

/* ---- Sessions -----------------------------------------------------------------------------------------------------
 */

/// Opens a session for a single transaction, which it begins.
sql_session sql_begin(sql_database database);
sql_session sql_begin_with(sql_database database, sql_transaction transaction);
/// Opens a session that begins a transaction with its first statement and after each commit.
sql_session sql_session_of(sql_database database);
/// Like `sql_session_of`, with its own connection until it is closed.
sql_session sql_connect(sql_database database);
/// Rolls back an open transaction, and closes the session with its queries and rows.
bool sql_session_close(sql_session session);
/// Begins a transaction on a session that has none.
bool sql_start(sql_session session, sql_transaction transaction);
bool sql_commit(sql_session session);
/// Rolls back, even where an error sticks. The error still sticks afterwards.
bool sql_rollback(sql_session session);
bool sql_in_transaction(sql_session session);
/// Sets the isolation level of later transactions.
bool sql_set_isolation(sql_session session, sql_isolation level);
/// The isolation level in force; `SQL_ISOLATION_DEFAULT` where it fails.
sql_isolation sql_get_isolation(sql_session session);
/// Sets the options of later statements.
bool sql_set_options(sql_session session, sql_options options);
/// Sets a savepoint; savepoints nest.
sql_savepoint sql_save(sql_session session);
/// Releases a savepoint and keeps the changes made since.
bool sql_release(sql_savepoint savepoint);
/// Undoes the changes made since, even where an error sticks. The error still sticks afterwards.
bool sql_rollback_to(sql_savepoint savepoint);
/// Waits for a number of milliseconds.
void sql_sleep(uint32_t milliseconds);

/* ---- Queries ------------------------------------------------------------------------------------------------------
 */
/* A statement is freed as a whole. `sql_fetch`, `sql_execute` and `sql_prepare` use it up, whether
 * or not they succeed. */

sql_query sql_select(sql_session session);
sql_query sql_insert(sql_session session, const char *table);
sql_query sql_update(sql_session session, const char *table);
sql_query sql_delete(sql_session session, const char *table);
/// A query inside of a statement: for `sql_exists`, `sql_in_query`, `sql_scalar`, `sql_from_query`,
/// `sql_with`, `sql_part`.
sql_query sql_subselect(sql_query statement);
/// Set operators of compounds.
typedef enum sql_set_operator { SQL_UNION, SQL_UNION_ALL, SQL_INTERSECT, SQL_EXCEPT } sql_set_operator;
/// A compound of several queries: as a statement, or inside of one.
sql_query sql_compound(sql_session session, sql_set_operator how);
sql_query sql_subcompound(sql_query statement, sql_set_operator how);
/// Adds a `sql_subselect` or `sql_subcompound` of the same statement to a compound.
bool sql_part(sql_query compound, sql_query part);
/// Frees a statement that is not run.
void sql_discard(sql_query statement);

/// Adds columns by name, `"id, u.name"`: to a select, or to the returned columns of a change.
bool sql_columns(sql_query query, const char *names);
/// Adds an expression, with a label unless that is null.
bool sql_column(sql_query query, sql_expr expression, const char *label);
bool sql_distinct(sql_query query);
/// Adds a source: a table or a common table expression, `schema.table` where it has a schema; with
/// an alias, or null. A second one is cross joined. Updates and deletes use it besides their table.
bool sql_from(sql_query query, const char *table, const char *alias);
bool sql_from_query(sql_query query, sql_query source, const char *alias);
/// Kinds of joins: which unmatched rows they keep.
typedef enum sql_join_kind { SQL_INNER, SQL_LEFT, SQL_RIGHT, SQL_FULL, SQL_CROSS } sql_join_kind;
/// Joins a table; a cross join has no condition (`SQL_NONE`).
bool sql_join(sql_query query, sql_join_kind kind, const char *table, const char *alias, sql_expr on);
/// Joins a query; a lateral one may use the columns of the sources before it.
bool sql_join_query(sql_query query, sql_join_kind kind, sql_query source, const char *alias, bool lateral,
                    sql_expr on);
/// Adds a condition; rows have to satisfy all of them.
bool sql_where(sql_query query, sql_expr condition);
bool sql_group_by(sql_query query, sql_expr expression);
bool sql_having(sql_query query, sql_expr condition);
bool sql_order_by(sql_query query, sql_expr expression);
bool sql_order_by_desc(sql_query query, sql_expr expression);
/// The position of nulls in an ordering.
typedef enum sql_nulls { SQL_NULLS_DEFAULT, SQL_NULLS_FIRST, SQL_NULLS_LAST } sql_nulls;
/// A sort key of an ordering.
typedef struct sql_order {
  sql_expr expression;
  bool descending;
  sql_nulls nulls;
} sql_order;
bool sql_order_by_key(sql_query query, sql_order key);
bool sql_limit(sql_query query, uint64_t rows);
bool sql_offset(sql_query query, uint64_t rows);
/// Set the limit or the offset by an expression: a value or a parameter.
bool sql_limit_by(sql_query query, sql_expr rows);
bool sql_offset_by(sql_query query, sql_expr rows);
/// Options of row locks; combine them with `|`.
enum { SQL_FOR_UPDATE = 0, SQL_FOR_SHARE = 1, SQL_NO_WAIT = 2, SQL_SKIP_LOCKED = 4 };
/// Locks the rows of these sources, `"u, d"`, or of all where it is null.
bool sql_lock(sql_query query, uint32_t how, const char *sources);
/// Adds a common table expression; columns separated by commas, or null for those of the query.
bool sql_with(sql_query query, const char *name, const char *columns, sql_query definition, bool recursive);

/// Set a column's value in an update, or in the current row of an insert.
bool sql_set(sql_query change, const char *column, sql_value value);
bool sql_set_to(sql_query change, const char *column, sql_expr value);
/// Begins another row of an insert, which has to set the same columns.
bool sql_next_row(sql_query insert);
/// Inserts the rows of a query into these columns.
bool sql_insert_from(sql_query insert, const char *columns, sql_query source);
/// Handles an insert's conflict with an existing row, by these columns of a unique key (null is the
/// primary key): keeps that row, or updates it by `sql_conflict_set`.
bool sql_on_conflict(sql_query insert, const char *columns);
bool sql_conflict_set(sql_query insert, const char *column, sql_expr value);
bool sql_conflict_where(sql_query insert, sql_expr condition);

/* ---- Expressions --------------------------------------------------------------------------------------------------
 */
/* The first argument is the statement, or any query inside of it. */

/// No expression, for an optional argument.
#define SQL_NONE sql_no_expr()
sql_expr sql_no_expr(void);
/// A column, `"name"` or `"source.name"`.
sql_expr sql_col(sql_query query, const char *name);
/// A bind value.
sql_expr sql_val(sql_query query, sql_value value);
/// A parameter of a prepared statement, counted from 0.
sql_expr sql_param(sql_query query, uint32_t position);
/// The new row's column in an upsert.
sql_expr sql_excluded(sql_query query, const char *name);

/// Operators with two operands.
typedef enum sql_operator {
  SQL_EQ,
  SQL_NE,
  SQL_LT,
  SQL_LE,
  SQL_GT,
  SQL_GE,
  SQL_IS_DISTINCT,
  SQL_IS_NOT_DISTINCT,
  SQL_ADD,
  SQL_SUBTRACT,
  SQL_MULTIPLY,
  SQL_DIVIDE,
  SQL_MODULO,
  SQL_CONCAT,
  SQL_JSON_GET,
  SQL_JSON_GET_TEXT
} sql_operator;
sql_expr sql_binary(sql_query query, sql_operator op, sql_expr left, sql_expr right);
sql_expr sql_eq(sql_query query, sql_expr left, sql_expr right);
sql_expr sql_ne(sql_query query, sql_expr left, sql_expr right);
sql_expr sql_lt(sql_query query, sql_expr left, sql_expr right);
sql_expr sql_le(sql_query query, sql_expr left, sql_expr right);
sql_expr sql_gt(sql_query query, sql_expr left, sql_expr right);
sql_expr sql_ge(sql_query query, sql_expr left, sql_expr right);
/// Whether the column equals the value, or is null where the value is null.
sql_expr sql_equals(sql_query query, const char *column, sql_value value);

sql_expr sql_and(sql_query query, sql_expr left, sql_expr right);
sql_expr sql_or(sql_query query, sql_expr left, sql_expr right);
/// Whether all, or any, conditions are true. Without conditions, all is true and any is false.
sql_expr sql_all(sql_query query, const sql_expr *items, size_t count);
sql_expr sql_any(sql_query query, const sql_expr *items, size_t count);
sql_expr sql_not(sql_query query, sql_expr operand);
sql_expr sql_negate(sql_query query, sql_expr operand);
sql_expr sql_is_null(sql_query query, sql_expr operand);
sql_expr sql_is_not_null(sql_query query, sql_expr operand);
sql_expr sql_in(sql_query query, sql_expr operand, const sql_expr *items, size_t count);
sql_expr sql_not_in(sql_query query, sql_expr operand, const sql_expr *items, size_t count);
sql_expr sql_in_values(sql_query query, sql_expr operand, const sql_value *values, size_t count);
sql_expr sql_in_query(sql_query query, sql_expr operand, sql_query source);
sql_expr sql_not_in_query(sql_query query, sql_expr operand, sql_query source);
sql_expr sql_between(sql_query query, sql_expr operand, sql_expr low, sql_expr high);
/// A row of values, to compare with another one.
sql_expr sql_row(sql_query query, const sql_expr *items, size_t count);
/// Matches a pattern with `%` and `_`; `escape` is the character that escapes them, 0 for none.
sql_expr sql_like(sql_query query, sql_expr operand, sql_expr pattern, uint32_t escape);
/// Like `sql_like`, ignoring case.
sql_expr sql_ilike(sql_query query, sql_expr operand, sql_expr pattern, uint32_t escape);
/// Begins with, ends with, or contains a text, which is taken literally.
sql_expr sql_starts_with(sql_query query, sql_expr operand, const char *text);
sql_expr sql_ends_with(sql_query query, sql_expr operand, const char *text);
sql_expr sql_contains(sql_query query, sql_expr operand, const char *text);
sql_expr sql_exists(sql_query query, sql_query source);
/// The single value of a query.
sql_expr sql_scalar(sql_query query, sql_query source);

/// Calls a function of the host's list: `lower`, `coalesce`, `row_number`, …
sql_expr sql_call(sql_query query, const char *function, const sql_expr *arguments, size_t count);
/// Calls a function of one argument: `sql_fn(q, "lower", sql_col(q, "name"))`.
sql_expr sql_fn(sql_query query, const char *function, sql_expr argument);
/// Counts rows.
sql_expr sql_count(sql_query query);
/// An aggregate that counts equal values once.
sql_expr sql_fn_distinct(sql_query query, const char *function, sql_expr argument);
/// An aggregate over rows for which a condition is true; `call` is made by a function above.
sql_expr sql_filter(sql_query query, sql_expr call, sql_expr condition);

/// Units and bounds of a window's frame.
typedef enum sql_frame_unit { SQL_NO_FRAME, SQL_FRAME_ROWS, SQL_FRAME_RANGE, SQL_FRAME_GROUPS } sql_frame_unit;
typedef enum sql_bound_kind { SQL_UNBOUNDED, SQL_CURRENT_ROW, SQL_PRECEDING, SQL_FOLLOWING } sql_bound_kind;
typedef struct sql_bound {
  sql_bound_kind kind;
  uint64_t distance;
} sql_bound;
/// A window. Zero is all rows.
typedef struct sql_window {
  const sql_expr *partition_by;
  size_t partition_count;
  const sql_order *order_by;
  size_t order_count;
  sql_frame_unit frame;
  sql_bound start, end;
} sql_window;
sql_expr sql_over(sql_query query, sql_expr call, sql_window window);

/// A branch of a case.
typedef struct sql_when {
  sql_expr condition, value;
} sql_when;
sql_expr sql_case(sql_query query, const sql_when *whens, size_t count, sql_expr otherwise);
/// A conversion. `sql_cast_to` also takes length, precision and scale; 0 is none.
sql_expr sql_cast(sql_query query, sql_expr operand, sql_type type);
sql_expr sql_cast_to(sql_query query, sql_expr operand, sql_type type, uint32_t length, uint32_t precision,
                     uint32_t scale);

/* ---- Running ------------------------------------------------------------------------------------------------------
 */

/// Runs a statement. Close the rows that it returns.
sql_rows sql_fetch(sql_query statement);
/// Runs a statement. `affected`, which may be null, gets the number of rows that a change matched.
bool sql_execute(sql_query statement, uint64_t *affected);
/// Runs a query of exactly one row and reads its first column; for any other number of rows, fails
/// with `no-result` or `multiple-results`.
bool sql_fetch_int(sql_query statement, int64_t *value);
/// Compiles a statement that is run more than once.
sql_prepared sql_prepare(sql_query statement);
void sql_prepared_close(sql_prepared prepared);
/// Runs a prepared statement with its parameters.
sql_rows sql_run(sql_prepared prepared, const sql_value *parameters, size_t count);
bool sql_run_only(sql_prepared prepared, const sql_value *parameters, size_t count, uint64_t *affected);
/// Runs SQL text with the database's own placeholders. Needs the grant for raw SQL.
sql_rows sql_raw(sql_session session, const char *text, const sql_value *parameters, size_t count);

/* ---- Rows ---------------------------------------------------------------------------------------------------------
 */

/// Moves to the next row; false at the end, where it frees the batch, and after a failure.
bool sql_next(sql_rows rows);
/// Moves to the only row; fails with `no-result` or `multiple-results` unless there is exactly one.
bool sql_only(sql_rows rows);
/// Stops the query and frees the rows. False where an error sticks.
bool sql_rows_close(sql_rows rows);
size_t sql_width(sql_rows rows);
/// The name of a column; null where there is none.
const char *sql_name(sql_rows rows, size_t column);
/// The position of a column; `no-such-column`, and SIZE_MAX, where there is none.
size_t sql_index(sql_rows rows, const char *name);
uint64_t sql_affected(sql_rows rows);
/// The key that the database generated for the row of an insert without returned columns; false
/// where its driver does not return one.
bool sql_last_key(sql_rows rows, int64_t *key);

/// A column of the current row. A column of another type, a null, and a number out of range fail
/// with `type-mismatch`.
bool sql_get_null(sql_rows rows, size_t column);
bool sql_get_bool(sql_rows rows, size_t column);
int32_t sql_get_int32(sql_rows rows, size_t column);
int64_t sql_get_int(sql_rows rows, size_t column);
uint64_t sql_get_uint(sql_rows rows, size_t column);
double sql_get_float(sql_rows rows, size_t column);
/// A text, decimal, JSON document, or value of the database's own type.
sql_str sql_get_text(sql_rows rows, size_t column);
sql_str sql_get_bytes(sql_rows rows, size_t column);
sql_uuid sql_get_uuid(sql_rows rows, size_t column);
/// Days of a date; microseconds of a time or a timestamp, with or without a zone.
int64_t sql_get_moment(sql_rows rows, size_t column);
/// Any value, null included.
sql_value sql_get(sql_rows rows, size_t column);

/// Moves to the next batch of rows, whose columns are read without copying; false at the end.
bool sql_next_batch(sql_rows rows);
size_t sql_batch_rows(sql_rows rows);
/// The texts of a column: text `i` is the bytes from `offsets[i]` to `offsets[i + 1]`.
typedef struct sql_texts {
  const uint32_t *offsets;
  const char *data;
} sql_texts;
/// One bit a row, least significant first, set for a value; null where the batch has no nulls.
const uint8_t *sql_validity(sql_rows rows, size_t column);
/// A column of the batch, one item a row; for another type null or empty, with a `type-mismatch`.
const uint8_t *sql_bools(sql_rows rows, size_t column);
const int64_t *sql_ints(sql_rows rows, size_t column);
const uint64_t *sql_uints(sql_rows rows, size_t column);
const double *sql_floats(sql_rows rows, size_t column);
const int32_t *sql_dates(sql_rows rows, size_t column);
const int64_t *sql_moments(sql_rows rows, size_t column);
const sql_uuid *sql_uuids(sql_rows rows, size_t column);
/// Texts, decimals, JSON documents and bytes.
sql_texts sql_text_column(sql_rows rows, size_t column);

/* ---- Many rows ----------------------------------------------------------------------------------------------------
 */

/// A column of many rows to write: its name and pointers to its values. Functions below make it.
typedef struct sql_data {
  const char *name;
  sql_kind kind;            ///< Kind of the values; `SQL_KIND_NULL` for `sql_value`s.
  const void *values;       ///< An array, or the characters of `offsets`.
  const uint32_t *offsets;  ///< One more than rows, for concatenated texts.
  const uint8_t *nulls;     ///< One byte a row, not 0 for a null; or null.
} sql_data;

sql_data sql_data_ints(const char *name, const int64_t *values, const uint8_t *nulls);
sql_data sql_data_floats(const char *name, const double *values, const uint8_t *nulls);
/// One byte a value: 0 or 1.
sql_data sql_data_bools(const char *name, const uint8_t *values, const uint8_t *nulls);
/// Zero-terminated texts; a null pointer is a null.
sql_data sql_data_texts(const char *name, const char *const *values);
/// Texts, bytes, decimals or JSON documents, concatenated.
sql_data sql_data_strings(const char *name, sql_kind kind, const char *data, const uint32_t *offsets,
                          const uint8_t *nulls);
/// Dates in days; times and both kinds of timestamps in microseconds (`sql_data_moments`).
sql_data sql_data_dates(const char *name, const int32_t *days, const uint8_t *nulls);
sql_data sql_data_moments(const char *name, sql_kind kind, const int64_t *microseconds, const uint8_t *nulls);
/// Values of any kind, the same for all but nulls.
sql_data sql_data_values(const char *name, const sql_value *values);

/// Inserts many rows in one crossing, all or none. `returning` is columns separated by commas, or
/// null. Close the rows that it returns.
sql_rows sql_insert_many(sql_session session, const char *table, const sql_data *columns, size_t count, size_t rows,
                         const char *returning);

/// Opens a flush: changes that one crossing writes in the order of foreign keys, all or none.
sql_flush sql_flush_of(sql_session session);
/// Add changes of one shape; return their position. Keys are the primary key's columns, in order.
uint32_t sql_flush_inserts(sql_flush flush, const char *table, const sql_data *columns, size_t count, size_t rows,
                           const char *returning);
uint32_t sql_flush_updates(sql_flush flush, const char *table, const sql_data *keys, size_t key_count,
                           const sql_data *columns, size_t count, size_t rows, const char *returning);
/// `strict` requires each row to exist.
uint32_t sql_flush_deletes(sql_flush flush, const char *table, const sql_data *keys, size_t key_count, size_t rows,
                           bool strict);
/// Sets the versions that the rows of an update or delete must have.
bool sql_flush_versions(sql_flush flush, uint32_t change, sql_data versions);
/// Sets the stored unique values of updated or deleted rows, so that other rows may take them.
bool sql_flush_stored(sql_flush flush, uint32_t change, const sql_data *columns, size_t count);
/// Links a row to an inserted one: its column takes the key of `of_row` in `of_change`.
bool sql_flush_link(sql_flush flush, uint32_t change, uint32_t row, const char *column, uint32_t of_change,
                    uint32_t of_row);
/// Writes the changes.
bool sql_flush_run(sql_flush flush);
/// The rows that a change returned. They belong to the flush.
sql_rows sql_flush_rows(sql_flush flush, uint32_t change);
void sql_flush_close(sql_flush flush);

/// Open a load of relationships for the rows of a query or of primary keys, or for known rows. The
/// query selects all columns of the table, in the declared order, and is used up.
sql_load sql_load_query(const char *table, sql_query query);
sql_load sql_load_keys(sql_session session, const char *table, const sql_data *keys, size_t count, size_t rows);
sql_load sql_load_known(sql_session session, const char *table, const sql_data *columns, size_t count, size_t rows);
/// The rows of the table itself, as the parent of a load.
#define SQL_ROOT UINT32_MAX
/// Adds a relationship of `parent`'s rows; returns its position. `joined` joins the parent's query.
uint32_t sql_load_with(sql_load load, uint32_t parent, const char *relationship, bool joined);
/// Reads all rows, in one crossing.
bool sql_load_run(sql_load load);
/// The rows of the table (`SQL_ROOT`) or of a relationship. They belong to the load.
sql_rows sql_load_rows(sql_load load, uint32_t position);
void sql_load_close(sql_load load);

/* ---- Reflection ---------------------------------------------------------------------------------------------------
 */

/// Reads tables from the database: those in `only`, separated by commas, or all where it is null.
/// Returns a declaration, valid until the session reflects again or is closed; empty on failure.
sql_models sql_reflect(sql_session session, const char *only);

#ifdef __cplusplus
}
#endif

#endif
