//! Some rows of a batch as a batch of their own.

use crate::{
    Batch, ColumnData, Result, Value, Vector,
    batch::{ColumnBuilder, VectorKind},
};

/// These rows of the columns, with other values at some positions among them.
pub(crate) fn rows(columns: &[ColumnData], rows: &[u32], other: &[(usize, u16, Value)]) -> Result<Batch> {
    let mut picked = Vec::with_capacity(columns.len());
    for (at, column) in columns.iter().enumerate() {
        let mut mine = other.iter().filter(|(_, of, _)| usize::from(*of) == at).peekable();
        // A column whose values are all brought has no kind of its own.
        let kind = if mine.peek().is_some() { VectorKind::Dynamic } else { kind(&column.values) };
        let mut builder = ColumnBuilder::new(kind, rows.len());
        for (position, row) in rows.iter().enumerate() {
            let brought = mine.next_if(|(of, ..)| *of == position).map(|(_, _, value)| value.clone());
            match brought.unwrap_or_else(|| column.value(*row as usize)) {
                value if value.is_null() => builder.push_null(),
                value => builder.push_value(value)?,
            }
        }
        picked.push(builder.finish());
    }
    Ok(Batch { rows: u32::try_from(rows.len()).unwrap_or(u32::MAX), columns: picked })
}

fn kind(values: &Vector) -> VectorKind {
    match values {
        Vector::Booleans(_) => VectorKind::Boolean,
        Vector::Integers(_) => VectorKind::Integer,
        Vector::Unsigneds(_) => VectorKind::Unsigned,
        Vector::Floats(_) => VectorKind::Float,
        Vector::Decimals(_) => VectorKind::Decimal,
        Vector::Texts(_) => VectorKind::Text,
        Vector::Bytes(_) => VectorKind::Bytes,
        Vector::Uuids(_) => VectorKind::Uuid,
        Vector::Jsons(_) => VectorKind::Json,
        Vector::Dates(_) => VectorKind::Date,
        Vector::Times(_) => VectorKind::Time,
        Vector::Timestamps(_) => VectorKind::Timestamp,
        Vector::TimestampsTz(_) => VectorKind::TimestampTz,
        Vector::Intervals(_) => VectorKind::Interval,
        Vector::Mixed(_) => VectorKind::Mixed,
    }
}
