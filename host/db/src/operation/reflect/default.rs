//! Parses the SQL text of a column default: a constant of the column's type, the current time, or another expression.

use sqlservice_sql::{
    Dialect, Scalar, calendar,
    lexer::{Kind, Lexer, Token},
    schema::{ColumnType, DefaultValue, TypeKind},
    sql::means_now,
};
use uuid::Uuid;

/// Parses a default as the database writes it. Text that is no constant of the column's type stays text.
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

/// Parses a constant that is given as its content, without quotes.
pub(crate) fn constant(content: &str, ty: &ColumnType) -> DefaultValue {
    match of_kind(content, ty.kind) {
        Some(scalar) => DefaultValue::Literal(scalar.into()),
        None if is_now(content) => DefaultValue::Now,
        None => DefaultValue::Expression(content.to_owned()),
    }
}

/// Returns the text without surrounding blanks and without parentheses around all of it.
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

/// Whether all parentheses outside of quotes are balanced, and all quotes closed.
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

/// Whether the text is `NULL::type`, PostgreSQL's form of no default.
fn is_null_cast(text: &str) -> bool {
    text.get(..6).is_some_and(|head| head.eq_ignore_ascii_case("null::")) && text.get(6..).is_some_and(is_type)
}

/// Whether the text after a constant is only a type name.
fn is_type(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|b| {
            b.is_ascii_alphanumeric() || matches!(b, b' ' | b'_' | b'"' | b'.' | b'(' | b')' | b',' | b'[' | b']')
        })
}

fn literal(text: &str, ty: &ColumnType, dialect: Dialect) -> Option<Scalar> {
    if let Some(hex) = decoded(text).filter(|_| ty.kind == TypeKind::Bytes) {
        return hex::decode(hex).ok().map(Scalar::Bytes);
    }
    if let Some((constant, rest)) = quoted(text, dialect) {
        if !rest.is_empty() && !rest.strip_prefix("::").is_some_and(is_type) {
            return None;
        }
        let content = constant.content();
        return match constant.prefix().to_ascii_lowercase().as_str() {
            "" | "e" | "n" => of_kind(&content, ty.kind),
            "x" => (ty.kind == TypeKind::Bytes).then(|| hex::decode(&*content).ok()).flatten().map(Scalar::Bytes),
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

/// Returns the hex digits of `decode('00ff'::text, 'hex'::text)`, the form of a constant of bytes for PostgreSQL.
fn decoded(text: &str) -> Option<&str> {
    let (hex, how) = text.strip_prefix("decode('")?.strip_suffix(')')?.split_once('\'')?;
    let how = how.strip_prefix("::text").unwrap_or(how).strip_prefix(", 'hex'")?;
    matches!(how, "" | "::text").then_some(hex)
}

/// Returns the text constant at the start, after MySQL's character set introducer if there is one, and the text that follows.
fn quoted(text: &str, dialect: Dialect) -> Option<(Token<'_>, &str)> {
    let mut tokens = Lexer::new(text, dialect);
    let first = tokens.next()?;
    let constant = if first.kind == Kind::Word && first.text.starts_with('_') { tokens.next()? } else { first };
    let is_whole = constant.kind == Kind::Text && constant.is_closed;
    is_whole.then_some((constant, text.get(constant.end()..)?))
}

/// Parses the content of a constant as a value of a column's kind.
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
        TypeKind::Bytes => Scalar::Bytes(match content.strip_prefix("\\x") {
            Some(digits) => hex::decode(digits).ok()?,
            None => owned().into_bytes(),
        }),
        TypeKind::Uuid => {
            let (high, low) = Uuid::try_parse(content).ok()?.as_u64_pair();
            Scalar::Uuid(high, low)
        }
        TypeKind::Json => Scalar::Json(owned()),
        TypeKind::Date => Scalar::Date(calendar::parse_date(content)?),
        TypeKind::Time => Scalar::Time(calendar::parse_time(content)?),
        TypeKind::Timestamp => Scalar::Timestamp(calendar::parse_timestamp_tz(content)?),
        TypeKind::TimestampTz => Scalar::TimestampTz(calendar::parse_timestamp_tz(content)?),
        TypeKind::Interval | TypeKind::Array | TypeKind::Other => return None,
    })
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    !whole.is_empty() && !part.is_empty() && whole.bytes().chain(part.bytes()).all(|b| b.is_ascii_digit())
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
