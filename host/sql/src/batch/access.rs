//! Reads values from batches, and validates the batches of guests before they are read.

use super::{Batch, ColumnData, Vector};
use crate::{
    Error, Result, Value,
    value::{ScalarRef, ValueRef},
};

impl Batch {
    /// Returns the value at a row and column; null where there is none.
    #[must_use]
    pub fn value(&self, row: usize, column: usize) -> Value {
        self.columns.get(column).map_or(Value::NULL, |column| column.value(row))
    }

    /// Borrows the value at a row and column; null where there is none.
    #[must_use]
    pub fn value_ref(&self, row: usize, column: usize) -> ValueRef<'_> {
        self.columns.get(column).map_or(ValueRef::NULL, |column| column.value_ref(row))
    }

    /// Checks offsets, validity bits and lengths. They are guest-controlled and not trusted before this.
    pub fn validate(&self) -> Result<()> {
        for (position, column) in self.columns.iter().enumerate() {
            column
                .validate(self.rows as usize)
                .map_err(|what| Error::invalid(format!("column {position} of the batch {what}")))?;
        }
        Ok(())
    }
}

impl ColumnData {
    /// Whether the row is null.
    #[must_use]
    pub fn is_null(&self, row: usize) -> bool {
        !self.validity.is_empty() && self.validity.get(row / 8).is_none_or(|byte| byte >> (row % 8) & 1 == 0)
    }

    /// Returns the value of a row; null where there is none. Texts with invalid offsets are null too; `validate` reports them.
    #[must_use]
    pub fn value(&self, row: usize) -> Value {
        self.value_ref(row).to_value()
    }

    /// Borrows the value of a row.
    #[must_use]
    pub fn value_ref(&self, row: usize) -> ValueRef<'_> {
        if self.is_null(row) {
            return ValueRef::NULL;
        }
        let scalar = match &self.values {
            Vector::Booleans(v) => v.get(row).map(|b| ScalarRef::Boolean(*b != 0)),
            Vector::Integers(v) => v.get(row).map(|v| ScalarRef::Integer(*v)),
            Vector::Unsigneds(v) => v.get(row).map(|v| ScalarRef::Unsigned(*v)),
            Vector::Floats(v) => v.get(row).map(|v| ScalarRef::Float(*v)),
            Vector::Decimals(s) => self::text(s, row).map(ScalarRef::Decimal),
            Vector::Texts(s) => self::text(s, row).map(ScalarRef::Text),
            Vector::Jsons(s) => self::text(s, row).map(ScalarRef::Json),
            Vector::Bytes(b) => range(&b.offsets, row).and_then(|r| b.data.get(r)).map(ScalarRef::Bytes),
            Vector::Uuids(v) => v.get(row).map(|(high, low)| ScalarRef::Uuid(*high, *low)),
            Vector::Dates(v) => v.get(row).map(|v| ScalarRef::Date(*v)),
            Vector::Times(v) => v.get(row).map(|v| ScalarRef::Time(*v)),
            Vector::Timestamps(v) => v.get(row).map(|v| ScalarRef::Timestamp(*v)),
            Vector::TimestampsTz(v) => v.get(row).map(|v| ScalarRef::TimestampTz(*v)),
            Vector::Intervals(v) => v.get(row).map(|v| ScalarRef::Interval(*v)),
            Vector::Mixed(v) => return v.get(row).map_or(ValueRef::NULL, Value::borrow),
        };
        scalar.map_or(ValueRef::NULL, ValueRef::Scalar)
    }

    /// Checks a column of `rows` rows; the error describes what is wrong.
    fn validate(&self, rows: usize) -> Result<(), String> {
        if !self.validity.is_empty() && self.validity.len() != rows.div_ceil(8) {
            return Err(format!("has {} bytes of validity for {rows} rows", self.validity.len()));
        }
        let length = match &self.values {
            Vector::Booleans(v) => {
                if v.iter().any(|b| *b > 1) {
                    return Err("has a boolean that is neither 0 nor 1".into());
                }
                v.len()
            }
            Vector::Integers(v) | Vector::Times(v) | Vector::Timestamps(v) | Vector::TimestampsTz(v) => v.len(),
            Vector::Unsigneds(v) => v.len(),
            Vector::Floats(v) => v.len(),
            Vector::Decimals(s) | Vector::Texts(s) | Vector::Jsons(s) => {
                offsets(&s.offsets, s.data.len(), |at| s.data.is_char_boundary(at))?
            }
            Vector::Bytes(b) => offsets(&b.offsets, b.data.len(), |_| true)?,
            Vector::Uuids(v) => v.len(),
            Vector::Dates(v) => v.len(),
            Vector::Intervals(v) => v.len(),
            Vector::Mixed(v) => v.len(),
        };
        if length == rows { Ok(()) } else { Err(format!("has {length} rows, and the batch {rows}")) }
    }
}

fn text(strings: &super::Strings, row: usize) -> Option<&str> {
    range(&strings.offsets, row).and_then(|range| strings.data.get(range))
}

fn range(offsets: &[u32], row: usize) -> Option<std::ops::Range<usize>> {
    let start = *offsets.get(row)? as usize;
    let end = *offsets.get(row.checked_add(1)?)? as usize;
    Some(start..end)
}

/// Checks the offsets and returns the number of rows that they cut the data into.
fn offsets(offsets: &[u32], length: usize, border: impl Fn(usize) -> bool) -> Result<usize, String> {
    let (Some(first), Some(last)) = (offsets.first(), offsets.last()) else {
        return Err("has no offsets".into());
    };
    if *first != 0 || *last as usize != length {
        return Err(format!("has offsets that do not span its {length} bytes"));
    }
    if !offsets.is_sorted() {
        return Err("has offsets that do not ascend".into());
    }
    if !offsets.iter().all(|at| border(*at as usize)) {
        return Err("has an offset inside a character".into());
    }
    Ok(offsets.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Scalar,
        batch::{Blobs, Strings},
    };

    fn texts(offsets: Vec<u32>, data: &str) -> Vector {
        Vector::Texts(Strings { offsets, data: data.into() })
    }

    #[test]
    fn t18_malformed_batches_are_refused() {
        let cases: Vec<(&str, Vec<u8>, Vector)> = vec![
            ("no offsets", vec![], texts(vec![], "")),
            ("first offset", vec![], texts(vec![1, 1, 2], "ab")),
            ("past the end", vec![], texts(vec![0, 1, 9], "ab")),
            ("descending", vec![], texts(vec![0, 5, 2], "ab")),
            ("inside a character", vec![], texts(vec![0, 1, 2], "é")),
            ("unused bytes", vec![], texts(vec![0, 1, 1], "ab")),
            ("too few texts", vec![], texts(vec![0, 2], "ab")),
            ("blob past the end", vec![], Vector::Bytes(Blobs { offsets: vec![0, 1, u32::MAX], data: vec![1] })),
            ("too many rows", vec![], Vector::Integers(vec![1, 2, 3])),
            ("too few rows", vec![], Vector::Dates(vec![1])),
            ("bad boolean", vec![], Vector::Booleans(vec![1, 2])),
            ("long validity", vec![3, 0], Vector::Integers(vec![1, 2])),
        ];
        for (name, validity, values) in cases {
            let batch = Batch { rows: 2, columns: vec![ColumnData { validity, values }] };
            assert!(batch.validate().is_err(), "{name}");
            // Reading it anyway gives nulls or values, and no panic.
            for row in 0..4 {
                let _ = batch.value(row, 0);
            }
        }
        assert_eq!(Batch::default().value(usize::MAX, usize::MAX), Value::NULL);
    }

    #[test]
    fn well_formed_batches_pass() {
        let columns = vec![
            ColumnData { validity: vec![1], values: texts(vec![0, 2, 2], "é") },
            ColumnData { validity: vec![], values: Vector::Booleans(vec![0, 1]) },
        ];
        let batch = Batch { rows: 2, columns };
        batch.validate().expect("well-formed");
        assert_eq!(batch.value(0, 0), Scalar::Text("é".into()).into());
        assert_eq!(batch.value(1, 0), Value::NULL);
        assert_eq!(batch.value(1, 1), Scalar::Boolean(true).into());
    }
}
