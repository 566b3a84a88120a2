//! Statements that create and drop tables.
//!
//! Table definitions take no parameters, so names and constants are written by [`crate::quote`]. SQL text of guests is in
//! here only where `Catalog::declare` was told that it is allowed, or where reflection read it from the database.

mod column;

use crate::{
    Dialect, Error, Result,
    order::{Order, order},
    quote,
    schema::{Action, Check, Column, DefaultValue, ForeignKey, Index, Table, TypeKind},
};

/// A statement that creates or drops.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition<'t> {
    /// Its text.
    pub sql: String,
    /// The tables that are there, or gone, once it is done.
    pub tables: Vec<&'t Table>,
    /// Whether no part of its text is SQL of a guest's own: what a guest said of it is in quotes, so it can be sent together
    /// with others and stays one statement.
    pub is_plain: bool,
}

impl<'t> Definition<'t> {
    /// A statement about a table that creates no other.
    fn about(table: &Table, sql: String) -> Self {
        Self { sql, tables: Vec::new(), is_plain: is_plain(table) }
    }

    /// A statement that drops tables, of which it says the names only.
    #[must_use]
    pub fn drop(tables: Vec<&'t Table>, dialect: Dialect) -> Self {
        let names: Vec<_> =
            tables.iter().map(|table| quote::table(table.schema.as_deref(), &table.name, dialect)).collect();
        Self { sql: format!("DROP TABLE {}", names.join(", ")), tables, is_plain: true }
    }
}

/// Statements that create the tables with their keys, indexes and comments. Views are passed over.
///
/// Tables come after those that they refer to. Where foreign keys go in a circle, one of them is added at the end, or is
/// written with its table where the database cannot add it later, as it then does not look at what is referred to.
pub fn create<'t>(tables: &[&'t Table], dialect: Dialect) -> Result<Vec<Definition<'t>>> {
    let tables: Vec<&'t Table> = tables.iter().copied().filter(|table| !table.is_view).collect();
    let Order { tables: positions, back } = order(&tables);
    let late = if dialect.capabilities().alter_constraint { back } else { Vec::new() };
    let mut statements = Vec::new();
    for position in positions {
        if let Some(&table) = tables.get(position) {
            let keys = table.foreign_keys.iter().enumerate();
            let inline = keys.filter(|(key, _)| !late.contains(&(position, *key))).map(|(_, key)| key);
            let sql = create_table(table, inline, dialect)?;
            statements.push(Definition { tables: vec![table], ..Definition::about(table, sql) });
            let indexes = table.indexes.iter().filter(|_| !indexes_within(dialect));
            let indexes = indexes.map(|index| create_index(table, index, dialect));
            statements.extend(indexes.chain(comments(table, dialect)).map(|sql| Definition::about(table, sql)));
        }
    }
    for (position, key) in late {
        if let Some((table, key)) = tables.get(position).and_then(|t| t.foreign_keys.get(key).map(|key| (t, key))) {
            let name = quote::table(table.schema.as_deref(), &table.name, dialect);
            let sql = format!("ALTER TABLE {name} ADD {}", foreign_key(key, dialect));
            statements.push(Definition::about(table, sql));
        }
    }
    Ok(statements)
}

/// Statements that drop the tables: those that refer to others first. Views are passed over.
///
/// Foreign keys in a circle are dropped before the tables where the database can do that. SQLite cannot: there the caller
/// turns the checking of foreign keys off for the time of the drop. All tables go in one statement where there is such a one:
/// it locks them before it drops the first.
pub fn drop<'t>(tables: &[&'t Table], dialect: Dialect) -> Result<Vec<Definition<'t>>> {
    let tables: Vec<&'t Table> = tables.iter().copied().filter(|table| !table.is_view).collect();
    let Order { tables: positions, back } = order(&tables);
    let mut statements = Vec::new();
    if dialect.capabilities().alter_constraint {
        for (position, key) in back {
            let Some((table, key)) = tables.get(position).and_then(|t| t.foreign_keys.get(key).map(|key| (t, key)))
            else {
                continue;
            };
            let Some(name) = &key.name else {
                return Err(Error::CircularDependency(vec![table.name.clone(), key.table.clone()]));
            };
            let what = if dialect == Dialect::Postgres { "CONSTRAINT" } else { "FOREIGN KEY" };
            let text = quote::table(table.schema.as_deref(), &table.name, dialect);
            let sql = format!("ALTER TABLE {text} DROP {what} {}", quote::identifier(name, dialect));
            statements.push(Definition::about(table, sql));
        }
    }
    let ordered: Vec<&Table> = positions.into_iter().rev().filter_map(|at| tables.get(at).copied()).collect();
    let at_once = if dialect.capabilities().embedded { 1 } else { ordered.len().max(1) };
    statements.extend(ordered.chunks(at_once).map(|some| Definition::drop(some.to_vec(), dialect)));
    Ok(statements)
}

/// Whether a table has no SQL text of a guest's own. (A type of the database's own is such a text, too.)
fn is_plain(table: &Table) -> bool {
    let is_text = |default: &DefaultValue| matches!(default, DefaultValue::Expression(_));
    let has_text = |column: &Column| {
        let native = [Some(column.ty.kind), column.ty.element].contains(&Some(TypeKind::Other));
        native || column.computed.is_some() || is_text(&column.default)
    };
    table.checks.is_empty() && !table.columns.iter().any(has_text)
}

fn create_table<'a>(
    table: &Table,
    foreign_keys: impl Iterator<Item = &'a ForeignKey>,
    dialect: Dialect,
) -> Result<String> {
    check_keys(table, dialect)?;
    let mut lines: Vec<String> = table.columns.iter().map(|at| column::define(table, at, dialect)).collect();
    if !table.primary_key.is_empty() {
        let name = named(table.primary_key_name.as_deref(), dialect);
        lines.push(format!("{name}PRIMARY KEY ({})", columns(&table.primary_key, dialect)));
    }
    for unique in &table.uniques {
        let name = named(unique.name.as_deref(), dialect);
        lines.push(format!("{name}UNIQUE ({})", columns(&unique.columns, dialect)));
    }
    if indexes_within(dialect) {
        lines.extend(table.indexes.iter().map(|index| index_within(index, dialect)));
    }
    for Check { name, expression } in &table.checks {
        lines.push(format!("{}CHECK ({expression})", named(name.as_deref(), dialect)));
    }
    lines.extend(table.columns.iter().filter_map(|at| column::labels_check(at, dialect)));
    lines.extend(foreign_keys.map(|key| foreign_key(key, dialect)));
    let name = quote::table(table.schema.as_deref(), &table.name, dialect);
    let options = options(table, dialect);
    Ok(format!("CREATE TABLE {name} (\n  {}\n){options}", lines.join(",\n  ")))
}

/// What follows a table's definition. On MySQL, texts compare by their code points as they do on the other databases; its
/// own habit would make `unique` columns refuse texts that differ in case, accents or blanks at their end.
fn options(table: &Table, dialect: Dialect) -> String {
    match dialect {
        Dialect::Sqlite | Dialect::Postgres => String::new(),
        Dialect::Mysql | Dialect::Mariadb => {
            let comment = table.comment.as_ref().map(|comment| format!(" COMMENT={}", quote::text(comment, dialect)));
            let comment = comment.unwrap_or_default();
            format!(" ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE={}{comment}", dialect.collation())
        }
    }
}

/// MySQL indexes no text of unlimited length.
fn check_keys(table: &Table, dialect: Dialect) -> Result<()> {
    if !matches!(dialect, Dialect::Mysql | Dialect::Mariadb) {
        return Ok(());
    }
    let keys = table.uniques.iter().chain(&table.indexes).map(|index| &index.columns);
    let keys = keys.chain(table.foreign_keys.iter().map(|key| &key.columns)).chain([&table.primary_key]);
    let used: std::collections::HashSet<&String> = keys.flatten().collect();
    let long = |at: &&Column| {
        let blob = at.ty.kind == TypeKind::Bytes && !crate::types::type_name(&at.ty, dialect).starts_with("VARBINARY");
        (blob || matches!(at.ty.kind, TypeKind::Text | TypeKind::Json)) && used.contains(&at.name)
    };
    match table.columns.iter().find(long) {
        None => Ok(()),
        Some(at) => Err(Error::Unsupported {
            capability: "text-keys",
            message: format!(
                "column {:?} of table {:?} is of unlimited length and part of a key or index, which this database \
                 cannot do: give it a length",
                at.name, table.name
            ),
        }),
    }
}

/// Whether indexes are part of a table's definition. Where each statement is a transaction of its own, one more for each
/// index is what creating tables costs most.
fn indexes_within(dialect: Dialect) -> bool {
    matches!(dialect, Dialect::Mysql | Dialect::Mariadb)
}

fn index_within(index: &Index, dialect: Dialect) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let name = quote::identifier(index.name.as_deref().unwrap_or_default(), dialect);
    format!("{unique}INDEX {name} ({})", columns(&index.columns, dialect))
}

fn create_index(table: &Table, index: &Index, dialect: Dialect) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let name = index.name.as_deref().unwrap_or_default();
    // The index lies in its table's schema; a name for its schema would only be allowed on SQLite.
    format!(
        "CREATE {unique}INDEX {} ON {} ({})",
        quote::identifier(name, dialect),
        quote::table(table.schema.as_deref(), &table.name, dialect),
        columns(&index.columns, dialect)
    )
}

/// Comments where they are statements of their own. MySQL has them in the definition; SQLite keeps none.
fn comments(table: &Table, dialect: Dialect) -> Vec<String> {
    if dialect != Dialect::Postgres {
        return Vec::new();
    }
    let name = quote::table(table.schema.as_deref(), &table.name, dialect);
    let of_table =
        table.comment.iter().map(|text| format!("COMMENT ON TABLE {name} IS {}", quote::text(text, dialect)));
    let of_columns = table.columns.iter().filter_map(|column| {
        let text = quote::text(column.comment.as_ref()?, dialect);
        Some(format!("COMMENT ON COLUMN {name}.{} IS {text}", quote::identifier(&column.name, dialect)))
    });
    of_table.chain(of_columns).collect()
}

fn foreign_key(key: &ForeignKey, dialect: Dialect) -> String {
    let mut text = format!(
        "{}FOREIGN KEY ({}) REFERENCES {} ({})",
        named(key.name.as_deref(), dialect),
        columns(&key.columns, dialect),
        quote::table(key.schema.as_deref(), &key.table, dialect),
        columns(&key.referred, dialect)
    );
    for (event, action) in [("DELETE", key.on_delete), ("UPDATE", key.on_update)] {
        let action = match action {
            // What databases do anyway; said aloud, some report it and some do not.
            Action::NoAction => continue,
            Action::Restrict => "RESTRICT",
            Action::Cascade => "CASCADE",
            Action::SetNull => "SET NULL",
            Action::SetDefault => "SET DEFAULT",
        };
        text.push_str(&format!(" ON {event} {action}"));
    }
    text
}

fn named(name: Option<&str>, dialect: Dialect) -> String {
    name.map(|name| format!("CONSTRAINT {} ", quote::identifier(name, dialect))).unwrap_or_default()
}

fn columns(names: &[String], dialect: Dialect) -> String {
    names.iter().map(|name| quote::identifier(name, dialect)).collect::<Vec<_>>().join(", ")
}

/// Whether the database counts the column up.
fn is_generated(column: &Column) -> bool {
    column.default == DefaultValue::GeneratedKey
}

#[cfg(test)]
mod tests;
