//! The rules of a table, bound to claims.
//!
//! Invariants for every statement: no update changes a column that decides who owns a row, so a row keeps its owner. Updated and
//! deleted rows are readable rows, so a guest's condition reveals nothing of other rows.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use super::{Allow, Claims, Expression, PolicyError, evaluate, expression::Predicate, parsed::ParsedPolicy};
use crate::{Error, Result, Scalar, Value, schema::Column, statement::Node, types::literal_kind, value::ValueRef};

impl Predicate {
    /// Refuses values of a row for which the predicate is not certainly true.
    pub(crate) fn check<'v>(&'v self, table: &str, column: &dyn Fn(&str) -> Option<ValueRef<'v>>) -> Result<()> {
        if evaluate::holds(self, column) == Some(true) {
            return Ok(());
        }
        Err(Error::Denied(format!("writing such a row to {table}")))
    }
}

/// A column that the host fills, and its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Preset {
    /// The column as it is written. Its declaration in the guest's models is ignored.
    pub(crate) column: Column,
    pub(crate) value: Value,
}

/// The permissions of a guest for one table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct TableRules {
    pub(super) read: BTreeSet<String>,
    pub(super) insert: Option<BTreeSet<String>>,
    pub(super) update: Option<BTreeSet<String>>,
    pub(super) may_delete: bool,
    /// The condition for readable rows; without one, all rows.
    pub(crate) rows: Option<Predicate>,
    /// Conditions for the readable rows that may be updated, and deleted.
    pub(crate) updated: Option<Predicate>,
    pub(crate) deleted: Option<Predicate>,
    /// The conditions under which masked columns show their values.
    pub(crate) masks: BTreeMap<String, Predicate>,
    pub(crate) presets: Vec<Preset>,
    pub(crate) insert_check: Option<Arc<Predicate>>,
    pub(crate) update_check: Option<Arc<Predicate>>,
    pub(super) allow: BTreeSet<Allow>,
}

/// The kind of a change to a table's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WriteKind {
    Insert,
    Update,
    Delete,
}

impl TableRules {
    fn new(parsed: &ParsedPolicy, claims: &Claims) -> Result<Self, PolicyError> {
        let bind = |expression: Option<&Expression>| expression.map(|expression| expression.bind(claims)).transpose();
        let insert = parsed.insert.as_ref();
        let update = parsed.update.as_ref();
        let mut presets = Vec::new();
        for (name, value) in insert.iter().flat_map(|insert| &insert.set) {
            presets.push(preset(name, value.bind(claims)?));
        }
        let mut masks = BTreeMap::new();
        for (column, expression) in &parsed.masks {
            masks.insert(column.clone(), expression.bind(claims)?);
        }
        let filter = parsed.read.as_ref().and_then(|(_, filter)| filter.as_ref());
        Ok(Self {
            read: parsed.read.as_ref().map(|(columns, _)| columns.clone()).unwrap_or_default(),
            insert: insert.map(|insert| insert.columns.clone()),
            update: update.map(|update| update.columns.clone()),
            may_delete: parsed.delete.is_some(),
            rows: bind(filter)?,
            updated: bind(update.and_then(|update| update.filter.as_ref()))?,
            deleted: bind(parsed.delete.as_ref().and_then(Option::as_ref))?,
            masks,
            presets,
            insert_check: bind(insert.and_then(|insert| insert.check.as_ref()))?.map(Arc::new),
            update_check: bind(update.and_then(|update| update.check.as_ref()))?.map(Arc::new),
            allow: parsed.allow.clone(),
        })
    }

    /// Whether a column may be read.
    pub(crate) fn reads(&self, column: &str) -> bool {
        self.read.contains(column)
    }

    /// Whether any permission names a column. Without one, the column does not exist for the guest.
    pub(crate) fn knows(&self, column: &str) -> bool {
        let has = |columns: &Option<BTreeSet<String>>| columns.as_ref().is_some_and(|columns| columns.contains(column));
        self.reads(column) || has(&self.insert) || has(&self.update)
    }

    /// Refuses a kind of change that the table's rules do not permit.
    pub(crate) fn check(&self, table: &str, writes: WriteKind) -> Result<()> {
        let (is_granted, verb) = match writes {
            WriteKind::Insert => (self.insert.is_some(), "inserting into"),
            WriteKind::Update => (self.update.is_some(), "updating"),
            WriteKind::Delete => (self.may_delete, "deleting from"),
        };
        if is_granted { Ok(()) } else { Err(Error::Denied(format!("{verb} {table}"))) }
    }

    /// Refuses to write a column without permission. For one that does not exist for the guest, the error is `NoSuchColumn`.
    pub(crate) fn check_column(&self, table: &str, column: &str, writes: WriteKind) -> Result<()> {
        let columns = match writes {
            WriteKind::Insert => self.insert.as_ref(),
            WriteKind::Update => self.update.as_ref(),
            WriteKind::Delete => None,
        };
        if columns.is_some_and(|columns| columns.contains(column)) {
            return Ok(());
        }
        if self.knows(column) {
            return Err(Error::Denied(format!("writing the column {column} of {table}")));
        }
        Err(Error::NoSuchColumn { table: Some(table.to_owned()), column: column.to_owned() })
    }

    /// Refuses an operation whose permission is missing.
    pub(crate) fn require(&self, table: &str, allow: Allow) -> Result<()> {
        if self.allow.contains(&allow) {
            return Ok(());
        }
        Err(Error::Denied(match allow {
            Allow::Aggregate => format!("aggregates over {table}"),
            Allow::Returning => format!("returning columns of rows that are written to {table}"),
            Allow::Lock => format!("locking rows of {table}"),
            Allow::Upsert => format!("inserting into {table} with a conflict's action"),
        }))
    }
}

fn preset(name: &str, value: Predicate) -> Preset {
    let value = match value.nodes.into_iter().next() {
        Some(Node::Literal(value)) => value,
        _ => Value::Scalar(Scalar::Null),
    };
    let kind = literal_kind(&value).unwrap_or(crate::schema::TypeKind::Text);
    let column = Column { nullable: true, ..Column::new(name, kind) };
    Preset { column, value }
}

/// The rules of all tables, bound to a tenant's claims.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    tables: HashMap<String, Arc<TableRules>>,
    /// Lower-case names of tables that have rules or are named by rules. No common table expression may shadow one.
    names: HashSet<String>,
}

impl Rules {
    pub(super) fn new(tables: &BTreeMap<String, ParsedPolicy>, claims: &Claims) -> Result<Self, PolicyError> {
        let mut all = Self::default();
        for (name, parsed) in tables {
            let located = |error| PolicyError { table: name.clone(), ..error };
            let rules = TableRules::new(parsed, claims).map_err(located)?;
            let own = name.rsplit_once('.').map_or(name.as_str(), |(_, own)| own);
            let others = parsed.expressions().flat_map(|expression| &expression.tables).map(String::as_str);
            all.names.extend(others.chain([own]).map(str::to_lowercase));
            all.tables.insert(name.clone(), Arc::new(rules));
        }
        Ok(all)
    }

    /// The rules of a table; `None` where it does not exist for the guest.
    pub(crate) fn of(&self, schema: Option<&str>, name: &str) -> Option<&Arc<TableRules>> {
        match schema {
            Some(schema) => self.tables.get(&format!("{schema}.{name}")),
            // A table name with a dot must not match a key `schema.name`.
            None => self.tables.get(name).filter(|_| !name.contains('.')),
        }
    }

    /// Whether a table of this name exists for the guest, in any schema, with these columns.
    #[must_use]
    pub fn knows_all(&self, table: &str, columns: &[String]) -> bool {
        let knows = |rules: &TableRules| columns.iter().all(|column| rules.knows(column));
        let is_it = |name: &str| name.rsplit_once('.').map_or(name, |(_, own)| own) == table;
        self.tables.iter().any(|(name, rules)| is_it(name) && knows(rules))
    }

    /// Whether a column of this name, with or without its table's name, exists for the guest in any table.
    #[must_use]
    pub fn knows_column(&self, name: &str) -> bool {
        let own = name.rsplit_once('.').map_or(name, |(_, own)| own);
        self.tables.values().any(|rules| rules.knows(own))
    }

    /// Whether a common table expression of this name would shadow a table that has rules or is named by rules.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.names.contains(&name.to_lowercase())
    }
}
