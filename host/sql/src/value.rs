//! Single values, in the units of the contract's `values` interface.

use std::hash::{Hash, Hasher};

mod borrowed;

pub use borrowed::{ScalarRef, ValueRef};

/// A span of time in three independent parts, as a month has no fixed number of days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Interval {
    /// Months.
    pub months: i32,
    /// Days.
    pub days: i32,
    /// Microseconds.
    pub microseconds: i64,
}

/// One value.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Scalar {
    /// SQL's null, of any type.
    #[default]
    Null,
    /// A truth value.
    Boolean(bool),
    /// A signed integer.
    Integer(i64),
    /// An unsigned integer.
    Unsigned(u64),
    /// A float.
    Float(f64),
    /// An exact decimal: an optional sign, digits, an optional point and digits.
    Decimal(String),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A UUID: its high and its low 64 bits.
    Uuid(u64, u64),
    /// A JSON document as text.
    Json(String),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since midnight.
    Time(i64),
    /// Microseconds since 1970-01-01T00:00:00, without a zone.
    Timestamp(i64),
    /// Microseconds since 1970-01-01T00:00:00Z.
    TimestampTz(i64),
    /// A span of time.
    Interval(Interval),
    /// A value of a type of the database's own: the type's name and the value as text.
    Other(String, String),
}

/// Hashes floats by their bits. Equal values have equal hashes, except for zeros of different signs, which are
/// never looked up by hash.
impl Hash for Scalar {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Self::Null => {}
            Self::Boolean(value) => value.hash(state),
            Self::Integer(value) | Self::Time(value) | Self::Timestamp(value) | Self::TimestampTz(value) => {
                value.hash(state);
            }
            Self::Unsigned(value) => value.hash(state),
            Self::Float(value) => value.to_bits().hash(state),
            Self::Decimal(text) | Self::Text(text) | Self::Json(text) => text.hash(state),
            Self::Bytes(bytes) => bytes.hash(state),
            Self::Uuid(high, low) => (high, low).hash(state),
            Self::Date(days) => days.hash(state),
            Self::Interval(span) => span.hash(state),
            Self::Other(native, text) => (native, text).hash(state),
        }
    }
}

/// An array of any number of dimensions, its items row by row.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Array {
    /// The length of each dimension, outermost first.
    pub dimensions: Vec<u32>,
    /// The items.
    pub items: Vec<Scalar>,
}

/// A single value or an array.
#[derive(Clone, Debug, PartialEq, Hash)]
pub enum Value {
    /// A single value.
    Scalar(Scalar),
    /// An array.
    Array(Array),
}

impl Value {
    /// SQL's null.
    pub const NULL: Self = Self::Scalar(Scalar::Null);

    /// Whether it is SQL's null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Scalar(Scalar::Null))
    }

    /// Returns the bytes that a copy takes beyond the size of its type.
    pub(crate) fn bytes(&self) -> usize {
        let scalar = |scalar: &Scalar| match scalar {
            Scalar::Decimal(text) | Scalar::Text(text) | Scalar::Json(text) => text.len(),
            Scalar::Bytes(bytes) => bytes.len(),
            Scalar::Other(name, text) => name.len() + text.len(),
            _ => 0,
        };
        match self {
            Self::Scalar(value) => scalar(value),
            Self::Array(array) => {
                array.dimensions.len() * 4 + array.items.iter().map(|item| 32 + scalar(item)).sum::<usize>()
            }
        }
    }
}

impl Default for Value {
    fn default() -> Self {
        Self::NULL
    }
}

impl From<Scalar> for Value {
    fn from(scalar: Scalar) -> Self {
        Self::Scalar(scalar)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Scalar::Boolean(value).into()
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Scalar::Integer(value).into()
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Scalar::Text(value.to_owned()).into()
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Scalar::Text(value).into()
    }
}
