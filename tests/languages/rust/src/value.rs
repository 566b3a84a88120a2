//! Values: between the list's JSON and the SDK's types.

use serde_json::{Number, Value as Json, json};
use sqlservice_sdk::{
    Date, Decimal, Error, Result, SqlType, Time, Timestamp, TimestampTz, Uuid, Value, error::Mismatch,
    schema::TypeKind, value::Scalar,
};

/// The greatest integer up to which JSON's numbers are exact everywhere.
const EXACT: i64 = (1 << 53) - 1;

/// Names the Rust type of a kind of column in an expression.
macro_rules! with_type {
    ($kind:expr, $ty:ident => $body:expr) => {
        $crate::value::with_type!(@ $kind, $ty, $body,
            Boolean bool, Int16 i16, Int32 i32, Int64 i64, Uint64 u64, Float32 f32, Float64 f64,
            Decimal ::sqlservice_sdk::Decimal, Bytes ::std::vec::Vec<u8>, Uuid ::sqlservice_sdk::Uuid,
            Json ::sqlservice_sdk::Json, Date ::sqlservice_sdk::Date, Time ::sqlservice_sdk::Time,
            Timestamp ::sqlservice_sdk::Timestamp, TimestampTz ::sqlservice_sdk::TimestampTz;
            _ => { type $ty = ::std::string::String; $body })
    };
    (numbers $kind:expr, $ty:ident => $body:expr) => {
        $crate::value::with_type!(@ $kind, $ty, $body,
            Int16 i16, Int32 i32, Int64 i64, Uint64 u64, Float32 f32, Float64 f64, Decimal ::sqlservice_sdk::Decimal;
            other => Err($crate::value::mismatch("an operand", "a number", &$crate::value::name(other))))
    };
    (@ $kind:expr, $ty:ident, $body:expr, $($case:ident $rust:ty),*; $rest:pat => $else:expr) => {
        match $kind {
            $(::sqlservice_sdk::schema::TypeKind::$case => { type $ty = $rust; $body })*
            $rest => $else,
        }
    };
}
pub(crate) use with_type;

/// A value of another type than is asked for.
pub fn mismatch(column: &str, expected: &str, got: &str) -> Error {
    Error::TypeMismatch(Mismatch { column: column.to_owned(), expected: expected.to_owned(), got: got.to_owned() })
}

/// The name of a kind.
pub fn name(kind: TypeKind) -> String {
    format!("{kind:?}").trim_start_matches("TypeKind::").to_lowercase()
}

/// A value of a Rust type, or null.
///
/// # Errors
/// [`Error::TypeMismatch`] where the type has no such value; a plugin would not compile.
pub fn parse<T: SqlType>(json: &Json, column: &str) -> Result<Option<T>> {
    match scalar(json)? {
        Scalar::Null => Ok(None),
        scalar => match T::from_scalar(scalar) {
            None => Err(mismatch(column, &name(T::KIND), &json.to_string())),
            value => Ok(value),
        },
    }
}

/// The kind of a value that nothing else tells the kind of.
pub fn kind(json: &Json) -> Result<TypeKind> {
    Ok(match scalar(json)? {
        Scalar::Boolean(_) => TypeKind::Boolean,
        Scalar::Integer(_) => TypeKind::Int64,
        Scalar::Unsigned(_) => TypeKind::Uint64,
        Scalar::Float(_) => TypeKind::Float64,
        Scalar::Decimal(_) => TypeKind::Decimal,
        Scalar::Bytes(_) => TypeKind::Bytes,
        Scalar::Uuid(_) => TypeKind::Uuid,
        Scalar::Json(_) => TypeKind::Json,
        Scalar::Date(_) => TypeKind::Date,
        Scalar::Time(_) => TypeKind::Time,
        Scalar::Timestamp(_) => TypeKind::Timestamp,
        Scalar::TimestampTz(_) => TypeKind::TimestampTz,
        _ => TypeKind::Text,
    })
}

/// A value as the list writes it.
pub fn scalar(json: &Json) -> Result<Scalar> {
    let malformed = || Error::other(format!("{json} is no value"));
    Ok(match json {
        Json::Null => Scalar::Null,
        Json::Bool(value) => Scalar::Boolean(*value),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(value), _) => Scalar::Integer(value),
            (None, Some(value)) => Scalar::Unsigned(value),
            _ => Scalar::Float(number.as_f64().ok_or_else(malformed)?),
        },
        Json::String(text) => Scalar::Text(text.clone()),
        Json::Object(object) => match object.iter().next() {
            Some((form, inner)) if object.len() == 1 => tagged(form, inner).ok_or_else(malformed)?,
            _ => return Err(malformed()),
        },
        Json::Array(_) => return Err(malformed()),
    })
}

/// A value that says its type.
fn tagged(form: &str, inner: &Json) -> Option<Scalar> {
    if form == "json" {
        return Some(Scalar::Json(inner.to_string()));
    }
    let text = inner.as_str()?;
    Some(match form {
        "integer" => Scalar::Integer(text.parse().ok()?),
        "decimal" => text.parse::<Decimal>().ok()?.to_scalar(),
        "bytes" => Scalar::Bytes(bytes(text)?),
        "uuid" => text.parse::<Uuid>().ok()?.to_scalar(),
        "date" => date(text)?.to_scalar(),
        "time" => time(text)?.to_scalar(),
        "timestamp" => {
            let (date, time) = moment(text)?;
            Timestamp::new(date, time).to_scalar()
        }
        "timestamp-tz" => {
            let (date, time) = moment(text.strip_suffix('Z')?)?;
            TimestampTz::new(date, time).to_scalar()
        }
        _ => return None,
    })
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.chars().map(|digit| u8::try_from(digit.to_digit(16)?).ok()).collect::<Option<_>>()?;
    let pair = |pair: &[u8]| Some(pair.first()? << 4 | pair.get(1)?);
    digits.chunks(2).map(pair).collect()
}

fn date(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let date = Date::new(parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?)?;
    parts.next().is_none().then_some(date)
}

fn time(text: &str) -> Option<Time> {
    let (seconds, part) = text.split_once('.')?;
    let mut parts = seconds.split(':').map(|part| part.parse().ok());
    let time = Time::new(parts.next()??, parts.next()??, parts.next()??, part.parse().ok()?)?;
    (part.len() == 6 && parts.next().is_none()).then_some(time)
}

fn moment(text: &str) -> Option<(Date, Time)> {
    let (day, hour) = text.split_once('T')?;
    Some((date(day)?, time(hour)?))
}

/// A value of a kind of column, as the list writes it.
///
/// # Errors
/// [`Error::TypeMismatch`] where the database gave something else.
pub fn tell(value: Value, kind: TypeKind, column: &str) -> Result<Json> {
    if value == Value::Scalar(Scalar::Null) {
        return Ok(Json::Null);
    }
    let got = format!("{value:?}");
    let typed = with_type!(kind, T => T::from_cell(value).map(|value| value.to_scalar()));
    tell_scalar(typed.ok_or_else(|| mismatch(column, &name(kind), &got))?)
}

/// A value as the list writes it, by its own type.
pub fn tell_scalar(scalar: Scalar) -> Result<Json> {
    Ok(match scalar {
        Scalar::Null => Json::Null,
        Scalar::Boolean(value) => value.into(),
        Scalar::Integer(value) if (-EXACT..=EXACT).contains(&value) => value.into(),
        Scalar::Integer(value) => json!({"integer": value.to_string()}),
        Scalar::Unsigned(value) if value <= EXACT.unsigned_abs() => value.into(),
        Scalar::Unsigned(value) => json!({"integer": value.to_string()}),
        Scalar::Float(value) => Number::from_f64(value).map_or(Json::Null, Json::Number),
        Scalar::Decimal(text) => json!({"decimal": text}),
        Scalar::Text(text) => text.into(),
        Scalar::Bytes(bytes) => json!({"bytes": bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()}),
        Scalar::Uuid((high, low)) => {
            json!({"uuid": Uuid::from_u128(u128::from(high) << 64 | u128::from(low)).to_string()})
        }
        Scalar::Json(text) => json!({"json": serde_json::from_str::<Json>(&text).map_err(Error::other)?}),
        Scalar::Date(days) => json!({"date": Date::from_days(days).to_string()}),
        Scalar::Time(time) => json!({"time": exact(Time::from_microseconds(time))}),
        Scalar::Timestamp(at) => {
            let at = Timestamp::from_microseconds(at);
            json!({"timestamp": format!("{}T{}", at.date(), exact(at.time()))})
        }
        Scalar::TimestampTz(at) => {
            let at = TimestampTz::from_microseconds(at);
            json!({"timestamp-tz": format!("{}T{}Z", at.date(), exact(at.time()))})
        }
        other => return Err(Error::other(format!("the list has no form for {other:?}"))),
    })
}

/// A time with all its digits.
fn exact(time: Time) -> String {
    let text = time.to_string();
    if text.contains('.') { text } else { format!("{text}.000000") }
}
