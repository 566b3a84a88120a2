//! Sends the columns of a batch as arrays, where the database has them.

use crate::{
    Batch, Vector,
    resolved::{BatchArrays, JoinEstimate},
    schema::{Column, TypeKind},
};

/// Whether the columns of a batch can be sent as arrays.
pub(super) fn are_arrays(columns: &[&Column], batch: &Batch) -> bool {
    columns.iter().zip(&batch.columns).all(|(column, data)| item_type(&data.values, column.ty.kind).is_some())
}

/// Returns the array types for the columns of a batch.
pub(super) fn arrays(columns: &[&Column], batch: &Batch, planned: JoinEstimate) -> BatchArrays {
    let item =
        |(column, values): (&&Column, &Vector)| (column.ty.kind, item_type(values, column.ty.kind).unwrap_or("text"));
    BatchArrays {
        columns: columns.iter().zip(batch.columns.iter().map(|data| &data.values)).map(item).collect(),
        planned,
    }
}

/// Returns the item type of a column's array, which assigns to the column's type as a single value would; `None` if
/// the values cannot be sent as an array.
fn item_type(values: &Vector, kind: TypeKind) -> Option<&'static str> {
    use TypeKind as K;
    Some(match (values, kind) {
        (Vector::Booleans(_), K::Boolean) => "boolean",
        (Vector::Integers(_), K::Int16 | K::Int32 | K::Int64) => "bigint",
        (Vector::Floats(_), K::Float32 | K::Float64) => "double precision",
        (Vector::Decimals(_), K::Decimal) => "numeric",
        (Vector::Texts(_), K::Text | K::Varchar) => "text",
        (Vector::Bytes(_), K::Bytes) => "bytea",
        (Vector::Uuids(_), K::Uuid) => "uuid",
        (Vector::Jsons(_), K::Json) => "jsonb",
        (Vector::Dates(_), K::Date) => "date",
        (Vector::Times(_), K::Time) => "time",
        (Vector::Timestamps(_), K::Timestamp) => "timestamp",
        (Vector::TimestampsTz(_), K::TimestampTz) => "timestamptz",
        (Vector::Intervals(_), K::Interval) => "interval",
        _ => return None,
    })
}
