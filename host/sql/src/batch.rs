//! Many rows at once, column by column.

#[macro_use]
mod storage;

mod access;
mod builder;
mod concat;
mod pick;
mod split;

pub use builder::{BatchBuilder, ColumnBuilder, ColumnCapacity, VectorKind};

use crate::value::{Interval, Value};

/// Texts in one buffer; text `i` is the bytes from `offsets[i]` to `offsets[i + 1]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Strings {
    /// One offset more than there are rows.
    pub offsets: Vec<u32>,
    /// All texts.
    pub data: String,
}

/// Byte strings in one buffer.
#[derive(Clone, Debug, PartialEq)]
pub struct Blobs {
    /// One offset more than there are rows.
    pub offsets: Vec<u32>,
    /// All bytes.
    pub data: Vec<u8>,
}

/// The values of a column, one per row; the value of a null row is undefined. Units are those of
/// [`crate::Scalar`].
#[derive(Clone, Debug, PartialEq)]
pub enum Vector {
    /// Truth values, 0 or 1.
    Booleans(Vec<u8>),
    /// Signed integers.
    Integers(Vec<i64>),
    /// Unsigned integers.
    Unsigneds(Vec<u64>),
    /// Floats.
    Floats(Vec<f64>),
    /// Exact decimals as text.
    Decimals(Strings),
    /// Texts.
    Texts(Strings),
    /// Byte strings.
    Bytes(Blobs),
    /// UUIDs.
    Uuids(Vec<(u64, u64)>),
    /// JSON documents as text.
    Jsons(Strings),
    /// Dates.
    Dates(Vec<i32>),
    /// Times of day.
    Times(Vec<i64>),
    /// Timestamps without a zone.
    Timestamps(Vec<i64>),
    /// Timestamps in UTC.
    TimestampsTz(Vec<i64>),
    /// Spans of time.
    Intervals(Vec<Interval>),
    /// Values of several types.
    Mixed(Vec<Value>),
}

/// One column of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnData {
    /// The validity bitmap: one bit per row, least significant first, set if the row has a value; empty if no row is null.
    pub validity: Vec<u8>,
    /// The values.
    pub values: Vector,
}

/// Rows, column by column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// The number of rows.
    pub rows: u32,
    /// The columns.
    pub columns: Vec<ColumnData>,
}
