//! Borrowed values: a call's parameters, and the cells of a batch.

use super::{Array, Interval, Scalar, Value};

/// One borrowed value; the variants are those of [`Scalar`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ScalarRef<'a> {
    /// SQL's null, of any type.
    Null,
    /// A truth value.
    Boolean(bool),
    /// A signed integer.
    Integer(i64),
    /// An unsigned integer.
    Unsigned(u64),
    /// A float.
    Float(f64),
    /// An exact decimal.
    Decimal(&'a str),
    /// Text.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
    /// A UUID: its high and its low 64 bits.
    Uuid(u64, u64),
    /// A JSON document as text.
    Json(&'a str),
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
    Other(&'a str, &'a str),
}

/// A single value or an array, borrowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ValueRef<'a> {
    /// A single value.
    Scalar(ScalarRef<'a>),
    /// An array.
    Array(&'a Array),
}

impl Scalar {
    /// Borrows the value.
    #[must_use]
    pub fn borrow(&self) -> ScalarRef<'_> {
        match self {
            Self::Null => ScalarRef::Null,
            Self::Boolean(value) => ScalarRef::Boolean(*value),
            Self::Integer(value) => ScalarRef::Integer(*value),
            Self::Unsigned(value) => ScalarRef::Unsigned(*value),
            Self::Float(value) => ScalarRef::Float(*value),
            Self::Decimal(text) => ScalarRef::Decimal(text),
            Self::Text(text) => ScalarRef::Text(text),
            Self::Bytes(bytes) => ScalarRef::Bytes(bytes),
            Self::Uuid(high, low) => ScalarRef::Uuid(*high, *low),
            Self::Json(text) => ScalarRef::Json(text),
            Self::Date(days) => ScalarRef::Date(*days),
            Self::Time(at) => ScalarRef::Time(*at),
            Self::Timestamp(at) => ScalarRef::Timestamp(*at),
            Self::TimestampTz(at) => ScalarRef::TimestampTz(*at),
            Self::Interval(span) => ScalarRef::Interval(*span),
            Self::Other(native, text) => ScalarRef::Other(native, text),
        }
    }
}

impl Value {
    /// Borrows the value.
    #[must_use]
    pub fn borrow(&self) -> ValueRef<'_> {
        match self {
            Self::Scalar(scalar) => ValueRef::Scalar(scalar.borrow()),
            Self::Array(array) => ValueRef::Array(array),
        }
    }
}

impl ScalarRef<'_> {
    /// Returns an owned copy.
    #[must_use]
    pub fn to_scalar(self) -> Scalar {
        match self {
            Self::Null => Scalar::Null,
            Self::Boolean(value) => Scalar::Boolean(value),
            Self::Integer(value) => Scalar::Integer(value),
            Self::Unsigned(value) => Scalar::Unsigned(value),
            Self::Float(value) => Scalar::Float(value),
            Self::Decimal(text) => Scalar::Decimal(text.to_owned()),
            Self::Text(text) => Scalar::Text(text.to_owned()),
            Self::Bytes(bytes) => Scalar::Bytes(bytes.to_owned()),
            Self::Uuid(high, low) => Scalar::Uuid(high, low),
            Self::Json(text) => Scalar::Json(text.to_owned()),
            Self::Date(days) => Scalar::Date(days),
            Self::Time(at) => Scalar::Time(at),
            Self::Timestamp(at) => Scalar::Timestamp(at),
            Self::TimestampTz(at) => Scalar::TimestampTz(at),
            Self::Interval(span) => Scalar::Interval(span),
            Self::Other(native, text) => Scalar::Other(native.to_owned(), text.to_owned()),
        }
    }
}

impl ValueRef<'_> {
    /// SQL's null.
    pub const NULL: Self = Self::Scalar(ScalarRef::Null);

    /// Returns an owned copy.
    #[must_use]
    pub fn to_value(self) -> Value {
        match self {
            Self::Scalar(scalar) => Value::Scalar(scalar.to_scalar()),
            Self::Array(array) => Value::Array(array.clone()),
        }
    }
}
