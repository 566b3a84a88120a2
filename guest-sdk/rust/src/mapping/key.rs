//! Primary keys as the keys of maps.

use std::hash::{Hash, Hasher};

use crate::{
    Error, Result,
    bindings::sqlservice::database::rows::{Batch, ColumnData, Vector},
    value::{
        Decimal, Scalar, Value,
        column::{cells, malformed, typed},
    },
};

/// A primary key, or other columns by which rows are found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    /// One integer.
    Integer(i64),
    /// One integer that is larger than an `i64`.
    Large(u64),
    /// Any other values, encoded one after the other.
    Values(Vec<u8>),
}

impl Key {
    /// Returns the key of these values.
    pub(crate) fn of(values: &[Value]) -> Self {
        match values {
            [Value::Scalar(Scalar::Integer(value))] => Self::Integer(*value),
            [Value::Scalar(Scalar::Unsigned(value))] => {
                i64::try_from(*value).map_or(Self::Large(*value), Self::Integer)
            }
            values => {
                let mut bytes = Vec::new();
                for value in values {
                    write(value, &mut bytes);
                }
                Self::Values(bytes)
            }
        }
    }
}

/// Hashes an integer key, which most keys are, as nothing but the integer.
impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Integer(value) => state.write_u64(value.cast_unsigned()),
            Self::Large(value) => state.write_u64(*value),
            Self::Values(bytes) => state.write(bytes),
        }
    }
}

/// Whether a key can identify a row: a key with a null cannot.
pub(crate) fn names_row(values: &[Value]) -> bool {
    !values.iter().any(|value| matches!(value, Value::Scalar(Scalar::Null)))
}

/// Encodes a value, so that two values are equal if their bytes are.
fn write(value: &Value, bytes: &mut Vec<u8>) {
    let mut put = |tag: u8, value: &[u8]| {
        bytes.push(tag);
        bytes.extend_from_slice(&(value.len() as u64).to_le_bytes());
        bytes.extend_from_slice(value);
    };
    match value {
        Value::Scalar(Scalar::Boolean(value)) => put(0, &i128::from(*value).to_le_bytes()),
        Value::Scalar(Scalar::Integer(value)) => put(0, &i128::from(*value).to_le_bytes()),
        Value::Scalar(Scalar::Unsigned(value)) => put(0, &i128::from(*value).to_le_bytes()),
        Value::Scalar(Scalar::Text(text)) => put(1, text.as_bytes()),
        Value::Scalar(Scalar::Bytes(value)) => put(2, value),
        Value::Scalar(Scalar::Uuid((high, low))) => {
            put(3, &(u128::from(*high) << 64 | u128::from(*low)).to_le_bytes());
        }
        Value::Scalar(Scalar::Decimal(digits)) => put(5, Decimal::unchecked(digits.clone()).shortest().as_bytes()),
        other => put(4, format!("{other:?}").as_bytes()),
    }
}

/// Returns the keys of a batch's rows; `None` where one of the columns is null.
pub(crate) fn of_columns(columns: &[&ColumnData], rows: usize) -> Result<Vec<Option<Key>>> {
    if let [ColumnData { validity: None, values: Vector::Integers(integers) }] = columns
        && integers.len() == rows
    {
        return Ok(integers.iter().map(|&value| Some(Key::Integer(value))).collect());
    }
    let mut all = columns.iter().map(|&data| cells(data.clone())).collect::<Result<Vec<_>>>()?;
    let row = |_| {
        let values = all.iter_mut().map(|cells| cells.next().ok_or_else(malformed)).collect::<Result<Vec<_>>>()?;
        Ok(names_row(&values).then(|| Key::of(&values)))
    };
    (0..rows).map(row).collect()
}

/// Encodes primary keys as a batch.
pub(crate) fn batch_of_keys(rows: &[Vec<Value>]) -> Result<Batch> {
    let width = rows.first().map_or(0, Vec::len);
    let count = u32::try_from(rows.len()).map_err(|_| Error::invalid("more than 2^32 keys"))?;
    if rows.iter().any(|row| row.len() != width) {
        return Err(Error::invalid("keys of several lengths"));
    }
    let column = |at: usize| typed(rows.iter().filter_map(|row| row.get(at).cloned()).collect());
    Ok(Batch { rows: count, columns: (0..width).map(column).collect() })
}
