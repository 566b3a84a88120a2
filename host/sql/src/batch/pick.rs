//! Copies selected rows of a batch into a new batch, column by column.

use super::{Batch, ColumnData, Vector, storage::Storage};

impl Batch {
    /// Copies these rows of some columns, in this order. The rows must exist, and none may be named twice.
    #[must_use]
    pub(crate) fn pick<'a>(columns: impl IntoIterator<Item = &'a ColumnData>, rows: &[u32]) -> Self {
        let columns = columns.into_iter().map(|column| column.pick(rows)).collect();
        Self { rows: u32::try_from(rows.len()).unwrap_or(u32::MAX), columns }
    }
}

impl ColumnData {
    /// Copies these rows, in this order. The rows must exist, and none may be named twice.
    pub(crate) fn pick(&self, rows: &[u32]) -> Self {
        let mut validity = Vec::new();
        if !self.validity.is_empty() {
            validity.resize(rows.len().div_ceil(8), 0_u8);
            for (at, row) in rows.iter().enumerate() {
                if let (false, Some(byte)) = (self.is_null(*row as usize), validity.get_mut(at / 8)) {
                    *byte |= 1 << (at % 8);
                }
            }
        }
        Self { validity, values: map_storage!(&self.values, values => values.pick(rows)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Scalar, Value,
        batch::{BatchBuilder, VectorKind},
    };

    #[test]
    fn rows_are_picked_with_their_nulls() {
        let kinds = [VectorKind::Integer, VectorKind::Text, VectorKind::Bytes, VectorKind::Boolean, VectorKind::Mixed];
        let mut builder = BatchBuilder::with_capacity(&kinds, 20);
        for row in 0..20_i64 {
            let text = "é".repeat((row % 3) as usize);
            let values: [Value; 5] = [
                Scalar::Integer(row).into(),
                Scalar::Text(text.clone()).into(),
                Scalar::Bytes(text.into_bytes()).into(),
                Scalar::Boolean(row % 2 == 0).into(),
                Scalar::Float(row as f64).into(),
            ];
            for (at, (column, value)) in builder.columns().iter_mut().zip(values).enumerate() {
                let is_null = (row as usize + at).is_multiple_of(4) && at != 3;
                column.push_value(if is_null { Value::NULL } else { value }).expect("small");
            }
            builder.end_row();
        }
        let whole = builder.finish().expect("small");
        for rows in [&[][..], &[19], &[5, 4, 3, 2, 1, 0, 7, 9, 11, 13], &(0..20).collect::<Vec<u32>>()] {
            let some = Batch::pick(&whole.columns, rows);
            some.validate().expect("a batch");
            assert_eq!(some.rows as usize, rows.len());
            for (at, row) in rows.iter().enumerate() {
                for column in 0..5 {
                    assert_eq!(some.value(at, column), whole.value(*row as usize, column), "{row} {column}");
                }
            }
        }
    }
}
