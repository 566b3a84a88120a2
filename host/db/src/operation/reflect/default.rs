//! What a default's SQL text says: a constant of the column's type, the time, or something else.

use sqlservice_sql::{
    Dialect, Scalar,
    lexer::{Kind, Lexer, Token},
    schema::{ColumnType, DefaultValue, TypeKind},
    sql::means_now,
};

use crate::backend::calendar;

const MICROS: i64 = 1_000_000;

/// Reads a default as a database writes it. Text that is no constant of the column's type stays text.
pub(crate) fn default_value(text: &str, ty: &ColumnType, dialect: Dialect) -> DefaultValue {
    let plain = unwrapped(text, dialect);
    if plain.eq_ignore_ascii_case("null") || is_null_cast(plain) {
        return DefaultValue::None;
    }
    match literal(plain, ty, dialect) {
        Some(scalar) => DefaultValue::Literal(scalar.into()),
        None if is_now(plain) || means_now(plain, dialect) => DefaultValue::Now,
        None => DefaultValue::Expression(plain.to_owned()),
    }
}

/// A constant that is given as its content, without quotes.
pub(crate) fn constant(content: &str, ty: &ColumnType) -> DefaultValue {
    match of_kind(content, ty.kind) {
        Some(scalar) => DefaultValue::Literal(scalar.into()),
        None if is_now(content) => DefaultValue::Now,
        None => DefaultValue::Expression(content.to_owned()),
    }
}

/// The text without blanks and without parentheses that hold all of it.
pub(crate) fn unwrapped(text: &str, dialect: Dialect) -> &str {
    let mut text = text.trim();
    while let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        if !is_balanced(inner, dialect) {
            break;
        }
        text = inner.trim();
    }
    text
}

/// Whether every parenthesis outside of quotes has its partner within the text, and every quote its end.
fn is_balanced(text: &str, dialect: Dialect) -> bool {
    let mut depth = 0_usize;
    for token in Lexer::new(text, dialect) {
        if token.is_sign("(") {
            depth += 1;
        } else if token.is_sign(")") {
            let Some(outer) = depth.checked_sub(1) else { return false };
            depth = outer;
        } else if !token.is_closed {
            return false;
        }
    }
    depth == 0
}

fn is_now(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let name = match lower.split_once('(') {
        Some((name, rest))
            if rest.strip_suffix(')').is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit())) =>
        {
            name
        }
        Some(_) => return false,
        None => lower.as_str(),
    };
    let bare = matches!(name, "current_timestamp" | "localtimestamp" | "current_date" | "current_time" | "localtime");
    bare || (lower.len() > name.len()
        && matches!(name, "now" | "transaction_timestamp" | "curdate" | "curtime" | "utc_timestamp"))
}

/// Whether it is `NULL::type`, PostgreSQL's way to write no default.
fn is_null_cast(text: &str) -> bool {
    text.get(..6).is_some_and(|head| head.eq_ignore_ascii_case("null::")) && text.get(6..).is_some_and(is_type)
}

/// Whether what follows a constant only names its type.
fn is_type(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|b| {
            b.is_ascii_alphanumeric() || matches!(b, b' ' | b'_' | b'"' | b'.' | b'(' | b')' | b',' | b'[' | b']')
        })
}

fn literal(text: &str, ty: &ColumnType, dialect: Dialect) -> Option<Scalar> {
    if let Some(hex) = decoded(text).filter(|_| ty.kind == TypeKind::Bytes) {
        return bytes(hex).map(Scalar::Bytes);
    }
    if let Some((constant, rest)) = quoted(text, dialect) {
        if !rest.is_empty() && !rest.strip_prefix("::").is_some_and(is_type) {
            return None;
        }
        let content = constant.content();
        return match constant.prefix().to_ascii_lowercase().as_str() {
            "" | "e" | "n" => of_kind(&content, ty.kind),
            "x" => (ty.kind == TypeKind::Bytes).then(|| bytes(&content)).flatten().map(Scalar::Bytes),
            "b" => of_kind(&i64::from_str_radix(&content, 2).ok()?.to_string(), ty.kind),
            _ => None,
        };
    }
    let (number, cast) = text.split_once("::").unwrap_or((text, "t"));
    let number = unwrapped(number, dialect);
    let is_number = number.bytes().any(|b| b.is_ascii_digit())
        && number.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'))
        && number.parse::<f64>().is_ok();
    let is_truth = number.eq_ignore_ascii_case("true") || number.eq_ignore_ascii_case("false");
    ((is_number || is_truth) && is_type(cast)).then(|| of_kind(number, ty.kind)).flatten()
}

/// The digits of `decode('00ff'::text, 'hex'::text)`, which is how bytes are written for PostgreSQL.
fn decoded(text: &str) -> Option<&str> {
    let (hex, how) = text.strip_prefix("decode('")?.strip_suffix(')')?.split_once('\'')?;
    let how = how.strip_prefix("::text").unwrap_or(how).strip_prefix(", 'hex'")?;
    matches!(how, "" | "::text").then_some(hex)
}

/// The text constant at the start, after the name of its character set where MySQL says that, and what follows it.
fn quoted(text: &str, dialect: Dialect) -> Option<(Token<'_>, &str)> {
    let mut tokens = Lexer::new(text, dialect);
    let first = tokens.next()?;
    let constant = if first.kind == Kind::Word && first.text.starts_with('_') { tokens.next()? } else { first };
    let is_whole = constant.kind == Kind::Text && constant.is_closed;
    is_whole.then_some((constant, text.get(constant.end()..)?))
}

/// The content of a constant as a value of a column's kind.
fn of_kind(content: &str, kind: TypeKind) -> Option<Scalar> {
    let owned = || content.to_owned();
    Some(match kind {
        TypeKind::Boolean => match content.to_ascii_lowercase().as_str() {
            "t" | "true" | "1" => Scalar::Boolean(true),
            "f" | "false" | "0" => Scalar::Boolean(false),
            _ => return None,
        },
        TypeKind::Int16 | TypeKind::Int32 | TypeKind::Int64 => Scalar::Integer(content.parse().ok()?),
        TypeKind::Uint64 => Scalar::Unsigned(content.parse().ok()?),
        TypeKind::Float32 | TypeKind::Float64 => Scalar::Float(content.parse().ok()?),
        TypeKind::Decimal => is_decimal(content).then(|| Scalar::Decimal(owned()))?,
        TypeKind::Text | TypeKind::Varchar | TypeKind::Enumeration => Scalar::Text(owned()),
        TypeKind::Bytes => {
            Scalar::Bytes(content.strip_prefix("\\x").map_or_else(|| Some(owned().into_bytes()), bytes)?)
        }
        TypeKind::Uuid => calendar::parse_uuid(content).map(|(high, low)| Scalar::Uuid(high, low))?,
        TypeKind::Json => Scalar::Json(owned()),
        TypeKind::Date => Scalar::Date(date(content)?),
        TypeKind::Time => Scalar::Time(time(content)?),
        TypeKind::Timestamp => Scalar::Timestamp(timestamp(content)?),
        TypeKind::TimestampTz => Scalar::TimestampTz(timestamp(content)?),
        TypeKind::Interval | TypeKind::Array | TypeKind::Other => return None,
    })
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    !whole.is_empty() && !part.is_empty() && whole.bytes().chain(part.bytes()).all(|b| b.is_ascii_digit())
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let nibble = |b: u8| char::from(b).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, odd) = hex.as_bytes().as_chunks::<2>();
    odd.is_empty().then(|| pairs.iter().map(|[high, low]| Some(nibble(*high)? << 4 | nibble(*low)?)).collect())?
}

/// `YYYY-MM-DD` as days since 1970-01-01.
fn date(text: &str) -> Option<i32> {
    let mut parts = text.splitn(3, '-');
    let mut part = |digits: usize| {
        parts
            .next()
            .filter(|part| part.len() == digits && part.bytes().all(|b| b.is_ascii_digit()))?
            .parse::<u32>()
            .ok()
    };
    let (year, month, day) = (part(4)?, part(2)?, part(2)?);
    calendar::days_of(i64::from(year), month, day)
        .filter(|days| calendar::is_day(*days))
        .and_then(|days| days.try_into().ok())
}

/// `HH:MM[:SS[.ffffff]]` as microseconds.
fn time(text: &str) -> Option<i64> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = clock.splitn(3, ':');
    let mut part = |end: i64| parts.next()?.parse::<i64>().ok().filter(|number| (0..end).contains(number));
    let (hour, minute) = (part(24)?, part(60)?);
    let second = if clock.matches(':').count() < 2 { 0 } else { part(60)? };
    if fraction.len() > 6 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let micros: i64 = format!("{fraction:0<6}").parse().ok()?;
    Some(((hour * 60 + minute) * 60 + second) * MICROS + micros)
}

/// A date and a time, with or without a zone, as microseconds since 1970-01-01T00:00:00.
fn timestamp(text: &str) -> Option<i64> {
    let day = date(text.get(..10)?)?;
    let rest = text.get(10..)?;
    let Some(clock) = rest.strip_prefix([' ', 'T']) else {
        return rest.is_empty().then(|| i64::from(day) * 86_400 * MICROS);
    };
    let zone = clock.find(['Z', '+', '-']).unwrap_or(clock.len());
    Some(i64::from(day) * 86_400 * MICROS + time(clock.get(..zone)?)? - offset(clock.get(zone..)?)?)
}

/// `Z`, `+HH` or `+HH:MM` as microseconds.
fn offset(text: &str) -> Option<i64> {
    let sign = match text.as_bytes().first() {
        None | Some(b'Z') => return (text.len() <= 1).then_some(0),
        Some(b'-') => -1,
        Some(_) => 1,
    };
    let digits = text.get(1..)?;
    Some(sign * if digits.len() == 2 { time(&format!("{digits}:00"))? } else { time(digits)? })
}

#[cfg(test)]
mod tests {
    use sqlservice_sql::Value;

    use super::*;

    fn read(text: &str, kind: TypeKind) -> DefaultValue {
        default_value(text, &kind.into(), Dialect::Postgres)
    }

    fn is(scalar: Scalar) -> DefaultValue {
        DefaultValue::Literal(Value::Scalar(scalar))
    }

    #[test]
    fn constants_of_all_databases_are_read() {
        let text = |content: &str| is(Scalar::Text(content.to_owned()));
        assert_eq!(read("'it''s'::character varying", TypeKind::Varchar), text("it's"));
        assert_eq!(read("E'a\\\\b'::text", TypeKind::Text), text("a\\b"));
        let mysql = "_utf8mb4'a\\\\b\\n''c\\''";
        assert_eq!(default_value(mysql, &TypeKind::Text.into(), Dialect::Mysql), text("a\\b\n'c'"));
        assert_eq!(default_value("'a\\'", &TypeKind::Text.into(), Dialect::Sqlite), text("a\\"));
        assert_eq!(read("('(')", TypeKind::Text), text("("));
        assert_eq!(read("10", TypeKind::Text), text("10"));
        assert_eq!(read("'-1'::integer", TypeKind::Int32), is(Scalar::Integer(-1)));
        assert_eq!(read("(0)::numeric", TypeKind::Decimal), is(Scalar::Decimal("0".to_owned())));
        assert_eq!(read("b'1'", TypeKind::Boolean), is(Scalar::Boolean(true)));
        assert_eq!(read("false", TypeKind::Boolean), is(Scalar::Boolean(false)));
        assert_eq!(read("1e3", TypeKind::Float64), is(Scalar::Float(1000.0)));
        assert_eq!(read("X'00fF'", TypeKind::Bytes), is(Scalar::Bytes(vec![0, 255])));
        assert_eq!(read("decode('00ff'::text, 'hex'::text)", TypeKind::Bytes), is(Scalar::Bytes(vec![0, 255])));
        assert_eq!(read("'\\x00ff'::bytea", TypeKind::Bytes), is(Scalar::Bytes(vec![0, 255])));
        assert_eq!(read("'00000000-0000-0001-0000-000000000002'", TypeKind::Uuid), is(Scalar::Uuid(1, 2)));
    }

    #[test]
    fn times_are_read_in_the_units_of_the_contract() {
        assert_eq!(read("'1970-01-02'::date", TypeKind::Date), is(Scalar::Date(1)));
        assert_eq!(read("'2024-02-29'", TypeKind::Date), is(Scalar::Date(19_782)));
        assert_eq!(read("'0001-01-01'", TypeKind::Date), is(Scalar::Date(-719_162)));
        assert_eq!(read("'00:00:01.5'", TypeKind::Time), is(Scalar::Time(1_500_000)));
        assert_eq!(read("'1970-01-01 00:00:01'", TypeKind::Timestamp), is(Scalar::Timestamp(1_000_000)));
        let zoned = "'1970-01-01 02:00:00+02'::timestamp with time zone";
        assert_eq!(read(zoned, TypeKind::TimestampTz), is(Scalar::TimestampTz(0)));
        assert_eq!(read("'1969-12-31T22:30:00-01:30'", TypeKind::TimestampTz), is(Scalar::TimestampTz(0)));
    }

    #[test]
    fn the_time_and_nothing_are_known_and_the_rest_is_text() {
        for now in ["now()", "CURRENT_TIMESTAMP", "current_timestamp(6)", "(CURRENT_TIMESTAMP)"] {
            assert_eq!(read(now, TypeKind::Timestamp), DefaultValue::Now, "{now}");
        }
        assert_eq!(read("NULL::character varying", TypeKind::Varchar), DefaultValue::None);
        for text in ["3 + 5", "'a' || 'b'", "'a'::text || now()", "(1) + (2)", "1-1", "'é"] {
            assert_eq!(read(text, TypeKind::Text), DefaultValue::Expression(text.to_owned()), "{text}");
        }
    }
}
