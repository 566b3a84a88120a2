//! Writes decoded values into columns: the decoder's cell, and the column that receives it.
//!
//! A column's kind is chosen once for each result set. A value that its kind cannot hold (an infinite date, a `NaN` among decimals)
//! makes the column of that one batch a mixed one, so that no value is lost or invented.

use sqlservice_sql::{
    ColumnData, Scalar, Value,
    batch::{ColumnBuilder, VectorKind},
    calendar,
    schema::TypeKind,
    value::{Array, Interval},
};
use uuid::Uuid;

/// A decoded value.
#[derive(Debug, PartialEq)]
pub(crate) enum Cell<'a> {
    Null,
    Boolean(bool),
    Integer(i64),
    Unsigned(u64),
    Float(f64),
    Decimal(&'a str),
    Text(&'a str),
    Bytes(&'a [u8]),
    Uuid(u64, u64),
    Json(&'a str),
    Date(i32),
    Time(i64),
    Timestamp(i64),
    TimestampTz(i64),
    Interval(Interval),
    Array(Array),
    /// A value of a type without a kind: the type's name and the value as text.
    Other(&'static str, String),
    /// Like `Other`, with a type name that only this database has.
    Native(&'a str, &'a str),
}

impl Cell<'_> {
    pub(crate) fn into_value(self) -> Value {
        let scalar = match self {
            Self::Null => Scalar::Null,
            Self::Boolean(v) => Scalar::Boolean(v),
            Self::Integer(v) => Scalar::Integer(v),
            Self::Unsigned(v) => Scalar::Unsigned(v),
            Self::Float(v) => Scalar::Float(v),
            Self::Decimal(v) => Scalar::Decimal(v.to_owned()),
            Self::Text(v) => Scalar::Text(v.to_owned()),
            Self::Bytes(v) => Scalar::Bytes(v.to_owned()),
            Self::Uuid(high, low) => Scalar::Uuid(high, low),
            Self::Json(v) => Scalar::Json(v.to_owned()),
            Self::Date(v) => Scalar::Date(v),
            Self::Time(v) => Scalar::Time(v),
            Self::Timestamp(v) => Scalar::Timestamp(v),
            Self::TimestampTz(v) => Scalar::TimestampTz(v),
            Self::Interval(v) => Scalar::Interval(v),
            Self::Array(array) => return Value::Array(array),
            Self::Other(native, text) => Scalar::Other(native.to_owned(), text),
            Self::Native(native, text) => Scalar::Other(native.to_owned(), text.to_owned()),
        };
        Value::Scalar(scalar)
    }
}

/// A column that is being filled, one batch after another.
pub(crate) struct Column {
    kind: VectorKind,
    builder: ColumnBuilder,
}

impl Column {
    /// Makes a column for values of this kind.
    pub(crate) fn new(kind: TypeKind) -> Self {
        let kind = VectorKind::from(kind);
        Self { kind, builder: ColumnBuilder::new(kind, 0) }
    }

    /// Adds an integer. Like the next three methods, a fast path for the most frequent kinds.
    #[inline]
    pub(crate) fn push_integer(&mut self, value: i64) -> sqlservice_sql::Result<()> {
        if self.kind == VectorKind::Integer { self.builder.push_i64(value) } else { self.push(Cell::Integer(value)) }
    }

    /// Adds a float.
    #[inline]
    pub(crate) fn push_float(&mut self, value: f64) -> sqlservice_sql::Result<()> {
        if self.kind == VectorKind::Float { self.builder.push_f64(value) } else { self.push(Cell::Float(value)) }
    }

    /// Adds a boolean.
    #[inline]
    pub(crate) fn push_boolean(&mut self, value: bool) -> sqlservice_sql::Result<()> {
        if self.kind == VectorKind::Boolean { self.builder.push_bool(value) } else { self.push(Cell::Boolean(value)) }
    }

    /// Adds a text.
    #[inline]
    pub(crate) fn push_text(&mut self, value: &str) -> sqlservice_sql::Result<()> {
        if self.kind == VectorKind::Text { self.builder.push_str(value) } else { self.push(Cell::Text(value)) }
    }

    /// Adds a value. Fails where the batch would become too large to address.
    pub(crate) fn push(&mut self, cell: Cell<'_>) -> sqlservice_sql::Result<()> {
        use VectorKind as K;
        let builder = &mut self.builder;
        match (self.kind, cell) {
            (_, Cell::Null) => {
                builder.push_null();
                Ok(())
            }
            (K::Integer, Cell::Integer(n)) => builder.push_i64(n),
            (K::Text, Cell::Text(text) | Cell::Json(text)) => builder.push_str(text),
            (K::Float, Cell::Float(n)) => builder.push_f64(n),
            (K::Boolean, Cell::Boolean(b)) => builder.push_bool(b),
            (K::Boolean, Cell::Integer(n @ (0 | 1))) => builder.push_bool(n == 1),
            (K::Timestamp, Cell::Timestamp(n) | Cell::TimestampTz(n)) => builder.push_timestamp(n),
            (K::TimestampTz, Cell::TimestampTz(n) | Cell::Timestamp(n)) => builder.push_timestamp_tz(n),
            (K::Decimal, Cell::Decimal(text)) => builder.push_decimal_str(text),
            (K::Json, Cell::Json(text) | Cell::Text(text)) => builder.push_json_str(text),
            (K::Uuid, Cell::Uuid(high, low)) => builder.push_uuid(high, low),
            (K::Bytes, Cell::Bytes(bytes)) => builder.push_bytes(bytes),
            (kind, cell) => match coerced(kind, &cell) {
                Some(scalar) => builder.push_value(scalar.into()),
                None => builder.push_value(cell.into_value()),
            },
        }
    }

    /// Returns the column of this batch. The next one begins empty, of the same kind and with the same capacity.
    pub(crate) fn take(&mut self) -> ColumnData {
        let next = ColumnBuilder::with_room(self.kind, self.builder.room());
        std::mem::replace(&mut self.builder, next).finish()
    }
}

/// Converts a value to its column's kind, where that loses nothing but the precision of a float.
fn coerced(kind: VectorKind, cell: &Cell<'_>) -> Option<Scalar> {
    use VectorKind as K;
    Some(match (kind, cell) {
        (K::Integer, cell) => Scalar::Integer(integer(cell)?),
        (K::Unsigned, cell) => Scalar::Unsigned(unsigned(cell)?),
        (K::Boolean, cell) => Scalar::Boolean(unsigned(cell).filter(|n| *n <= 1)? == 1),
        (K::Float, cell) => Scalar::Float(float(cell)?),
        (K::Decimal, cell) => Scalar::Decimal(decimal(cell)?),
        (K::Uuid, Cell::Text(text)) => uuid(Uuid::try_parse(text).ok()?),
        (K::Uuid, Cell::Bytes(bytes)) => uuid(Uuid::from_slice(bytes).or_else(|_| Uuid::try_parse_ascii(bytes)).ok()?),
        (K::Text, Cell::Bytes(bytes)) => Scalar::Text(std::str::from_utf8(bytes).ok()?.to_owned()),
        (K::Json, Cell::Bytes(bytes)) => Scalar::Json(std::str::from_utf8(bytes).ok()?.to_owned()),
        (K::Text, Cell::Uuid(high, low)) => Scalar::Text(Uuid::from_u64_pair(*high, *low).to_string()),
        (K::Bytes, Cell::Text(text)) => Scalar::Bytes(text.as_bytes().to_owned()),
        (K::Interval, Cell::Text(text)) => Scalar::Interval(calendar::parse_interval(text)?),
        _ => return None,
    })
}

/// Whether values of a stored kind can be converted to a declared one. Where not, the column keeps the stored kind.
pub(crate) fn reads_as(stored: TypeKind, wanted: TypeKind) -> bool {
    use TypeKind as K;
    let number = |kind| matches!(kind, K::Int16 | K::Int32 | K::Int64 | K::Uint64 | K::Decimal);
    let text = |kind| matches!(kind, K::Text | K::Varchar | K::Enumeration);
    match (stored, wanted) {
        (stored, wanted) if stored == wanted => true,
        (stored, K::Boolean) => number(stored),
        (K::Boolean, wanted) => number(wanted),
        (stored, K::Float32 | K::Float64) => number(stored) || matches!(stored, K::Float32 | K::Float64),
        (K::Float32 | K::Float64, wanted) => number(wanted),
        (stored, wanted) if number(stored) => number(wanted),
        (K::Timestamp, K::TimestampTz) | (K::TimestampTz, K::Timestamp) => true,
        (stored, K::Uuid) => text(stored) || stored == K::Bytes,
        (stored, K::Json) => text(stored) || stored == K::Bytes,
        (stored, K::Interval) => text(stored),
        (stored, K::Bytes) => text(stored),
        (K::Bytes | K::Json | K::Uuid, wanted) => text(wanted),
        (stored, wanted) => text(stored) && text(wanted),
    }
}

fn integer(cell: &Cell<'_>) -> Option<i64> {
    match cell {
        Cell::Integer(n) => Some(*n),
        Cell::Unsigned(n) => i64::try_from(*n).ok(),
        Cell::Boolean(b) => Some(i64::from(*b)),
        Cell::Decimal(text) => whole(text)?.parse().ok(),
        // Up to 2^53 neighbouring integers are different floats.
        #[allow(clippy::cast_possible_truncation, reason = "it has no fraction and is small enough")]
        Cell::Float(n) if n.fract() == 0.0 && n.abs() <= 9_007_199_254_740_992.0 => Some(*n as i64),
        _ => None,
    }
}

fn unsigned(cell: &Cell<'_>) -> Option<u64> {
    match cell {
        Cell::Unsigned(n) => Some(*n),
        Cell::Integer(n) => u64::try_from(*n).ok(),
        Cell::Boolean(b) => Some(u64::from(*b)),
        Cell::Decimal(text) => whole(text)?.parse().ok(),
        _ => None,
    }
}

/// Returns the integral part of a decimal whose fraction is zero.
fn whole<'a>(text: &&'a str) -> Option<&'a str> {
    match text.split_once('.') {
        None => Some(text),
        Some((whole, fraction)) => fraction.bytes().all(|b| b == b'0').then_some(whole),
    }
}

fn float(cell: &Cell<'_>) -> Option<f64> {
    // The declared kind is a float where the database computed exactly: the nearest float is returned.
    #[allow(clippy::cast_precision_loss, reason = "the nearest float is meant")]
    match cell {
        Cell::Float(n) => Some(*n),
        Cell::Integer(n) => Some(*n as f64),
        Cell::Unsigned(n) => Some(*n as f64),
        Cell::Decimal(text) => text.parse().ok(),
        _ => None,
    }
}

fn decimal(cell: &Cell<'_>) -> Option<String> {
    match cell {
        Cell::Integer(n) => Some(n.to_string()),
        Cell::Unsigned(n) => Some(n.to_string()),
        Cell::Boolean(b) => Some(u8::from(*b).to_string()),
        // Rust formats floats without an exponent.
        Cell::Float(n) if n.is_finite() => Some(n.to_string()),
        _ => None,
    }
}

fn uuid(uuid: Uuid) -> Scalar {
    let (high, low) = uuid.as_u64_pair();
    Scalar::Uuid(high, low)
}

#[cfg(test)]
mod tests {
    use sqlservice_sql::Vector;

    use super::*;

    fn filled(kind: TypeKind, cells: Vec<Cell<'_>>) -> ColumnData {
        let mut column = Column::new(kind);
        for cell in cells {
            column.push(cell).expect("small");
        }
        column.take()
    }

    #[test]
    fn a_stranger_turns_one_batch_into_a_mixed_one() {
        let mut column = Column::new(TypeKind::Decimal);
        for cell in [Cell::Decimal("1.50"), Cell::Null, Cell::Other("numeric", "NaN".into())] {
            column.push(cell).expect("small");
        }
        let mixed = column.take();
        assert_eq!(
            mixed.values,
            Vector::Mixed(vec![
                Scalar::Decimal("1.50".into()).into(),
                Value::NULL,
                Scalar::Other("numeric".into(), "NaN".into()).into()
            ])
        );
        assert_eq!(mixed.validity, [0b101]);
        column.push(Cell::Decimal("2")).expect("small");
        assert!(matches!(column.take().values, Vector::Decimals(_)));
    }

    #[test]
    fn declared_kinds_are_read_from_what_is_stored() {
        let uuid = "01234567-89ab-cdef-fedc-ba9876543210";
        let (high, low) = Uuid::try_parse(uuid).expect("a uuid").as_u64_pair();
        let bytes = [high.to_be_bytes(), low.to_be_bytes()].concat();
        let uuids = filled(TypeKind::Uuid, vec![Cell::Text(uuid), Cell::Bytes(&bytes)]);
        assert_eq!(uuids.values, Vector::Uuids(vec![(high, low); 2]));
        assert_eq!(filled(TypeKind::Boolean, vec![Cell::Integer(1)]).values, Vector::Booleans(vec![1]));
        assert!(matches!(filled(TypeKind::Boolean, vec![Cell::Integer(2)]).values, Vector::Mixed(_)));
        assert_eq!(filled(TypeKind::Int64, vec![Cell::Decimal("-7.00")]).values, Vector::Integers(vec![-7]));
        assert!(matches!(filled(TypeKind::Int64, vec![Cell::Decimal("7.5")]).values, Vector::Mixed(_)));
        assert_eq!(filled(TypeKind::Int64, vec![Cell::Float(-7.0)]).values, Vector::Integers(vec![-7]));
        assert!(matches!(filled(TypeKind::Int64, vec![Cell::Float(7.5)]).values, Vector::Mixed(_)));
        assert!(matches!(filled(TypeKind::Int64, vec![Cell::Float(1e18)]).values, Vector::Mixed(_)));
        assert_eq!(filled(TypeKind::Uint64, vec![Cell::Integer(7)]).values, Vector::Unsigneds(vec![7]));
        assert!(matches!(filled(TypeKind::Uint64, vec![Cell::Integer(-7)]).values, Vector::Mixed(_)));
    }
}
