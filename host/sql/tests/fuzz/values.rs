//! Values, names and types as text: a quoted text is read back unchanged, and an invalid value is refused.

use arbtest::arbitrary::{Result, Unstructured};
use sqlservice_sql::{
    Dialect, Scalar, SqlWriter, Value,
    schema::TypeKind,
    sql,
    types::{parse_type, type_name},
};

use crate::{
    arena::{KINDS, column_type},
    build::DIALECTS,
    dice::Dice,
    harness::{Shown, fuzz},
    names,
    token::{Token, tokens},
};

#[test]
fn values() {
    fuzz(property);
}

pub fn property(bytes: &mut Unstructured<'_>) -> Result<()> {
    let mut dice = Dice::new(bytes);
    let text = format!("n4me{}", dice.text(12));
    let _shown = Shown(&text);
    for dialect in DIALECTS {
        quoted(&text, dialect);
        constant(&mut dice, dialect);
        typed(&mut dice, dialect);
        let _ = sql::means_now(&text, dialect);
    }
    Ok(())
}

/// Checks that a text and a name are read back unchanged, by the dialect's rules.
fn quoted(text: &str, dialect: Dialect) {
    let text = text.replace('\0', "");
    let one = |sql: &str| tokens(sql, dialect).unwrap_or_else(|problem| panic!("{problem} in {sql}, {dialect:?}"));
    let written = |write: fn(&mut SqlWriter, &str)| {
        let mut writer = SqlWriter::new(dialect);
        write(&mut writer, &text);
        one(&writer.finish())
    };
    assert_eq!(
        written(|writer, text| {
            writer.text(text);
        }),
        [Token::Text(text.clone())]
    );
    assert_eq!(
        written(|writer, text| {
            writer.name(text);
        }),
        [Token::Name(text.clone())]
    );
    let both = [Token::Name(text.clone()), Token::Sign("."), Token::Name(text.clone())];
    assert_eq!(
        written(|writer, text| {
            writer.qualified(Some(text), text);
        }),
        both
    );
}

/// Checks that a value is written as one constant, or not at all.
fn constant(dice: &mut Dice<'_, '_>, dialect: Dialect) {
    let number = dice.edge();
    // Dates around the turn of a century, where wrong leap years show.
    let century = (dice.below(120) * 36_524 + dice.below(60)) as i32 - 719_468;
    let value = match dice.below(9) {
        0 => Scalar::Date(number as i32).into(),
        1 => Scalar::Timestamp(number as i64).into(),
        2 => Scalar::Time((number % 90_000_000_000) as i64).into(),
        3 => Scalar::Float(f64::from_bits(number)).into(),
        4 => Scalar::Decimal(dice.text(6)).into(),
        5 => Scalar::Uuid(number, !number).into(),
        6 => Scalar::Integer(number as i64).into(),
        7 => Scalar::Date(century).into(),
        _ => names::value(dice),
    };
    let mut writer = SqlWriter::new(dialect);
    writer.literal(&value, dice.of(&KINDS));
    let sql = writer.finish();
    if sql.is_empty() {
        return;
    }
    if sql.contains('\0') {
        // Models with such texts are refused before they are written.
        return;
    }
    let parts = tokens(sql.strip_prefix('x').unwrap_or(&sql), dialect);
    let parts = parts.unwrap_or_else(|problem| panic!("{problem} in {sql} of {value:?}"));
    assert!(parts.len() <= 6, "{sql} of {value:?}");
    match (&value, parts.as_slice()) {
        (Value::Scalar(Scalar::Date(days)), [Token::Text(text)]) => {
            assert_eq!(days_of(text), i64::from(*days), "{text}");
        }
        (Value::Scalar(Scalar::Timestamp(at)), [Token::Text(text)]) => {
            let (date, clock) = text.split_once(' ').expect("a date and a time");
            let time = days_of(date) as i128 * 86_400_000_000 + i128::from(microseconds_of(clock));
            assert_eq!(time, i128::from(*at), "{text}");
        }
        (Value::Scalar(Scalar::Time(at)), [Token::Text(text)]) => assert_eq!(microseconds_of(text), *at, "{text}"),
        (Value::Scalar(Scalar::Float(float)), parts) => {
            let text: String = parts.iter().map(shown).collect();
            assert_eq!(text.parse::<f64>().map(f64::to_bits), Ok(float.to_bits()), "{text}");
        }
        _ => {}
    }
}

fn shown(token: &Token) -> &str {
    match token {
        Token::Number(text) => text,
        Token::Sign(sign) => sign,
        other => panic!("{other:?} in a number"),
    }
}

/// Counts the days since 1970 year by year and month by month, as a check on the host's formula.
fn days_of(date: &str) -> i64 {
    let (sign, date) = date.strip_prefix('-').map_or((1, date), |rest| (-1, rest));
    let parts: Vec<i64> = date.split('-').map(|part| part.parse().expect("a number")).collect();
    let [year, month, day] = parts[..] else { panic!("{date}") };
    let year = year * sign;
    // The calendar repeats itself every 400 years.
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year == 0);
    let of_years: i64 = (0..year).map(|year| if leap(year) { 366 } else { 365 }).sum();
    let lengths = [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    assert!((1..=lengths[month as usize - 1]).contains(&day), "{date}");
    let of_months: i64 = lengths[..month as usize - 1].iter().sum();
    // The last number is the days from the first day of year 0 to that of 1970.
    era * 146_097 + of_years + of_months + day - 1 - 719_528
}

fn microseconds_of(clock: &str) -> i64 {
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let seconds = clock.split(':').fold(0, |sum, part| sum * 60 + part.parse::<i64>().expect("a number"));
    seconds * 1_000_000 + format!("{fraction:0<6}").parse::<i64>().expect("a number")
}

/// Checks that any text parses as a type, and that the host's own type names parse as the kind that they were made from.
fn typed(dice: &mut Dice<'_, '_>, dialect: Dialect) {
    let words =
        ["int", "VARCHAR(", "enum('a',", "numeric(10,", "_int4", "[]", "bigint unsigned", "(((", "))", "char(36)"];
    let native = format!("{}{}{}", dice.of(&words), dice.text(8), dice.of(&words));
    assert_eq!(parse_type(&native, dialect).native, Some(native));
    let ty = column_type(dice);
    let name = type_name(&ty, dialect);
    let back = parse_type(&name, dialect).kind;
    let forced = match (ty.kind, dialect) {
        (TypeKind::Enumeration, _) => Some(TypeKind::Varchar),
        (TypeKind::Uint64, Dialect::Postgres) => Some(TypeKind::Int64),
        (TypeKind::Text | TypeKind::Boolean | TypeKind::Int16 | TypeKind::Int32 | TypeKind::Int64, _)
        | (TypeKind::Uuid | TypeKind::Float32 | TypeKind::Float64 | TypeKind::Date | TypeKind::Timestamp, _)
        | (TypeKind::TimestampTz | TypeKind::Decimal | TypeKind::Bytes, _) => Some(ty.kind),
        _ => None,
    };
    assert!(forced.is_none_or(|kind| kind == back), "{name} of {ty:?} is {back:?} on {dialect:?}");
}
