//! Encodes bind values in PostgreSQL's binary format, each with its type.
//!
//! The driver caches prepared statements by their text alone. The same text with parameters of other types would run with the first
//! one's types, and bytes would be misread in silence. So the types are part of the text: a comment of one letter for each
//! parameter, see [`signature`].

mod array;

use std::borrow::Cow;

use sqlservice_sql::{
    calendar,
    error::Limited,
    schema::TypeKind,
    value::{Array, ScalarRef, ValueRef},
};
use sqlx::{
    Encode, Postgres, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgTypeInfo, types::Oid},
};

use super::{
    decode::{EPOCH, EPOCH_DAYS},
    error::data,
    numeric::{self, Malformed},
    types::{self, Form, oid},
};
use crate::{
    Error, Result,
    backend::{
        Bind, Binds,
        bind::{RowBind, RowBinds},
    },
};

/// The most parameters that the protocol can count.
const MOST: usize = 65_535;

/// An encoded parameter.
#[derive(Debug)]
pub(crate) struct Param<'a> {
    /// The OID of its type; 0 where the server chooses it.
    pub oid: u32,
    body: Body<'a>,
}

#[derive(Debug, PartialEq)]
enum Body<'a> {
    Null,
    Bool(bool),
    Int2(i16),
    Int4(i32),
    Int8(i64),
    Float4(f32),
    Float8(f64),
    Uuid(u64, u64),
    Bytes(Cow<'a, [u8]>),
    Jsonb(&'a str),
    /// Not encoded before the server has reported the parameter's type.
    Text(&'a str),
    Array(&'a Array),
}

/// Encodes the parameters of a statement. [`asks`] tells whether some still need their type.
pub(crate) fn params(binds: &Binds) -> Result<Vec<Param<'_>>> {
    if binds.len() > MOST {
        return Err(sqlservice_sql::Error::Limit { what: Limited::Parameters, allowed: MOST as u64 }.into());
    }
    match binds.columns() {
        Some(rows) => rows.columns.iter().enumerate().map(|(at, column)| array_of(binds, rows, at, column)).collect(),
        None => binds.iter().map(param).collect(),
    }
}

/// Encodes a column of a batch as an array, or a constant beside it.
fn array_of<'a>(binds: &'a Binds, rows: &RowBinds, at: usize, column: &RowBind) -> Result<Param<'a>> {
    match column {
        RowBind::Column(column, _) => match rows.batch.columns.get(*column) {
            Some(column) => array::column(column, rows.rows.clone()),
            None => param(Bind { value: ValueRef::NULL, kind: None }),
        },
        RowBind::Constant(_) => param(binds.get(0, at)),
    }
}

/// Whether some parameters need a type that only the server knows.
pub(crate) fn asks(params: &[Param<'_>]) -> bool {
    params.iter().any(|param| param.is_open())
}

/// Encodes the parameters that needed the server's types.
pub(crate) fn answer(params: &mut [Param<'_>], types: &[PgTypeInfo]) -> Result<()> {
    for (param, ty) in params.iter_mut().zip(types).filter(|(param, _)| param.is_open()) {
        param.body = match param.body {
            Body::Text(text) => named(text, ty)?,
            Body::Array(array) => Body::Bytes(Cow::Owned(array::of_type(array, ty)?)),
            _ => continue,
        };
    }
    Ok(())
}

/// Returns one letter for each parameter's type, `x` where the server chooses it.
pub(crate) fn signature(params: &[Param<'_>]) -> impl Iterator<Item = char> {
    params.iter().map(|param| letter(param.oid))
}

fn letter(number: u32) -> char {
    match number {
        oid::BOOL => 'o',
        oid::INT2 => 's',
        oid::INT4 => 'i',
        oid::INT8 => 'l',
        oid::FLOAT4 => 'f',
        oid::FLOAT8 => 'd',
        oid::NUMERIC => 'n',
        oid::TEXT => 't',
        oid::BYTEA => 'b',
        oid::UUID => 'u',
        oid::JSONB => 'j',
        oid::DATE => 'y',
        oid::TIME => 'h',
        oid::TIMESTAMP => 'p',
        oid::TIMESTAMPTZ => 'z',
        oid::INTERVAL => 'v',
        // The server chooses the type, always the same for one text as long as its tables do not change.
        _ => 'x',
    }
}

fn param(bind: Bind<'_>) -> Result<Param<'_>> {
    let scalar = match bind.value {
        ValueRef::Array(array) => return Ok(Param { oid: 0, body: Body::Array(array) }),
        ValueRef::Scalar(scalar) => scalar,
    };
    let wanted = bind.kind.and_then(types::oid_of);
    match scalar {
        ScalarRef::Null => return Ok(Param { oid: wanted.unwrap_or(0), body: Body::Null }),
        // Only the server knows types that the contract has no kind for.
        ScalarRef::Text(text)
            if bind.kind.is_some_and(|kind| matches!(kind, TypeKind::Enumeration | TypeKind::Other)) =>
        {
            return Ok(Param { oid: 0, body: Body::Text(checked(text)?) });
        }
        ScalarRef::Other(_, text) => return Ok(Param { oid: 0, body: Body::Text(checked(text)?) }),
        _ => {}
    }
    if let Some(oid) = wanted
        && let Some(body) = body(scalar, oid)?
    {
        return Ok(Param { oid, body });
    }
    let oid = natural(scalar);
    match body(scalar, oid)? {
        Some(body) => Ok(Param { oid, body }),
        None => Err(data("22003", "PostgreSQL has no integers past 9223372036854775807")),
    }
}

/// The type of a value without a known kind.
fn natural(scalar: ScalarRef<'_>) -> u32 {
    match scalar {
        ScalarRef::Boolean(_) => oid::BOOL,
        ScalarRef::Integer(_) | ScalarRef::Unsigned(_) => oid::INT8,
        ScalarRef::Float(_) => oid::FLOAT8,
        ScalarRef::Decimal(_) => oid::NUMERIC,
        ScalarRef::Null | ScalarRef::Text(_) | ScalarRef::Other(..) => oid::TEXT,
        ScalarRef::Bytes(_) => oid::BYTEA,
        ScalarRef::Uuid(..) => oid::UUID,
        ScalarRef::Json(_) => oid::JSONB,
        ScalarRef::Date(_) => oid::DATE,
        ScalarRef::Time(_) => oid::TIME,
        ScalarRef::Timestamp(_) => oid::TIMESTAMP,
        ScalarRef::TimestampTz(_) => oid::TIMESTAMPTZ,
        ScalarRef::Interval(_) => oid::INTERVAL,
    }
}

/// Encodes a value as a type. `None` where that would lose more than a float's precision, or for another kind of type.
fn body<'a>(scalar: ScalarRef<'a>, number: u32) -> Result<Option<Body<'a>>> {
    Ok(match (scalar, number) {
        (ScalarRef::Null, _) => Some(Body::Null),
        (ScalarRef::Boolean(v), oid::BOOL) => Some(Body::Bool(v)),
        (ScalarRef::Integer(v), _) => integer(i128::from(v), number)?,
        (ScalarRef::Unsigned(v), _) => integer(i128::from(v), number)?,
        (ScalarRef::Float(v), oid::FLOAT8) => Some(Body::Float8(v)),
        (ScalarRef::Float(v), oid::FLOAT4) => single(v),
        (ScalarRef::Decimal(text), oid::NUMERIC) => Some(Body::Bytes(Cow::Owned(number_bytes(text)?))),
        (ScalarRef::Text(text), oid::TEXT) => Some(Body::Bytes(Cow::Borrowed(checked(text)?.as_bytes()))),
        (ScalarRef::Bytes(bytes), oid::BYTEA) => Some(Body::Bytes(Cow::Borrowed(bytes))),
        (ScalarRef::Uuid(high, low), oid::UUID) => Some(Body::Uuid(high, low)),
        (ScalarRef::Json(text), oid::JSONB) => Some(Body::Jsonb(checked(text)?)),
        (ScalarRef::Json(text), oid::JSON) => Some(Body::Bytes(Cow::Borrowed(checked(text)?.as_bytes()))),
        // The server accepts more dates, but the contract could not return them.
        (ScalarRef::Date(days), oid::DATE) => {
            let days = Some(i64::from(days)).filter(|days| calendar::is_day(*days)).map(|days| days - EPOCH_DAYS);
            let days = days.and_then(|days| i32::try_from(days).ok());
            Some(Body::Int4(days.ok_or_else(|| data("22008", "a date is out of range"))?))
        }
        (ScalarRef::Time(at), oid::TIME) if (0..calendar::DAY).contains(&at) => Some(Body::Int8(at)),
        (ScalarRef::Time(_), oid::TIME) => return Err(data("22008", "a time of day is out of range")),
        (ScalarRef::Timestamp(at), oid::TIMESTAMP) | (ScalarRef::TimestampTz(at), oid::TIMESTAMPTZ) => {
            let at = Some(at).filter(|at| calendar::is_moment(*at)).and_then(|at| at.checked_sub(EPOCH));
            Some(Body::Int8(at.ok_or_else(|| data("22008", "a timestamp is out of range"))?))
        }
        (ScalarRef::Interval(span), oid::INTERVAL) => {
            let mut wire = Vec::with_capacity(16);
            wire.extend(span.microseconds.to_be_bytes());
            wire.extend(span.days.to_be_bytes());
            wire.extend(span.months.to_be_bytes());
            Some(Body::Bytes(Cow::Owned(wire)))
        }
        _ => None,
    })
}

fn integer(value: i128, number: u32) -> Result<Option<Body<'static>>> {
    Ok(match number {
        oid::INT2 => i16::try_from(value).ok().map(Body::Int2),
        oid::INT4 => i32::try_from(value).ok().map(Body::Int4),
        oid::INT8 => i64::try_from(value).ok().map(Body::Int8),
        oid::NUMERIC => Some(Body::Bytes(Cow::Owned(number_bytes(&value.to_string())?))),
        // Every integer up to 2^53 is exact as a float.
        #[allow(clippy::cast_precision_loss, reason = "checked to be exact")]
        oid::FLOAT8 => (value.unsigned_abs() <= 1 << 53).then_some(Body::Float8(value as f64)),
        _ => None,
    })
}

/// Returns the nearest 32-bit float, unless only that one is infinite.
#[allow(clippy::cast_possible_truncation, reason = "the nearest one is meant: the column is one of 32 bits")]
fn single(value: f64) -> Option<Body<'static>> {
    let nearest = value as f32;
    (nearest.is_finite() == value.is_finite()).then_some(Body::Float4(nearest))
}

fn number_bytes(text: &str) -> Result<Vec<u8>> {
    numeric::encode(text).map_err(|malformed| match malformed {
        Malformed::Syntax => data("22P02", "a decimal is an optional sign, digits, an optional point and digits"),
        Malformed::Range => data("22003", "a decimal has more digits than PostgreSQL has room for"),
    })
}

fn checked(text: &str) -> Result<&str> {
    if text.contains('\0') { Err(data("22021", "PostgreSQL has no NUL character in texts")) } else { Ok(text) }
}

/// Encodes a text as the type that the server named.
fn named<'a>(text: &'a str, ty: &PgTypeInfo) -> Result<Body<'a>> {
    let bytes = match types::form_of(ty) {
        Form::Text | Form::Named(_) | Form::Json => Cow::Borrowed(text.as_bytes()),
        Form::Versioned(_) | Form::Jsonb => Cow::Owned([&[1], text.as_bytes()].concat()),
        Form::Numeric => Cow::Owned(match text {
            "NaN" => vec![0, 0, 0, 0, 0xC0, 0, 0, 0],
            "Infinity" => vec![0, 0, 0, 0, 0xD0, 0, 0, 0],
            "-Infinity" => vec![0, 0, 0, 0, 0xF0, 0, 0, 0],
            _ => number_bytes(text)?,
        }),
        Form::Date if text == "infinity" => return Ok(Body::Int4(i32::MAX)),
        Form::Date if text == "-infinity" => return Ok(Body::Int4(i32::MIN)),
        Form::Timestamp | Form::TimestampTz if text == "infinity" => return Ok(Body::Int8(i64::MAX)),
        Form::Timestamp | Form::TimestampTz if text == "-infinity" => return Ok(Body::Int8(i64::MIN)),
        _ => {
            return Err(unsupported(
                "other",
                "values of this type cannot be sent; send a text and cast it in the statement",
            ));
        }
    };
    Ok(Body::Bytes(bytes))
}

fn unsupported(capability: &'static str, message: &str) -> Error {
    sqlservice_sql::Error::Unsupported { capability, message: message.to_owned() }.into()
}

impl Body<'_> {
    fn write(&self, wire: &mut Vec<u8>) {
        match self {
            Self::Null | Self::Text(_) | Self::Array(_) => {}
            Self::Bool(v) => wire.push(u8::from(*v)),
            Self::Int2(v) => wire.extend(v.to_be_bytes()),
            Self::Int4(v) => wire.extend(v.to_be_bytes()),
            Self::Int8(v) => wire.extend(v.to_be_bytes()),
            Self::Float4(v) => wire.extend(v.to_be_bytes()),
            Self::Float8(v) => wire.extend(v.to_be_bytes()),
            Self::Uuid(high, low) => {
                wire.extend(high.to_be_bytes());
                wire.extend(low.to_be_bytes());
            }
            Self::Bytes(bytes) => wire.extend_from_slice(bytes),
            Self::Jsonb(text) => {
                wire.push(1);
                wire.extend_from_slice(text.as_bytes());
            }
        }
    }
}

impl Param<'_> {
    fn is_open(&self) -> bool {
        matches!(self.body, Body::Text(_) | Body::Array(_))
    }

    /// The type with which the statement is prepared.
    pub(crate) fn type_info(&self) -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(self.oid))
    }
}

impl Type<Postgres> for Param<'_> {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(oid::UNKNOWN))
    }
}

impl Encode<'_, Postgres> for Param<'_> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        if self.is_open() {
            return Err("a parameter's type was not asked for".into());
        }
        self.body.write(buffer);
        Ok(if self.body == Body::Null { IsNull::Yes } else { IsNull::No })
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(self.type_info())
    }
}

#[cfg(test)]
mod tests {
    use sqlservice_sql::{
        Value,
        value::{Interval, Scalar},
    };

    use super::*;
    use crate::backend::{bind::BoundValue, postgres::decode};

    fn bound(scalar: Scalar, kind: Option<TypeKind>) -> Result<(u32, Option<Vec<u8>>)> {
        let value = Value::from(scalar);
        let param = param(Bind { value: value.borrow(), kind })?;
        let mut wire = Vec::new();
        param.body.write(&mut wire);
        Ok((param.oid, (param.body != Body::Null).then_some(wire)))
    }

    #[test]
    fn kinds_choose_types_and_values_come_back() {
        let cases = [
            (Scalar::Integer(-5), Some(TypeKind::Int16), oid::INT2, Form::Int2),
            (Scalar::Integer(70_000), Some(TypeKind::Int16), oid::INT8, Form::Int8),
            (Scalar::Integer(7), Some(TypeKind::Int32), oid::INT4, Form::Int4),
            (Scalar::Integer(i64::MIN), None, oid::INT8, Form::Int8),
            (Scalar::Float(0.1), None, oid::FLOAT8, Form::Float8),
            (Scalar::Float(0.5), Some(TypeKind::Float32), oid::FLOAT4, Form::Float4),
            (Scalar::Float(1e300), Some(TypeKind::Float32), oid::FLOAT8, Form::Float8),
            (Scalar::Decimal("-12.340".into()), Some(TypeKind::Decimal), oid::NUMERIC, Form::Numeric),
            (Scalar::Text("ä\u{10ffff}".into()), Some(TypeKind::Varchar), oid::TEXT, Form::Text),
            (Scalar::Bytes(vec![0, 255]), None, oid::BYTEA, Form::Bytea),
            (Scalar::Uuid(1, u64::MAX), None, oid::UUID, Form::Uuid),
            (Scalar::Json("{}".into()), None, oid::JSONB, Form::Jsonb),
            (Scalar::Date(-719_162), None, oid::DATE, Form::Date),
            (Scalar::Date(2_932_896), None, oid::DATE, Form::Date),
            (Scalar::Time(86_399_999_999), None, oid::TIME, Form::Time),
            (Scalar::Timestamp(-62_135_596_800_000_000), None, oid::TIMESTAMP, Form::Timestamp),
            (Scalar::TimestampTz(253_402_300_799_999_999), None, oid::TIMESTAMPTZ, Form::TimestampTz),
            (Scalar::Interval(Interval { months: -1, days: 2, microseconds: -3 }), None, oid::INTERVAL, Form::Interval),
            (Scalar::Boolean(true), Some(TypeKind::Boolean), oid::BOOL, Form::Bool),
        ];
        for (scalar, kind, number, form) in cases {
            let (oid, wire) = bound(scalar.clone(), kind).expect("bound");
            assert_eq!(oid, number, "{scalar:?}");
            let mut scratch = String::new();
            let wire = wire.expect("a value");
            let back = decode::decode(&form, &wire, &mut scratch).expect("read").into_value();
            assert_eq!(back, Value::Scalar(scalar));
        }
    }

    #[test]
    fn nulls_are_typed_where_a_kind_is_known() {
        assert_eq!(bound(Scalar::Null, Some(TypeKind::Uuid)).expect("ok"), (oid::UUID, None));
        assert_eq!(bound(Scalar::Null, None).expect("ok"), (0, None));
    }

    #[test]
    fn t20_what_the_server_cannot_hold_is_refused_before_the_wire() {
        for scalar in [
            Scalar::Text("a\0b".into()),
            Scalar::Unsigned(1 << 63),
            Scalar::Decimal("1e5".into()),
            Scalar::Timestamp(i64::MIN),
        ] {
            assert!(matches!(bound(scalar.clone(), None), Err(Error::Data(_))), "{scalar:?}");
        }
        assert_eq!(bound(Scalar::Unsigned(u64::MAX), Some(TypeKind::Decimal)).expect("ok").0, oid::NUMERIC);
    }

    #[test]
    fn statements_are_told_apart_by_their_types() {
        let binds = Binds::Values(vec![
            BoundValue { value: Scalar::Integer(1).into(), kind: None },
            BoundValue { value: Scalar::Text("a".into()).into(), kind: None },
        ]);
        assert_eq!(signature(&params(&binds).expect("params")).collect::<String>(), "lt");
    }
}
