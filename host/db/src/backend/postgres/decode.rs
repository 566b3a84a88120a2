//! Decodes values of PostgreSQL's binary format into cells. The bytes are the server's, and a server can be hostile or broken too:
//! no length is trusted.

use sqlservice_sql::{
    Result, Scalar, Value, calendar,
    value::{Array, Interval},
};
use uuid::Uuid;

use super::{
    numeric::{self, Number},
    types::Form,
};
use crate::backend::column_writer::{Cell, Column};

/// Days from 1970-01-01 to 2000-01-01, the server's epoch.
pub(crate) const EPOCH_DAYS: i64 = 10_957;
/// [`EPOCH_DAYS`] in microseconds.
pub(crate) const EPOCH: i64 = EPOCH_DAYS * calendar::DAY;

/// Decodes a value into its column. Returns `None` for bytes that are no such value, or for an unknown form.
#[inline]
pub(crate) fn read(form: &Form, bytes: &[u8], scratch: &mut String, column: &mut Column) -> Option<Result<()>> {
    Some(match form {
        Form::Int8 => column.push_integer(i64::from_be_bytes(bytes.try_into().ok()?)),
        Form::Int4 => column.push_integer(i32::from_be_bytes(bytes.try_into().ok()?).into()),
        Form::Text => column.push_text(text(bytes)?),
        Form::Float8 => column.push_float(f64::from_be_bytes(bytes.try_into().ok()?)),
        Form::Bool => column.push_boolean(*bytes.first()? != 0),
        form => column.push(decode(form, bytes, scratch)?),
    })
}

/// Decodes a value. Returns `None` for bytes that are no such value, or for an unknown form.
pub(crate) fn decode<'a>(form: &'a Form, bytes: &'a [u8], scratch: &'a mut String) -> Option<Cell<'a>> {
    Some(match form {
        Form::Int8 => Cell::Integer(i64::from_be_bytes(bytes.try_into().ok()?)),
        Form::Int4 => Cell::Integer(i32::from_be_bytes(bytes.try_into().ok()?).into()),
        Form::Int2 => Cell::Integer(i16::from_be_bytes(bytes.try_into().ok()?).into()),
        Form::Oid => Cell::Integer(u32::from_be_bytes(bytes.try_into().ok()?).into()),
        Form::Text => Cell::Text(text(bytes)?),
        Form::Float8 => Cell::Float(f64::from_be_bytes(bytes.try_into().ok()?)),
        Form::Float4 => Cell::Float(f32::from_be_bytes(bytes.try_into().ok()?).into()),
        Form::Bool => Cell::Boolean(*bytes.first()? != 0),
        Form::Timestamp => moment(bytes, "timestamp", Cell::Timestamp)?,
        Form::TimestampTz => moment(bytes, "timestamptz", Cell::TimestampTz)?,
        Form::Numeric => {
            scratch.clear();
            match numeric::decode(bytes, scratch)? {
                Number::Finite => Cell::Decimal(scratch),
                Number::Word(word) => Cell::Other("numeric", word.to_owned()),
            }
        }
        Form::Uuid => {
            let (high, low) = Uuid::from_slice(bytes).ok()?.as_u64_pair();
            Cell::Uuid(high, low)
        }
        Form::Json => Cell::Json(text(bytes)?),
        Form::Jsonb => Cell::Json(text(versioned(bytes)?)?),
        Form::Bytea => Cell::Bytes(bytes),
        Form::Date => date(bytes)?,
        Form::Time => time(i64::from_be_bytes(bytes.try_into().ok()?)),
        Form::Interval => interval(bytes)?,
        Form::Array(element) => Cell::Array(array(element, bytes)?),
        Form::Named(native) => Cell::Native(native, text(bytes)?),
        Form::Versioned(native) => Cell::Native(native, text(versioned(bytes)?)?),
        Form::TimeTz => Cell::Other("timetz", time_tz(bytes)?),
        Form::Money => Cell::Other("money", money(i64::from_be_bytes(bytes.try_into().ok()?))),
        Form::Bits(native) => Cell::Other(native, bits(bytes)?),
        Form::Address(native) => Cell::Other(native, address(native, bytes)?),
        Form::Hardware => Cell::Other("macaddr", hardware(bytes)),
        Form::Range(native, bound) => Cell::Other(native, range(bound, bytes)?),
        Form::Void => Cell::Null,
        Form::Unknown(_) => return None,
    })
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

fn versioned(bytes: &[u8]) -> Option<&[u8]> {
    bytes.split_first().filter(|(version, _)| **version == 1).map(|(_, rest)| rest)
}

fn date(bytes: &[u8]) -> Option<Cell<'static>> {
    let days = i32::from_be_bytes(bytes.try_into().ok()?);
    let since_1970 = i64::from(days) + EPOCH_DAYS;
    Some(match days {
        i32::MAX => Cell::Other("date", "infinity".into()),
        i32::MIN => Cell::Other("date", "-infinity".into()),
        _ if calendar::is_day(since_1970) => Cell::Date(i32::try_from(since_1970).ok()?),
        _ => Cell::Other("date", calendar::date_text(since_1970)),
    })
}

/// Returns a time of day as a cell. The server also has the end of the day, 24:00, which becomes text.
fn time(at: i64) -> Cell<'static> {
    if (0..calendar::DAY).contains(&at) { Cell::Time(at) } else { Cell::Other("time", calendar::time_text(at)) }
}

fn moment(bytes: &[u8], native: &'static str, cell: fn(i64) -> Cell<'static>) -> Option<Cell<'static>> {
    let microseconds = i64::from_be_bytes(bytes.try_into().ok()?);
    Some(match microseconds {
        i64::MAX => Cell::Other(native, "infinity".into()),
        i64::MIN => Cell::Other(native, "-infinity".into()),
        _ => {
            let since_1970 = microseconds.checked_add(EPOCH)?;
            if calendar::is_moment(since_1970) {
                cell(since_1970)
            } else {
                let text = calendar::timestamp_text(since_1970);
                let zone = if native == "timestamptz" { "+00" } else { "" };
                Cell::Other(
                    native,
                    match text.strip_suffix(" BC") {
                        Some(text) => format!("{text}{zone} BC"),
                        None => format!("{text}{zone}"),
                    },
                )
            }
        }
    })
}

fn interval(bytes: &[u8]) -> Option<Cell<'static>> {
    let (microseconds, rest) = bytes.split_first_chunk::<8>()?;
    let (days, months) = rest.split_first_chunk::<4>()?;
    Some(Cell::Interval(Interval {
        months: i32::from_be_bytes(months.try_into().ok()?),
        days: i32::from_be_bytes(*days),
        microseconds: i64::from_be_bytes(*microseconds),
    }))
}

/// Reads integers and byte strings one after the other.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn int4(&mut self) -> Option<i32> {
        let (number, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(i32::from_be_bytes(*number))
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    /// Reads a value after its length. The outer `None` is for malformed bytes, the inner one for null.
    fn value(&mut self) -> Option<Option<&'a [u8]>> {
        match self.int4()? {
            -1 => Some(None),
            length => Some(Some(self.take(usize::try_from(length).ok()?)?)),
        }
    }
}

/// Decodes an array. No library does it: `postgres-protocol` depends on a second driver's cryptography, and sqlx has only arrays of
/// one dimension.
fn array(element: &Form, bytes: &[u8]) -> Option<Array> {
    let mut reader = Reader(bytes);
    let (count, _has_nulls, _element) = (reader.int4()?, reader.int4()?, reader.int4()?);
    let mut dimensions = Vec::new();
    let mut length: usize = usize::from(count > 0);
    for _ in 0..usize::try_from(count).ok().filter(|count| *count <= 6)? {
        let (dimension, _lower_bound) = (u32::try_from(reader.int4()?).ok()?, reader.int4()?);
        length = length.checked_mul(dimension as usize)?;
        dimensions.push(dimension);
    }
    // Each item takes four bytes at least, so no more is allocated than the server sent.
    if length > reader.0.len() / 4 {
        return None;
    }
    let mut items = Vec::with_capacity(length);
    let mut scratch = String::new();
    for _ in 0..length {
        items.push(match reader.value()? {
            None => Scalar::Null,
            Some(bytes) => match decode(element, bytes, &mut scratch)?.into_value() {
                Value::Scalar(scalar) => scalar,
                Value::Array(_) => return None,
            },
        });
    }
    Some(Array { dimensions, items })
}

fn time_tz(bytes: &[u8]) -> Option<String> {
    let (time, west) = bytes.split_first_chunk::<8>()?;
    let east = -i64::from(i32::from_be_bytes(west.try_into().ok()?));
    let sign = if east < 0 { '-' } else { '+' };
    let zone = calendar::time_text(east.abs() * 1_000_000);
    let zone = zone.strip_suffix(":00").unwrap_or(&zone);
    let zone = zone.strip_suffix(":00").unwrap_or(zone);
    Some(format!("{}{sign}{zone}", calendar::time_text(i64::from_be_bytes(*time))))
}

fn money(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let cents = cents.unsigned_abs();
    format!("{sign}{}.{:02}", cents / 100, cents % 100)
}

fn bits(bytes: &[u8]) -> Option<String> {
    let mut reader = Reader(bytes);
    let length = usize::try_from(reader.int4()?).ok()?;
    if length > reader.0.len() * 8 {
        return None;
    }
    let bit = |at: usize| reader.0.get(at / 8).is_some_and(|byte| byte >> (7 - at % 8) & 1 == 1);
    Some((0..length).map(|at| if bit(at) { '1' } else { '0' }).collect())
}

fn address(native: &str, bytes: &[u8]) -> Option<String> {
    let [_family, mask, _is_cidr, _length, address @ ..] = bytes else { return None };
    let (address, whole): (std::net::IpAddr, u8) = match address.len() {
        4 => (<[u8; 4]>::try_from(address).ok()?.into(), 32),
        16 => (<[u8; 16]>::try_from(address).ok()?.into(), 128),
        _ => return None,
    };
    Some(if *mask == whole && native == "inet" { address.to_string() } else { format!("{address}/{mask}") })
}

fn hardware(bytes: &[u8]) -> String {
    let parts: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    parts.join(":")
}

fn range(bound: &Form, bytes: &[u8]) -> Option<String> {
    const EMPTY: u8 = 1;
    const LOWER_INCLUSIVE: u8 = 2;
    const UPPER_INCLUSIVE: u8 = 4;
    const LOWER_INFINITE: u8 = 8;
    const UPPER_INFINITE: u8 = 16;
    let (flags, rest) = bytes.split_first()?;
    let has = |flag| flags & flag != 0;
    if has(EMPTY) {
        return Some("empty".into());
    }
    let mut reader = Reader(rest);
    let mut side = |infinite: bool| -> Option<String> {
        if infinite { Some(String::new()) } else { bound_text(bound, reader.value()??) }
    };
    let lower = side(has(LOWER_INFINITE))?;
    let upper = side(has(UPPER_INFINITE))?;
    let open = if has(LOWER_INCLUSIVE) { '[' } else { '(' };
    let close = if has(UPPER_INCLUSIVE) { ']' } else { ')' };
    Some(format!("{open}{lower},{upper}{close}"))
}

fn bound_text(bound: &Form, bytes: &[u8]) -> Option<String> {
    let mut scratch = String::new();
    Some(match decode(bound, bytes, &mut scratch)? {
        Cell::Integer(n) => n.to_string(),
        Cell::Decimal(text) => text.to_owned(),
        Cell::Date(days) => calendar::date_text(days.into()),
        Cell::Timestamp(at) => format!("\"{}\"", calendar::timestamp_text(at)),
        Cell::TimestampTz(at) => format!("\"{}+00\"", calendar::timestamp_text(at)),
        Cell::Other(_, text) => text,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(form: &Form, bytes: &[u8]) -> Option<Value> {
        decode(form, bytes, &mut String::new()).map(Cell::into_value)
    }

    fn other(native: &str, text: &str) -> Option<Value> {
        Some(Scalar::Other(native.into(), text.into()).into())
    }

    const FORMS: [Form; 22] = [
        Form::Bool,
        Form::Int2,
        Form::Int4,
        Form::Int8,
        Form::Oid,
        Form::Float4,
        Form::Float8,
        Form::Numeric,
        Form::Text,
        Form::Bytea,
        Form::Uuid,
        Form::Json,
        Form::Jsonb,
        Form::Date,
        Form::Time,
        Form::Timestamp,
        Form::TimestampTz,
        Form::Interval,
        Form::TimeTz,
        Form::Money,
        Form::Hardware,
        Form::Void,
    ];

    #[test]
    fn t20_any_bytes_are_a_value_or_nothing() {
        arbtest::arbtest(|bytes| {
            let plain = bytes.choose(&FORMS)?.clone();
            let form = match bytes.int_in_range(0..=5)? {
                0 => Form::Array(Box::new(plain)),
                1 => Form::Range("range", Box::new(plain)),
                2 => Form::Bits("bit"),
                3 => Form::Address("inet"),
                4 => Form::Versioned("versioned".into()),
                _ => plain,
            };
            let length = bytes.int_in_range(0..=64)?;
            drop(owned(&form, bytes.bytes(length)?));
            Ok(())
        });
    }

    #[test]
    fn e03_days_and_moments_are_those_of_the_contract_or_texts() {
        let day = |days: i32| owned(&Form::Date, &days.to_be_bytes());
        assert_eq!(day(0), Some(Scalar::Date(10_957).into()));
        assert_eq!(day(i32::MAX), other("date", "infinity"));
        assert_eq!(day(-730_120), other("date", "0001-12-31 BC"));
        assert_eq!(day(-730_119), Some(Scalar::Date(-719_162).into()));
        let at = |form: &Form, microseconds: i64| owned(form, &microseconds.to_be_bytes());
        assert_eq!(at(&Form::Timestamp, 1), Some(Scalar::Timestamp(946_684_800_000_001).into()));
        assert_eq!(at(&Form::TimestampTz, i64::MIN), other("timestamptz", "-infinity"));
        assert_eq!(
            at(&Form::TimestampTz, -63_082_281_600_000_001),
            other("timestamptz", "0001-12-31 23:59:59.999999+00 BC")
        );
    }

    #[test]
    fn arrays_have_dimensions_and_nulls() {
        let int = |n: i32| n.to_be_bytes();
        let bytes = [int(2), int(1), int(23), int(2), int(1), int(1), int(1), int(4), int(7), int(-1)].concat();
        let array = Array { dimensions: vec![2, 1], items: vec![Scalar::Integer(7), Scalar::Null] };
        assert_eq!(owned(&Form::Array(Box::new(Form::Int4)), &bytes), Some(Value::Array(array)));
        let empty = [int(0), int(0), int(23)].concat();
        let array = Array { dimensions: vec![], items: vec![] };
        assert_eq!(owned(&Form::Array(Box::new(Form::Int4)), &empty), Some(Value::Array(array)));
    }

    #[test]
    fn texts_of_other_types_are_the_servers() {
        assert_eq!(owned(&Form::Money, &(-1234_i64).to_be_bytes()), other("money", "-12.34"));
        assert_eq!(owned(&Form::Bits("varbit"), &[0, 0, 0, 9, 0b1010_0000, 0b1000_0000]), other("varbit", "101000001"));
        assert_eq!(owned(&Form::Address("inet"), &[2, 24, 0, 4, 10, 0, 0, 1]), other("inet", "10.0.0.1/24"));
        assert_eq!(owned(&Form::Address("inet"), &[2, 32, 0, 4, 10, 0, 0, 1]), other("inet", "10.0.0.1"));
        let time = [3_600_000_000_i64.to_be_bytes().as_slice(), &(-5400_i32).to_be_bytes()].concat();
        assert_eq!(owned(&Form::TimeTz, &time), other("timetz", "01:00:00+01:30"));
        let bounds =
            [&[2_u8][..], &4_i32.to_be_bytes(), &1_i32.to_be_bytes(), &4_i32.to_be_bytes(), &5_i32.to_be_bytes()];
        assert_eq!(
            owned(&Form::Range("int4range", Box::new(Form::Int4)), &bounds.concat()),
            other("int4range", "[1,5)")
        );
    }

    #[test]
    fn bytes_that_make_no_sense_are_refused() {
        let forms = [
            Form::Int8,
            Form::Int4,
            Form::Int2,
            Form::Float8,
            Form::Numeric,
            Form::Uuid,
            Form::Jsonb,
            Form::Date,
            Form::Bool,
            Form::Timestamp,
            Form::Interval,
            Form::Array(Box::new(Form::Int4)),
            Form::TimeTz,
            Form::Bits("bit"),
            Form::Address("inet"),
            Form::Range("int4range", Box::new(Form::Int4)),
        ];
        for form in &forms {
            assert_eq!(owned(form, &[]), None, "{form:?}");
        }
        assert_eq!(owned(&Form::Text, &[0xff]), None);
        let huge = [1_i32, 0, 23, i32::MAX, 1].map(i32::to_be_bytes).concat();
        assert_eq!(owned(&Form::Array(Box::new(Form::Int4)), &huge), None);
    }
}
