//! The checks of declared tables: refuses definitions that cannot be created, or that a database would understand differently.

use std::collections::HashSet;

use super::{
    Catalog, column,
    name::{self, shown},
    text::{expression, text},
};
use crate::{
    Dialect, Error, Limits, Result,
    schema::{Action, ForeignKey, Index, Table},
};

/// The most columns of one key or index. PostgreSQL accepts 32, MySQL 16; a number that passes here may still be refused there.
const MAX_KEY_COLUMNS: usize = 32;
/// The most indexes, keys and checks of one table.
const MAX_CONSTRAINTS: usize = 256;

/// Checks all parts of the declared tables but their foreign keys' targets.
pub(super) fn tables(tables: &mut [Table], dialect: Dialect, limits: &Limits, expressions: bool) -> Result<()> {
    if tables.len() > limits.tables {
        return Err(Error::invalid(format!("there are {} tables, {} are the most", tables.len(), limits.tables)));
    }
    let mut names = HashSet::new();
    for table in tables {
        name::check_object("table", &table.name, dialect)?;
        if let Some(schema) = &table.schema {
            schema_name(schema, dialect)?;
        }
        // MySQL's table names are files on most systems, and PostgreSQL's are case-sensitive when quoted.
        let is_exact = dialect.capabilities().exact_table_names;
        let folded = if is_exact { table.name.clone() } else { name::folded(&table.name, dialect) };
        if !names.insert((table.schema.clone(), folded)) {
            return Err(Error::invalid(format!("two models are for the table {}", shown(&table.name))));
        }
        one(table, dialect, limits, expressions)
            .map_err(|error| locate(error, &format!("table {}: ", shown(&table.name))))?;
    }
    Ok(())
}

/// Prefixes the message with the place of the error.
fn locate(error: Error, place: &str) -> Error {
    match error {
        Error::Invalid { message, node } => Error::Invalid { message: format!("{place}{message}"), node },
        Error::Unsupported { capability, message } => {
            Error::Unsupported { capability, message: format!("{place}{message}") }
        }
        other => other,
    }
}

fn schema_name(schema: &str, dialect: Dialect) -> Result<()> {
    if !dialect.capabilities().schemas {
        let message = "this database has no schemas: leave the schema of tables out".to_owned();
        return Err(Error::Unsupported { capability: "schemas", message });
    }
    name::check_schema(schema, dialect)
}

fn one(table: &mut Table, dialect: Dialect, limits: &Limits, expressions: bool) -> Result<()> {
    if table.columns.is_empty() {
        return Err(Error::invalid("it has no columns"));
    }
    if table.columns.len() > limits.columns {
        let message = format!("it has {} columns, {} are the most", table.columns.len(), limits.columns);
        return Err(Error::invalid(message));
    }
    let constraints = table.uniques.len() + table.indexes.len() + table.foreign_keys.len() + table.checks.len();
    if constraints > MAX_CONSTRAINTS {
        return Err(Error::invalid(format!("it has {constraints} constraints, {MAX_CONSTRAINTS} are the most")));
    }
    text("comment", table.comment.as_deref())?;
    let mut names = HashSet::new();
    for at in &mut table.columns {
        name::check_column(&at.name, dialect)?;
        if !names.insert(name::folded(&at.name, dialect)) {
            return Err(Error::invalid(format!("two columns have the name {}", shown(&at.name))));
        }
        let name = shown(&at.name);
        column::check(at, dialect, expressions).map_err(|error| locate(error, &format!("column {name}: ")))?;
    }
    keys(table, dialect)?;
    for check in &table.checks {
        if !expressions {
            return Err(Error::Denied("SQL text in a check".into()));
        }
        expression(&check.expression)?;
    }
    Ok(())
}

fn keys(table: &Table, dialect: Dialect) -> Result<()> {
    // A set, as tables and keys are guest-controlled and every key is resolved in it.
    let names: HashSet<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    let columns = |what, key| columns(&names, what, key);
    if !table.primary_key.is_empty() {
        columns("primary key", &table.primary_key)?;
    }
    for unique in &table.uniques {
        columns("unique constraint", &unique.columns)?;
    }
    for index in &table.indexes {
        columns("index", &index.columns)?;
    }
    for key in &table.foreign_keys {
        columns("foreign key", &key.columns)?;
        actions(table, key, dialect)?;
    }
    if let Some(version) = &table.version_column {
        columns("version", std::slice::from_ref(version))?;
        let integer = table.columns.iter().any(|c| c.name == *version && column::is_integer(c.ty.kind));
        if !integer {
            return Err(Error::invalid(format!("the version column {} is no integer", shown(version))));
        }
    }
    for at in table.columns.iter().filter(|at| at.default == crate::schema::DefaultValue::GeneratedKey) {
        if table.primary_key != [at.name.clone()] || !column::is_integer(at.ty.kind) {
            let message =
                format!("the generated key {} is not an integer that is the whole primary key", shown(&at.name));
            return Err(Error::invalid(message));
        }
    }
    match table.columns.iter().find(|at| at.nullable && table.primary_key.contains(&at.name)) {
        Some(at) => Err(Error::invalid(format!("the primary key's column {} is nullable", shown(&at.name)))),
        None => Ok(()),
    }
}

fn columns(existing: &HashSet<&str>, what: &str, names: &[String]) -> Result<()> {
    if names.is_empty() {
        return Err(Error::invalid(format!("a {what} has no columns")));
    }
    if names.len() > MAX_KEY_COLUMNS {
        return Err(Error::invalid(format!("a {what} has {} columns, {MAX_KEY_COLUMNS} are the most", names.len())));
    }
    for (position, name) in names.iter().enumerate() {
        if !existing.contains(name.as_str()) {
            return Err(Error::invalid(format!("a {what} names the column {}, which does not exist", shown(name))));
        }
        if names.iter().take(position).any(|before| before == name) {
            return Err(Error::invalid(format!("a {what} names the column {} twice", shown(name))));
        }
    }
    Ok(())
}

fn actions(table: &Table, key: &ForeignKey, dialect: Dialect) -> Result<()> {
    let either = |action| key.on_delete == action || key.on_update == action;
    if either(Action::SetDefault) && !dialect.capabilities().set_default {
        let message = "this database has no set-default for foreign keys".to_owned();
        return Err(Error::Unsupported { capability: "set-default", message });
    }
    let required = table.columns.iter().find(|column| !column.nullable && key.columns.contains(&column.name));
    if let (true, Some(column)) = (either(Action::SetNull), required) {
        let message = format!("a foreign key sets {} to null, which is not nullable", shown(&column.name));
        return Err(Error::invalid(message));
    }
    Ok(())
}

/// Checks that each foreign key refers to a key of a declared table.
pub(super) fn foreign_keys(catalog: &Catalog, dialect: Dialect) -> Result<()> {
    for entry in &catalog.entries {
        for key in &entry.table.foreign_keys {
            let place = format!("table {}: ", shown(&entry.table.name));
            foreign_key(catalog, key, dialect).map_err(|error| locate(error, &place))?;
        }
    }
    Ok(())
}

fn foreign_key(catalog: &Catalog, key: &ForeignKey, dialect: Dialect) -> Result<()> {
    if key.schema.is_some() && !dialect.capabilities().schemas {
        let message = "this database has no schemas: leave the schema of foreign keys out".to_owned();
        return Err(Error::Unsupported { capability: "schemas", message });
    }
    let Some(referred) = catalog.entry(key.schema.as_deref(), &key.table) else {
        let message = format!("a foreign key refers to the table {}, which is not declared", shown(&key.table));
        return Err(Error::invalid(message));
    };
    if key.columns.len() != key.referred.len() {
        let (from, to) = (key.columns.len(), key.referred.len());
        return Err(Error::invalid(format!("a foreign key has {from} columns and refers to {to}")));
    }
    if let Some(missing) = key.referred.iter().find(|name| referred.column(name).is_none()) {
        let (column, table) = (shown(missing), shown(&key.table));
        return Err(Error::invalid(format!(
            "a foreign key refers to the column {column}, which {table} does not have"
        )));
    }
    if is_key(&referred.table, &key.referred) {
        return Ok(());
    }
    let table = shown(&key.table);
    let message = format!("a foreign key refers to columns of {table} that are neither its primary key nor unique");
    Err(Error::invalid(message))
}

/// Whether these columns are a key, so that no two rows can be equal in them.
pub(crate) fn is_key(table: &Table, columns: &[String]) -> bool {
    let same = |key: &[String]| key.len() == columns.len() && columns.iter().all(|column| key.contains(column));
    let unique = |index: &Index| index.unique && same(&index.columns);
    // A unique constraint is unique even if its flag is not set.
    same(&table.primary_key) || table.uniques.iter().any(|u| same(&u.columns)) || table.indexes.iter().any(unique)
}
