//! Cells on their way into columns: what a decoder makes of a value, and the column that it goes to.
//!
//! A column's kind is chosen once a result. A value that its kind cannot hold (an infinite date, a `NaN` among decimals)
//! turns the column of that one batch into a mixed one, so that nothing is lost and nothing is made up.

use sqlservice_sql::{
    ColumnData, Scalar, Value, Vector,
    batch::{Blobs, Strings},
    schema::TypeKind,
    value::{Array, Interval},
};

use super::calendar;

/// A value as a decoder found it.
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
    /// A value that has no kind: the type's name and a text.
    Other(&'static str, String),
    /// The same with a name that only this database has.
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

/// A column that is being filled.
pub(crate) struct Column {
    kind: TypeKind,
    rows: usize,
    /// Empty until there is a null.
    validity: Vec<u8>,
    values: Vector,
}

impl Column {
    /// A column for values of this kind.
    pub(crate) fn new(kind: TypeKind) -> Self {
        Self { kind, rows: 0, validity: Vec::new(), values: vector_of(kind, 0) }
    }

    /// Adds a value. An error says that the batch would be too large to address.
    pub(crate) fn push(&mut self, cell: Cell<'_>) -> Result<(), TooLarge> {
        match (&mut self.values, cell) {
            (_, Cell::Null) => return self.push_null(),
            (Vector::Integers(v), Cell::Integer(n)) => v.push(n),
            (Vector::Texts(v), Cell::Text(text))
            | (Vector::Decimals(v), Cell::Decimal(text))
            | (Vector::Jsons(v), Cell::Json(text) | Cell::Text(text))
            | (Vector::Texts(v), Cell::Json(text)) => push_text(v, text)?,
            (Vector::Floats(v), Cell::Float(n)) => v.push(n),
            (Vector::Booleans(v), Cell::Boolean(b)) => v.push(u8::from(b)),
            (Vector::Booleans(v), Cell::Integer(n @ (0 | 1))) => v.push(u8::from(n == 1)),
            (Vector::Timestamps(v), Cell::Timestamp(n) | Cell::TimestampTz(n))
            | (Vector::TimestampsTz(v), Cell::TimestampTz(n) | Cell::Timestamp(n))
            | (Vector::Times(v), Cell::Time(n)) => v.push(n),
            (Vector::Dates(v), Cell::Date(n)) => v.push(n),
            (Vector::Uuids(v), Cell::Uuid(high, low)) => v.push((high, low)),
            (Vector::Unsigneds(v), Cell::Unsigned(n)) => v.push(n),
            (Vector::Bytes(v), Cell::Bytes(bytes)) => push_bytes(v, bytes)?,
            (Vector::Intervals(v), Cell::Interval(span)) => v.push(span),
            (Vector::Mixed(v), cell) => v.push(cell.into_value()),
            (_, cell) => return self.push_coerced(cell),
        }
        self.count(true);
        Ok(())
    }

    /// The column of this batch; the next one begins empty and of the same kind.
    pub(crate) fn take(&mut self) -> ColumnData {
        let rows = std::mem::take(&mut self.rows);
        let values = std::mem::replace(&mut self.values, vector_of(self.kind, rows));
        ColumnData { validity: std::mem::take(&mut self.validity), values }
    }

    fn push_null(&mut self) -> Result<(), TooLarge> {
        match &mut self.values {
            Vector::Booleans(v) => v.push(0),
            Vector::Integers(v) | Vector::Times(v) | Vector::Timestamps(v) | Vector::TimestampsTz(v) => v.push(0),
            Vector::Unsigneds(v) => v.push(0),
            Vector::Floats(v) => v.push(0.0),
            Vector::Decimals(v) | Vector::Texts(v) | Vector::Jsons(v) => push_text(v, "")?,
            Vector::Bytes(v) => push_bytes(v, &[])?,
            Vector::Uuids(v) => v.push((0, 0)),
            Vector::Dates(v) => v.push(0),
            Vector::Intervals(v) => v.push(Interval::default()),
            Vector::Mixed(v) => v.push(Value::NULL),
        }
        self.count(false);
        Ok(())
    }

    fn count(&mut self, valid: bool) {
        let row = self.rows;
        self.rows += 1;
        if valid && self.validity.is_empty() {
            return;
        }
        if self.validity.is_empty() {
            // The first null: all rows before it have values, and the bits past the last row stay clear.
            self.validity = vec![u8::MAX; row / 8];
            self.validity.push((1_u8 << (row % 8)) - 1);
        } else if row.is_multiple_of(8) {
            self.validity.push(0);
        }
        if valid && let Some(last) = self.validity.last_mut() {
            *last |= 1 << (row % 8);
        }
    }

    /// A value of another kind than the column's: converted where that loses nothing, kept as it is where not.
    fn push_coerced(&mut self, cell: Cell<'_>) -> Result<(), TooLarge> {
        let done = match (&mut self.values, &cell) {
            (Vector::Integers(v), cell) => integer(cell).map(|n| v.push(n)),
            (Vector::Unsigneds(v), cell) => unsigned(cell).map(|n| v.push(n)),
            (Vector::Booleans(v), cell) => match unsigned(cell) {
                Some(n @ (0 | 1)) => {
                    v.push(u8::from(n == 1));
                    Some(())
                }
                _ => None,
            },
            (Vector::Floats(v), cell) => float(cell).map(|n| v.push(n)),
            (Vector::Decimals(v), cell) => match decimal(cell) {
                Some(text) => Some(push_text(v, &text)?),
                None => None,
            },
            (Vector::Uuids(v), Cell::Text(text)) => calendar::parse_uuid(text).map(|uuid| v.push(uuid)),
            (Vector::Uuids(v), Cell::Bytes(bytes)) => halves(bytes).map(|uuid| v.push(uuid)),
            (Vector::Texts(v) | Vector::Jsons(v), Cell::Bytes(bytes)) => match std::str::from_utf8(bytes) {
                Ok(text) => Some(push_text(v, text)?),
                Err(_) => None,
            },
            (Vector::Texts(v), Cell::Uuid(high, low)) => Some(push_text(v, &calendar::uuid_text(*high, *low))?),
            (Vector::Bytes(v), Cell::Text(text)) => Some(push_bytes(v, text.as_bytes())?),
            (Vector::Intervals(v), Cell::Text(text)) => calendar::parse_interval(text).map(|span| v.push(span)),
            _ => None,
        };
        if done.is_none() {
            self.mix(cell.into_value());
        }
        self.count(true);
        Ok(())
    }

    /// Makes the column a mixed one, for this batch.
    fn mix(&mut self, value: Value) {
        let values = std::mem::replace(&mut self.values, Vector::Mixed(Vec::new()));
        let mut values = each_value(&values, &self.validity, self.rows);
        values.push(value);
        self.values = Vector::Mixed(values);
    }
}

/// A batch whose texts do not fit 4 GiB.
#[derive(Debug)]
pub(crate) struct TooLarge;

fn push_text(strings: &mut Strings, text: &str) -> Result<(), TooLarge> {
    strings.data.push_str(text);
    strings.offsets.push(u32::try_from(strings.data.len()).map_err(|_| TooLarge)?);
    Ok(())
}

fn push_bytes(blobs: &mut Blobs, bytes: &[u8]) -> Result<(), TooLarge> {
    blobs.data.extend_from_slice(bytes);
    blobs.offsets.push(u32::try_from(blobs.data.len()).map_err(|_| TooLarge)?);
    Ok(())
}

/// An empty vector for values of a kind, with room for as many rows as the last batch had.
fn vector_of(kind: TypeKind, rows: usize) -> Vector {
    let strings = || {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Strings { offsets, data: String::with_capacity(rows * 8) }
    };
    match kind {
        TypeKind::Boolean => Vector::Booleans(Vec::with_capacity(rows)),
        TypeKind::Int16 | TypeKind::Int32 | TypeKind::Int64 => Vector::Integers(Vec::with_capacity(rows)),
        TypeKind::Uint64 => Vector::Unsigneds(Vec::with_capacity(rows)),
        TypeKind::Float32 | TypeKind::Float64 => Vector::Floats(Vec::with_capacity(rows)),
        TypeKind::Decimal => Vector::Decimals(strings()),
        TypeKind::Text | TypeKind::Varchar | TypeKind::Enumeration => Vector::Texts(strings()),
        TypeKind::Bytes => Vector::Bytes(Blobs { offsets: vec![0], data: Vec::new() }),
        TypeKind::Uuid => Vector::Uuids(Vec::with_capacity(rows)),
        TypeKind::Json => Vector::Jsons(strings()),
        TypeKind::Date => Vector::Dates(Vec::with_capacity(rows)),
        TypeKind::Time => Vector::Times(Vec::with_capacity(rows)),
        TypeKind::Timestamp => Vector::Timestamps(Vec::with_capacity(rows)),
        TypeKind::TimestampTz => Vector::TimestampsTz(Vec::with_capacity(rows)),
        TypeKind::Interval => Vector::Intervals(Vec::with_capacity(rows)),
        TypeKind::Array | TypeKind::Other => Vector::Mixed(Vec::with_capacity(rows)),
    }
}

/// Whether values that are stored as one kind can be read as another; where not, a column keeps its own kind.
pub(crate) fn reads_as(stored: TypeKind, wanted: TypeKind) -> bool {
    use TypeKind as K;
    let number = |kind| matches!(kind, K::Int16 | K::Int32 | K::Int64 | K::Uint64 | K::Decimal);
    let text = |kind| matches!(kind, K::Text | K::Varchar | K::Enumeration);
    match (stored, wanted) {
        (stored, wanted) if stored == wanted => true,
        (stored, K::Boolean) => number(stored),
        (K::Boolean, wanted) => number(wanted),
        (stored, K::Float32 | K::Float64) => number(stored) || matches!(stored, K::Float32 | K::Float64),
        (K::Float32 | K::Float64, K::Decimal) => true,
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

/// The part before the point where nothing but zeros is behind it.
fn whole<'a>(text: &&'a str) -> Option<&'a str> {
    match text.split_once('.') {
        None => Some(text),
        Some((whole, fraction)) => fraction.bytes().all(|b| b == b'0').then_some(whole),
    }
}

fn float(cell: &Cell<'_>) -> Option<f64> {
    // A float was asked for where the database computed exactly: the nearest one is the answer.
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
        // Rust writes floats without an exponent.
        Cell::Float(n) if n.is_finite() => Some(n.to_string()),
        _ => None,
    }
}

/// A UUID of 16 bytes.
pub(crate) fn halves(bytes: &[u8]) -> Option<(u64, u64)> {
    let (high, low) = bytes.split_first_chunk::<8>()?;
    Some((u64::from_be_bytes(*high), u64::from_be_bytes(low.try_into().ok()?)))
}

/// A vector's first rows as single values.
fn each_value(values: &Vector, validity: &[u8], rows: usize) -> Vec<Value> {
    (0..rows)
        .map(|row| {
            let valid = validity.is_empty() || validity.get(row / 8).is_some_and(|byte| byte >> (row % 8) & 1 == 1);
            if valid { value_at(values, row).unwrap_or(Value::NULL) } else { Value::NULL }
        })
        .collect()
}

fn value_at(values: &Vector, row: usize) -> Option<Value> {
    let text = |strings: &Strings| {
        let (from, to) = (*strings.offsets.get(row)?, *strings.offsets.get(row + 1)?);
        strings.data.get(from as usize..to as usize).map(ToOwned::to_owned)
    };
    let scalar = match values {
        Vector::Booleans(v) => Scalar::Boolean(*v.get(row)? == 1),
        Vector::Integers(v) => Scalar::Integer(*v.get(row)?),
        Vector::Unsigneds(v) => Scalar::Unsigned(*v.get(row)?),
        Vector::Floats(v) => Scalar::Float(*v.get(row)?),
        Vector::Decimals(v) => Scalar::Decimal(text(v)?),
        Vector::Texts(v) => Scalar::Text(text(v)?),
        Vector::Jsons(v) => Scalar::Json(text(v)?),
        Vector::Bytes(v) => {
            let (from, to) = (*v.offsets.get(row)?, *v.offsets.get(row + 1)?);
            Scalar::Bytes(v.data.get(from as usize..to as usize)?.to_owned())
        }
        Vector::Uuids(v) => v.get(row).map(|(high, low)| Scalar::Uuid(*high, *low))?,
        Vector::Dates(v) => Scalar::Date(*v.get(row)?),
        Vector::Times(v) => Scalar::Time(*v.get(row)?),
        Vector::Timestamps(v) => Scalar::Timestamp(*v.get(row)?),
        Vector::TimestampsTz(v) => Scalar::TimestampTz(*v.get(row)?),
        Vector::Intervals(v) => Scalar::Interval(*v.get(row)?),
        Vector::Mixed(v) => return v.get(row).cloned(),
    };
    Some(Value::Scalar(scalar))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(kind: TypeKind, cells: Vec<Cell<'_>>) -> ColumnData {
        let mut column = Column::new(kind);
        for cell in cells {
            column.push(cell).expect("small");
        }
        column.take()
    }

    #[test]
    fn nulls_are_bits() {
        assert!(filled(TypeKind::Int64, vec![Cell::Integer(1), Cell::Integer(2)]).validity.is_empty());
        for nulls in [vec![0], vec![7], vec![8], vec![0, 8, 16], vec![3, 9]] {
            let cells = (0..17).map(|n| if nulls.contains(&n) { Cell::Null } else { Cell::Integer(n) }).collect();
            let data = filled(TypeKind::Int64, cells);
            assert_eq!(data.validity.len(), 3);
            for row in 0..17_usize {
                let bit = data.validity[row / 8] >> (row % 8) & 1;
                assert_eq!(bit == 0, nulls.contains(&(row as i64)), "{nulls:?} {row}");
            }
            assert_eq!(data.validity[2] & !1, 0);
        }
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
        let (high, low) = calendar::parse_uuid(uuid).expect("a uuid");
        let bytes = [high.to_be_bytes(), low.to_be_bytes()].concat();
        let uuids = filled(TypeKind::Uuid, vec![Cell::Text(uuid), Cell::Bytes(&bytes)]);
        assert_eq!(uuids.values, Vector::Uuids(vec![(high, low); 2]));
        assert_eq!(filled(TypeKind::Boolean, vec![Cell::Integer(1)]).values, Vector::Booleans(vec![1]));
        assert!(matches!(filled(TypeKind::Boolean, vec![Cell::Integer(2)]).values, Vector::Mixed(_)));
        assert_eq!(filled(TypeKind::Int64, vec![Cell::Decimal("-7.00")]).values, Vector::Integers(vec![-7]));
        assert!(matches!(filled(TypeKind::Int64, vec![Cell::Decimal("7.5")]).values, Vector::Mixed(_)));
        assert_eq!(filled(TypeKind::Uint64, vec![Cell::Integer(7)]).values, Vector::Unsigneds(vec![7]));
        assert!(matches!(filled(TypeKind::Uint64, vec![Cell::Integer(-7)]).values, Vector::Mixed(_)));
    }
}
