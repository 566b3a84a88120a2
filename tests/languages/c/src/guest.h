/// What the files of the guest share.
#ifndef GUEST_H
#define GUEST_H

#include "json.h"
#include "sqlservice.h"

extern const sql_models guest_models;
/// The entry of a table's column; null where there is none.
const sql_entry *model_column(const char *table, const char *column);
/// The entry of a table's relationship; null where there is none.
const sql_entry *model_relationship(const char *table, const char *name);
/// The entry of the column of `table` that refers to `target`.
const sql_entry *model_reference(const char *table, const char *target);
/// The first entry of a table's columns; the following ones up to another kind are the others.
const sql_entry *model_table(const char *table);
const sql_entry *model_end(void);

/// A value of a column's type, or of its own where the type is null. Texts of it live as long as `memory` and the JSON
/// do.
sql_value value_in(const json *given, const sql_entry *column, char memory[], size_t room);
void value_out(out *out, sql_value value);

sql_expr expression_of(sql_query query, const json *given);
/// Fills a select; a compound has to be asked for when it is made.
bool is_compound(const json *given, sql_set_operator *how);
void query_fill(sql_query query, const json *given);
sql_query query_of(sql_session session, const json *given);
sql_query subquery_of(sql_query statement, const json *given);
void order_by(sql_query query, const json *keys);

/// Writes the rows as `"rows": […]`, at most so many.
void rows_out(out *out, sql_rows rows, size_t at_most);

void step_save(sql_session session, const json *step, out *out);
void step_load(sql_session session, const json *step, out *out);
void step_change(sql_session session, const json *step);
void step_remove(sql_session session, const json *step);

enum { MEMORY = 4096 };

#endif
