//! Hostile names and values. Most of them contain a mark by which they are found in the output.

use sqlservice_sql::{
    Scalar, Value,
    value::{Array, Interval},
};

use crate::dice::Dice;

/// The mark in generated values, which must never be in the text of a statement.
pub const MARK: &str = "m4rk3d";
/// The integers in generated values. The host may write none of them into a statement.
pub const NUMBERS: [i64; 4] = [918_273_645, -918_273_646, 918_273_647_000_000, i64::MIN];

/// Names of sources, labels and common table expressions. Some are refused.
pub const NAMES: [&str; 18] = [
    "n4me",
    "N4ME",
    "n4me\"; DROP TABLE users; --",
    "n4me`; DROP TABLE users; #",
    "n4me' OR '1'='1",
    "n4me\\",
    "n4me\\\"",
    "n4me/*",
    "n4me*/ ? $1 :x @y",
    "\"\"\"n4me\"",
    "``n4me``",
    "select",
    "n4me é表",
    "n4me 😀",
    "n4me\0",
    "n4me\n--",
    "",
    "n4me \"quoted\" and `quoted` to \"the\" `very` \"end\" of 63 bytes\"",
];

/// Makes a name, mostly a harmless one, so that many references to it resolve.
pub fn name(dice: &mut Dice<'_, '_>) -> String {
    match dice.below(10) {
        0..=4 => NAMES[0].into(),
        5..=8 => dice.of(&NAMES).into(),
        _ => format!("n4me{}", dice.text(70)),
    }
}

/// Makes a value whose content is recognised in any text.
pub fn value(dice: &mut Dice<'_, '_>) -> Value {
    if dice.one_in(24) {
        let items = dice.many(0, 3, scalar);
        return Value::Array(Array { dimensions: dice.many(0, 3, |dice| dice.edge() as u32), items });
    }
    scalar(dice).into()
}

fn scalar(dice: &mut Dice<'_, '_>) -> Scalar {
    let number = dice.of(&NUMBERS);
    match dice.below(22) {
        0..=4 => Scalar::Integer(number),
        5..=8 => Scalar::Text(format!("{MARK}'\"`\\ %_{}", dice.text(4))),
        9 => Scalar::Null,
        10 => Scalar::Boolean(true),
        11 => Scalar::Unsigned(number.unsigned_abs()),
        12 => Scalar::Float(dice.of(&[f64::NAN, f64::INFINITY, -0.0, f64::MIN_POSITIVE, number as f64])),
        13 => Scalar::Decimal(dice.of(&["918273645.5", "1e1000000", "-", "m4rk3d", ""]).into()),
        14 => Scalar::Bytes(MARK.into()),
        15 => Scalar::Uuid(number as u64, dice.edge()),
        16 => Scalar::Json(format!("{{\"{MARK}\": [918273645")),
        17 => Scalar::Date(number as i32),
        18 => Scalar::Time(number),
        19 => dice.of(&[Scalar::Timestamp, Scalar::TimestampTz])(number),
        20 => Scalar::Interval(Interval { months: i32::MIN, days: number as i32, microseconds: number }),
        _ => Scalar::Other(MARK.into(), MARK.into()),
    }
}
