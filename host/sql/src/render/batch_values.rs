//! Writes the rows of a batch: as lists of placeholders, as arrays, and as a `CASE` by key.

use super::Writer;
use crate::{
    Dialect,
    compiled::ValueSource,
    resolved::{BatchArrays, BatchValues, CaseByKey, CaseResult, Expr, JoinEstimate, KeySet, Typed},
    schema::TypeKind,
    statement::NodeId,
};

impl Writer {
    /// Writes the rows of an insert.
    pub(super) fn given_rows(&mut self, given: &BatchValues<'_>) {
        self.push(" VALUES ");
        self.reserve(given);
        for row in 0..given.rows {
            self.push(if row > 0 { ", (" } else { "(" });
            for (position, column) in given.columns.iter().enumerate() {
                self.push(if position > 0 { ", " } else { "" });
                self.stored(column, |writer| writer.given(given, row, position));
            }
            self.push(")");
        }
    }

    /// Writes rows that contain only the default of one column.
    pub(super) fn default_rows(&mut self, rows: usize) {
        self.push(" VALUES (DEFAULT)");
        (1..rows).for_each(|_| self.push(", (DEFAULT)"));
    }

    /// Writes arrays that `unnest` turns into rows, in order.
    pub(super) fn arrays(&mut self, arrays: &BatchArrays) {
        let (open, close) = match arrays.planned {
            JoinEstimate::ByLength => ("CAST(", "[])"),
            JoinEstimate::ByKey => ("(SELECT CAST(", "[]))"),
        };
        self.push("unnest(");
        for (position, (kind, item)) in arrays.columns.iter().enumerate() {
            self.push(if position > 0 { ", " } else { "" });
            self.push(open);
            self.parameter(position, *kind);
            self.push(" AS ");
            self.push(item);
            self.push(close);
        }
        self.push(")");
    }

    /// Writes a batch as a source, with the number of each row.
    pub(super) fn given_source(&mut self, arrays: &BatchArrays, alias: &str, columns: &[String]) {
        self.arrays(arrays);
        self.push(" WITH ORDINALITY AS ");
        self.name(alias);
        self.push("(");
        self.names(columns);
        self.push(")");
    }

    /// Writes a conjunction of equal pairs. None of its parts needs parentheses.
    pub(super) fn equal(&mut self, pairs: &[[Typed<'_>; 2]]) {
        self.list(pairs, " AND ", |writer, [left, right]| writer.compared(left, " = ", right));
    }

    /// Writes the test whether a value or a row is `IN` the keys of a batch.
    pub(super) fn among(&mut self, value: &Typed<'_>, keys: &KeySet<'_>) {
        self.collated(value);
        self.push(" IN (");
        match keys {
            KeySet::Arrays(arrays) => {
                self.push("SELECT * FROM ");
                self.arrays(arrays);
            }
            KeySet::Values(given) => {
                let is_row = matches!(value.expr, Expr::Row(_));
                // SQLite allows only a query after the `IN` of a row.
                self.push(if is_row && self.dialect == Dialect::Sqlite { "VALUES " } else { "" });
                self.reserve(given);
                self.keys(given, is_row);
            }
        }
        self.push(")");
    }

    fn keys(&mut self, given: &BatchValues<'_>, are_rows: bool) {
        for row in 0..given.rows {
            self.push(match (row, are_rows) {
                (0, true) => "(",
                (_, true) => ", (",
                (0, false) => "",
                (_, false) => ", ",
            });
            for position in 0..given.columns.len() {
                self.push(if position > 0 { ", " } else { "" });
                self.given(given, row, position);
            }
            self.push(if are_rows { ")" } else { "" });
        }
    }

    /// Reserves memory for the placeholders of a batch.
    fn reserve(&mut self, given: &BatchValues<'_>) {
        let values = given.rows.saturating_mul(given.columns.len());
        if !self.sql.is_full() {
            self.placeholders.reserve(values);
            self.sql.reserve(values.saturating_mul(3));
        }
    }

    /// Writes a `CASE` that returns the value, or the position, of the batch's row with the key.
    pub(super) fn by_key(&mut self, choice: &CaseByKey<'_>) {
        let CaseByKey { columns, keys, then, otherwise } = choice;
        self.push("CASE");
        self.reserve(keys);
        for row in 0..keys.rows {
            self.push(" WHEN ");
            for (position, column) in columns.iter().enumerate() {
                self.push(if position > 0 { " AND " } else { "" });
                self.collated(column);
                self.push(" = ");
                self.given(keys, row, position);
            }
            self.push(" THEN ");
            match then {
                CaseResult::Position => self.number(row),
                CaseResult::Value { column, kind } => self.parameter(number(keys, row, *column), *kind),
            }
        }
        if let Some(otherwise) = otherwise {
            self.push(" ELSE ");
            self.value(otherwise);
        }
        self.push(" END");
    }

    /// Writes the placeholder of a value of a batch.
    fn given(&mut self, given: &BatchValues<'_>, row: usize, position: usize) {
        if let Some(column) = given.columns.get(position) {
            self.parameter(number(given, row, given.first.saturating_add(position)), column.ty.kind);
        }
    }

    fn parameter(&mut self, number: usize, kind: TypeKind) {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        self.placeholder(&ValueSource::Parameter(number), Some(kind), NodeId::MAX, None);
    }
}

/// The parameter number of a row's value in this column of the batch.
fn number(given: &BatchValues<'_>, row: usize, column: usize) -> usize {
    row.saturating_mul(given.width).saturating_add(column)
}
