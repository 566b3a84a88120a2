//! Reflects the tables of MySQL and MariaDB from `information_schema`: six queries for a whole database.
//!
//! Both have the same views, except for the content of defaults and checks, which depends on the server, not on the URL: MariaDB
//! writes defaults as SQL, MySQL writes constants as their bare content.

use std::collections::HashSet;

use sqlservice_sql::{
    Dialect, Error as StatementError, SqlWriter,
    schema::{Action, Check, Column, DefaultValue, ForeignKey, TypeKind},
    types,
};

use crate::{
    Error, Result,
    operation::{
        admin::{AdminConnection, Cells},
        reflect::{
            assembly::{Assembly, Keys, action},
            default::{constant, default_value},
            options::ReflectOptions,
        },
    },
    settings::Isolation,
};

const SERVER: &str = "SELECT CONVERT(VERSION() USING utf8mb4), CONVERT(DATABASE() USING utf8mb4)";

const TABLES: &str = "\
    SELECT CONVERT(t.table_name USING utf8mb4), CONVERT(t.table_type USING utf8mb4), \
        CONVERT(t.table_comment USING utf8mb4) \
    FROM information_schema.tables t WHERE t.table_schema = DATABASE()";

const COLUMNS: &str = "\
    SELECT CONVERT(t.table_name USING utf8mb4), CONVERT(t.column_name USING utf8mb4), \
        CONVERT(t.column_type USING utf8mb4), CONVERT(t.is_nullable USING utf8mb4), \
        CONVERT(LEFT(t.column_default, 1048577) USING utf8mb4), CONVERT(t.extra USING utf8mb4), \
        CONVERT(t.generation_expression USING utf8mb4), CONVERT(t.column_comment USING utf8mb4) \
    FROM information_schema.columns t WHERE t.table_schema = DATABASE()";

const INDEXES: &str = "\
    SELECT CONVERT(t.table_name USING utf8mb4), CONVERT(t.index_name USING utf8mb4), \
        CONVERT(t.column_name USING utf8mb4), CAST(t.non_unique AS CHAR), CAST(t.sub_part AS CHAR), \
        CONVERT(t.index_type USING utf8mb4) \
    FROM information_schema.statistics t WHERE t.table_schema = DATABASE()";

const FOREIGN_COLUMNS: &str = "\
    SELECT CONVERT(t.table_name USING utf8mb4), CONVERT(t.constraint_name USING utf8mb4), \
        CONVERT(t.column_name USING utf8mb4), \
        CASE WHEN t.referenced_table_schema = DATABASE() THEN NULL \
            ELSE CONVERT(t.referenced_table_schema USING utf8mb4) END, \
        CONVERT(t.referenced_table_name USING utf8mb4), CONVERT(t.referenced_column_name USING utf8mb4) \
    FROM information_schema.key_column_usage t \
    WHERE t.table_schema = DATABASE() AND t.referenced_table_name IS NOT NULL";

const FOREIGN_RULES: &str = "\
    SELECT CONVERT(t.table_name USING utf8mb4), CONVERT(t.constraint_name USING utf8mb4), \
        CONVERT(t.delete_rule USING utf8mb4), CONVERT(t.update_rule USING utf8mb4) \
    FROM information_schema.referential_constraints t WHERE t.constraint_schema = DATABASE()";

/// In MariaDB the name of a check is unique within its table, and a column's own check has the column's name.
const MARIADB_CHECKS: &str = "\
    SELECT CONVERT(t.table_name USING utf8mb4), CONVERT(t.constraint_name USING utf8mb4), \
        CONVERT(t.check_clause USING utf8mb4), CASE WHEN t.level = 'Column' THEN '1' ELSE '0' END \
    FROM information_schema.check_constraints t WHERE t.constraint_schema = DATABASE()";

/// In MySQL the name of a check is unique within its database.
const MYSQL_CHECKS: &str = "\
    SELECT CONVERT(t.table_name USING utf8mb4), CONVERT(t.constraint_name USING utf8mb4), \
        CONVERT(c.check_clause USING utf8mb4), '0' \
    FROM information_schema.table_constraints t JOIN information_schema.check_constraints c \
        ON c.constraint_schema = t.constraint_schema AND c.constraint_name = t.constraint_name \
    WHERE t.table_schema = DATABASE() AND t.constraint_type = 'CHECK'";

/// The tables to read, the kind of server and the result so far.
struct Reader<'r> {
    only: &'r [String],
    is_mariadb: bool,
    assembly: Assembly,
}

/// The isolation level that would read the whole schema at one moment: none, because the catalog has no snapshots.
pub(crate) const SNAPSHOT: Option<Isolation> = None;

/// Reads the schema. A table that is dropped meanwhile may appear without columns.
pub(crate) async fn read(admin: &mut AdminConnection<'_>, options: &ReflectOptions) -> Result<Assembly> {
    let server = admin.one(SERVER, &[], 2).await?;
    let [Some(version), database] = server.as_slice() else { return Err(Error::Disconnected(None)) };
    if options.schema.is_some() && options.schema != *database {
        let message = "this database has one schema, itself; leave the schema out".to_owned();
        return Err(StatementError::Unsupported { capability: "schemas", message }.into());
    }
    let is_mariadb = version.contains("MariaDB");
    let mut reader = Reader { only: &options.only, is_mariadb, assembly: Assembly::new() };
    reader.tables(admin, options.views).await?;
    reader.columns(admin).await?;
    reader.indexes(admin).await?;
    reader.foreign_keys(admin).await?;
    reader.checks(admin).await?;
    Ok(reader.assembly)
}

impl Reader<'_> {
    /// Runs a query, restricted to the requested tables.
    async fn rows<F>(
        &mut self,
        admin: &mut AdminConnection<'_>,
        query: &'static str,
        order: &'static str,
        width: usize,
        mut each: F,
    ) -> Result<()>
    where
        F: FnMut(&mut Cells<'_>, &mut Assembly) -> Result<()> + Send,
    {
        let only: Vec<&str> = self.only.iter().map(String::as_str).collect();
        let mut sql = SqlWriter::new(Dialect::Mysql);
        sql.push(query);
        if !only.is_empty() {
            sql.push(" AND t.table_name IN (").placeholders(only.len()).push(")");
        }
        if !order.is_empty() {
            sql.push(" ORDER BY ").push(order);
        }
        let assembly = &mut self.assembly;
        admin.rows(sql.finish(), &only, width, |cells| each(cells, assembly)).await
    }

    async fn tables(&mut self, admin: &mut AdminConnection<'_>, views: bool) -> Result<()> {
        let only: HashSet<&str> = self.only.iter().map(String::as_str).collect();
        self.rows(admin, TABLES, "", 3, |cells, assembly| {
            let (name, kind, comment) = (cells.text(), cells.text(), cells.next());
            let is_view = match kind.as_str() {
                "BASE TABLE" | "SYSTEM VERSIONED" => false,
                "VIEW" if views => true,
                _ => return Ok(()),
            };
            // The catalog compares names without case.
            if !only.is_empty() && !only.contains(name.as_str()) {
                return Ok(());
            }
            // The comment of a view is `VIEW`, or the reason why it is broken.
            let comment = assembly.comment(comment.filter(|_| !is_view))?;
            assembly.table(name.clone(), None, is_view)?;
            if let Some(table) = assembly.get(&name) {
                table.comment = comment;
            }
            Ok(())
        })
        .await
    }

    async fn columns(&mut self, admin: &mut AdminConnection<'_>) -> Result<()> {
        let is_mariadb = self.is_mariadb;
        self.rows(admin, COLUMNS, "t.table_name, t.ordinal_position", 8, |cells, assembly| {
            let table = cells.text();
            if assembly.has(&table) { column(&table, cells, assembly, is_mariadb) } else { Ok(()) }
        })
        .await
    }

    /// Reads indexes, of which one is the primary key. MySQL does not distinguish unique indexes from unique constraints.
    async fn indexes(&mut self, admin: &mut AdminConnection<'_>) -> Result<()> {
        let mut odd = HashSet::new();
        self.rows(admin, INDEXES, "t.table_name, t.index_name, t.seq_in_index", 6, |cells, assembly| {
            let (table, index, column) = (cells.text(), cells.text(), cells.next());
            let (is_unique, prefix, kind) = (!cells.flag(), cells.next(), cells.text());
            let plain = prefix.is_none() && matches!(kind.as_str(), "BTREE" | "HASH");
            match column.filter(|_| plain || index == "PRIMARY") {
                Some(column) if index == "PRIMARY" => {
                    assembly.count(&[&column])?;
                    if let Some(table) = assembly.get(&table) {
                        table.primary_key.push(column);
                    }
                    Ok(())
                }
                Some(column) if is_unique => assembly.key_column(&table, &index, true, column, Keys::Uniques),
                Some(column) => assembly.key_column(&table, &index, false, column, Keys::Indexes),
                None => {
                    odd.insert((table, index));
                    Ok(())
                }
            }
        })
        .await?;
        for (table, index) in odd {
            self.assembly.forget_index(&table, &index);
        }
        Ok(())
    }

    async fn foreign_keys(&mut self, admin: &mut AdminConnection<'_>) -> Result<()> {
        let order = "t.table_name, t.constraint_name, t.ordinal_position";
        self.rows(admin, FOREIGN_COLUMNS, order, 6, |cells, assembly| {
            let (table, name, column) = (cells.text(), cells.text(), cells.text());
            let (schema, far, referred) = (cells.next(), cells.text(), cells.text());
            assembly.count(&[&name, &column, &far, &referred])?;
            let Some(table) = assembly.get(&table) else { return Ok(()) };
            match table.foreign_keys.last_mut() {
                Some(last) if last.name.as_ref() == Some(&name) => {
                    last.columns.push(column);
                    last.referred.push(referred);
                }
                _ => table.foreign_keys.push(ForeignKey {
                    name: Some(name),
                    columns: vec![column],
                    table: far,
                    schema,
                    referred: vec![referred],
                    on_delete: Action::NoAction,
                    on_update: Action::NoAction,
                }),
            }
            Ok(())
        })
        .await?;
        let is_mariadb = self.is_mariadb;
        self.rows(admin, FOREIGN_RULES, "", 4, |cells, assembly| {
            let (table, name) = (cells.text(), cells.text());
            let rule = |text: String| match action(&text) {
                // MariaDB reports its default as `RESTRICT`, which is the same.
                Action::Restrict if is_mariadb => Action::NoAction,
                rule => rule,
            };
            let (on_delete, on_update) = (rule(cells.text()), rule(cells.text()));
            let Some(table) = assembly.get(&table) else { return Ok(()) };
            if let Some(key) = table.foreign_keys.iter_mut().find(|key| key.name.as_ref() == Some(&name)) {
                (key.on_delete, key.on_update) = (on_delete, on_update);
                // The index that the server made for the key is created and dropped with it.
                let columns = key.columns.clone();
                table.indexes.retain(|index| index.name.as_ref() != Some(&name) || index.columns != columns);
            }
            Ok(())
        })
        .await
    }

    async fn checks(&mut self, admin: &mut AdminConnection<'_>) -> Result<()> {
        let query = if self.is_mariadb { MARIADB_CHECKS } else { MYSQL_CHECKS };
        self.rows(admin, query, "", 4, |cells, assembly| {
            let (table, name, text) = (cells.text(), cells.text(), assembly.text(cells.text())?);
            let of_column = cells.flag();
            let Some(table) = assembly.get(&table) else { return Ok(()) };
            if of_column && text == format!("json_valid(`{}`)", name.replace('`', "``")) {
                // MariaDB declares JSON columns by this check.
                if let Some(column) = table.columns.iter_mut().find(|column| column.name == name) {
                    column.ty.kind = TypeKind::Json;
                    return Ok(());
                }
            }
            let name = (!of_column).then_some(name);
            table.checks.push(Check {
                name,
                expression: crate::operation::reflect::default::unwrapped(&text, Dialect::Mysql).to_owned(),
            });
            Ok(())
        })
        .await
    }
}

/// Adds a column from the cells that [`COLUMNS`] selects after the table's name.
fn column(table: &str, cells: &mut Cells<'_>, assembly: &mut Assembly, is_mariadb: bool) -> Result<()> {
    let (name, native, nullable) = (cells.text(), cells.text(), cells.text() == "YES");
    let (text, extra, computed) = (cells.next(), cells.text().to_ascii_lowercase(), cells.next());
    let comment = assembly.comment(cells.next())?;
    let ty = types::parse_type(&native, if is_mariadb { Dialect::Mariadb } else { Dialect::Mysql });
    let text = text.map(|text| assembly.text(text)).transpose()?;
    let computed = computed.filter(|text| !text.is_empty()).map(|text| assembly.text(text)).transpose()?;
    let default = match text {
        _ if extra.contains("auto_increment") => DefaultValue::GeneratedKey,
        _ if computed.is_some() => DefaultValue::None,
        None => DefaultValue::None,
        Some(text) if is_mariadb || extra.contains("default_generated") => default_value(&text, &ty, Dialect::Mysql),
        Some(text) => constant(&text, &ty),
    };
    let on_update = if extra.contains("on update") { DefaultValue::Now } else { DefaultValue::None };
    assembly.column(table, Column { name, ty, nullable, default, on_update, computed, comment })
}
