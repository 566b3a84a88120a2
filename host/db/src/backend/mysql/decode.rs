//! Decodes values of MySQL's binary protocol into cells. The bytes are the server's, and a server can be hostile or broken too: no
//! length is trusted.

use sqlservice_sql::{Result, calendar};

use super::types::Form;
use crate::backend::column_writer::{Cell, Column};

/// Decodes a value into its column. Returns `None` for bytes that are no such value.
#[inline]
pub(crate) fn read(form: Form, bytes: &[u8], column: &mut Column) -> Option<Result<()>> {
    Some(match form {
        Form::Int64 => column.push_integer(i64::from_le_bytes(bytes.try_into().ok()?)),
        Form::Int32 => column.push_integer(i32::from_le_bytes(bytes.try_into().ok()?).into()),
        Form::Text => column.push_text(text(bytes)?),
        Form::Double => column.push_float(f64::from_le_bytes(bytes.try_into().ok()?)),
        form => column.push(decode(form, bytes)?),
    })
}

/// Decodes a value. Returns `None` for bytes that are no such value.
pub(crate) fn decode(form: Form, bytes: &[u8]) -> Option<Cell<'_>> {
    Some(match form {
        Form::Int64 => Cell::Integer(i64::from_le_bytes(bytes.try_into().ok()?)),
        // Integers of 24 bits are sent as 32.
        Form::Int32 | Form::Int24 => Cell::Integer(i32::from_le_bytes(bytes.try_into().ok()?).into()),
        Form::Int16 => Cell::Integer(i16::from_le_bytes(bytes.try_into().ok()?).into()),
        Form::Int8 | Form::Flag => Cell::Integer(i8::from_le_bytes(bytes.try_into().ok()?).into()),
        Form::Uint64 => Cell::Unsigned(u64::from_le_bytes(bytes.try_into().ok()?)),
        Form::Uint32 | Form::Uint24 => Cell::Integer(u32::from_le_bytes(bytes.try_into().ok()?).into()),
        Form::Uint16 => Cell::Integer(u16::from_le_bytes(bytes.try_into().ok()?).into()),
        Form::Uint8 => Cell::Integer(u8::from_le_bytes(bytes.try_into().ok()?).into()),
        Form::Float => Cell::Float(f32::from_le_bytes(bytes.try_into().ok()?).into()),
        Form::Double => Cell::Float(f64::from_le_bytes(bytes.try_into().ok()?)),
        Form::Text => Cell::Text(text(bytes)?),
        Form::Decimal => Cell::Decimal(text(bytes)?),
        Form::Json => Cell::Json(text(bytes)?),
        Form::Bytes => Cell::Bytes(bytes),
        Form::Date => date(bytes)?,
        Form::Time => time(bytes)?,
        Form::Datetime => moment(bytes, "datetime", Cell::Timestamp)?,
        Form::Timestamp => moment(bytes, "timestamp", Cell::TimestampTz)?,
        Form::Bits => Cell::Unsigned(bits(bytes)?),
        Form::Null => Cell::Null,
    })
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

fn bits(bytes: &[u8]) -> Option<u64> {
    (bytes.len() <= 8).then(|| bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

/// Returns the bytes after the length byte, with zeros for those that the server omits; `None` for an unexpected length.
fn parts<const N: usize>(bytes: &[u8], lengths: &[usize]) -> Option<[u8; N]> {
    let (length, rest) = bytes.split_first()?;
    if rest.len() != usize::from(*length) || !lengths.contains(&rest.len()) {
        return None;
    }
    let mut parts = [0; N];
    parts.get_mut(..rest.len())?.copy_from_slice(rest);
    Some(parts)
}

/// Returns the day, or the text of a date that no calendar has: `0000-00-00`.
fn day(year: [u8; 2], month: u8, day: u8) -> std::result::Result<i64, String> {
    let year = u16::from_le_bytes(year);
    let days = calendar::days_of(year.into(), month.into(), day.into()).filter(|days| calendar::is_day(*days));
    days.ok_or_else(|| format!("{year:04}-{month:02}-{day:02}"))
}

fn date(bytes: &[u8]) -> Option<Cell<'_>> {
    // Some servers send a time of day too, which is midnight.
    let [y0, y1, month, d, ..] = parts::<11>(bytes, &[0, 4, 7, 11])?;
    Some(match day([y0, y1], month, d) {
        Ok(days) => Cell::Date(i32::try_from(days).ok()?),
        Err(text) => Cell::Other("date", text),
    })
}

fn clock(hour: u8, minute: u8, second: u8) -> i64 {
    (i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second)) * 1_000_000
}

fn time(bytes: &[u8]) -> Option<Cell<'_>> {
    let [negative, d0, d1, d2, d3, hour, minute, second, u0, u1, u2, u3] = parts::<12>(bytes, &[0, 8, 12])?;
    let days = i64::from(u32::from_le_bytes([d0, d1, d2, d3]));
    let fraction = i64::from(u32::from_le_bytes([u0, u1, u2, u3]));
    let all = days * calendar::DAY + clock(hour, minute, second) + fraction;
    let all = if negative == 0 { all } else { -all };
    Some(if (0..calendar::DAY).contains(&all) {
        Cell::Time(all)
    } else {
        Cell::Other("time", calendar::time_text(all))
    })
}

fn moment(bytes: &[u8], native: &'static str, cell: fn(i64) -> Cell<'static>) -> Option<Cell<'static>> {
    let [y0, y1, month, d, hour, minute, second, u0, u1, u2, u3] = parts::<11>(bytes, &[0, 4, 7, 11])?;
    let of_day = clock(hour, minute, second) + i64::from(u32::from_le_bytes([u0, u1, u2, u3]));
    Some(match day([y0, y1], month, d) {
        Ok(days) => cell(days * calendar::DAY + of_day),
        Err(text) => Cell::Other(native, format!("{text} {}", calendar::time_text(of_day))),
    })
}

#[cfg(test)]
mod tests {
    use sqlservice_sql::{Scalar, Value};

    use super::*;

    fn owned(form: Form, bytes: &[u8]) -> Option<Value> {
        decode(form, bytes).map(Cell::into_value)
    }

    fn other(native: &str, text: &str) -> Option<Value> {
        Some(Scalar::Other(native.into(), text.into()).into())
    }

    const FORMS: [Form; 23] = [
        Form::Flag,
        Form::Int8,
        Form::Int16,
        Form::Int24,
        Form::Int32,
        Form::Int64,
        Form::Uint8,
        Form::Uint16,
        Form::Uint24,
        Form::Uint32,
        Form::Uint64,
        Form::Float,
        Form::Double,
        Form::Decimal,
        Form::Text,
        Form::Bytes,
        Form::Json,
        Form::Date,
        Form::Time,
        Form::Datetime,
        Form::Timestamp,
        Form::Bits,
        Form::Null,
    ];

    #[test]
    fn t20_any_bytes_are_a_value_or_nothing() {
        arbtest::arbtest(|bytes| {
            let form = *bytes.choose(&FORMS)?;
            let length = bytes.int_in_range(0..=20)?;
            drop(owned(form, bytes.bytes(length)?));
            Ok(())
        });
    }

    #[test]
    fn e02_integers_of_every_size() {
        assert_eq!(owned(Form::Int8, &[0xff]), Some(Scalar::Integer(-1).into()));
        assert_eq!(owned(Form::Uint8, &[0xff]), Some(Scalar::Integer(255).into()));
        assert_eq!(owned(Form::Int24, &[0xff, 0xff, 0xff, 0xff]), Some(Scalar::Integer(-1).into()));
        assert_eq!(owned(Form::Uint64, &[0xff; 8]), Some(Scalar::Unsigned(u64::MAX).into()));
        assert_eq!(owned(Form::Bits, &[1, 0]), Some(Scalar::Unsigned(256).into()));
        assert_eq!(owned(Form::Int64, &[1]), None);
    }

    #[test]
    fn e03_days_and_moments_are_those_of_the_contract_or_texts() {
        assert_eq!(owned(Form::Date, &[4, 0xb2, 7, 1, 1]), Some(Scalar::Date(0).into()));
        assert_eq!(owned(Form::Date, &[0]), other("date", "0000-00-00"));
        assert_eq!(owned(Form::Date, &[4, 0xe8, 7, 2, 0]), other("date", "2024-02-00"));
        let bytes = [11, 0xb2, 7, 1, 1, 0, 0, 1, 1, 0, 0, 0];
        assert_eq!(owned(Form::Datetime, &bytes), Some(Scalar::Timestamp(1_000_001).into()));
        assert_eq!(owned(Form::Timestamp, &bytes), Some(Scalar::TimestampTz(1_000_001).into()));
        assert_eq!(owned(Form::Datetime, &[4, 0xb2, 7, 1, 2]), Some(Scalar::Timestamp(calendar::DAY).into()));
        assert_eq!(owned(Form::Datetime, &[0]), other("datetime", "0000-00-00 00:00:00"));
        assert_eq!(owned(Form::Datetime, &[7, 0, 0]), None);
        assert_eq!(owned(Form::Time, &[0]), Some(Scalar::Time(0).into()));
        assert_eq!(owned(Form::Time, &[8, 1, 1, 0, 0, 0, 1, 0, 0]), other("time", "-25:00:00"));
        assert_eq!(owned(Form::Time, &[12, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0]), Some(Scalar::Time(5).into()));
    }
}
