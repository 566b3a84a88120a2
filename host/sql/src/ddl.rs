//! Renders statements that create and drop tables.
//!
//! Table definitions take no parameters, so names and constants are written by [`SqlWriter`]. They contain SQL text of a
//! guest only if `Catalog::declare` allowed it, or if reflection read it from the database.

mod column;
mod record;

use crate::{
    Dialect, Error, Result, Sql, SqlWriter,
    order::{TableOrder, order},
    schema::{Action, Column, DefaultValue, ForeignKey, Index, Table, TypeKind},
    sql::ModelSql,
};

pub use record::{RECORDS, is_records};

/// A statement that creates or drops tables.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition<'t> {
    /// Its text.
    pub sql: Sql,
    /// The tables that exist, or are gone, once it has run.
    pub tables: Vec<&'t Table>,
    /// Whether no part of its text is a guest's own SQL: everything else from a guest is quoted, so the text can be sent
    /// together with others and stays one statement.
    pub is_plain: bool,
}

impl<'t> Definition<'t> {
    /// Makes a statement about a table that creates no other.
    fn about(table: &Table, sql: Sql) -> Self {
        Self { sql, tables: Vec::new(), is_plain: is_plain(table) }
    }

    /// Makes a statement that drops tables; it contains their names only.
    #[must_use]
    pub fn drop(tables: Vec<&'t Table>, dialect: Dialect) -> Self {
        let mut writer = SqlWriter::compiling(dialect, usize::MAX);
        writer.push("DROP TABLE ").list(&tables, ", ", |writer, table| name(writer, table));
        Self { sql: writer.finish(), tables, is_plain: true }
    }
}

/// Returns the statements that create the tables with their keys, indexes and comments. Views are skipped.
///
/// A table comes after those that it refers to. Of foreign keys in a cycle, one is added at the end. A database that cannot
/// add it later does not check the referred table either, so there it is written with its own table.
pub fn create<'t>(tables: &[&'t Table], dialect: Dialect) -> Result<Vec<Definition<'t>>> {
    let tables: Vec<&'t Table> = tables.iter().copied().filter(|table| !table.is_view).collect();
    let TableOrder { tables: positions, back } = order(&tables);
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
            let mut writer = altered(table, dialect);
            foreign_key(writer.push(" ADD "), key);
            statements.push(Definition::about(table, writer.finish()));
        }
    }
    Ok(statements)
}

/// Returns the statements that drop the tables, referring tables first. Views are skipped.
///
/// Foreign keys in a cycle are dropped before the tables if the database can do that. SQLite cannot: there the caller
/// disables the checking of foreign keys during the drop. All tables go in one statement if the database has such a
/// statement: it locks them before it drops the first.
pub fn drop<'t>(tables: &[&'t Table], dialect: Dialect) -> Result<Vec<Definition<'t>>> {
    let tables: Vec<&'t Table> = tables.iter().copied().filter(|table| !table.is_view).collect();
    let TableOrder { tables: positions, back } = order(&tables);
    let mut statements = Vec::new();
    if dialect.capabilities().alter_constraint {
        for (position, key) in back {
            let Some((table, key)) = tables.get(position).and_then(|t| t.foreign_keys.get(key).map(|key| (t, key)))
            else {
                continue;
            };
            let Some(of_key) = &key.name else {
                return Err(Error::CircularDependency(vec![table.name.clone(), key.table.clone()]));
            };
            let mut writer = altered(table, dialect);
            let is_constraint = dialect == Dialect::Postgres;
            writer.push(if is_constraint { " DROP CONSTRAINT " } else { " DROP FOREIGN KEY " }).name(of_key);
            statements.push(Definition::about(table, writer.finish()));
        }
    }
    let ordered: Vec<&Table> = positions.into_iter().rev().filter_map(|at| tables.get(at).copied()).collect();
    let at_once = if dialect.capabilities().embedded { 1 } else { ordered.len().max(1) };
    statements.extend(ordered.chunks(at_once).map(|some| Definition::drop(some.to_vec(), dialect)));
    Ok(statements)
}

/// Whether a table has no SQL text of a guest's own. (A type of the database's own counts as such text.)
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
) -> Result<Sql> {
    check_keys(table, dialect)?;
    let mut writer = SqlWriter::compiling(dialect, usize::MAX);
    name(writer.push("CREATE TABLE "), table);
    writer.push(" (\n  ");
    writer.list(&table.columns, LINE, |writer, at| column::define(writer, table, at, dialect));
    if !table.primary_key.is_empty() {
        named(writer.push(LINE), table.primary_key_name.as_deref());
        writer.push("PRIMARY KEY (").names(&table.primary_key).push(")");
    }
    for unique in &table.uniques {
        named(writer.push(LINE), unique.name.as_deref());
        writer.push("UNIQUE (").names(&unique.columns).push(")");
    }
    for index in table.indexes.iter().filter(|_| indexes_within(dialect)) {
        index_within(writer.push(LINE), index);
    }
    for check in &table.checks {
        named(writer.push(LINE), check.name.as_deref());
        writer.push("CHECK ").declared(ModelSql::Check(check));
    }
    for at in table.columns.iter().filter(|at| column::has_labels(at)) {
        column::labels_check(writer.push(LINE), at);
    }
    for key in foreign_keys {
        foreign_key(writer.push(LINE), key);
    }
    writer.push("\n)");
    options(&mut writer, table, dialect);
    Ok(writer.finish())
}

/// The separator between the parts of a table's definition.
const LINE: &str = ",\n  ";

/// Writes the options after a table's definition. On MySQL, texts compare by code points as on the other databases; with its
/// default collation, `unique` columns would refuse texts that differ only in case, accents or trailing blanks.
fn options(writer: &mut SqlWriter, table: &Table, dialect: Dialect) {
    if let Dialect::Mysql | Dialect::Mariadb = dialect {
        writer.push(" ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=").push(dialect.collation());
        if let Some(comment) = &table.comment {
            writer.push(" COMMENT=").text(comment);
        }
    }
}

/// Refuses keys on texts of unlimited length, which MySQL cannot index.
fn check_keys(table: &Table, dialect: Dialect) -> Result<()> {
    if dialect.capabilities().text_keys {
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
/// index is the greatest cost of creating tables.
fn indexes_within(dialect: Dialect) -> bool {
    matches!(dialect, Dialect::Mysql | Dialect::Mariadb)
}

fn index_within(writer: &mut SqlWriter, index: &Index) {
    writer.push(if index.unique { "UNIQUE INDEX " } else { "INDEX " }).name(index.name.as_deref().unwrap_or_default());
    writer.push(" (").names(&index.columns).push(")");
}

fn create_index(table: &Table, index: &Index, dialect: Dialect) -> Sql {
    let mut writer = SqlWriter::compiling(dialect, usize::MAX);
    writer.push(if index.unique { "CREATE UNIQUE INDEX " } else { "CREATE INDEX " });
    // An index belongs to its table's schema; only SQLite would allow to qualify its name.
    name(writer.name(index.name.as_deref().unwrap_or_default()).push(" ON "), table);
    writer.push(" (").names(&index.columns).push(")");
    writer.finish()
}

/// Returns comments as statements of their own. MySQL has them in the definition; SQLite stores none.
fn comments(table: &Table, dialect: Dialect) -> Vec<Sql> {
    if dialect != Dialect::Postgres {
        return Vec::new();
    }
    let of_table = table.comment.iter().map(|text| {
        let mut writer = SqlWriter::compiling(dialect, usize::MAX);
        name(writer.push("COMMENT ON TABLE "), table);
        writer.push(" IS ").text(text);
        writer.finish()
    });
    let of_columns = table.columns.iter().filter_map(|column| {
        let mut writer = SqlWriter::compiling(dialect, usize::MAX);
        name(writer.push("COMMENT ON COLUMN "), table);
        writer.push(".").name(&column.name).push(" IS ").text(column.comment.as_ref()?);
        Some(writer.finish())
    });
    of_table.chain(of_columns).collect()
}

fn foreign_key(writer: &mut SqlWriter, key: &ForeignKey) {
    named(writer, key.name.as_deref());
    writer.push("FOREIGN KEY (").names(&key.columns).push(") REFERENCES ");
    writer.qualified(key.schema.as_deref(), &key.table).push(" (").names(&key.referred).push(")");
    for (event, action) in [(" ON DELETE ", key.on_delete), (" ON UPDATE ", key.on_update)] {
        let action = match action {
            // The default; if it is written out, some databases report it and some do not.
            Action::NoAction => continue,
            Action::Restrict => "RESTRICT",
            Action::Cascade => "CASCADE",
            Action::SetNull => "SET NULL",
            Action::SetDefault => "SET DEFAULT",
        };
        writer.push(event).push(action);
    }
}

fn altered(table: &Table, dialect: Dialect) -> SqlWriter {
    let mut writer = SqlWriter::compiling(dialect, usize::MAX);
    name(writer.push("ALTER TABLE "), table);
    writer
}

fn name(writer: &mut SqlWriter, table: &Table) {
    writer.qualified(table.schema.as_deref(), &table.name);
}

fn named(writer: &mut SqlWriter, name: Option<&str>) {
    if let Some(name) = name {
        writer.push("CONSTRAINT ").name(name).push(" ");
    }
}

/// Whether the database generates the column's values.
fn is_generated(column: &Column) -> bool {
    column.default == DefaultValue::GeneratedKey
}

#[cfg(test)]
mod tests;
