//! The operation of a statement and its tables, in the form of OpenTelemetry's `db.query.summary`.

use std::{fmt, sync::Arc};

use crate::catalog::Entry;

/// The most tables that a summary names; a guest's statement can name thousands.
const TABLES: usize = 16;

/// The operation of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Reads rows.
    Select,
    /// Inserts rows, or updates those that exist already.
    Insert,
    /// Updates rows.
    Update,
    /// Deletes rows.
    Delete,
}

impl Operation {
    /// Returns the SQL keyword, in upper case.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Select => "SELECT",
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }
}

/// The operation of a statement and its tables. It displays as `SELECT users addresses` and is cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Summary {
    /// The operation.
    pub operation: Operation,
    /// The names of up to 16 of its tables, each once: the table that it changes first, then the others in the order in which
    /// the
    /// statement names them. A table outside of the default schema is written as `schema.table`.
    pub tables: Arc<[Arc<str>]>,
}

impl Summary {
    pub(crate) fn new(operation: Operation, tables: &TableSet<'_>) -> Self {
        Self { operation, tables: tables.0.iter().map(|entry| Arc::clone(&entry.label)).collect() }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.operation.as_str())?;
        self.tables.iter().try_for_each(|table| write!(f, " {table}"))
    }
}

/// The tables that a check has found so far.
#[derive(Debug, Default)]
pub(crate) struct TableSet<'a>(Vec<&'a Entry>);

impl<'a> TableSet<'a> {
    pub(crate) fn add(&mut self, entry: &'a Entry) {
        if self.0.len() < TABLES && !self.0.iter().any(|known| std::ptr::eq(*known, entry)) {
            self.0.push(entry);
        }
    }
}

impl<'a> FromIterator<&'a Entry> for TableSet<'a> {
    fn from_iter<I: IntoIterator<Item = &'a Entry>>(entries: I) -> Self {
        let mut tables = Self::default();
        entries.into_iter().for_each(|entry| tables.add(entry));
        tables
    }
}
