//! Descriptions of declared models, as text and as JSON.

use std::fmt::Debug;

use serde_json::{Value as Json, json};
use sqlservice_host::{
    Scalar, Value,
    schema::{Action, Column, ColumnType, DefaultValue, ForeignKey, Index, Models, Relationship, Table, TypeKind},
};

/// Returns one paragraph per table: its columns as a grid, then its constraints and relationships.
pub(super) fn lines(models: &Models) -> Vec<String> {
    let mut lines = Vec::new();
    for table in &models.tables {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.push(qualified(table.schema.as_deref(), &table.name));
        lines.extend(columns(table).into_iter().map(|line| format!("  {line}")));
        lines.extend(constraints(table).into_iter().map(|line| format!("  {line}")));
        let own = models.relationships.iter().filter(|relationship| relationship.owner == table.name);
        lines.extend(own.map(|relationship| format!("  {}", related(relationship))));
    }
    lines
}

/// Formats the name, type and notes of each column, with name and type padded to their widest.
fn columns(table: &Table) -> Vec<String> {
    let rows: Vec<[String; 3]> =
        table.columns.iter().map(|column| [column.name.clone(), type_name(&column.ty), notes(table, column)]).collect();
    let width = |index: usize| {
        let cells = rows.iter().filter_map(|row| row.get(index));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let (name, ty) = (width(0), width(1));
    rows.iter().map(|[a, b, c]| format!("{a:name$}  {b:ty$}  {c}").trim_end().to_owned()).collect()
}

fn notes(table: &Table, column: &Column) -> String {
    let mut notes = Vec::new();
    if table.primary_key.contains(&column.name) {
        notes.push("primary key".to_owned());
    } else if !column.nullable {
        notes.push("not null".to_owned());
    }
    notes.extend(default("default", &column.default));
    notes.extend(default("on update", &column.on_update));
    notes.extend(column.computed.as_ref().map(|expression| format!("computed as {expression}")));
    if table.version_column.as_ref() == Some(&column.name) {
        notes.push("version".to_owned());
    }
    notes.extend(column.comment.as_ref().map(|comment| format!("-- {comment}")));
    notes.join(", ")
}

fn default(when: &str, value: &DefaultValue) -> Option<String> {
    Some(match value {
        DefaultValue::None => return None,
        DefaultValue::Literal(value) => format!("{when} {}", literal(value)),
        DefaultValue::Now => format!("{when} now"),
        DefaultValue::GeneratedKey => "generated".to_owned(),
        DefaultValue::Expression(text) => format!("{when} {text}"),
    })
}

fn literal(value: &Value) -> String {
    match value {
        Value::Scalar(Scalar::Null) => "null".to_owned(),
        Value::Scalar(Scalar::Boolean(value)) => value.to_string(),
        Value::Scalar(Scalar::Integer(value)) => value.to_string(),
        Value::Scalar(Scalar::Unsigned(value)) => value.to_string(),
        Value::Scalar(Scalar::Float(value)) => value.to_string(),
        Value::Scalar(Scalar::Decimal(value) | Scalar::Json(value)) => value.clone(),
        Value::Scalar(Scalar::Text(value)) => format!("{value:?}"),
        // Rare in models, so shown in the debug format.
        other => format!("{other:?}"),
    }
}

fn constraints(table: &Table) -> Vec<String> {
    let mut lines: Vec<String> = table.foreign_keys.iter().map(foreign_key).collect();
    lines.extend(table.uniques.iter().map(|unique| format!("unique ({})", unique.columns.join(", "))));
    lines.extend(table.indexes.iter().map(index));
    lines.extend(table.checks.iter().map(|check| format!("check ({})", check.expression)));
    lines
}

fn foreign_key(key: &ForeignKey) -> String {
    let target = qualified(key.schema.as_deref(), &key.table);
    let mut text = format!("foreign key ({}) -> {target} ({})", key.columns.join(", "), key.referred.join(", "));
    for (event, action) in [("delete", key.on_delete), ("update", key.on_update)] {
        if action != Action::NoAction {
            text.push_str(&format!(", on {event} {}", words(&action, " ")));
        }
    }
    text
}

fn index(index: &Index) -> String {
    let unique = if index.unique { "unique " } else { "" };
    let name = index.name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
    format!("{unique}index{name} ({})", index.columns.join(", "))
}

fn related(relationship: &Relationship) -> String {
    let many = if relationship.collection { "many " } else { "one " };
    let through = relationship.through.as_ref().map(|table| format!(" through {table}")).unwrap_or_default();
    format!("{} -> {many}{}{through}", relationship.name, relationship.target)
}

fn qualified(schema: Option<&str>, name: &str) -> String {
    schema.map_or_else(|| name.to_owned(), |schema| format!("{schema}.{name}"))
}

/// Formats a type in the contract's words.
fn type_name(ty: &ColumnType) -> String {
    let kind = match (ty.kind, ty.element, &ty.native) {
        (TypeKind::Array, Some(element), _) => format!("array of {}", words(&element, "-")),
        (TypeKind::Other, _, Some(native)) => native.clone(),
        (kind, ..) => words(&kind, "-"),
    };
    if !ty.labels.is_empty() {
        return format!("{kind}({})", ty.labels.join(", "));
    }
    match (ty.length, ty.precision, ty.scale) {
        (Some(length), ..) => format!("{kind}({length})"),
        (_, Some(precision), Some(scale)) => format!("{kind}({precision}, {scale})"),
        (_, Some(precision), None) => format!("{kind}({precision})"),
        _ => kind,
    }
}

/// Formats the name of a Rust variant in words: `TimestampTz` is `timestamp-tz`.
fn words(variant: &impl Debug, between: &str) -> String {
    let mut text = String::new();
    for c in format!("{variant:?}").chars() {
        if c.is_ascii_uppercase() && !text.is_empty() {
            text.push_str(between);
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}

/// The models as JSON: a list of tables, each with its relationships.
pub(super) fn to_json(models: &Models) -> Json {
    let table = |table: &Table| {
        let own = models.relationships.iter().filter(|relationship| relationship.owner == table.name);
        json!({
            "name": table.name,
            "schema": table.schema,
            "columns": table.columns.iter().map(column).collect::<Vec<_>>(),
            "primary_key": table.primary_key,
            "foreign_keys": table.foreign_keys.iter().map(foreign_key_json).collect::<Vec<_>>(),
            "uniques": table.uniques.iter().map(index_json).collect::<Vec<_>>(),
            "indexes": table.indexes.iter().map(index_json).collect::<Vec<_>>(),
            "checks": table.checks.iter().map(|check| check.expression.clone()).collect::<Vec<_>>(),
            "relationships": own.map(relationship_json).collect::<Vec<_>>(),
            "comment": table.comment,
        })
    };
    models.tables.iter().map(table).collect()
}

fn column(column: &Column) -> Json {
    json!({
        "name": column.name,
        "type": type_name(&column.ty),
        "nullable": column.nullable,
        "generated": column.default == DefaultValue::GeneratedKey,
        "default": default("", &column.default).map(|text| text.trim().to_owned()),
        "comment": column.comment,
    })
}

fn foreign_key_json(key: &ForeignKey) -> Json {
    json!({
        "columns": key.columns,
        "table": key.table,
        "schema": key.schema,
        "referred": key.referred,
        "on_delete": words(&key.on_delete, " "),
        "on_update": words(&key.on_update, " "),
    })
}

fn index_json(index: &Index) -> Json {
    json!({ "name": index.name, "columns": index.columns, "unique": index.unique })
}

fn relationship_json(relationship: &Relationship) -> Json {
    json!({
        "name": relationship.name,
        "target": relationship.target,
        "collection": relationship.collection,
        "through": relationship.through,
    })
}
