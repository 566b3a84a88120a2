//! Converts columns of a batch to vectors of Rust values and back. Nothing here trusts the host's data.

use super::SqlType;
use crate::bindings::sqlservice::database::{
    rows::{Blobs, ColumnData, Strings, Vector},
    values::{Scalar, Value},
};

/// Why a column could not be read as the field of a row type.
#[derive(Clone, Debug, PartialEq)]
pub enum Unexpected {
    /// A null where the type is not an `Option`.
    Null,
    /// A value of another type, which is named here.
    Value(&'static str),
    /// Fewer or more values than rows, or offsets inside a character.
    Malformed,
}

/// The validity bits of a column under construction.
#[derive(Default)]
pub(crate) struct Validity {
    bits: Vec<u8>,
    rows: usize,
    nulls: bool,
}

impl Validity {
    pub(crate) fn push(&mut self, valid: bool) {
        if self.rows.is_multiple_of(8) {
            self.bits.push(0);
        }
        if let (true, Some(last)) = (valid, self.bits.last_mut()) {
            *last |= 1 << (self.rows % 8);
        }
        self.nulls |= !valid;
        self.rows += 1;
    }

    /// Returns the bits; nothing where no value was null.
    pub(crate) fn finish(self) -> Option<Vec<u8>> {
        self.nulls.then_some(self.bits)
    }
}

/// Whether row `row` has a value.
fn is_valid(validity: &[u8], row: usize) -> bool {
    validity.is_empty() || validity.get(row / 8).is_some_and(|bits| bits >> (row % 8) & 1 == 1)
}

/// Refuses validity bits for fewer rows than there are. No bits at all are valid: no value is null.
fn check_validity(validity: &[u8], rows: usize) -> Result<(), Unexpected> {
    if validity.is_empty() || validity.len() >= rows.div_ceil(8) { Ok(()) } else { Err(Unexpected::Malformed) }
}

pub(crate) fn decode<T: SqlType>(column: ColumnData, rows: usize) -> Result<Vec<T>, Unexpected> {
    let validity = column.validity.unwrap_or_default();
    check_validity(&validity, rows)?;
    if !validity.is_empty() && (0..rows).any(|row| !is_valid(&validity, row)) {
        return Err(Unexpected::Null);
    }
    let values = match T::take(column.values) {
        Ok(values) => values,
        Err(other) => scalars(other, None)?
            .map(|scalar| convert(scalar)?.ok_or(Unexpected::Null))
            .collect::<Result<Vec<T>, Unexpected>>()?,
    };
    if values.len() == rows { Ok(values) } else { Err(Unexpected::Malformed) }
}

pub(crate) fn decode_optional<T: SqlType>(column: ColumnData, rows: usize) -> Result<Vec<Option<T>>, Unexpected> {
    let validity = column.validity.unwrap_or_default();
    check_validity(&validity, rows)?;
    let values: Vec<Option<T>> = match T::take(column.values) {
        Ok(values) if validity.is_empty() => values.into_iter().map(Some).collect(),
        Ok(values) => {
            values.into_iter().enumerate().map(|(row, value)| is_valid(&validity, row).then_some(value)).collect()
        }
        Err(other) => scalars(other, Some(&validity))?.map(convert).collect::<Result<_, _>>()?,
    };
    if values.len() == rows { Ok(values) } else { Err(Unexpected::Malformed) }
}

pub(crate) fn convert<T: SqlType>(value: Value) -> Result<Option<T>, Unexpected> {
    let name = match &value {
        Value::Scalar(Scalar::Null) => return Ok(None),
        Value::Scalar(scalar) => name(scalar),
        Value::Array(_) => "an array",
    };
    T::from_cell(value).map(Some).ok_or(Unexpected::Value(name))
}

/// The cells of a vector one by one: the slow path, for vectors of another type than the requested one.
pub(crate) fn scalars(vector: Vector, validity: Option<&[u8]>) -> Result<impl Iterator<Item = Value> + '_, Unexpected> {
    let validity = validity.unwrap_or_default();
    fn each<T: 'static>(values: Vec<T>, case: impl Fn(T) -> Scalar + 'static) -> Box<dyn Iterator<Item = Value>> {
        Box::new(values.into_iter().map(move |value| Value::Scalar(case(value))))
    }
    let cells = match vector {
        Vector::Booleans(v) => each(v, |value| Scalar::Boolean(value != 0)),
        Vector::Integers(v) => each(v, Scalar::Integer),
        Vector::Unsigneds(v) => each(v, Scalar::Unsigned),
        Vector::Floats(v) => each(v, Scalar::Float),
        Vector::Decimals(v) => each(texts(v)?, Scalar::Decimal),
        Vector::Texts(v) => each(texts(v)?, Scalar::Text),
        Vector::Bytes(v) => each(blobs(v)?, Scalar::Bytes),
        Vector::Uuids(v) => each(v, Scalar::Uuid),
        Vector::Jsons(v) => each(texts(v)?, Scalar::Json),
        Vector::Dates(v) => each(v, Scalar::Date),
        Vector::Times(v) => each(v, Scalar::Time),
        Vector::Timestamps(v) => each(v, Scalar::Timestamp),
        Vector::TimestampsTz(v) => each(v, Scalar::TimestampTz),
        Vector::Intervals(v) => each(v, Scalar::Interval),
        Vector::Mixed(v) => Box::new(v.into_iter()),
    };
    Ok(cells.enumerate().map(|(row, value)| if is_valid(validity, row) { value } else { Value::Scalar(Scalar::Null) }))
}

fn texts(strings: Strings) -> Result<Vec<String>, Unexpected> {
    texts_or_back(strings).map_err(|_| Unexpected::Malformed)
}

fn blobs(blobs: Blobs) -> Result<Vec<Vec<u8>>, Unexpected> {
    blobs_or_back(blobs).map_err(|_| Unexpected::Malformed)
}

/// The texts of a column. Returns the column where an offset is not at a character boundary, or the offsets do not ascend.
pub(crate) fn texts_or_back(strings: Strings) -> Result<Vec<String>, Strings> {
    if let &[0, end] = strings.offsets.as_slice()
        && end as usize == strings.data.len()
    {
        // A single text is moved, not copied.
        return Ok(vec![strings.data]);
    }
    let mut texts = Vec::with_capacity(strings.offsets.len().saturating_sub(1));
    for &[start, end] in strings.offsets.array_windows() {
        match strings.data.get(start as usize..end as usize) {
            Some(text) => texts.push(text.to_owned()),
            None => return Err(strings),
        }
    }
    Ok(texts)
}

/// The byte strings of a column. Returns the column where the offsets do not ascend or exceed the data.
pub(crate) fn blobs_or_back(blobs: Blobs) -> Result<Vec<Vec<u8>>, Blobs> {
    let mut parts = Vec::with_capacity(blobs.offsets.len().saturating_sub(1));
    for &[start, end] in blobs.offsets.array_windows() {
        match blobs.data.get(start as usize..end as usize) {
            Some(part) => parts.push(part.to_owned()),
            None => return Err(blobs),
        }
    }
    Ok(parts)
}

/// Concatenates texts. Offsets of 32 bits suffice, because a guest's addresses have no more.
pub(crate) fn join_texts(cells: &mut dyn Iterator<Item = Option<&str>>) -> Strings {
    let mut strings = Strings { offsets: vec![0], data: String::new() };
    for cell in cells {
        strings.data.push_str(cell.unwrap_or_default());
        strings.offsets.push(u32::try_from(strings.data.len()).unwrap_or(u32::MAX));
    }
    strings
}

/// The name of a value's type, for errors.
pub(crate) const fn name(scalar: &Scalar) -> &'static str {
    match scalar {
        Scalar::Null => "null",
        Scalar::Boolean(_) => "a boolean",
        Scalar::Integer(_) => "an integer",
        Scalar::Unsigned(_) => "an unsigned integer",
        Scalar::Float(_) => "a float",
        Scalar::Decimal(_) => "a decimal",
        Scalar::Text(_) => "a text",
        Scalar::Bytes(_) => "bytes",
        Scalar::Uuid(_) => "a uuid",
        Scalar::Json(_) => "a json document",
        Scalar::Date(_) => "a date",
        Scalar::Time(_) => "a time",
        Scalar::Timestamp(_) => "a timestamp",
        Scalar::TimestampTz(_) => "a timestamp with a zone",
        Scalar::Interval(_) => "an interval",
        Scalar::Other(_) => "a value of the database's own type",
    }
}

/// The values of a column that the host sent.
pub(crate) fn cells(data: ColumnData) -> crate::Result<std::vec::IntoIter<Value>> {
    let cells = scalars(data.values, data.validity.as_deref()).map_err(|_| malformed())?;
    Ok(cells.collect::<Vec<_>>().into_iter())
}

/// The error for a malformed batch from the host.
pub(crate) fn malformed() -> crate::Error {
    crate::Error::other("the host sent a malformed batch")
}

/// The null value.
pub(crate) const fn null() -> Value {
    Value::Scalar(Scalar::Null)
}

/// Encodes a column of any values: a vector of integers where all are integers or null, else a mixed one.
pub(crate) fn typed(values: Vec<Value>) -> ColumnData {
    let mut validity = Validity::default();
    let mut others = 0;
    for value in &values {
        validity.push(!matches!(value, Value::Scalar(Scalar::Null)));
        others += usize::from(!matches!(value, Value::Scalar(Scalar::Null | Scalar::Integer(_))));
    }
    let values = if others == 0 {
        let integer = |value| if let Value::Scalar(Scalar::Integer(value)) = value { value } else { 0 };
        Vector::Integers(values.into_iter().map(integer).collect())
    } else {
        Vector::Mixed(values)
    };
    ColumnData { validity: validity.finish(), values }
}
