//! Splits batches, for readers that request fewer rows than were read ahead for them.

use super::{Batch, ColumnData, Vector, storage::Storage};
use crate::Value;

impl Batch {
    /// Returns how many of the first rows have no more than `bytes` bytes; at least one if the batch has rows. A mixed value
    /// counts its own size only, without its heap. `bytes` is guest-controlled.
    #[must_use]
    pub fn rows_within(&self, bytes: usize) -> u32 {
        self.rows_within_from(0, bytes)
    }

    /// As `rows_within`, for the rows starting at `from`.
    #[must_use]
    pub fn rows_within_from(&self, from: u32, bytes: usize) -> u32 {
        let end = |row: u32| self.columns.iter().map(|column| column.values.bytes_of(row as usize)).sum::<usize>();
        let (before, rows) = (end(from), self.rows.saturating_sub(from));
        let size = |rows: u32| end(from.saturating_add(rows)).saturating_sub(before);
        let (mut fits, mut over) = (1.min(rows), rows.saturating_add(1));
        // The size grows with the rows, so a binary search finds the greatest number that fits.
        while over.saturating_sub(fits) > 1 {
            let middle = fits + (over - fits) / 2;
            if size(middle) <= bytes { fits = middle } else { over = middle }
        }
        fits
    }

    /// Returns the size of the batch in bytes, as limits count it.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let column = |column: &ColumnData| {
            let beyond = match &column.values {
                Vector::Mixed(values) => values.iter().map(Value::bytes).sum(),
                _ => 0,
            };
            column.values.bytes_of(self.rows as usize).saturating_add(column.validity.len()).saturating_add(beyond)
        };
        self.columns.iter().map(column).sum()
    }

    /// Keeps the rows before `at` and returns the others.
    pub fn split_off(&mut self, at: u32) -> Self {
        let at = at.min(self.rows);
        let rest = self.rows - at;
        let columns = self.columns.iter_mut().map(|column| column.split_off(at as usize, rest as usize)).collect();
        self.rows = at;
        Self { rows: rest, columns }
    }
}

impl ColumnData {
    fn split_off(&mut self, at: usize, rest: usize) -> Self {
        let values = map_storage!(&mut self.values, values => Storage::split_off(values, at));
        if self.validity.is_empty() {
            return Self { validity: Vec::new(), values };
        }
        let mut validity = vec![0_u8; rest.div_ceil(8)];
        for (row, byte) in (0..rest).map(|row| (row, row / 8)) {
            let bit = self.validity.get((at + row) / 8).map_or(0, |byte| byte >> ((at + row) % 8) & 1);
            if let Some(byte) = validity.get_mut(byte) {
                *byte |= bit << (row % 8);
            }
        }
        self.validity.truncate(at.div_ceil(8));
        Self { validity, values }
    }
}

impl Vector {
    /// Returns the bytes of the first rows, without the heap of a mixed column's values.
    pub(super) fn bytes_of(&self, rows: usize) -> usize {
        let end = |offsets: &[u32]| rows * 4 + offsets.get(rows).map_or(0, |end| *end as usize);
        match self {
            Self::Booleans(_) => rows,
            Self::Dates(_) => rows * 4,
            Self::Uuids(_) | Self::Intervals(_) => rows * 16,
            Self::Decimals(s) | Self::Texts(s) | Self::Jsons(s) => end(&s.offsets),
            Self::Bytes(b) => end(&b.offsets),
            Self::Mixed(_) => rows * size_of::<Value>(),
            _ => rows * 8,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        Scalar, Value,
        batch::{BatchBuilder, VectorKind},
    };

    /// Makes a batch with every layout of column, with nulls if `nulls` is set.
    fn batch(rows: usize, nulls: bool) -> crate::Batch {
        let kinds = [VectorKind::Integer, VectorKind::Text, VectorKind::Bytes, VectorKind::Boolean, VectorKind::Mixed];
        let mut builder = BatchBuilder::with_capacity(&kinds, rows);
        for row in 0..rows {
            let text = "ä".repeat(row % 5);
            let values: [Value; 5] = [
                Scalar::Integer(row as i64).into(),
                Scalar::Text(text.clone()).into(),
                Scalar::Bytes(text.into_bytes()).into(),
                Scalar::Boolean(row % 2 == 0).into(),
                Scalar::Float(row as f64).into(),
            ];
            for (at, (column, value)) in builder.columns().iter_mut().zip(values).enumerate() {
                let value = if nulls && (row + at) % 3 == 0 { Value::NULL } else { value };
                column.push_value(value).expect("small");
            }
            builder.end_row();
        }
        builder.finish().expect("small")
    }

    #[test]
    fn both_parts_have_the_rows_of_the_whole() {
        for nulls in [false, true] {
            for rows in [0, 1, 7, 8, 9, 20] {
                let whole = batch(rows, nulls);
                for at in 0..=rows + 1 {
                    let mut head = whole.clone();
                    let tail = head.split_off(at as u32);
                    assert_eq!((head.rows + tail.rows) as usize, rows);
                    head.validate().expect("a batch");
                    tail.validate().expect("a batch");
                    for row in 0..rows {
                        for column in 0..5 {
                            let part = if row < at { head.value(row, column) } else { tail.value(row - at, column) };
                            assert_eq!(part, whole.value(row, column), "{row} {column} of {rows} cut at {at}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn as_many_rows_as_fit_and_at_least_one() {
        let whole = batch(20, false);
        assert_eq!(whole.rows_within(usize::MAX), 20);
        assert_eq!(whole.rows_within(0), 1);
        assert_eq!(batch(0, false).rows_within(10), 0);
        let (mut one, mut two) = (whole.clone(), whole.clone());
        one.split_off(6);
        two.split_off(7);
        let bytes = |batch: &crate::Batch| batch.columns.iter().map(|c| c.values.bytes_of(batch.rows as usize)).sum();
        assert_eq!(whole.rows_within(bytes(&one)), 6);
        assert_eq!(whole.rows_within(bytes(&two) - 1), 6);
    }
}
