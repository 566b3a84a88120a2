//! Concatenates batches of the same columns.

use super::{Batch, BatchBuilder, ColumnData, Vector, VectorKind, storage::Storage};
use crate::Result;

impl Batch {
    /// Concatenates the rows of batches with the same columns, in order.
    ///
    /// # Errors
    ///
    /// A column of more than 4 GiB.
    pub fn concat(mut batches: Vec<Self>) -> Result<Self> {
        // If no batch has rows, the first one is kept for its columns.
        let mut position = 0_usize;
        let any = batches.iter().any(|batch| batch.rows > 0);
        batches.retain(|batch| {
            position = position.saturating_add(1);
            if any { batch.rows > 0 } else { position == 1 }
        });
        let mut batches = batches.into_iter();
        let Some(mut whole) = batches.next() else { return Ok(Self::default()) };
        let rest: Vec<Self> = batches.collect();
        if rest.is_empty() {
            return Ok(whole);
        }
        if !are_alike(&whole, &rest) {
            return one_by_one(&whole, &rest);
        }
        for batch in rest {
            let before = whole.rows as usize;
            for (column, more) in whole.columns.iter_mut().zip(batch.columns) {
                append(column, before, more, batch.rows as usize);
            }
            whole.rows = whole.rows.saturating_add(batch.rows);
        }
        Ok(whole)
    }
}

/// Whether all batches have vectors of the same kinds, and the texts of each column together fit 32-bit offsets.
fn are_alike(first: &Batch, rest: &[Batch]) -> bool {
    let alike = |(at, one): (usize, &ColumnData)| {
        let mut bytes = data(&one.values);
        let like_it = |batch: &Batch| {
            batch.columns.get(at).is_some_and(|other| {
                bytes = bytes.saturating_add(data(&other.values));
                std::mem::discriminant(&one.values) == std::mem::discriminant(&other.values)
            })
        };
        rest.iter().all(like_it) && u32::try_from(bytes).is_ok()
    };
    rest.iter().all(|batch| batch.columns.len() == first.columns.len()) && first.columns.iter().enumerate().all(alike)
}

/// Returns the length of the buffer that a vector's offsets point into.
fn data(values: &Vector) -> usize {
    match values {
        Vector::Texts(strings) | Vector::Jsons(strings) | Vector::Decimals(strings) => strings.data.len(),
        Vector::Bytes(blobs) => blobs.data.len(),
        _ => 0,
    }
}

fn append(column: &mut ColumnData, before: usize, more: ColumnData, rows: usize) {
    append_validity(&mut column.validity, before, &more.validity, rows);
    // `are_alike` compared the kinds.
    macro_rules! alike {
        ($($kind:ident)*) => {
            match (&mut column.values, more.values) {
                $((Vector::$kind(mine), Vector::$kind(more)) => Storage::append(mine, more),)*
                _ => {}
            }
        };
    }
    alike!(Booleans Integers Unsigneds Floats Decimals Texts Bytes Uuids Jsons Dates Times Timestamps TimestampsTz Intervals Mixed);
}

/// Appends validity bits after those of `before` rows; an empty bitmap means that every row has a value. Only the new rows
/// cost time, as a result consists of many batches.
fn append_validity(bits: &mut Vec<u8>, before: usize, more: &[u8], rows: usize) {
    if bits.is_empty() && more.is_empty() {
        return;
    }
    if bits.is_empty() {
        bits.resize(before.div_ceil(8), 0xff);
    }
    // The bits past the last row are undefined, so they are cleared before others are set.
    if let (Some(last), left @ 1..) = (bits.last_mut(), before % 8) {
        *last &= (1 << left) - 1;
    }
    bits.resize(before.saturating_add(rows).div_ceil(8), 0);
    for row in 0..rows {
        let is_valid = more.is_empty() || more.get(row / 8).is_some_and(|byte| byte >> (row % 8) & 1 == 1);
        let at = before.saturating_add(row);
        if let (true, Some(byte)) = (is_valid, bits.get_mut(at / 8)) {
            *byte |= 1 << (at % 8);
        }
    }
}

/// Concatenates value by value, for columns whose kinds differ between batches.
fn one_by_one(first: &Batch, rest: &[Batch]) -> Result<Batch> {
    let batches = || std::iter::once(first).chain(rest);
    let rows = batches().map(|batch| batch.rows as usize).sum();
    let width = batches().map(|batch| batch.columns.len()).max().unwrap_or_default();
    let mut whole = BatchBuilder::with_capacity(&vec![VectorKind::Dynamic; width], rows);
    for batch in batches() {
        for row in 0..batch.rows as usize {
            for (position, column) in whole.columns().iter_mut().enumerate() {
                let value = batch.value(row, position);
                if value.is_null() { column.push_null() } else { column.push_value(value)? }
            }
            whole.end_row();
        }
    }
    whole.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Scalar, Value, batch::ColumnBuilder};

    /// Makes a batch of integers, of which every `nulls`-th is null, and a text for each.
    fn batch(from: i64, rows: usize, nulls: usize) -> Batch {
        let mut numbers = ColumnBuilder::new(VectorKind::Integer, rows);
        let mut texts = ColumnBuilder::new(VectorKind::Text, rows);
        for (at, number) in (from..).take(rows).enumerate() {
            if nulls > 0 && at % nulls == 0 {
                numbers.push_null();
            } else {
                numbers.push_i64(number).expect("room");
            }
            texts.push_str(&"ä".repeat(at % 4)).expect("room");
        }
        Batch { rows: u32::try_from(rows).expect("few"), columns: vec![numbers.finish(), texts.finish()] }
    }

    #[test]
    fn every_row_is_there_in_its_order() {
        for sizes in [[1, 7, 9], [8, 8, 8], [3, 16, 1], [0, 5, 0]] {
            for nulls in [[0, 0, 0], [2, 0, 3], [0, 0, 1], [0, 4, 0], [1, 1, 1]] {
                let parts: Vec<Batch> = (0..3).map(|at| batch(100 * at as i64, sizes[at], nulls[at])).collect();
                let whole = Batch::concat(parts.clone()).expect("small");
                whole.validate().expect("a batch");
                let rows = parts.iter().flat_map(|part| (0..part.rows as usize).map(move |row| (part, row)));
                let expected: Vec<_> = rows.map(|(part, row)| (part.value(row, 0), part.value(row, 1))).collect();
                let got: Vec<_> =
                    (0..whole.rows as usize).map(|row| (whole.value(row, 0), whole.value(row, 1))).collect();
                assert_eq!(got, expected, "{sizes:?} {nulls:?}");
            }
        }
    }

    #[test]
    fn columns_that_differ_become_mixed_and_no_rows_keep_their_columns() {
        let mut other = ColumnBuilder::new(VectorKind::Text, 1);
        other.push_str("odd").expect("room");
        let odd = Batch { rows: 1, columns: vec![other.finish(), batch(0, 1, 0).columns.remove(1)] };
        let whole = Batch::concat(vec![batch(7, 1, 0), odd]).expect("small");
        assert_eq!(
            (whole.value(0, 0), whole.value(1, 0)),
            (Scalar::Integer(7).into(), Scalar::Text("odd".into()).into())
        );
        let none = Batch::concat(vec![batch(0, 0, 0), batch(0, 0, 0)]).expect("small");
        assert_eq!((none.rows, none.columns.len(), none.value(0, 0)), (0, 2, Value::NULL));
    }
}
