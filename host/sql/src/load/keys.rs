//! Prepares keys: removes duplicates and keys that no row can have, and refuses those of a wrong kind.

use std::collections::HashSet;

use crate::{
    Batch, ColumnData, Error, Result, ValueBounds, Vector,
    batch::{ColumnBuilder, VectorKind},
    decimal::shortest,
    schema::{Column, TypeKind},
    value::{ScalarRef, ValueRef},
};

/// Returns the rows with a key that no earlier row has; rows with a null in the key are left out.
pub(super) fn distinct(columns: &[&ColumnData], rows: u32) -> Vec<u32> {
    if let [column @ ColumnData { values: Vector::Integers(values), .. }] = columns {
        let mut seen = HashSet::with_capacity(values.len());
        let is_new = |(row, value): &(u32, &i64)| !column.is_null(*row as usize) && seen.insert(**value);
        return (0..rows).zip(values).filter(is_new).map(|(row, _)| row).collect();
    }
    let mut seen: HashSet<Box<[u8]>> = HashSet::new();
    let mut key = Vec::new();
    let is_new = |row: &u32| {
        key.clear();
        for column in columns {
            match column.value_ref(*row as usize) {
                ValueRef::NULL => return false,
                value => write(value, &mut key),
            }
        }
        !seen.contains(key.as_slice()) && seen.insert(key.as_slice().into())
    };
    (0..rows).filter(is_new).collect()
}

/// Writes a value as its kind, length and content, so that two values are equal if their bytes are.
fn write(value: ValueRef<'_>, key: &mut Vec<u8>) {
    let mut put = |kind: u8, bytes: &[u8]| {
        key.push(kind);
        key.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        key.extend_from_slice(bytes);
    };
    match value {
        ValueRef::Scalar(ScalarRef::Integer(value)) => put(0, &value.to_le_bytes()),
        ValueRef::Scalar(ScalarRef::Text(value)) => put(1, value.as_bytes()),
        ValueRef::Scalar(ScalarRef::Bytes(value)) => put(2, value),
        ValueRef::Scalar(ScalarRef::Uuid(high, low)) => {
            put(3, &((u128::from(high) << 64) | u128::from(low)).to_le_bytes());
        }
        ValueRef::Scalar(ScalarRef::Unsigned(value)) => put(4, &value.to_le_bytes()),
        ValueRef::Scalar(ScalarRef::Decimal(value)) => put(6, shortest(value).as_bytes()),
        other => put(5, format!("{other:?}").as_bytes()),
    }
}

/// Removes the rows whose key exceeds the bounds of the columns: no row has such a key.
pub(super) fn keep_representable(finders: &[&Column], columns: &[&ColumnData], rows: &mut Vec<u32>) {
    for (finder, column) in finders.iter().zip(columns) {
        if let Some(bounds) = ValueBounds::of(finder) {
            rows.retain(|row| bounds.check(column.value_ref(*row as usize)).is_ok());
        }
    }
}

/// Copies these rows of the columns. A mixed column whose values are of one kind becomes a column of that kind, which arrays require.
pub(super) fn pick(columns: &[&ColumnData], rows: &[u32]) -> Result<Batch> {
    let mut batch = Batch::pick(columns.iter().copied(), rows);
    for column in &mut batch.columns {
        if let Vector::Mixed(values) = &mut column.values {
            let mut builder = ColumnBuilder::new(VectorKind::Dynamic, values.len());
            values.drain(..).try_for_each(|value| builder.push_value(value))?;
            *column = builder.finish();
        }
    }
    Ok(batch)
}

/// Refuses a guest's keys of another kind than their columns.
pub(super) fn check_kinds(columns: &[&Column], batch: &Batch) -> Result<()> {
    for (column, data) in columns.iter().zip(&batch.columns) {
        let mut values =
            (0..batch.rows).map(|row| data.value_ref(row as usize)).filter(|value| *value != ValueRef::NULL);
        let is_wrong = |value: &ValueRef<'_>| !is_of(column.ty.kind, *value);
        // All values of such a vector are of one kind, so the first one decides.
        let wrong = if matches!(data.values, Vector::Mixed(_)) {
            values.find(is_wrong)
        } else {
            values.next().filter(is_wrong)
        };
        if let Some(wrong) = wrong {
            let kind = format!("{:?}", column.ty.kind).to_lowercase();
            let (column, got) = (column.name.clone(), name(wrong).to_owned());
            return Err(Error::TypeMismatch { column, expected: kind, got });
        }
    }
    Ok(())
}

fn is_of(kind: TypeKind, value: ValueRef<'_>) -> bool {
    use ScalarRef as S;
    use TypeKind as K;
    let ValueRef::Scalar(scalar) = value else { return matches!(kind, K::Array | K::Other) };
    match kind {
        _ if scalar == S::Null => true,
        K::Boolean => matches!(scalar, S::Boolean(_)),
        K::Int16 | K::Int32 | K::Int64 | K::Uint64 => matches!(scalar, S::Integer(_) | S::Unsigned(_)),
        K::Float32 | K::Float64 => matches!(scalar, S::Float(_) | S::Integer(_)),
        K::Decimal => matches!(scalar, S::Decimal(_) | S::Integer(_) | S::Unsigned(_)),
        K::Text | K::Varchar | K::Enumeration => matches!(scalar, S::Text(_)),
        K::Bytes => matches!(scalar, S::Bytes(_)),
        K::Uuid => matches!(scalar, S::Uuid(..)),
        K::Json => matches!(scalar, S::Json(_) | S::Text(_)),
        K::Date => matches!(scalar, S::Date(_)),
        K::Time => matches!(scalar, S::Time(_)),
        K::Timestamp => matches!(scalar, S::Timestamp(_)),
        K::TimestampTz => matches!(scalar, S::TimestampTz(_)),
        K::Interval => matches!(scalar, S::Interval(_)),
        K::Array | K::Other => true,
    }
}

/// Returns the name of a value's kind.
fn name(value: ValueRef<'_>) -> &'static str {
    let ValueRef::Scalar(scalar) = value else { return "an array" };
    match scalar {
        ScalarRef::Null => "null",
        ScalarRef::Boolean(_) => "a truth value",
        ScalarRef::Integer(_) | ScalarRef::Unsigned(_) => "an integer",
        ScalarRef::Float(_) => "a float",
        ScalarRef::Decimal(_) => "a decimal",
        ScalarRef::Text(_) => "a text",
        ScalarRef::Bytes(_) => "bytes",
        ScalarRef::Uuid(..) => "a UUID",
        ScalarRef::Json(_) => "a JSON document",
        ScalarRef::Date(_) => "a date",
        ScalarRef::Time(_) => "a time",
        ScalarRef::Timestamp(_) | ScalarRef::TimestampTz(_) => "a timestamp",
        ScalarRef::Interval(_) => "an interval",
        ScalarRef::Other(..) => "a value of a native type",
    }
}
