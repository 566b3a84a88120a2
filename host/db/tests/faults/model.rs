//! The models that all cases share, and batches of rows for them.

use sqlservice_sql::{
    Batch, Scalar, Value,
    batch::{ColumnBuilder, VectorKind},
    schema::{Models, Relationship, TypeKind},
};

use crate::build::{column, key, nullable, table};

pub fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

/// A batch of these columns.
pub fn batch(rows: usize, columns: &[Vec<Value>]) -> Batch {
    let column = |values: &Vec<Value>| {
        let mut builder = ColumnBuilder::new(VectorKind::Dynamic, rows);
        values.iter().for_each(|value| builder.push_value(value.clone()).expect("small"));
        builder.finish()
    };
    Batch { rows: u32::try_from(rows).expect("few"), columns: columns.iter().map(column).collect() }
}

pub fn integers(values: &[i64]) -> Vec<Value> {
    values.iter().map(|value| Scalar::Integer(*value).into()).collect()
}

pub fn texts(text: &str, count: usize) -> Vec<Value> {
    vec![Scalar::Text(text.to_owned()).into(); count]
}

/// The models: items with a relationship to their parts.
pub fn models() -> Models {
    let items = table("items", vec![column("v", TypeKind::Text)]);
    let mut parts = table("parts", vec![nullable("item_id", TypeKind::Int64), column("v", TypeKind::Text)]);
    parts.foreign_keys = vec![key("item_id", "items")];
    let relationship = Relationship {
        name: "parts".into(),
        owner: "items".into(),
        target: "parts".into(),
        foreign_key: None,
        through: None,
        collection: true,
        cascade: vec![],
        passive_deletes: false,
        post_update: false,
        order_by: vec![],
    };
    Models { tables: vec![items, parts], relationships: vec![relationship] }
}
