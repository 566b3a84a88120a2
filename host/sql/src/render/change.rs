//! Writes statements that change rows.

use super::Writer;
use crate::{
    Dialect,
    resolved::{Assignment, Column, Conflict, FromItem, InsertRows, Target, Typed},
};

impl Writer {
    pub(super) fn insert(
        &mut self,
        target: Target<'_>,
        columns: &[String],
        rows: &InsertRows<'_>,
        conflict: Option<&Conflict<'_>>,
    ) {
        self.push("INSERT INTO ");
        self.target(target);
        if !columns.is_empty() {
            self.push(" (");
            self.names(columns);
            self.push(")");
        }
        match rows {
            InsertRows::Values(rows) => {
                self.push(" VALUES ");
                self.list(rows, ", ", |writer, row| {
                    writer.push("(");
                    writer.values(row);
                    writer.push(")");
                });
            }
            // Without a `WHERE`, SQLite would parse `ON CONFLICT` as the condition of a join.
            InsertRows::Query(query) if conflict.is_some() && self.dialect == Dialect::Sqlite => {
                self.push(" SELECT * FROM (");
                self.query(query);
                self.push(") WHERE TRUE");
            }
            InsertRows::Query(query) => {
                self.push(" ");
                self.query(query);
            }
            InsertRows::Defaults if self.is_mysql() => self.push(" () VALUES ()"),
            InsertRows::Defaults => self.push(" DEFAULT VALUES"),
            InsertRows::Default(rows) => self.default_rows(*rows),
            InsertRows::Batch(given) => self.given_rows(given),
            InsertRows::Arrays(arrays) => {
                self.push(" SELECT * FROM ");
                self.arrays(arrays);
            }
        }
        if let Some(conflict) = conflict {
            if self.is_mysql() { self.duplicate_key(target, conflict) } else { self.conflict(conflict) }
        }
    }

    fn target(&mut self, target: Target<'_>) {
        self.qualified(target.schema, target.name);
    }

    fn conflict(&mut self, conflict: &Conflict<'_>) {
        self.push(" ON CONFLICT (");
        self.names(&conflict.columns);
        if conflict.assignments.is_empty() {
            self.push(") DO NOTHING");
            return;
        }
        self.push(") DO UPDATE SET ");
        self.assignments(None, &conflict.assignments);
        self.filter(" WHERE ", conflict.filter.as_ref());
    }

    /// Writes an upsert for MySQL and MariaDB. `check` ensures that only the named key can conflict. To keep a row unchanged,
    /// a column is set to itself: `INSERT IGNORE` would also ignore every other error.
    fn duplicate_key(&mut self, target: Target<'_>, conflict: &Conflict<'_>) {
        self.push(" ON DUPLICATE KEY UPDATE ");
        match (conflict.assignments.as_slice(), &*conflict.columns) {
            ([], [column, ..]) => {
                self.name(column);
                self.push(" = ");
                self.qualified(Some(target.name), column);
            }
            (assignments, _) => self.assignments(None, assignments),
        }
    }

    fn assignments(&mut self, owner: Option<&str>, assignments: &[Assignment<'_>]) {
        self.list(assignments, ", ", |writer, assignment| {
            writer.qualified(owner, assignment.column);
            writer.push(" = ");
            writer.value(&assignment.value);
        });
    }

    pub(super) fn update(
        &mut self,
        target: Target<'_>,
        assignments: &[Assignment<'_>],
        source: Option<&FromItem<'_>>,
        filter: Option<&Typed<'_>>,
    ) {
        self.push("UPDATE ");
        self.target(target);
        match source {
            Some(source) if self.is_mysql() => {
                self.push(", ");
                self.source(source);
                self.push(" SET ");
                self.assignments(Some(target.name), assignments);
            }
            source => {
                self.push(" SET ");
                self.assignments(None, assignments);
                if let Some(source) = source {
                    self.push(" FROM ");
                    self.source(source);
                }
            }
        }
        self.filter(" WHERE ", filter);
    }

    pub(super) fn delete(&mut self, target: Target<'_>, source: Option<&FromItem<'_>>, filter: Option<&Typed<'_>>) {
        match source {
            Some(source) if self.is_mysql() => {
                self.push("DELETE ");
                self.name(target.name);
                self.push(" FROM ");
                self.target(target);
                self.push(", ");
                self.source(source);
            }
            source => {
                self.push("DELETE FROM ");
                self.target(target);
                if let Some(source) = source {
                    self.push(" USING ");
                    self.source(source);
                }
            }
        }
        self.filter(" WHERE ", filter);
    }

    pub(super) fn returning(&mut self, columns: &[Column<'_>]) {
        if !columns.is_empty() {
            self.push(" RETURNING ");
            self.columns(columns);
        }
    }
}
