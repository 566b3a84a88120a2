//! The rules of a table, bound to claims.
//!
//! What holds whatever a statement says: the columns that decide which rows are whose are filled by the host and changed by no update, so
//! a row stays whose it is. Rows that are updated or deleted are rows that may be read, so that no condition tells of others.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use super::{Allow, Claims, Expression, PolicyError, evaluate, expression::Predicate, parsed::ParsedPolicy};
use crate::{Error, Result, Scalar, Value, schema::Column, statement::Node, types::literal_kind, value::ValueRef};

impl Predicate {
    /// Refuses values of a row of which it is not true.
    pub(crate) fn check<'v>(&'v self, table: &str, column: &dyn Fn(&str) -> Option<ValueRef<'v>>) -> Result<()> {
        if evaluate::holds(self, column) == Some(true) {
            return Ok(());
        }
        Err(Error::Denied(format!("writing such a row to {table}")))
    }
}

/// A column that the host fills, and with what.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Preset {
    /// The column, as it is written: what the guest's models say of it counts for nothing.
    pub(crate) column: Column,
    pub(crate) value: Value,
}

/// What a guest may do with one table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct TableRules {
    pub(super) read: BTreeSet<String>,
    pub(super) insert: Option<BTreeSet<String>>,
    pub(super) update: Option<BTreeSet<String>>,
    pub(super) may_delete: bool,
    /// Which rows there are; all where there is none.
    pub(crate) rows: Option<Predicate>,
    /// Which of them may be updated and deleted.
    pub(crate) updated: Option<Predicate>,
    pub(crate) deleted: Option<Predicate>,
    /// Where columns are shown.
    pub(crate) masks: BTreeMap<String, Predicate>,
    pub(crate) presets: Vec<Preset>,
    pub(crate) insert_check: Option<Arc<Predicate>>,
    pub(crate) update_check: Option<Arc<Predicate>>,
    pub(super) allow: BTreeSet<Allow>,
}

/// What a statement does to the rows of a table.
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

    /// Whether a column is read.
    pub(crate) fn reads(&self, column: &str) -> bool {
        self.read.contains(column)
    }

    /// Whether anything may be done with a column: else it does not exist.
    pub(crate) fn knows(&self, column: &str) -> bool {
        let has = |columns: &Option<BTreeSet<String>>| columns.as_ref().is_some_and(|columns| columns.contains(column));
        self.reads(column) || has(&self.insert) || has(&self.update)
    }

    /// Refuses what may not be done with the table's rows.
    pub(crate) fn check(&self, table: &str, writes: WriteKind) -> Result<()> {
        let (is_granted, verb) = match writes {
            WriteKind::Insert => (self.insert.is_some(), "inserting into"),
            WriteKind::Update => (self.update.is_some(), "updating"),
            WriteKind::Delete => (self.may_delete, "deleting from"),
        };
        if is_granted { Ok(()) } else { Err(Error::Denied(format!("{verb} {table}"))) }
    }

    /// Refuses to write a column that is not granted; one that is unknown does not exist.
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

    /// Refuses what has to be allowed by name.
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

/// The rules of all tables, for who has certain claims.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    tables: HashMap<String, Arc<TableRules>>,
    /// The names of tables that rules are for or about, in lower case: no common table expression may stand in front of one.
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

    /// The rules of a table; nothing where it does not exist for the guest.
    pub(crate) fn of(&self, schema: Option<&str>, name: &str) -> Option<&Arc<TableRules>> {
        match schema {
            Some(schema) => self.tables.get(&format!("{schema}.{name}")),
            // A point in a name must not make it the name of another schema's table.
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

    /// Whether a column of this name, with its table's before it or not, exists for the guest in any table.
    #[must_use]
    pub fn knows_column(&self, name: &str) -> bool {
        let own = name.rsplit_once('.').map_or(name, |(_, own)| own);
        self.tables.values().any(|rules| rules.knows(own))
    }

    /// Whether a common table expression of this name would stand in front of a table that rules are about.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.names.contains(&name.to_lowercase())
    }
}
