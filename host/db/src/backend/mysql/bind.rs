//! Encodes bind values in MySQL's binary protocol, each with its type.

use std::borrow::Cow;

use sqlservice_sql::{
    calendar,
    error::Limited,
    schema::TypeKind,
    value::{ScalarRef, ValueRef},
};
use sqlx::{Encode, MySql, Type, encode::IsNull, error::BoxDynError, mysql::MySqlTypeInfo};
use uuid::Uuid;

use super::{error::data, types::Kinds};
use crate::{
    Result,
    backend::{Bind, Binds},
};

/// The most parameters that the protocol can count.
const MOST: usize = 65_535;

/// An encoded parameter.
#[derive(Debug)]
pub(crate) struct Param<'a> {
    ty: MySqlTypeInfo,
    body: Body<'a>,
}

#[derive(Debug)]
enum Body<'a> {
    Null,
    Int1(i8),
    Int8(i64),
    Uint8(u64),
    Float(f32),
    Double(f64),
    /// Bytes that already begin with their length.
    Plain(Vec<u8>),
    /// Bytes of any length, which is written before them.
    Long(Cow<'a, [u8]>),
}

/// Encodes the parameters of a statement.
pub(crate) fn params<'a>(binds: &'a Binds, kinds: &Kinds) -> Result<Vec<Param<'a>>> {
    if binds.len() > MOST {
        return Err(sqlservice_sql::Error::Limit { what: Limited::Parameters, allowed: MOST as u64 }.into());
    }
    binds.iter().map(|bind| param(bind, kinds)).collect()
}

fn param<'a>(bind: Bind<'a>, kinds: &Kinds) -> Result<Param<'a>> {
    let ValueRef::Scalar(scalar) = bind.value else {
        let message = "MySQL and MariaDB have no arrays; use a JSON document or a table".to_owned();
        return Err(sqlservice_sql::Error::Unsupported { capability: "arrays", message }.into());
    };
    let text = |text: Cow<'a, str>| {
        let bytes = match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        };
        (<str as Type<MySql>>::type_info(), Body::Long(bytes))
    };
    let (ty, body) = match scalar {
        ScalarRef::Null => (null(bind.kind, kinds), Body::Null),
        ScalarRef::Boolean(v) => (<i8 as Type<MySql>>::type_info(), Body::Int1((v).into())),
        ScalarRef::Integer(v) => (<i64 as Type<MySql>>::type_info(), Body::Int8(v)),
        ScalarRef::Unsigned(v) => (<u64 as Type<MySql>>::type_info(), Body::Uint8(v)),
        ScalarRef::Float(v) => float(v, bind.kind)?,
        ScalarRef::Decimal(v) => (kinds.decimal.clone(), Body::Long(Cow::Borrowed(decimal(v)?.as_bytes()))),
        ScalarRef::Text(v) | ScalarRef::Json(v) | ScalarRef::Other(_, v) => text(Cow::Borrowed(v)),
        ScalarRef::Bytes(v) => (<[u8] as Type<MySql>>::type_info(), Body::Long(Cow::Borrowed(v))),
        ScalarRef::Uuid(high, low) => text(Cow::Owned(Uuid::from_u64_pair(high, low).to_string())),
        ScalarRef::Interval(v) => text(Cow::Owned(calendar::interval_text(v))),
        ScalarRef::Date(days) => (kinds.date.clone(), Body::Plain(date((days).into())?)),
        ScalarRef::Time(at) => (kinds.time.clone(), Body::Plain(time(at)?)),
        ScalarRef::Timestamp(at) | ScalarRef::TimestampTz(at) => (kinds.datetime.clone(), Body::Plain(moment(at)?)),
    };
    Ok(Param { ty, body })
}

/// Returns the type of a null. The server also derives the type of the surrounding expression from it: a null text among integers
/// would make texts or floats of them.
fn null(kind: Option<TypeKind>, kinds: &Kinds) -> MySqlTypeInfo {
    match kind {
        Some(TypeKind::Boolean) => <i8 as Type<MySql>>::type_info(),
        Some(TypeKind::Int16 | TypeKind::Int32 | TypeKind::Int64) => <i64 as Type<MySql>>::type_info(),
        Some(TypeKind::Uint64) => <u64 as Type<MySql>>::type_info(),
        Some(TypeKind::Float32 | TypeKind::Float64) => <f64 as Type<MySql>>::type_info(),
        Some(TypeKind::Decimal) => kinds.decimal.clone(),
        Some(TypeKind::Date) => kinds.date.clone(),
        Some(TypeKind::Time) => kinds.time.clone(),
        Some(TypeKind::Timestamp | TypeKind::TimestampTz) => kinds.datetime.clone(),
        Some(TypeKind::Bytes) => <[u8] as Type<MySql>>::type_info(),
        _ => <str as Type<MySql>>::type_info(),
    }
}

/// Encodes a float. For a 32-bit column it is the nearest 32-bit float, so that it compares equal to the stored value.
fn float(value: f64, kind: Option<TypeKind>) -> Result<(MySqlTypeInfo, Body<'static>)> {
    if !value.is_finite() {
        return Err(data("22003", "MySQL and MariaDB have neither infinite floats nor NaN"));
    }
    #[allow(clippy::cast_possible_truncation, reason = "the nearest one is meant: the column is one of 32 bits")]
    let nearest = value as f32;
    Ok(if kind == Some(TypeKind::Float32) && nearest.is_finite() {
        (<f32 as Type<MySql>>::type_info(), Body::Float(nearest))
    } else {
        (<f64 as Type<MySql>>::type_info(), Body::Double(value))
    })
}

fn decimal(text: &str) -> Result<&str> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
        return Err(data("22007", "a decimal is an optional sign, digits, an optional point and digits"));
    }
    if whole.trim_start_matches('0').len() + fraction.len() > 65 {
        return Err(data("22003", "a decimal has more digits than MySQL and MariaDB have room for"));
    }
    Ok(text)
}

fn day(days: i64) -> Result<[u8; 4]> {
    let (year, month, day) = calendar::civil_of(days);
    let parts = (u16::try_from(year), u8::try_from(month), u8::try_from(day));
    match parts {
        (Ok(year), Ok(month), Ok(day)) if calendar::is_day(days) => {
            let [low, high] = year.to_le_bytes();
            Ok([low, high, month, day])
        }
        _ => Err(data("22008", "a date is out of range")),
    }
}

/// Splits a time of day into hour, minute and second, and microseconds.
fn clock(at: i64) -> Result<([u8; 3], [u8; 4])> {
    let seconds = at / 1_000_000;
    let part = |value: i64| u8::try_from(value).map_err(|_| data("22008", "a time of day is out of range"));
    let fraction = u32::try_from(at % 1_000_000).unwrap_or(0).to_le_bytes();
    Ok(([part(seconds / 3600)?, part(seconds / 60 % 60)?, part(seconds % 60)?], fraction))
}

fn date(days: i64) -> Result<Vec<u8>> {
    Ok([&[4][..], &day(days)?].concat())
}

fn time(at: i64) -> Result<Vec<u8>> {
    if !(0..calendar::DAY).contains(&at) {
        return Err(data("22008", "a time of day is out of range"));
    }
    let (parts, fraction) = clock(at)?;
    // Not negative, and no days.
    Ok([&[12, 0, 0, 0, 0, 0][..], &parts, &fraction].concat())
}

fn moment(at: i64) -> Result<Vec<u8>> {
    let day = day(at.div_euclid(calendar::DAY))?;
    let (parts, fraction) = clock(at.rem_euclid(calendar::DAY))?;
    Ok([&[11][..], &day, &parts, &fraction].concat())
}

/// Writes bytes after their length, as the protocol's length-encoded integer.
fn write_long(bytes: &[u8], wire: &mut Vec<u8>) {
    let length = bytes.len() as u64;
    let [b0, b1, b2, ..] = length.to_le_bytes();
    match length {
        0..251 => wire.push(b0),
        251..0x1_0000 => wire.extend([0xfc, b0, b1]),
        0x1_0000..0x100_0000 => wire.extend([0xfd, b0, b1, b2]),
        _ => {
            wire.push(0xfe);
            wire.extend(length.to_le_bytes());
        }
    }
    wire.extend_from_slice(bytes);
}

impl Type<MySql> for Param<'_> {
    fn type_info() -> MySqlTypeInfo {
        <str as Type<MySql>>::type_info()
    }
}

impl Encode<'_, MySql> for Param<'_> {
    fn encode_by_ref(&self, wire: &mut Vec<u8>) -> Result<IsNull, BoxDynError> {
        match &self.body {
            Body::Null => return Ok(IsNull::Yes),
            Body::Int1(v) => wire.extend(v.to_le_bytes()),
            Body::Int8(v) => wire.extend(v.to_le_bytes()),
            Body::Uint8(v) => wire.extend(v.to_le_bytes()),
            Body::Float(v) => wire.extend(v.to_le_bytes()),
            Body::Double(v) => wire.extend(v.to_le_bytes()),
            Body::Plain(bytes) => wire.extend_from_slice(bytes),
            Body::Long(bytes) => write_long(bytes, wire),
        }
        Ok(IsNull::No)
    }

    fn produces(&self) -> Option<MySqlTypeInfo> {
        Some(self.ty.clone())
    }
}

#[cfg(test)]
mod tests {
    use sqlservice_sql::{Scalar, Value};

    use super::*;
    use crate::{
        Error,
        backend::{
            column_writer::Cell,
            mysql::{decode, types::Form},
        },
    };

    fn kinds() -> Kinds {
        // The types make no difference to the bytes.
        let ty = || <str as Type<MySql>>::type_info();
        Kinds { decimal: ty(), date: ty(), time: ty(), datetime: ty() }
    }

    fn bound(scalar: Scalar) -> Result<Vec<u8>> {
        let value = Value::from(scalar);
        let bind = Bind { value: value.borrow(), kind: None };
        let mut wire = Vec::new();
        let _ = param(bind, &kinds())?.encode_by_ref(&mut wire).expect("written");
        Ok(wire)
    }

    #[test]
    fn e03_dates_and_times_come_back() {
        let cases = [
            (Scalar::Date(calendar::FIRST_DAY as i32), Form::Date),
            (Scalar::Date(calendar::LAST_DAY as i32), Form::Date),
            (Scalar::Time(0), Form::Time),
            (Scalar::Time(calendar::DAY - 1), Form::Time),
            (Scalar::Timestamp(calendar::FIRST_MICROSECOND), Form::Datetime),
            (Scalar::Timestamp(-1), Form::Datetime),
            (Scalar::TimestampTz(calendar::LAST_MICROSECOND), Form::Timestamp),
        ];
        for (scalar, form) in cases {
            let wire = bound(scalar.clone()).expect("bound");
            assert_eq!(decode::decode(form, &wire).map(Cell::into_value), Some(scalar.into()));
        }
    }

    #[test]
    fn lengths_are_written_in_the_protocols_way() {
        for (length, head) in [(0, vec![0]), (250, vec![250]), (251, vec![0xfc, 251, 0]), (65_536, vec![0xfd, 0, 0, 1])]
        {
            let wire = bound(Scalar::Bytes(vec![7; length])).expect("bound");
            assert_eq!(wire[..head.len()], head);
            assert_eq!(wire.len(), head.len() + length);
        }
    }

    #[test]
    fn t20_what_the_server_cannot_hold_is_refused_before_the_wire() {
        let wrong = [
            Scalar::Float(f64::NAN),
            Scalar::Decimal("1e5".into()),
            Scalar::Decimal(String::new()),
            Scalar::Decimal("9".repeat(66)),
            Scalar::Date(i32::MAX),
            Scalar::Time(-1),
            Scalar::Time(calendar::DAY),
            Scalar::Timestamp(i64::MAX),
        ];
        for scalar in wrong {
            assert!(matches!(bound(scalar.clone()), Err(Error::Data(_))), "{scalar:?}");
        }
        let array = sqlservice_sql::value::Array { dimensions: vec![], items: vec![] };
        let bind = Bind { value: ValueRef::Array(&array), kind: None };
        assert!(matches!(param(bind, &kinds()), Err(Error::Statement(_))));
    }
}
