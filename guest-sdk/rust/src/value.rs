//! Rust types that columns can have, and their conversion into the contract's values.
//!
//! # Values that each database keeps
//!
//! A value is returned as it was sent, or it is refused; nothing is truncated or rounded silently. `exact` means identical to the last
//! bit. `equal` means an equal value: a decimal gets zeros up to its column's digits after the point, a document may lose blanks and the
//! order of its members, and the negative zero its sign. Any other entry is the error that refuses every value of the class: a
//! `type-mismatch` before anything is sent, with the column's name; `data` by the database or on the way to it; `integrity` by a check
//! that the database has for the type; `unsupported` when a database is opened with such a model. Every column can be null.
//!
//! <!-- fidelity: begin -->
//! | kind | values | SQLite | PostgreSQL | MariaDB |
//! | --- | --- | --- | --- | --- |
//! | boolean | all | exact | exact | exact |
//! | int16 | all | exact | exact | exact |
//! | int32 | all | exact | exact | exact |
//! | int64 | all | exact | exact | exact |
//! | uint64 | to 2^63-1 | exact | exact | exact |
//! | uint64 | from 2^63 to 2^64-1 | `data` | `data` | exact |
//! | float32 | finite | exact | exact | exact |
//! | float32 | -0.0 | equal | exact | equal |
//! | float32 | infinite | exact | exact | `data` |
//! | float32 | NaN | `data` | exact | `data` |
//! | float64 | finite | exact | exact | exact |
//! | float64 | -0.0 | equal | exact | equal |
//! | float64 | infinite | exact | exact | `data` |
//! | float64 | NaN | `data` | exact | `data` |
//! | decimal | with all 12 digits after the point | exact | exact | exact |
//! | decimal | with fewer digits after the point | equal | equal | equal |
//! | decimal | with more digits than (38, 12) | `type-mismatch` | `type-mismatch` | `type-mismatch` |
//! | text | Unicode of all planes | exact | exact | exact |
//! | text | with a NUL character | exact | `data` | exact |
//! | varchar | to its length | exact | exact | exact |
//! | varchar | longer | `type-mismatch` | `type-mismatch` | `type-mismatch` |
//! | bytes | all | exact | exact | exact |
//! | uuid | nil, max and others of RFC 9562 | exact | exact | exact |
//! | uuid | of a version past 7, with a variant's byte of 0x01 to 0x80 | exact | exact | `data` |
//! | json | documents | exact | equal | exact |
//! | json | null | exact | exact | exact |
//! | json | with the escape of a NUL character | exact | `data` | exact |
//! | json | nested 100 deep | exact | exact | `integrity` |
//! | json | texts that are no JSON | `type-mismatch` | `type-mismatch` | `type-mismatch` |
//! | date | 0001-01-01 to 9999-12-31 | exact | exact | exact |
//! | date | before and after | `data` | `data` | `data` |
//! | time | to the microsecond | exact | exact | exact |
//! | time | outside of a day | `data` | `data` | `data` |
//! | timestamp | 0001-01-01 to 9999-12-31, to the microsecond | exact | exact | exact |
//! | timestamp | before and after | `data` | `data` | `data` |
//! | timestamp-tz | 1970-01-02 to 2037-12-31, to the microsecond | exact | exact | exact |
//! | timestamp-tz | years 1 to 1969 and 2200 to 9999 | exact | exact | `data` |
//! | timestamp-tz | before and after | `data` | `data` | `data` |
//! | interval | months, days and microseconds, each with its sign | exact | exact | exact |
//! | enumeration | its labels | exact | exact | exact |
//! | array of int64 | of one dimension, with nulls | `unsupported` | exact | `unsupported` |
//! | array of text | of one dimension, with nulls | `unsupported` | exact | `unsupported` |
//! <!-- fidelity: end -->
//!
//! # Decimals
//!
//! A [`Decimal`] has the same meaning in every position on all databases. SQLite has no type for it and keeps it as text, which the host's
//! own functions compute with as PostgreSQL would: sums, differences and remainders have as many digits after the point as the operand
//! with more, products as many as both together, quotients at least 16 digits that count. A number that is assigned by an expression is
//! rounded to its column's digits, halves away from 0. An integer beside a decimal becomes one; beside a float, the decimal becomes a
//! float. What differs:
//!
//! | | SQLite | PostgreSQL | MariaDB |
//! | --- | --- | --- | --- |
//! | digits of a result | 1,000 before the point, 1,000 after it | 131,072 and 16,383 | 65, of them 38 after the point, where it rounds |
//! | digits of a quotient after the point | PostgreSQL's | at least 16 that count | 20 more than the dividend's |
//! | division by 0 in a query | `data` | `data` | null |
//! | division by 0 in a change | `data` | `data` | `data` |
//! | the remainder of a negative number where it is 0 | 0 | 0 | a 0 that is not equal to 0 |
//! | a cast to too few digits | `data` | `data` | the greatest decimal that fits |
//! | a float cast to a decimal | all its digits | 15 digits | all its digits |
//! | digits of [`sum`](crate::expression::sum) and others after the point | those of its values | those of its values | those of its column |
//!
//! Expressions that are SQL text, as computed columns and checks are, have the database's own meaning. On SQLite they compute with floats,
//! but compare decimals of tables that the host created by their values.

mod array;
mod auto;
pub(crate) mod column;
mod columns;
mod decimal;
pub(crate) mod deferred;
mod enumeration;
mod json;
#[cfg(any(feature = "bigdecimal", feature = "jiff", feature = "rust_decimal", feature = "serde_json"))]
mod native;
mod scalar;
mod time;

#[cfg(feature = "serde_json")]
pub use self::native::Document;
pub use uuid::Uuid;

pub use self::{
    array::Item,
    auto::Auto,
    column::Unexpected,
    columns::Columns,
    decimal::{Decimal, NotDecimal},
    deferred::Deferred,
    enumeration::{Enumeration, labels},
    json::Json,
    time::{Date, Time, Timestamp, TimestampTz},
};
pub use crate::bindings::sqlservice::database::values::{ArrayValue as Array, Interval, NativeValue, Scalar, Value};
use crate::bindings::sqlservice::database::{
    rows::{ColumnData, Vector},
    schema::{Column, ColumnType, DefaultValue, TypeKind},
};

impl ColumnType {
    /// Returns a type of this kind without further attributes.
    pub(crate) const fn of(kind: TypeKind) -> Self {
        Self { kind, length: None, precision: None, scale: None, element: None, labels: Vec::new(), native: None }
    }
}

/// A Rust type that a column can have, when it is not null: `bool`, `i16`, `i32`, `i64`, `u64`, `f32`, `f64`, `String`, `Vec<u8>`, and
/// this crate's [`Decimal`], [`Uuid`], [`Json`], [`Date`], [`Time`], [`Timestamp`], [`TimestampTz`] and [`Interval`]; an enum with
/// `#[derive(Enumeration)]`, which is stored as a label; and a `Vec` of all but enums, which is an array.
///
/// To add a type of your own, name the contract's type that holds it and implement both conversions: only `KIND`, `to_scalar` and
/// `from_scalar` are required.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a type that a column can have",
    label = "not a column type",
    note = "columns can be bool, i16, i32, i64, u64, f32, f64, String, Vec<u8>, Decimal, Uuid, Json, Date, Time, Timestamp, TimestampTz or Interval, enums with `#[derive(Enumeration)]`, a Vec of these, and an Option of these",
    note = "other integers are an i64, a usize is a u64; other models are a `Many<Device>` or a `One<User>`",
    note = "implement `sqlservice_sdk::SqlType` for a type of your own"
)]
pub trait SqlType: Clone + 'static {
    /// The kind of column that holds it.
    const KIND: TypeKind;

    /// Returns the type of a column that holds it.
    fn column_type() -> ColumnType {
        ColumnType::of(Self::KIND)
    }

    /// Converts to the contract's value. An array is not a scalar, and null here: [`to_cell`](Self::to_cell) converts it.
    fn to_scalar(&self) -> Scalar;

    /// Converts from a value that the database sent; `None` if that does not fit. It is never called with the null.
    fn from_scalar(scalar: Scalar) -> Option<Self>;

    /// Converts to the contract's value, arrays too.
    fn to_cell(&self) -> Value {
        Value::Scalar(self.to_scalar())
    }

    /// Converts from a value that the database sent, arrays too. It is never called with the null.
    fn from_cell(value: Value) -> Option<Self> {
        match value {
            Value::Scalar(scalar) => Self::from_scalar(scalar),
            Value::Array(_) => None,
        }
    }

    /// Returns why the contract cannot represent this value without loss, if it cannot: nanoseconds, a year before the first. A bulk
    /// insert refuses such a value with its column's name. `to_scalar` converts it into a value that every database refuses.
    fn misfit(&self) -> Option<&'static str> {
        None
    }

    /// Whether both are the same value for the database, so that there is nothing to write. NaNs are the same, and so are decimals that
    /// differ in zeros.
    fn same(&self, other: &Self) -> bool {
        same_cells(&self.to_cell(), &other.to_cell())
    }

    /// Encodes many values as one column, with null for `None`. Types that have a vector of their own override this.
    fn encode(cells: &mut dyn Iterator<Item = Option<&Self>>) -> Vector {
        Vector::Mixed(cells.map(|cell| cell.map_or(Value::Scalar(Scalar::Null), Self::to_cell)).collect())
    }

    /// Takes all values of a vector of exactly this type, with the default for nulls. Otherwise returns the vector, to be read cell by
    /// cell.
    fn take(vector: Vector) -> Result<Vec<Self>, Vector> {
        Err(vector)
    }
}

fn same_cells(one: &Value, other: &Value) -> bool {
    let same = |one: &Scalar, other: &Scalar| match (one, other) {
        (Scalar::Decimal(one), Scalar::Decimal(other)) => {
            one == other || Decimal::unchecked(one.clone()) == Decimal::unchecked(other.clone())
        }
        (one, other) => one == other,
    };
    match (one, other) {
        (Value::Scalar(one), Value::Scalar(other)) => same(one, other),
        (Value::Array(one), Value::Array(other)) => {
            one.dimensions == other.dimensions
                && one.items.len() == other.items.len()
                && one.items.iter().zip(&other.items).all(|(one, other)| same(one, other))
        }
        _ => false,
    }
}

/// A type that a model's field can have: a [`SqlType`], or an `Option` or an [`Auto`] of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a type that a column can have",
    label = "not a column type",
    note = "columns can be bool, i16, i32, i64, u64, f32, f64, String, Vec<u8>, Decimal, Uuid, Json, Date, Time, Timestamp, TimestampTz or Interval, enums with `#[derive(Enumeration)]`, a Vec of these, and an Option of these",
    note = "other integers are an i64, a usize is a u64; other models are a `Many<Device>` or a `One<User>`",
    note = "implement `sqlservice_sdk::SqlType` for a type of your own"
)]
pub trait Field: Clone + 'static {
    /// The type without the `Option`.
    type Base: SqlType;

    /// Whether it can be null.
    const NULLABLE: bool;

    /// Converts one value.
    fn to_value(&self) -> Value;

    /// Encodes many values as one column.
    fn encode(cells: &mut dyn Iterator<Item = &Self>) -> ColumnData;

    /// Decodes one column of `rows` rows.
    fn decode(column: ColumnData, rows: usize) -> Result<Vec<Self>, Unexpected>;

    /// Decodes a column in which an outer join may have left nulls instead.
    fn decode_outer(column: ColumnData, rows: usize) -> Result<Vec<Option<Self>>, Unexpected>;

    // The derive calls these. It uses nothing else of a field's type, so that a wrong type is one error.

    /// Copies the value of another field.
    #[doc(hidden)]
    fn copy(&mut self, other: &Self) {
        self.clone_from(other);
    }

    /// Returns the column of a table.
    #[doc(hidden)]
    fn declare(name: &str) -> Column {
        Column {
            name: name.to_owned(),
            ty: Self::Base::column_type(),
            nullable: Self::NULLABLE,
            default: DefaultValue::None,
            on_update: DefaultValue::None,
            computed: None,
            comment: None,
        }
    }

    /// Reads the next column of a result.
    #[doc(hidden)]
    fn read(columns: &mut Columns<'_>) -> crate::Result<std::vec::IntoIter<Self>> {
        columns.next::<Self>()
    }

    /// Reads the next column of an outer join.
    #[doc(hidden)]
    fn read_outer(columns: &mut Columns<'_>) -> crate::Result<std::vec::IntoIter<Option<Self>>> {
        columns.next_outer::<Self>()
    }

    /// Returns a cell of a row that an outer join found.
    #[doc(hidden)]
    fn found(cell: Option<Self>, column: &str) -> crate::Result<Self> {
        columns::found(cell, column)
    }

    /// Refuses values that the contract cannot represent, with their column's name.
    #[doc(hidden)]
    fn check<'a>(mut cells: impl Iterator<Item = &'a Self>, column: &str) -> crate::Result<()> {
        match cells.find_map(Self::unfit) {
            Some(got) => Err(columns::misfit::<Self>(column, got)),
            None => Ok(()),
        }
    }

    /// Returns why the contract cannot represent it, if it cannot.
    #[doc(hidden)]
    fn unfit(&self) -> Option<&'static str>;

    /// Whether both are the same value for the database.
    #[doc(hidden)]
    fn same(&self, other: &Self) -> bool;

    /// Converts one value that the database sent.
    #[doc(hidden)]
    fn from_value(value: Value, column: &str) -> crate::Result<Self>;

    /// Whether its value is loaded.
    #[doc(hidden)]
    fn has_value(&self) -> bool {
        true
    }

    /// Whether it is the number 0.
    #[doc(hidden)]
    fn is_zero(&self) -> bool {
        matches!(self.to_value(), Value::Scalar(Scalar::Integer(0) | Scalar::Unsigned(0)))
    }
}

impl<T: SqlType> Field for T {
    type Base = T;

    const NULLABLE: bool = false;

    fn to_value(&self) -> Value {
        self.to_cell()
    }

    fn unfit(&self) -> Option<&'static str> {
        self.misfit()
    }

    fn same(&self, other: &Self) -> bool {
        SqlType::same(self, other)
    }

    fn from_value(value: Value, column: &str) -> crate::Result<Self> {
        let found = column::convert(value).and_then(|value| value.ok_or(Unexpected::Null));
        found.map_err(|why| columns::mismatch::<Self>(column, &why))
    }

    fn encode(cells: &mut dyn Iterator<Item = &Self>) -> ColumnData {
        ColumnData { validity: None, values: T::encode(&mut cells.map(Some)) }
    }

    fn decode(column: ColumnData, rows: usize) -> Result<Vec<Self>, Unexpected> {
        column::decode(column, rows)
    }

    fn decode_outer(column: ColumnData, rows: usize) -> Result<Vec<Option<Self>>, Unexpected> {
        column::decode_optional(column, rows)
    }
}

impl<T: SqlType> Field for Option<T> {
    type Base = T;

    const NULLABLE: bool = true;

    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Scalar(Scalar::Null), T::to_cell)
    }

    fn unfit(&self) -> Option<&'static str> {
        self.as_ref().and_then(T::misfit)
    }

    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Some(one), Some(other)) => one.same(other),
            (one, other) => one.is_none() && other.is_none(),
        }
    }

    fn from_value(value: Value, column: &str) -> crate::Result<Self> {
        column::convert(value).map_err(|why| columns::mismatch::<Self>(column, &why))
    }

    fn encode(cells: &mut dyn Iterator<Item = &Self>) -> ColumnData {
        let mut validity = column::Validity::default();
        let values = T::encode(&mut cells.map(|cell| {
            validity.push(cell.is_some());
            cell.as_ref()
        }));
        ColumnData { validity: validity.finish(), values }
    }

    fn decode(column: ColumnData, rows: usize) -> Result<Vec<Self>, Unexpected> {
        column::decode_optional(column, rows)
    }

    fn decode_outer(column: ColumnData, rows: usize) -> Result<Vec<Option<Self>>, Unexpected> {
        Ok(column::decode_optional(column, rows)?.into_iter().map(Some).collect())
    }
}

/// A value in readable form.
pub(crate) struct Shown<'a>(pub(crate) &'a Value);

impl std::fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Value::Scalar(Scalar::Null) => f.write_str("null"),
            Value::Scalar(Scalar::Boolean(value)) => write!(f, "{value}"),
            Value::Scalar(Scalar::Integer(value)) => write!(f, "{value}"),
            Value::Scalar(Scalar::Unsigned(value)) => write!(f, "{value}"),
            Value::Scalar(Scalar::Float(value)) => write!(f, "{value}"),
            Value::Scalar(Scalar::Decimal(text) | Scalar::Json(text)) => f.write_str(text),
            Value::Scalar(Scalar::Text(text)) => write!(f, "{text:?}"),
            Value::Scalar(Scalar::Bytes(bytes)) => write!(f, "{} bytes", bytes.len()),
            value if deferred::is_unloaded(value) => f.write_str("unloaded"),
            other => write!(f, "{other:?}"),
        }
    }
}

/// A type that can be a parameter of raw SQL: see [`params!`](crate::params).
pub trait IntoValue {
    /// Converts to a value.
    fn into_value(self) -> Value;
}

impl<T: Field> IntoValue for T {
    fn into_value(self) -> Value {
        self.to_value()
    }
}

impl IntoValue for Value {
    fn into_value(self) -> Value {
        self
    }
}

impl IntoValue for &str {
    fn into_value(self) -> Value {
        Value::Scalar(Scalar::Text(self.to_owned()))
    }
}

impl IntoValue for &String {
    fn into_value(self) -> Value {
        self.as_str().into_value()
    }
}

impl IntoValue for &[u8] {
    fn into_value(self) -> Value {
        Value::Scalar(Scalar::Bytes(self.to_vec()))
    }
}

impl IntoValue for Option<&str> {
    fn into_value(self) -> Value {
        self.map_or(Value::Scalar(Scalar::Null), IntoValue::into_value)
    }
}

#[cfg(test)]
mod tests;
