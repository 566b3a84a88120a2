//! Quoting of names and literals.
//!
//! Values of statements are always bound. Literals of values are written only where SQL allows no parameters, which is in
//! table definitions.

use uuid::Uuid;

use crate::{Dialect, Scalar, Value, calendar, schema::TypeKind, value::Interval};

/// Writes a name as a quoted identifier. Any text without NUL is a valid one.
pub(super) fn push_identifier(text: &mut String, name: &str, dialect: Dialect) {
    let quote = match dialect {
        Dialect::Sqlite | Dialect::Postgres => '"',
        Dialect::Mysql | Dialect::Mariadb => '`',
    };
    text.push(quote);
    for (position, part) in name.split(quote).enumerate() {
        if position > 0 {
            text.extend([quote, quote]);
        }
        text.push_str(part);
    }
    text.push(quote);
}

/// Returns a text as a literal.
///
/// Quotes are doubled and, where a backslash may escape, backslashes too. In any session mode, no text ends the literal
/// early: with `NO_BACKSLASH_ESCAPES`, MySQL only keeps the doubled backslashes.
pub(super) fn text(text: &str, dialect: Dialect) -> String {
    let backslashes = match dialect {
        Dialect::Sqlite => false,
        // In `E''` backslashes escape, regardless of `standard_conforming_strings`.
        Dialect::Postgres => text.contains('\\'),
        Dialect::Mysql | Dialect::Mariadb => true,
    };
    let mut quoted = String::with_capacity(text.len() + 3);
    if backslashes && dialect == Dialect::Postgres {
        quoted.push('E');
    }
    quoted.push('\'');
    for character in text.chars() {
        if character == '\'' || (backslashes && character == '\\') {
            quoted.push(character);
        }
        quoted.push(character);
    }
    quoted.push('\'');
    quoted
}

/// Whether a value has a literal for a column of this kind.
pub(crate) fn has_literal(value: &Value, kind: TypeKind, dialect: Dialect) -> bool {
    literal(value, kind, dialect).is_some()
}

/// Returns a value as a literal for a column of this kind; `None` where it has no literal in this dialect.
pub(super) fn literal(value: &Value, kind: TypeKind, dialect: Dialect) -> Option<String> {
    let Value::Scalar(scalar) = value else {
        return None;
    };
    Some(match scalar {
        Scalar::Null => "NULL".into(),
        Scalar::Boolean(value) => match (dialect, value) {
            (Dialect::Sqlite, value) => u8::from(*value).to_string(),
            (_, true) => "TRUE".into(),
            (_, false) => "FALSE".into(),
        },
        // The least integer has no literal: its digits without the sign are too large.
        Scalar::Integer(i64::MIN) => "(-9223372036854775807 - 1)".into(),
        Scalar::Integer(value) if kind == TypeKind::Decimal => decimal(&value.to_string(), dialect)?,
        Scalar::Integer(value) => value.to_string(),
        Scalar::Unsigned(value) => value.to_string(),
        Scalar::Float(value) if value.is_finite() => format!("{value:e}"),
        Scalar::Float(_) => return None,
        Scalar::Decimal(value) => decimal(value, dialect)?,
        Scalar::Text(value) | Scalar::Json(value) => text(value, dialect),
        Scalar::Bytes(value) => bytes(value, dialect),
        Scalar::Uuid(high, low) => text(&Uuid::from_u64_pair(*high, *low).to_string(), dialect),
        Scalar::Date(days) => text(&calendar::numbered_date_text(i64::from(*days)), dialect),
        Scalar::Time(at) if !(0..calendar::DAY).contains(at) => return None,
        Scalar::Time(at) => text(&calendar::time_text(*at), dialect),
        Scalar::Timestamp(at) => text(&timestamp(*at), dialect),
        Scalar::TimestampTz(at) if dialect == Dialect::Postgres => text(&format!("{}+00", timestamp(*at)), dialect),
        Scalar::TimestampTz(at) => text(&timestamp(*at), dialect),
        Scalar::Interval(span) if dialect == Dialect::Postgres => interval(*span, dialect),
        Scalar::Interval(_) | Scalar::Other(..) => return None,
    })
}

fn decimal(digits: &str, dialect: Dialect) -> Option<String> {
    if !is_decimal(digits) {
        return None;
    }
    // SQLite would read digits as a float; as a text they stay exact.
    Some(if dialect == Dialect::Sqlite { text(digits, dialect) } else { digits.to_owned() })
}

/// Whether the text is an optional sign, digits, an optional point and digits.
pub(crate) fn is_decimal(digits: &str) -> bool {
    let unsigned = digits.strip_prefix(['-', '+']).unwrap_or(digits);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits.len() <= 1_100 && number(whole) && number(fraction)
}

fn bytes(value: &[u8], dialect: Dialect) -> String {
    let hex = hex::encode(value);
    if dialect == Dialect::Postgres { format!("decode('{hex}', 'hex')") } else { format!("x'{hex}'") }
}

fn timestamp(at: i64) -> String {
    let (day, clock) = (at.div_euclid(calendar::DAY), at.rem_euclid(calendar::DAY));
    format!("{} {}", calendar::numbered_date_text(day), calendar::time_text(clock))
}

fn interval(span: Interval, dialect: Dialect) -> String {
    let parts = format!("{} months {} days {} microseconds", span.months, span.days, span.microseconds);
    format!("INTERVAL {}", text(&parts, dialect))
}

/// SQL for the time of the statement, as a value of this kind. On SQLite it is the text that the host stores for a time:
/// `YYYY-MM-DD HH:MM:SS` in UTC, with a fraction that does not end in zeros.
pub(crate) fn now(kind: TypeKind, dialect: Dialect) -> &'static str {
    match (dialect, kind) {
        (Dialect::Sqlite, TypeKind::Date) => "date('now')",
        (Dialect::Sqlite, TypeKind::Time) => "rtrim(rtrim(strftime('%H:%M:%f', 'now'), '0'), '.')",
        (Dialect::Sqlite, _) => "rtrim(rtrim(strftime('%Y-%m-%d %H:%M:%f', 'now'), '0'), '.')",
        // `CURRENT_TIMESTAMP` would be the time at which the transaction began.
        (Dialect::Postgres, TypeKind::Date) => "CAST(timezone('UTC', statement_timestamp()) AS DATE)",
        (Dialect::Postgres, TypeKind::Time) => "CAST(timezone('UTC', statement_timestamp()) AS TIME)",
        (Dialect::Postgres, TypeKind::Timestamp) => "timezone('UTC', statement_timestamp())",
        (Dialect::Postgres, _) => "statement_timestamp()",
        // Sessions of the host are in UTC; `UTC_TIMESTAMP` is not allowed as a default.
        (Dialect::Mysql | Dialect::Mariadb, TypeKind::Date) => "CURRENT_DATE",
        (Dialect::Mysql | Dialect::Mariadb, TypeKind::Time) => "CURRENT_TIME(6)",
        (Dialect::Mysql | Dialect::Mariadb, _) => "CURRENT_TIMESTAMP(6)",
    }
}

/// Whether a default, as the database reports it, is the time of the statement; for reflection.
#[must_use]
pub fn means_now(expression: &str, dialect: Dialect) -> bool {
    let plain: String = expression.chars().filter(|c| !c.is_whitespace() && !matches!(c, '(' | ')' | '"')).collect();
    let plain = plain.to_lowercase().replace("::text", "").replace("::date", "").replace("::time", "");
    let ours = [TypeKind::Date, TypeKind::Time, TypeKind::Timestamp, TypeKind::TimestampTz].map(|kind| {
        let text: String =
            now(kind, dialect).chars().filter(|c| !c.is_whitespace() && !matches!(c, '(' | ')')).collect();
        text.to_lowercase()
    });
    // PostgreSQL reports `CAST(x AS DATE)` as `(x)::date`, MariaDB reports functions in lower case.
    let known = ["current_timestamp", "current_timestamp6", "now", "now6", "current_date", "curdate", "current_time"];
    let more = ["curtime6", "current_time6", "localtimestamp", "timezone'utc',statement_timestampwithouttimezone"];
    plain == "timezone'utc',statement_timestamp"
        || ours.contains(&plain)
        || known.contains(&plain.as_str())
        || more.contains(&plain.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t25_names_are_quoted_whatever_they_are() {
        let names = [
            ("plain", "\"plain\"", "`plain`"),
            ("a.b", "\"a.b\"", "`a.b`"),
            ("x\"; DROP TABLE y; --", "\"x\"\"; DROP TABLE y; --\"", "`x\"; DROP TABLE y; --`"),
            ("x`; DROP", "\"x`; DROP\"", "`x``; DROP`"),
            ("100% sure", "\"100% sure\"", "`100% sure`"),
            ("Größe表", "\"Größe表\"", "`Größe表`"),
            ("select", "\"select\"", "`select`"),
        ];
        for (name, standard, mysql) in names {
            let identifier = |dialect| {
                let mut text = String::new();
                push_identifier(&mut text, name, dialect);
                text
            };
            assert_eq!(identifier(Dialect::Postgres), standard);
            assert_eq!(identifier(Dialect::Sqlite), standard);
            assert_eq!(identifier(Dialect::Mysql), mysql);
            assert_eq!(identifier(Dialect::Mariadb), mysql);
        }
    }

    #[test]
    fn t26_texts_cannot_leave_their_quotes() {
        assert_eq!(text("it's", Dialect::Sqlite), "'it''s'");
        assert_eq!(text("\\'; DROP", Dialect::Sqlite), "'\\''; DROP'");
        assert_eq!(text("it's", Dialect::Postgres), "'it''s'");
        assert_eq!(text("\\'; DROP", Dialect::Postgres), "E'\\\\''; DROP'");
        assert_eq!(text("\\'; DROP", Dialect::Mysql), "'\\\\''; DROP'");
    }

    #[test]
    fn f04_constants_have_one_spelling_a_dialect() {
        let cases: Vec<(Scalar, TypeKind, [&str; 3])> = vec![
            (Scalar::Integer(10), TypeKind::Int64, ["10", "10", "10"]),
            (Scalar::Integer(-1), TypeKind::Int64, ["-1", "-1", "-1"]),
            (Scalar::Boolean(true), TypeKind::Boolean, ["1", "TRUE", "TRUE"]),
            (Scalar::Decimal("1.50".into()), TypeKind::Decimal, ["'1.50'", "1.50", "1.50"]),
            (Scalar::Float(0.5), TypeKind::Float64, ["5e-1", "5e-1", "5e-1"]),
            (Scalar::Text("10".into()), TypeKind::Text, ["'10'", "'10'", "'10'"]),
            (Scalar::Bytes(vec![0, 255]), TypeKind::Bytes, ["x'00ff'", "decode('00ff', 'hex')", "x'00ff'"]),
            (Scalar::Date(-1), TypeKind::Date, ["'1969-12-31'"; 3]),
            (Scalar::Date(19_782), TypeKind::Date, ["'2024-02-29'"; 3]),
            (Scalar::Time(1_500_000), TypeKind::Time, ["'00:00:01.5'"; 3]),
            (Scalar::Timestamp(-1), TypeKind::Timestamp, ["'1969-12-31 23:59:59.999999'"; 3]),
        ];
        for (scalar, kind, texts) in cases {
            let value = Value::Scalar(scalar);
            for (dialect, text) in [Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql].into_iter().zip(texts) {
                assert_eq!(literal(&value, kind, dialect).as_deref(), Some(text), "{value:?} {dialect:?}");
            }
        }
        for bad in ["1e5", "", "-", "1.", "NaN", "1; DROP"] {
            assert_eq!(literal(&Scalar::Decimal(bad.into()).into(), TypeKind::Decimal, Dialect::Postgres), None);
        }
    }

    #[test]
    fn f04_reported_defaults_that_mean_now_are_known() {
        for kind in [TypeKind::Date, TypeKind::Time, TypeKind::Timestamp, TypeKind::TimestampTz] {
            for dialect in [Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql, Dialect::Mariadb] {
                assert!(means_now(now(kind, dialect), dialect), "{kind:?} {dialect:?}");
            }
        }
        assert!(means_now("now()", Dialect::Postgres));
        assert!(means_now("CURRENT_TIMESTAMP", Dialect::Sqlite));
        assert!(means_now("timezone('UTC'::text, statement_timestamp())", Dialect::Postgres));
        assert!(means_now("current_timestamp(6)", Dialect::Mariadb));
        assert!(!means_now("'now'", Dialect::Postgres));
        assert!(!means_now("3 + 5", Dialect::Sqlite));
    }
}
