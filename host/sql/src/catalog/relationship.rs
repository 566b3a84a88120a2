//! The checks of relationships: each names tables, columns and a foreign key that exist.

use std::collections::HashSet;

use super::{Catalog, name::shown};
use crate::{
    Error, Limits, Result,
    schema::{Relationship, Table},
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
    let find =
        |name: &str| named(catalog, name).ok_or(format!("names the table {}, which is not declared", shown(name)));
    let owner = find(&relationship.owner)?;
    let target = find(&relationship.target)?;
    if let Some(missing) = relationship.order_by.iter().find(|column| !has(target, column)) {
        return Err(format!("orders by the column {}, which its target does not have", shown(missing)));
    }
    let wanted = relationship.foreign_key.as_deref();
    let Some(through) = &relationship.through else {
        let keys =
            keys(owner, target, wanted) + if std::ptr::eq(owner, target) { 0 } else { keys(target, owner, wanted) };
        return match keys {
            0 => Err("has no foreign key between its tables".into()),
            1 => Ok(()),
            _ => Err("has several foreign keys between its tables; name the columns of one".into()),
        };
    };
    let through = find(through)?;
    // With a table between, `foreign_key` would have to say two keys: each side has to have just one.
    let (from, to) = (keys(through, owner, None), keys(through, target, None));
    if from == 0 || to == 0 {
        return Err("goes through a table without foreign keys to both sides".into());
    }
    Ok(())
}

fn named<'a>(catalog: &'a Catalog, name: &str) -> Option<&'a Table> {
    let position = catalog.names.get(name)?.first()?;
    catalog.entries.get(*position).map(|entry| &entry.table)
}

fn has(table: &Table, column: &str) -> bool {
    table.columns.iter().any(|at| at.name == column)
}

fn keys(from: &Table, to: &Table, wanted: Option<&[String]>) -> usize {
    let fits = |columns: &[String]| wanted.is_none_or(|wanted| wanted == columns);
    from.foreign_keys.iter().filter(|key| key.table == to.name && key.schema == to.schema && fits(&key.columns)).count()
}
