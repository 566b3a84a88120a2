//! The tables that a guest declared, and those that were reflected from the database.

mod check;
mod column;
mod name;
mod native;
mod relationship;
mod text;

pub(crate) use check::is_key;
pub(crate) use column::{check_type, is_integer};
pub(crate) use name::check as check_name;
pub(crate) use relationship::{Direction, OrderKey, Related};

use std::{collections::HashMap, sync::Arc};

use crate::{
    Dialect, Error, Limits, Result,
    order::order,
    policy::{Rules, TableRules},
    schema::{Column, Models, Relationship, Table},
};

/// The tables that statements may name, and the relationships between them. Made by [`Catalog::declare`], so its
/// declared tables have passed every check, and all of their indexes and constraints have names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalog {
    entries: Vec<Entry>,
    /// Positions of the tables with a name, in any schema.
    names: HashMap<String, Vec<usize>>,
    declared: usize,
    relationships: Vec<Relationship>,
    rules: Option<Arc<Rules>>,
}

/// A table and the positions of its columns: statements name columns far more often than tables have them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) table: Table,
    /// Its name for summaries of statements, qualified by its schema if it has one.
    pub(crate) label: Arc<str>,
    /// Its access rules, if access is restricted.
    pub(crate) rules: Option<Arc<TableRules>>,
    columns: HashMap<String, usize>,
}

impl Entry {
    fn new(table: Table) -> Self {
        let columns = table.columns.iter().enumerate().map(|(at, column)| (column.name.clone(), at)).collect();
        let label = match &table.schema {
            Some(schema) => format!("{schema}.{}", table.name).into(),
            None => table.name.as_str().into(),
        };
        Self { table, label, rules: None, columns }
    }

    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.get(name).and_then(|at| self.table.columns.get(*at))
    }

    /// Returns a column if the table's rules, if any, allow to read it.
    pub(crate) fn readable(&self, name: &str) -> Option<&Column> {
        self.column(name).filter(|column| self.rules.as_ref().is_none_or(|rules| rules.reads(&column.name)))
    }

    /// Whether a column is masked: shown in some rows only.
    pub(crate) fn is_masked(&self, name: &str) -> bool {
        self.rules.as_ref().is_some_and(|rules| rules.masks.contains_key(name))
    }
}

impl Catalog {
    /// Checks a guest's models and names the indexes and constraints that have no name.
    ///
    /// SQL text in models (expressions as defaults, computed columns, checks, types of the database's own) is `Denied`
    /// unless `expressions_allowed`. Everything in `models` is guest-controlled.
    pub fn declare(models: Models, dialect: Dialect, limits: &Limits, expressions_allowed: bool) -> Result<Self> {
        let Models { mut tables, relationships } = models;
        check::tables(&mut tables, dialect, limits, expressions_allowed)?;
        name::derive(&mut tables, dialect)?;
        let mut catalog = Self { declared: tables.len(), ..Self::default() };
        for table in tables {
            catalog.push(table);
        }
        check::foreign_keys(&catalog, dialect)?;
        relationship::check(&catalog, &relationships, limits)?;
        catalog.relationships = relationships;
        Ok(catalog)
    }

    /// Puts the tables under rules, which have to contain all of their tables and columns: others do not exist for the guest.
    ///
    /// # Errors
    ///
    /// A declared table or column that does not exist by the rules.
    pub(crate) fn ruled(mut self, rules: Arc<Rules>) -> Result<Self> {
        for entry in &mut self.entries {
            let own = rules.of(entry.table.schema.as_deref(), &entry.table.name);
            let own = own.ok_or_else(|| Error::NoSuchTable(entry.table.name.clone()))?;
            if let Some(column) = entry.table.columns.iter().find(|column| !own.knows(&column.name)) {
                let (table, column) = (Some(entry.table.name.clone()), column.name.clone());
                return Err(Error::NoSuchColumn { table, column });
            }
            entry.rules = Some(Arc::clone(own));
        }
        self.rules = Some(rules);
        Ok(self)
    }

    /// Returns all tables, reflected ones included.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(crate) fn rules(&self) -> Option<&Rules> {
        self.rules.as_deref()
    }

    /// Adds tables that were read from the database. A table that is declared or reflected already is not replaced.
    pub fn add_reflected(&mut self, tables: &[Table]) {
        for table in tables {
            let exists =
                self.rules.as_ref().is_none_or(|rules| rules.of(table.schema.as_deref(), &table.name).is_some());
            if exists && self.table(table.schema.as_deref(), &table.name).is_none() {
                self.push(table.clone());
            }
        }
    }

    /// Returns all tables, in the order in which they can be created; foreign keys that form a cycle are ignored.
    #[must_use]
    pub fn tables(&self) -> Vec<&Table> {
        sorted(self.entries.iter().map(|entry| &entry.table).collect())
    }

    /// Returns the declared tables of these names, or all if none is named, in the order in which they can be created.
    pub fn declared(&self, only: &[String]) -> Result<Vec<&Table>> {
        let declared = self.entries.iter().take(self.declared).map(|entry| &entry.table);
        if only.is_empty() {
            return Ok(sorted(declared.collect()));
        }
        let wanted: std::collections::HashSet<&str> = only.iter().map(String::as_str).collect();
        let tables: Vec<&Table> = declared.filter(|table| wanted.contains(table.name.as_str())).collect();
        let found: std::collections::HashSet<&str> = tables.iter().map(|table| table.name.as_str()).collect();
        match only.iter().find(|name| !found.contains(name.as_str())) {
            Some(missing) => Err(Error::NoSuchTable(missing.clone())),
            None => Ok(sorted(tables)),
        }
    }

    /// Returns the table of this name.
    #[must_use]
    pub fn table(&self, schema: Option<&str>, name: &str) -> Option<&Table> {
        self.entry(schema, name).map(|entry| &entry.table)
    }

    /// Returns the declared relationships.
    #[must_use]
    pub fn relationships(&self) -> &[Relationship] {
        &self.relationships
    }

    /// Returns the table of this name in the default schema, or else the only one that has it.
    pub(crate) fn named(&self, name: &str) -> Option<&Entry> {
        let only = || match self.names.get(name)?.as_slice() {
            [only] => self.entries.get(*only),
            _ => None,
        };
        self.entry(None, name).or_else(only)
    }

    pub(crate) fn entry(&self, schema: Option<&str>, name: &str) -> Option<&Entry> {
        let positions = self.names.get(name)?;
        positions
            .iter()
            .filter_map(|position| self.entries.get(*position))
            .find(|entry| entry.table.schema.as_deref() == schema)
    }

    fn push(&mut self, table: Table) {
        self.names.entry(table.name.clone()).or_default().push(self.entries.len());
        let rules = self.rules.as_ref().and_then(|rules| rules.of(table.schema.as_deref(), &table.name)).cloned();
        self.entries.push(Entry { rules, ..Entry::new(table) });
    }
}

fn sorted(tables: Vec<&Table>) -> Vec<&Table> {
    order(&tables).tables.into_iter().filter_map(|position| tables.get(position).copied()).collect()
}

#[cfg(test)]
mod tests;
