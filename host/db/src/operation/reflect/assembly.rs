//! Assembles tables from rows that arrive table by table, and limits the memory that a hostile schema can take from the host.

use std::collections::HashMap;

use sqlservice_sql::{
    ddl::is_records,
    schema::{Action, Check, Column, ForeignKey, Index, Table},
};

use super::options::{ReflectOptions, TABLES};
use crate::error::{Error, LimitKind, Result};

/// The byte limit of one default, check or comment.
pub(crate) const MAX_TEXT: usize = 1 << 20;
/// The byte limit of all names and texts of one reflection.
const MAX_TOTAL: usize = 64 << 20;

/// Returns a foreign key's action from its SQL keywords. Any other text counts as no action.
pub(crate) fn action(text: &str) -> Action {
    match text {
        "CASCADE" => Action::Cascade,
        "SET NULL" => Action::SetNull,
        "SET DEFAULT" => Action::SetDefault,
        "RESTRICT" => Action::Restrict,
        _ => Action::NoAction,
    }
}

/// The tables read so far.
pub(crate) struct Assembly {
    tables: Vec<Table>,
    places: HashMap<String, usize>,
    bytes: usize,
}

impl Assembly {
    pub(crate) fn new() -> Self {
        Self { tables: Vec::new(), places: HashMap::new(), bytes: 0 }
    }

    /// Adds a table, except for the host's own. Rows of tables that were not added are skipped later.
    pub(crate) fn table(&mut self, name: String, schema: Option<String>, is_view: bool) -> Result<()> {
        if is_records(&name) {
            return Ok(());
        }
        if self.tables.len() >= TABLES {
            return Err(Error::Limit { kind: LimitKind::Rows, allowed: TABLES as u64 });
        }
        self.spend(name.len())?;
        self.places.insert(name.clone(), self.tables.len());
        self.tables.push(Table { schema, is_view, ..Table::new(name, Vec::new()) });
        Ok(())
    }

    /// Returns a table that was added.
    pub(crate) fn get(&mut self, name: &str) -> Option<&mut Table> {
        self.places.get(name).and_then(|place| self.tables.get_mut(*place))
    }

    /// Whether a table was added.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// Counts a text, which the schema's owner chose, against the limits and returns it.
    pub(crate) fn text(&mut self, text: String) -> Result<String> {
        if text.len() > MAX_TEXT {
            return Err(Error::Limit { kind: LimitKind::Bytes, allowed: MAX_TEXT as u64 });
        }
        self.spend(text.len())?;
        Ok(text)
    }

    /// As `text`, for a comment: a missing one and an empty one are the same.
    pub(crate) fn comment(&mut self, text: Option<String>) -> Result<Option<String>> {
        text.filter(|text| !text.is_empty()).map(|text| self.text(text)).transpose()
    }

    /// Adds a column and counts its name; its texts were counted already.
    pub(crate) fn column(&mut self, table: &str, column: Column) -> Result<()> {
        self.spend(column.name.len() + size_of::<Column>())?;
        if let Some(table) = self.get(table) {
            table.columns.push(column);
        }
        Ok(())
    }

    /// Counts the names of a row of any other kind.
    pub(crate) fn count(&mut self, names: &[&str]) -> Result<()> {
        self.spend(names.iter().map(|name| name.len() + size_of::<String>()).sum())
    }

    /// Adds a column to the unique constraint or index `key`, which is the table's last one or a new one.
    pub(crate) fn key_column(&mut self, table: &str, key: &str, unique: bool, column: String, of: Keys) -> Result<()> {
        self.count(&[key, &column])?;
        let Some(table) = self.get(table) else { return Ok(()) };
        let keys = match of {
            Keys::Uniques => &mut table.uniques,
            Keys::Indexes => &mut table.indexes,
        };
        match keys.last_mut() {
            Some(last) if last.name.as_deref() == Some(key) => last.columns.push(column),
            _ => keys.push(Index { name: Some(key.to_owned()), columns: vec![column], unique }),
        }
        Ok(())
    }

    /// Removes a table that was added.
    pub(crate) fn forget(&mut self, name: &str) {
        self.places.remove(name);
    }

    /// Removes an index or unique constraint that was added.
    pub(crate) fn forget_index(&mut self, table: &str, index: &str) {
        if let Some(table) = self.get(table) {
            table.indexes.retain(|other| other.name.as_deref() != Some(index));
            table.uniques.retain(|other| other.name.as_deref() != Some(index));
        }
    }

    /// Returns the tables, sorted by name and each with its keys sorted; an error where a requested one is missing.
    pub(crate) fn finish(mut self, options: &ReflectOptions) -> Result<Vec<Table>> {
        let missing: Vec<_> = options.only.iter().filter(|name| !self.has(name)).cloned().collect();
        if !missing.is_empty() {
            return Err(Error::NoSuchTable(missing.join(", ")));
        }
        let places = &self.places;
        self.tables.retain(|table| places.contains_key(&table.name));
        self.tables.sort_by(|a, b| a.name.cmp(&b.name));
        for table in &mut self.tables {
            sort(table);
        }
        Ok(self.tables)
    }

    fn spend(&mut self, bytes: usize) -> Result<()> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > MAX_TOTAL {
            return Err(Error::Limit { kind: LimitKind::Bytes, allowed: MAX_TOTAL as u64 });
        }
        Ok(())
    }
}

/// The kind of key that a column belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keys {
    Uniques,
    Indexes,
}

fn sort(table: &mut Table) {
    fn of_key(key: &Index) -> (Option<String>, Vec<String>) {
        (key.name.clone(), key.columns.clone())
    }
    table.foreign_keys.sort_by_cached_key(|key: &ForeignKey| (key.name.clone(), key.columns.clone()));
    table.uniques.sort_by_cached_key(of_key);
    table.indexes.sort_by_cached_key(of_key);
    table.checks.sort_by_cached_key(|check: &Check| (check.name.clone(), check.expression.clone()));
}
