//! Reflects SQLite's tables from pragmas and, for what these do not return, from the text of `CREATE TABLE`.
//!
//! A temporary table would hide one of the same name, so every query names the schema.
//!
//! The pragmas are queried as tables joined to the schema table, so that all stored tables take four queries, and one for each
//! foreign key without referred columns. Views and virtual tables are queried one by one: a view of a dropped table, or a virtual
//! table whose module is missing, must not fail the others.

use std::collections::{HashMap, HashSet};

use sqlservice_sql::{
    Dialect, Error as StatementError, SqlWriter,
    schema::{Column, DefaultValue, ForeignKey},
    types,
};
use tracing::Level;

use super::create::{self, Created, Key};
use crate::{
    Error, Result,
    operation::{
        admin::{AdminConnection, Cells},
        reflect::{
            assembly::{Assembly, Keys, MAX_TEXT, action},
            default::default_value,
            options::{ReflectOptions, TABLES},
        },
    },
    settings::Isolation,
};

/// The longest `CREATE TABLE` text that is read, in bytes. A longer one is an error, as its cut text would lack constraints.
const MAX_CREATE: usize = 8 * MAX_TEXT;

const COLUMNS: &str = "x.name, x.type, CAST(x.\"notnull\" AS TEXT), substr(x.dflt_value, 1, 1048577), CAST(x.pk AS TEXT), \
                       CAST(x.hidden AS TEXT)";
/// The condition for tables with pages of their own, which are neither views nor virtual tables.
const STORED: &str = "m.type = 'table' AND m.rootpage <> 0";

/// The details of a table that only reflection needs, and the contract does not have.
#[derive(Default)]
struct TableDetails {
    created: Created,
    without_rowid: bool,
    /// The columns of the primary key, each with its position in the key.
    key: Vec<(usize, String)>,
}

/// The isolation level of a transaction that reads a consistent schema.
pub(crate) const SNAPSHOT: Option<Isolation> = Some(Isolation::Default);

/// Reflects the tables that the options select.
pub(crate) async fn read(admin: &mut AdminConnection<'_>, options: &ReflectOptions) -> Result<Assembly> {
    if let Some(schema) = options.schema.as_deref().filter(|schema| !schema.eq_ignore_ascii_case("main")) {
        let message = format!("SQLite has one schema, `main`, and not {schema:?}");
        return Err(StatementError::Unsupported { capability: "schemas", message }.into());
    }
    let mut assembly = Assembly::new();
    let mut known = HashMap::new();
    let odd = tables(admin, options, &mut assembly, &mut known).await?;
    columns(admin, &mut assembly, &mut known).await?;
    for name in odd {
        match odd_columns(admin, &name, &mut assembly, &mut known).await {
            Err(error) if is_end(&error) => return Err(error),
            Err(error) if options.only.contains(&name) => return Err(error),
            Err(error) => {
                admin.log(Level::DEBUG, "a view or virtual table that cannot be read is left out", &error);
                assembly.forget(&name);
            }
            Ok(()) => {}
        }
    }
    primary_keys(&mut assembly, &mut known);
    foreign_keys(admin, &mut assembly, &known).await?;
    indexes(admin, &mut assembly, &known).await?;
    for (name, table) in known {
        if let Some(found) = assembly.get(&name) {
            found.checks = table.created.checks;
        }
    }
    Ok(assembly)
}

/// Whether no further query can or may run after this error.
fn is_end(error: &Error) -> bool {
    matches!(
        error,
        Error::Disconnected(_)
            | Error::Limit { .. }
            | Error::Timeout
            | Error::Cancelled
            | Error::Closed
            | Error::TransactionClosed
    )
}

/// Adds the tables. Returns the views and virtual tables, whose columns are queried one by one.
async fn tables(
    admin: &mut AdminConnection<'_>,
    options: &ReflectOptions,
    assembly: &mut Assembly,
    known: &mut HashMap<String, TableDetails>,
) -> Result<Vec<String>> {
    let only: HashSet<&str> = options.only.iter().map(String::as_str).collect();
    let mut odd = Vec::new();
    let mut sql = SqlWriter::new(Dialect::Sqlite);
    sql.push("SELECT l.name, l.type, CAST(l.wr AS TEXT), substr(m.sql, 1, ").number(MAX_CREATE + 1).push(
        ") FROM pragma_table_list AS l \
         JOIN main.sqlite_schema AS m ON m.name = l.name AND m.type IN ('table', 'view') \
         WHERE l.schema = 'main' AND l.type IN ('table', 'virtual', 'view') AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
         AND l.name NOT LIKE 'pragma\\_%' ESCAPE '\\'",
    );
    admin
        .rows(sql.finish(), &[], 4, |cells| {
            let (name, kind, without_rowid, text) = (cells.text(), cells.text(), cells.flag(), cells.text());
            let is_view = kind == "view";
            if (is_view && !options.views) || (!only.is_empty() && !only.contains(name.as_str())) {
                return Ok(());
            }
            if text.len() > MAX_CREATE {
                return Err(Error::Limit { kind: crate::error::LimitKind::Bytes, allowed: MAX_CREATE as u64 });
            }
            assembly.table(name.clone(), None, is_view)?;
            let created = if kind == "table" { create::read(&text) } else { Created::default() };
            for check in &created.checks {
                assembly.text(check.expression.clone())?;
            }
            if kind != "table" {
                odd.push(name.clone());
            }
            known.insert(name, TableDetails { created, without_rowid, key: Vec::new() });
            Ok(())
        })
        .await?;
    Ok(odd)
}

async fn columns(
    admin: &mut AdminConnection<'_>,
    assembly: &mut Assembly,
    known: &mut HashMap<String, TableDetails>,
) -> Result<()> {
    let mut sql = SqlWriter::new(Dialect::Sqlite);
    sql.push("SELECT m.name, ").push(COLUMNS).push(" FROM main.sqlite_schema AS m ");
    sql.push("JOIN pragma_table_xinfo(m.name, 'main') AS x WHERE ").push(STORED).push(" ORDER BY m.name, x.cid");
    admin.rows(sql.finish(), &[], 7, |cells| column(&cells.text(), cells, assembly, known)).await
}

async fn odd_columns(
    admin: &mut AdminConnection<'_>,
    name: &str,
    assembly: &mut Assembly,
    known: &mut HashMap<String, TableDetails>,
) -> Result<()> {
    let mut sql = SqlWriter::new(Dialect::Sqlite);
    sql.push("SELECT ").push(COLUMNS).push(" FROM pragma_table_xinfo(?, 'main') AS x ORDER BY x.cid");
    admin.rows(sql.finish(), &[name], 6, |cells| column(name, cells, assembly, known)).await
}

/// Adds a column from a row of [`COLUMNS`].
fn column(
    table: &str,
    cells: &mut Cells<'_>,
    assembly: &mut Assembly,
    known: &mut HashMap<String, TableDetails>,
) -> Result<()> {
    let Some(known) = known.get_mut(table) else { return Ok(()) };
    let (name, declared, not_null) = (cells.text(), cells.text(), cells.flag());
    let (default, place, hidden) = (cells.next(), cells.text(), cells.text());
    // A hidden column of a virtual table is an argument of its queries, not data.
    if hidden == "1" {
        return Ok(());
    }
    let native = without_generated(&declared);
    let ty = types::parse_type(native, Dialect::Sqlite);
    let default = default.map(|text| assembly.text(text)).transpose()?;
    let default = default.map_or(DefaultValue::None, |text| default_value(&text, &ty, Dialect::Sqlite));
    if let Some(place) = place.parse().ok().filter(|place| *place > 0) {
        known.key.push((place, name.clone()));
    }
    let computed = known.created.computed.iter().find(|(column, _)| *column == name);
    let computed = computed.map(|(_, expression)| assembly.text(expression.clone())).transpose()?;
    let nullable = !not_null;
    let column = Column { name, ty, nullable, default, on_update: DefaultValue::None, computed, comment: None };
    assembly.column(table, column)
}

/// A computed column's type without `GENERATED ALWAYS`, which SQLite parses as a part of it.
fn without_generated(declared: &str) -> &str {
    const WORDS: &str = "GENERATED ALWAYS";
    let cut = declared.len().checked_sub(WORDS.len()).and_then(|at| declared.split_at_checked(at));
    cut.filter(|(_, tail)| tail.eq_ignore_ascii_case(WORDS)).map_or(declared, |(head, _)| head).trim()
}

/// Sets the primary keys. A single-column `INTEGER` key is the rowid: never null, and generated.
fn primary_keys(assembly: &mut Assembly, known: &mut HashMap<String, TableDetails>) {
    for (name, known) in known {
        known.key.sort();
        let Some(table) = assembly.get(name) else { continue };
        table.primary_key = known.key.iter().map(|(_, column)| column.clone()).collect();
        table.primary_key_name = known.created.primary_key.clone();
        let [only] = table.primary_key.as_slice() else { continue };
        let Some(column) = table.columns.iter_mut().find(|column| column.name == *only) else { continue };
        let is_integer = column.ty.native.as_deref().is_some_and(|native| native.eq_ignore_ascii_case("INTEGER"));
        if is_integer && !known.without_rowid {
            (column.nullable, column.default) = (false, DefaultValue::GeneratedKey);
        }
    }
}

/// Adds the foreign keys. SQLite numbers them from the last to the first, and its pragma does not return their names.
async fn foreign_keys(
    admin: &mut AdminConnection<'_>,
    assembly: &mut Assembly,
    known: &HashMap<String, TableDetails>,
) -> Result<()> {
    let mut sql = SqlWriter::new(Dialect::Sqlite);
    sql.push(
        "SELECT m.name, CAST(f.id AS TEXT), f.\"table\", f.\"from\", f.\"to\", f.on_delete, f.on_update \
         FROM main.sqlite_schema AS m JOIN pragma_foreign_key_list(m.name, 'main') AS f WHERE ",
    );
    sql.push(STORED).push(" ORDER BY m.name, f.id DESC, f.seq");
    // SQLite ignores the case of a referred table's name. The caller looks tables up by their exact names.
    let real: HashMap<String, String> = known.keys().map(|name| (name.to_ascii_lowercase(), name.clone())).collect();
    let mut last = (String::new(), String::new());
    admin
        .rows(sql.finish(), &[], 7, |cells| {
            let (name, id) = (cells.text(), cells.text());
            let (parent, from, to) = (cells.text(), cells.text(), cells.next());
            assembly.count(&[&parent, &from])?;
            let Some(table) = assembly.get(&name) else { return Ok(()) };
            let here = (name, id);
            if last != here {
                let parent = real.get(&parent.to_ascii_lowercase()).cloned().unwrap_or(parent);
                let (on_delete, on_update) = (action(&cells.text()), action(&cells.text()));
                let (columns, referred) = (Vec::new(), Vec::new());
                table.foreign_keys.push(ForeignKey {
                    name: None,
                    columns,
                    table: parent,
                    schema: None,
                    referred,
                    on_delete,
                    on_update,
                });
                last = here;
            }
            if let Some(key) = table.foreign_keys.last_mut() {
                key.columns.push(from);
                key.referred.extend(to);
            }
            Ok(())
        })
        .await?;
    for (name, known) in known {
        name_foreign_keys(admin, assembly, name, &known.created.foreign_keys).await?;
    }
    Ok(())
}

/// Sets the names of a table's foreign keys. One without referred columns refers to the other table's primary key.
async fn name_foreign_keys(
    admin: &mut AdminConnection<'_>,
    assembly: &mut Assembly,
    name: &str,
    named: &[Key],
) -> Result<()> {
    let Some(table) = assembly.get(name) else { return Ok(()) };
    for (at, key) in table.foreign_keys.iter_mut().enumerate() {
        key.name =
            named.get(at).filter(|named| same(&named.columns, &key.columns)).and_then(|named| named.name.clone());
        if key.referred.is_empty() {
            let sql = "SELECT name FROM pragma_table_xinfo(?, 'main') WHERE pk > 0 ORDER BY pk";
            let referred = &mut key.referred;
            admin
                .rows(sql, &[&key.table], 1, |cells| {
                    referred.push(cells.text());
                    Ok(())
                })
                .await?;
        }
    }
    Ok(())
}

async fn indexes(
    admin: &mut AdminConnection<'_>,
    assembly: &mut Assembly,
    known: &HashMap<String, TableDetails>,
) -> Result<()> {
    let mut sql = SqlWriter::new(Dialect::Sqlite);
    sql.push(
        "SELECT m.name, i.name, CAST(i.\"unique\" AS TEXT), i.origin, CAST(i.partial AS TEXT), c.name \
         FROM main.sqlite_schema AS m JOIN pragma_index_list(m.name, 'main') AS i JOIN pragma_index_info(i.name, 'main') AS c \
         WHERE ",
    );
    sql.push(STORED).push(" AND i.origin <> 'pk' ORDER BY m.name, i.name, c.seqno");
    let mut odd = HashSet::new();
    admin
        .rows(sql.finish(), &[], 6, |cells| {
            let (table, index, unique, origin) = (cells.text(), cells.text(), cells.flag(), cells.text());
            let (is_part, column) = (cells.flag(), cells.next());
            if !assembly.has(&table) {
                return Ok(());
            }
            let of = if origin == "u" { Keys::Uniques } else { Keys::Indexes };
            match column.filter(|_| !is_part) {
                Some(column) => assembly.key_column(&table, &index, unique, column, of),
                None => {
                    odd.insert((table, index));
                    Ok(())
                }
            }
        })
        .await?;
    for (table, index) in odd {
        assembly.forget_index(&table, &index);
    }
    for (name, known) in known {
        let Some(table) = assembly.get(name) else { continue };
        for unique in &mut table.uniques {
            // The index has a generated name.
            let named = known.created.uniques.iter().find(|named| same(&named.columns, &unique.columns));
            unique.name = named.and_then(|named| named.name.clone());
        }
    }
    Ok(())
}

fn same(some: &[String], other: &[String]) -> bool {
    some.len() == other.len() && some.iter().zip(other).all(|(a, b)| a.eq_ignore_ascii_case(b))
}

const _: () = assert!(MAX_TEXT == 1_048_576 && TABLES > 0, "the queries have the number in their text");
