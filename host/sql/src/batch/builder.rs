//! Builders that decode rows straight into columns, without an allocation a row.
//!
//! A builder starts with the expected kind of its column. A value of another kind, which SQLite allows in any
//! column, turns the whole column into [`Vector::Mixed`] without loss. The only failure is a column whose texts
//! exceed the 4 GiB that 32-bit offsets can address.

mod rows;

use super::{Blobs, ColumnData, Strings, Vector, storage::Storage};
use crate::{
    Error, Result, Scalar, Value,
    error::Limited,
    schema::{ColumnType, TypeKind},
    value::{Array, Interval},
};

pub use rows::BatchBuilder;

/// The most rows that a builder reserves room for; the size of a batch is guest-controlled.
const MAX_CAPACITY: usize = 65_536;

/// The expected kind of a column: the variants of [`Vector`], and `Dynamic` for columns of unknown type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the cases of `Vector`")]
pub enum VectorKind {
    Boolean,
    Integer,
    Unsigned,
    Float,
    Decimal,
    Text,
    Bytes,
    Uuid,
    Json,
    Date,
    Time,
    Timestamp,
    TimestampTz,
    Interval,
    Mixed,
    /// The kind of the first value that is not null.
    Dynamic,
}

impl From<TypeKind> for VectorKind {
    fn from(kind: TypeKind) -> Self {
        match kind {
            TypeKind::Boolean => Self::Boolean,
            TypeKind::Int16 | TypeKind::Int32 | TypeKind::Int64 => Self::Integer,
            TypeKind::Uint64 => Self::Unsigned,
            TypeKind::Float32 | TypeKind::Float64 => Self::Float,
            TypeKind::Decimal => Self::Decimal,
            TypeKind::Text | TypeKind::Varchar | TypeKind::Enumeration => Self::Text,
            TypeKind::Bytes => Self::Bytes,
            TypeKind::Uuid => Self::Uuid,
            TypeKind::Json => Self::Json,
            TypeKind::Date => Self::Date,
            TypeKind::Time => Self::Time,
            TypeKind::Timestamp => Self::Timestamp,
            TypeKind::TimestampTz => Self::TimestampTz,
            TypeKind::Interval => Self::Interval,
            TypeKind::Array | TypeKind::Other => Self::Mixed,
        }
    }
}

impl From<&ColumnType> for VectorKind {
    fn from(ty: &ColumnType) -> Self {
        ty.kind.into()
    }
}

/// The room that a column uses, to reserve as much for the next batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ColumnCapacity {
    rows: usize,
    /// Bytes of its texts or byte strings.
    bytes: usize,
}

/// Builds one column.
#[derive(Clone, Debug)]
pub struct ColumnBuilder {
    /// `None` until a dynamic column gets its first value.
    values: Option<Vector>,
    validity: Vec<u8>,
    rows: usize,
    capacity: usize,
    /// Heap bytes of mixed values, which cannot be derived from lengths.
    mixed_bytes: usize,
}

impl ColumnBuilder {
    /// Creates a column of no rows, with room for `capacity` of them (guest-controlled, so capped at a fixed number).
    #[must_use]
    pub fn new(kind: VectorKind, capacity: usize) -> Self {
        let capacity = capacity.min(MAX_CAPACITY);
        let values = empty(kind, capacity);
        Self { values, validity: Vec::new(), rows: 0, capacity, mixed_bytes: 0 }
    }

    /// Creates a column of no rows, with the room that another one used: the next batch of a result resembles the last.
    #[must_use]
    pub fn with_room(kind: VectorKind, room: ColumnCapacity) -> Self {
        let mut column = Self::new(kind, room.rows);
        match &mut column.values {
            Some(Vector::Decimals(s) | Vector::Texts(s) | Vector::Jsons(s)) => s.data.reserve(room.bytes),
            Some(Vector::Bytes(b)) => b.data.reserve(room.bytes),
            _ => {}
        }
        column
    }

    /// Returns the room that the column uses.
    #[must_use]
    pub fn room(&self) -> ColumnCapacity {
        let bytes = match &self.values {
            Some(Vector::Decimals(s) | Vector::Texts(s) | Vector::Jsons(s)) => s.data.len(),
            Some(Vector::Bytes(b)) => b.data.len(),
            _ => 0,
        };
        ColumnCapacity { rows: self.rows, bytes }
    }

    /// Returns the number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether it has no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Returns the size of the column in bytes, as limits count it.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let values = self.values.as_ref().map_or(0, |values| values.bytes_of(self.rows));
        values + self.mixed_bytes + self.validity.len()
    }

    /// Adds a null.
    #[inline]
    pub fn push_null(&mut self) {
        if self.validity.is_empty() {
            // The first null: all rows before it are valid. Whole bytes are set, as the bits past the last row are undefined.
            self.validity.reserve(self.capacity.max(self.rows + 1).div_ceil(8));
            self.validity.resize(self.rows.div_ceil(8), 0xff);
            if let (Some(last), left @ 1..) = (self.validity.last_mut(), self.rows % 8) {
                *last = (1 << left) - 1;
            }
        }
        if let Some(values) = &mut self.values {
            with_storage!(values, values => values.pad(self.rows + 1));
        }
        if self.rows.is_multiple_of(8) {
            self.validity.push(0);
        }
        self.rows += 1;
    }

    /// Adds a value that the database calls text: as text if it is UTF-8, otherwise as bytes, so that nothing is lost.
    pub fn push_text_bytes(&mut self, value: &[u8]) -> Result<()> {
        match std::str::from_utf8(value) {
            Ok(text) => self.push_str(text),
            Err(_) => self.push_bytes(value),
        }
    }

    /// Adds an array.
    pub fn push_array(&mut self, array: Array) -> Result<()> {
        self.push_other(Value::Array(array))
    }

    /// Adds any value.
    pub fn push_value(&mut self, value: Value) -> Result<()> {
        let scalar = match value {
            Value::Scalar(scalar) => scalar,
            Value::Array(array) => return self.push_array(array),
        };
        match scalar {
            Scalar::Null => {
                self.push_null();
                Ok(())
            }
            Scalar::Boolean(v) => self.push_bool(v),
            Scalar::Integer(v) => self.push_i64(v),
            Scalar::Unsigned(v) => self.push_u64(v),
            Scalar::Float(v) => self.push_f64(v),
            Scalar::Decimal(v) => self.push_decimal_str(&v),
            Scalar::Text(v) => self.push_str(&v),
            Scalar::Bytes(v) => self.push_bytes(&v),
            Scalar::Uuid(high, low) => self.push_uuid(high, low),
            Scalar::Json(v) => self.push_json_str(&v),
            Scalar::Date(v) => self.push_date(v),
            Scalar::Time(v) => self.push_time(v),
            Scalar::Timestamp(v) => self.push_timestamp(v),
            Scalar::TimestampTz(v) => self.push_timestamp_tz(v),
            Scalar::Interval(v) => self.push_interval(v),
            other @ Scalar::Other(..) => self.push_other(other.into()),
        }
    }

    /// Returns the column. A dynamic column that got only nulls is mixed.
    #[must_use]
    pub fn finish(self) -> ColumnData {
        let rows = self.rows;
        let values = self.values.unwrap_or_else(|| Vector::Mixed(vec![Value::NULL; rows]));
        ColumnData { validity: self.validity, values }
    }

    /// Marks the row that was just added as valid.
    #[inline]
    fn valid(&mut self) {
        if !self.validity.is_empty() {
            let bit = self.rows % 8;
            if bit == 0 {
                self.validity.push(1);
            } else if let Some(last) = self.validity.last_mut() {
                *last |= 1 << bit;
            }
        }
        self.rows += 1;
    }

    /// Returns the values. A dynamic column takes `kind` first, with its nulls so far.
    #[inline]
    fn vector(&mut self, kind: VectorKind) -> &mut Vector {
        let (rows, capacity) = (self.rows, self.capacity);
        self.values.get_or_insert_with(|| nulls(kind, rows, capacity))
    }

    /// Adds a value of another kind than the column has: the column becomes a mixed one.
    fn push_other(&mut self, value: Value) -> Result<()> {
        if !matches!(self.values, Some(Vector::Mixed(_))) {
            self.degrade();
        }
        self.mixed_bytes += value.bytes();
        if let Vector::Mixed(values) = self.vector(VectorKind::Mixed) {
            values.push(value);
        }
        self.valid();
        Ok(())
    }

    fn degrade(&mut self) {
        let rows = self.rows;
        let Some(values) = self.values.take() else {
            return;
        };
        let column = ColumnData { validity: std::mem::take(&mut self.validity), values };
        let mut mixed = Vec::with_capacity(self.capacity.max(rows + 1));
        mixed.extend((0..rows).map(|row| column.value(row)));
        self.mixed_bytes = mixed.iter().map(Value::bytes).sum();
        self.validity = column.validity;
        self.values = Some(Vector::Mixed(mixed));
    }
}

/// Functions that add a value to a column of its kind, and turn a column of another kind into a mixed one.
macro_rules! pushes {
    ($(
        $(#[$doc:meta])*
        $name:ident($($value:ident: $ty:ty),+), $kind:ident, $vector:ident: |$values:ident| $push:expr, $scalar:expr;
    )*) => {
        impl ColumnBuilder {$(
            $(#[$doc])*
            #[inline]
            pub fn $name(&mut self, $($value: $ty),+) -> Result<()> {
                match self.vector(VectorKind::$kind) {
                    Vector::$vector($values) => $push,
                    _ => return self.push_other($scalar.into()),
                }
                self.valid();
                Ok(())
            }
        )*}
    };
}

pushes! {
    /// Adds a signed integer.
    push_i64(value: i64), Integer, Integers: |v| v.push(value), Scalar::Integer(value);
    /// Adds an unsigned integer.
    push_u64(value: u64), Unsigned, Unsigneds: |v| v.push(value), Scalar::Unsigned(value);
    /// Adds a float.
    push_f64(value: f64), Float, Floats: |v| v.push(value), Scalar::Float(value);
    /// Adds a truth value.
    push_bool(value: bool), Boolean, Booleans: |v| v.push(value.into()), Scalar::Boolean(value);
    /// Adds a text.
    push_str(value: &str), Text, Texts: |v| append_text(v, value)?, Scalar::Text(value.to_owned());
    /// Adds a decimal, as text.
    push_decimal_str(value: &str), Decimal, Decimals: |v| append_text(v, value)?, Scalar::Decimal(value.to_owned());
    /// Adds a JSON document, as text.
    push_json_str(value: &str), Json, Jsons: |v| append_text(v, value)?, Scalar::Json(value.to_owned());
    /// Adds a byte string.
    push_bytes(value: &[u8]), Bytes, Bytes: |v| append_bytes(v, value)?, Scalar::Bytes(value.to_owned());
    /// Adds a UUID: its high and its low 64 bits.
    push_uuid(high: u64, low: u64), Uuid, Uuids: |v| v.push((high, low)), Scalar::Uuid(high, low);
    /// Adds a date: days since 1970-01-01.
    push_date(days: i32), Date, Dates: |v| v.push(days), Scalar::Date(days);
    /// Adds a time of day: microseconds since midnight.
    push_time(at: i64), Time, Times: |v| v.push(at), Scalar::Time(at);
    /// Adds a timestamp without a zone: microseconds since 1970-01-01T00:00:00.
    push_timestamp(at: i64), Timestamp, Timestamps: |v| v.push(at), Scalar::Timestamp(at);
    /// Adds a timestamp in UTC: microseconds since 1970-01-01T00:00:00Z.
    push_timestamp_tz(at: i64), TimestampTz, TimestampsTz: |v| v.push(at), Scalar::TimestampTz(at);
    /// Adds a span of time.
    push_interval(span: Interval), Interval, Intervals: |v| v.push(span), Scalar::Interval(span);
}

fn empty(kind: VectorKind, capacity: usize) -> Option<Vector> {
    let strings = || Strings { offsets: first_offset(capacity), data: String::new() };
    Some(match kind {
        VectorKind::Boolean => Vector::Booleans(Vec::with_capacity(capacity)),
        VectorKind::Integer => Vector::Integers(Vec::with_capacity(capacity)),
        VectorKind::Unsigned => Vector::Unsigneds(Vec::with_capacity(capacity)),
        VectorKind::Float => Vector::Floats(Vec::with_capacity(capacity)),
        VectorKind::Decimal => Vector::Decimals(strings()),
        VectorKind::Text => Vector::Texts(strings()),
        VectorKind::Bytes => Vector::Bytes(Blobs { offsets: first_offset(capacity), data: Vec::new() }),
        VectorKind::Uuid => Vector::Uuids(Vec::with_capacity(capacity)),
        VectorKind::Json => Vector::Jsons(strings()),
        VectorKind::Date => Vector::Dates(Vec::with_capacity(capacity)),
        VectorKind::Time => Vector::Times(Vec::with_capacity(capacity)),
        VectorKind::Timestamp => Vector::Timestamps(Vec::with_capacity(capacity)),
        VectorKind::TimestampTz => Vector::TimestampsTz(Vec::with_capacity(capacity)),
        VectorKind::Interval => Vector::Intervals(Vec::with_capacity(capacity)),
        VectorKind::Mixed => Vector::Mixed(Vec::with_capacity(capacity)),
        VectorKind::Dynamic => return None,
    })
}

/// Creates a vector of `rows` nulls.
#[cold]
fn nulls(kind: VectorKind, rows: usize, capacity: usize) -> Vector {
    let mut values = empty(kind, capacity.max(rows)).unwrap_or(Vector::Mixed(Vec::new()));
    with_storage!(&mut values, values => values.pad(rows));
    values
}

fn first_offset(capacity: usize) -> Vec<u32> {
    let mut offsets = Vec::with_capacity(capacity.saturating_add(1));
    offsets.push(0);
    offsets
}

#[inline]
fn append_text(strings: &mut Strings, value: &str) -> Result<()> {
    strings.offsets.push(end_offset(strings.data.len(), value.len())?);
    strings.data.push_str(value);
    Ok(())
}

#[inline]
fn append_bytes(blobs: &mut Blobs, value: &[u8]) -> Result<()> {
    blobs.offsets.push(end_offset(blobs.data.len(), value.len())?);
    blobs.data.extend_from_slice(value);
    Ok(())
}

/// Returns the offset after `more` bytes, or an error if it exceeds 32 bits. It never wraps, which would mix up texts.
#[inline]
fn end_offset(now: usize, more: usize) -> Result<u32> {
    now.checked_add(more).and_then(|end| u32::try_from(end).ok()).ok_or_else(too_long)
}

fn too_long() -> Error {
    Error::Limit { what: Limited::Bytes, allowed: u32::MAX.into() }
}

#[cfg(test)]
mod tests;
