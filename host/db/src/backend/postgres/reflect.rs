//! Reflects PostgreSQL's tables from `pg_catalog`: six queries for a whole schema.
//!
//! Lists are sent as array literals in one text, so that the text of a query stays the same.

use sqlservice_sql::{
    Dialect,
    schema::{Action, Check, Column, ColumnType, DefaultValue, ForeignKey, TypeKind},
    types,
};

use crate::{
    Result,
    operation::{
        admin::{AdminConnection, Cells},
        reflect::{
            assembly::{Assembly, Keys},
            default::{default_value, unwrapped},
            options::ReflectOptions,
        },
    },
    settings::Isolation,
};

/// Views and materialised views, tables, partitioned and foreign ones. Selects one more than may be read, so that too many are
/// detected.
const TABLES: &str = "\
    SELECT c.oid::text, c.relname::text, (c.relkind IN ('v', 'm'))::text, \
        CASE WHEN n.nspname = current_schema() THEN NULL ELSE n.nspname::text END, \
        left(obj_description(c.oid, 'pg_class'), 1048577) \
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    WHERE n.nspname::text = coalesce(nullif($1::text, ''), current_schema()::text) \
        AND n.nspname::text NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' \
        AND (c.relkind IN ('r', 'p', 'f') OR ($2::text = 't' AND c.relkind IN ('v', 'm'))) \
        AND ($3::text = '{}' OR c.relname::text = ANY ($3::text::text[])) \
    ORDER BY c.relname LIMIT 10001";

/// A domain is read as its base type, but keeps its name.
const COLUMNS: &str = "\
    SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), \
        CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END, \
        a.attnotnull::text, left(pg_get_expr(d.adbin, d.adrelid), 1048577), (a.attidentity <> '')::text, \
        (a.attgenerated <> '')::text, left(col_description(a.attrelid, a.attnum), 1048577) \
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid \
        JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
        LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
    WHERE a.attrelid = ANY ($1::text::oid[]) AND a.attnum > 0 AND NOT a.attisdropped \
    ORDER BY c.relname, a.attnum";

const LABELS: &str = "\
    SELECT c.relname::text, a.attname::text, e.enumlabel::text \
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid \
        JOIN pg_catalog.pg_enum e ON e.enumtypid = a.atttypid \
    WHERE a.attrelid = ANY ($1::text::oid[]) AND a.attnum > 0 AND NOT a.attisdropped \
    ORDER BY c.relname, a.attnum, e.enumsortorder";

/// Keys, one row for each column. A foreign key to a partitioned table has a copy for each partition, whose parent is on the same
/// table.
const KEYS: &str = "\
    SELECT c.relname::text, k.conname::text, k.contype::text, a.attname::text, f.relname::text, \
        CASE WHEN n.nspname = current_schema() THEN NULL ELSE n.nspname::text END, b.attname::text, \
        k.confdeltype::text, k.confupdtype::text \
    FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid \
        CROSS JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS u (own, far, place) \
        JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.own \
        LEFT JOIN pg_catalog.pg_class f ON f.oid = k.confrelid \
        LEFT JOIN pg_catalog.pg_namespace n ON n.oid = f.relnamespace \
        LEFT JOIN pg_catalog.pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = u.far \
    WHERE k.conrelid = ANY ($1::text::oid[]) AND k.contype IN ('p', 'u', 'f') AND NOT EXISTS \
        (SELECT FROM pg_catalog.pg_constraint p WHERE p.oid = k.conparentid AND p.conrelid = k.conrelid) \
    ORDER BY c.relname, k.contype, k.conname, u.place";

const CHECKS: &str = "\
    SELECT c.relname::text, k.conname::text, left(pg_get_expr(k.conbin, k.conrelid), 1048577) \
    FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid \
    WHERE k.conrelid = ANY ($1::text::oid[]) AND k.contype = 'c' ORDER BY c.relname, k.conname";

/// Indexes that consist of columns and that no constraint created, one row for each column.
const INDEXES: &str = "\
    SELECT c.relname::text, x.relname::text, i.indisunique::text, a.attname::text \
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indrelid \
        JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid JOIN pg_catalog.pg_am m ON m.oid = x.relam \
        CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS u (own, place) \
        JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.own \
    WHERE i.indrelid = ANY ($1::text::oid[]) AND NOT i.indisprimary AND i.indexprs IS NULL AND i.indpred IS NULL \
        AND m.amname IN ('btree', 'hash') AND u.place <= i.indnkeyatts AND NOT EXISTS \
        (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')) \
    ORDER BY c.relname, x.relname, u.place";

/// The isolation level that reads the whole schema in one snapshot.
pub(crate) const SNAPSHOT: Option<Isolation> = Some(Isolation::RepeatableRead);

/// Reads the schema.
pub(crate) async fn read(admin: &mut AdminConnection<'_>, options: &ReflectOptions) -> Result<Assembly> {
    let mut assembly = Assembly::new();
    let tables = tables(admin, options, &mut assembly).await?;
    let tables = [tables.as_str()];
    admin.rows(COLUMNS, &tables, 9, |cells| column(cells, &mut assembly)).await?;
    admin.rows(LABELS, &tables, 3, |cells| label(cells, &mut assembly)).await?;
    admin.rows(KEYS, &tables, 9, |cells| key(cells, &mut assembly)).await?;
    admin
        .rows(CHECKS, &tables, 3, |cells| {
            let (table, name, text) = (cells.text(), cells.text(), assembly.text(cells.text())?);
            assembly.count(&[&name])?;
            if let Some(table) = assembly.get(&table) {
                table
                    .checks
                    .push(Check { name: Some(name), expression: unwrapped(&text, Dialect::Postgres).to_owned() });
            }
            Ok(())
        })
        .await?;
    admin
        .rows(INDEXES, &tables, 4, |cells| {
            let (table, index, unique, column) = (cells.text(), cells.text(), cells.flag(), cells.text());
            assembly.key_column(&table, &index, unique, column, Keys::Indexes)
        })
        .await?;
    Ok(assembly)
}

/// Adds the tables. Returns their OIDs as an array literal.
async fn tables(admin: &mut AdminConnection<'_>, options: &ReflectOptions, assembly: &mut Assembly) -> Result<String> {
    let schema = options.schema.as_deref().unwrap_or_default();
    let views = if options.views { "t" } else { "f" };
    let mut numbers: Vec<String> = Vec::new();
    admin
        .rows(TABLES, &[schema, views, &array(&options.only)], 5, |cells| {
            numbers.push(cells.text());
            let (name, is_view, schema) = (cells.text(), cells.flag(), cells.next());
            let comment = assembly.comment(cells.next())?;
            assembly.table(name.clone(), schema, is_view)?;
            if let Some(table) = assembly.get(&name) {
                table.comment = comment;
            }
            Ok(())
        })
        .await?;
    Ok(format!("{{{}}}", numbers.join(",")))
}

/// Returns an array literal of texts.
pub(super) fn array(texts: &[impl AsRef<str>]) -> String {
    let quoted = texts.iter().map(|text| format!("\"{}\"", text.as_ref().replace('\\', "\\\\").replace('"', "\\\"")));
    format!("{{{}}}", quoted.collect::<Vec<_>>().join(","))
}

fn column(cells: &mut Cells<'_>, assembly: &mut Assembly) -> Result<()> {
    let (table, name, native, base) = (cells.text(), cells.text(), cells.text(), cells.next());
    let (not_null, text, is_identity) = (cells.flag(), cells.next(), cells.flag());
    let (is_computed, comment) = (cells.flag(), assembly.comment(cells.next())?);
    let ty = types::parse_type(base.as_deref().unwrap_or(&native), Dialect::Postgres);
    let ty = ColumnType { native: Some(native), ..ty };
    let text = text.map(|text| assembly.text(text)).transpose()?;
    let (default, computed) = match text {
        _ if is_identity => (DefaultValue::GeneratedKey, None),
        None => (DefaultValue::None, None),
        Some(text) if is_computed => (DefaultValue::None, Some(unwrapped(&text, Dialect::Postgres).to_owned())),
        Some(text) if text.starts_with("nextval(") => (DefaultValue::GeneratedKey, None),
        Some(text) => (default_value(&text, &ty, Dialect::Postgres), None),
    };
    let on_update = DefaultValue::None;
    assembly.column(&table, Column { name, ty, nullable: !not_null, default, on_update, computed, comment })
}

fn label(cells: &mut Cells<'_>, assembly: &mut Assembly) -> Result<()> {
    let (table, name, label) = (cells.text(), cells.text(), cells.text());
    assembly.count(&[&label])?;
    let Some(table) = assembly.get(&table) else { return Ok(()) };
    if let Some(column) = table.columns.iter_mut().find(|column| column.name == name) {
        if column.ty.kind != TypeKind::Enumeration {
            column.ty.kind = TypeKind::Enumeration;
            if let DefaultValue::Expression(text) = &column.default {
                column.default = default_value(text, &column.ty, Dialect::Postgres);
            }
        }
        column.ty.labels.push(label);
    }
    Ok(())
}

fn key(cells: &mut Cells<'_>, assembly: &mut Assembly) -> Result<()> {
    let (table, name, kind, column) = (cells.text(), cells.text(), cells.text(), cells.text());
    if kind == "u" {
        return assembly.key_column(&table, &name, true, column, Keys::Uniques);
    }
    let (far_table, schema, referred) = (cells.text(), cells.next(), cells.text());
    assembly.count(&[&name, &column, &far_table, &referred])?;
    let Some(table) = assembly.get(&table) else { return Ok(()) };
    if kind == "p" {
        table.primary_key_name = Some(name);
        table.primary_key.push(column);
        return Ok(());
    }
    let (on_delete, on_update) = (action(&cells.text()), action(&cells.text()));
    match table.foreign_keys.last_mut() {
        Some(last) if last.name.as_ref() == Some(&name) => {
            last.columns.push(column);
            last.referred.push(referred);
        }
        _ => {
            let (name, columns, referred) = (Some(name), vec![column], vec![referred]);
            table.foreign_keys.push(ForeignKey {
                name,
                columns,
                table: far_table,
                schema,
                referred,
                on_delete,
                on_update,
            });
        }
    }
    Ok(())
}

fn action(letter: &str) -> Action {
    match letter {
        "c" => Action::Cascade,
        "n" => Action::SetNull,
        "d" => Action::SetDefault,
        "r" => Action::Restrict,
        _ => Action::NoAction,
    }
}

#[cfg(test)]
mod tests {
    use super::array;

    #[test]
    fn odd_names_are_one_item_each() {
        assert_eq!(array(&["a,b", "c\"d\\", "", "NULL"]), r#"{"a,b","c\"d\\","","NULL"}"#);
        assert_eq!(array(&[""; 0]), "{}");
    }
}
