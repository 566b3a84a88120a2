//! Checks and resolves relationships: each names tables, columns and a foreign key that exist.
//!
//! The host alone decides which columns a relationship joins on, and refuses wrong ones. An SDK with a unit of work resolves the same
//! columns for its own structs (the Rust SDK in `mapping/resolve.rs`), as it needs them without a call to the host; it refuses nothing.

use std::collections::HashSet;

use super::{Catalog, name::shown};
use crate::{
    Error, Limits, Result,
    schema::{ForeignKey, Relationship, Table},
};

/// Checks all relationships.
pub(super) fn check(catalog: &Catalog, relationships: &[Relationship], limits: &Limits) -> Result<()> {
    let most = limits.tables.saturating_mul(16);
    if relationships.len() > most {
        return Err(Error::invalid(format!("there are {} relationships, {most} are the most", relationships.len())));
    }
    let mut names = HashSet::new();
    for relationship in relationships {
        if relationship.name.is_empty() || relationship.name.chars().any(char::is_control) {
            return Err(Error::invalid("the name of a relationship is empty or has a control character"));
        }
        if !names.insert((&relationship.owner, &relationship.name)) {
            let (owner, name) = (shown(&relationship.owner), shown(&relationship.name));
            return Err(Error::invalid(format!("two relationships of {owner} have the name {name}")));
        }
        one(catalog, relationship).map_err(|problem| {
            let (owner, name) = (shown(&relationship.owner), shown(&relationship.name));
            Error::invalid(format!("the relationship {name} of {owner} {problem}"))
        })?;
    }
    Ok(())
}

fn one(catalog: &Catalog, relationship: &Relationship) -> Result<(), String> {
    resolve(catalog, relationship).map(drop)
}

/// The side of a relationship that has the foreign key.
pub(crate) enum Direction<'a> {
    /// The owner has it: many-to-one.
    ToOne,
    /// The target has it: one-to-many, one-to-one.
    ToMany,
    /// A secondary table has one to each side: many-to-many.
    Secondary {
        /// The table.
        table: &'a Table,
        /// Its columns that refer to the owner.
        local: Vec<String>,
        /// Its columns that refer to the target.
        remote: Vec<String>,
    },
}

/// The columns that a relationship joins on.
pub(crate) struct Related<'a> {
    pub(crate) direction: Direction<'a>,
    pub(crate) target: &'a Table,
    /// The owner's columns: those of its foreign key, or those that are referred to.
    pub(crate) local: Vec<String>,
    /// The target's columns; as many as `local`, unless a secondary table is between.
    pub(crate) remote: Vec<String>,
    pub(crate) order_by: Vec<OrderKey>,
}

/// A column that related rows are ordered by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OrderKey {
    pub(crate) column: String,
    pub(crate) descending: bool,
}

impl OrderKey {
    /// Parses `name`, `name asc` or `name desc`. A column whose name is the whole text takes precedence.
    fn read(text: &str, target: &Table) -> Self {
        let words = text.rsplit_once(' ').filter(|_| !has(target, text));
        let (column, descending) = match words.map(|(name, word)| (name.trim_end(), word.to_ascii_lowercase())) {
            Some((name, word)) if word == "desc" => (name, true),
            Some((name, word)) if word == "asc" => (name, false),
            _ => (text, false),
        };
        Self { column: column.to_owned(), descending }
    }
}

impl Catalog {
    /// Returns the relationship of this name of a table.
    pub(crate) fn related(&self, schema: Option<&str>, owner: &str, name: &str) -> Result<Related<'_>> {
        let missing = || Error::invalid(format!("{} has no relationship {}", shown(owner), shown(name)));
        let is_it = |of: &&Relationship| {
            of.name == name
                && named(self, &of.owner).is_some_and(|table| table.name == owner && table.schema.as_deref() == schema)
        };
        let relationship = self.relationships.iter().find(is_it).ok_or_else(missing)?;
        resolve(self, relationship).map_err(Error::invalid)
    }
}

/// Resolves a relationship to the columns that it joins on. No other code in the host decides them.
fn resolve<'a>(catalog: &'a Catalog, relationship: &Relationship) -> Result<Related<'a>, String> {
    let find =
        |name: &str| named(catalog, name).ok_or(format!("names the table {}, which is not declared", shown(name)));
    let owner = find(&relationship.owner)?;
    let target = find(&relationship.target)?;
    let order_by: Vec<OrderKey> = relationship.order_by.iter().map(|text| OrderKey::read(text, target)).collect();
    if let Some(missing) = order_by.iter().find(|key| !has(target, &key.column)) {
        return Err(format!("orders by the column {}, which its target does not have", shown(&missing.column)));
    }
    let wanted = relationship.foreign_key.as_deref();
    let Some(secondary) = &relationship.through else {
        let is_self = std::ptr::eq(owner, target);
        let (forward, back) =
            (keys(owner, target, wanted), if is_self { Vec::new() } else { keys(target, owner, wanted) });
        let (key, is_forward) = match (forward.as_slice(), back.as_slice()) {
            ([], []) => return Err("has no foreign key between its tables".into()),
            // A self-referential foreign key works in both directions: to many for a collection, to one otherwise.
            ([only], []) => (*only, !(is_self && relationship.collection)),
            ([], [only]) => (*only, false),
            _ => return Err("has several foreign keys between its tables; name the columns of one".into()),
        };
        let (own, referred) = (key.columns.clone(), key.referred.clone());
        return Ok(match is_forward {
            true => Related { direction: Direction::ToOne, target, local: own, remote: referred, order_by },
            false => Related { direction: Direction::ToMany, target, local: referred, remote: own, order_by },
        });
    };
    let table = find(secondary)?;
    let is_self = std::ptr::eq(owner, target);
    let local = match keys(table, owner, wanted).as_slice() {
        // A self-referential association: its first foreign key refers to the owner.
        [first, _, ..] if !is_self => {
            let columns = shown(&first.columns.join(", "));
            return Err(format!(
                "goes through a table with several foreign keys to its owner; name one such as {columns}"
            ));
        }
        keys => keys.first().copied(),
    };
    let other =
        |local: &ForeignKey| keys(table, target, None).into_iter().find(|remote| remote.columns != local.columns);
    let Some((local, remote)) = local.and_then(|local| Some((local, other(local)?))) else {
        return Err("goes through a table without foreign keys to both sides".into());
    };
    let direction = Direction::Secondary { table, local: local.columns.clone(), remote: remote.columns.clone() };
    Ok(Related { direction, target, local: local.referred.clone(), remote: remote.referred.clone(), order_by })
}

fn named<'a>(catalog: &'a Catalog, name: &str) -> Option<&'a Table> {
    let position = catalog.names.get(name)?.first()?;
    catalog.entries.get(*position).map(|entry| &entry.table)
}

fn has(table: &Table, column: &str) -> bool {
    table.columns.iter().any(|at| at.name == column)
}

/// Returns the foreign keys from one table to another, only that of the wanted columns if they are given.
fn keys<'a>(from: &'a Table, to: &Table, wanted: Option<&[String]>) -> Vec<&'a ForeignKey> {
    let fits = |key: &&ForeignKey| wanted.is_none_or(|wanted| wanted == key.columns);
    let refers = |key: &&ForeignKey| key.table == to.name && key.schema == to.schema;
    from.foreign_keys.iter().filter(refers).filter(fits).collect()
}
