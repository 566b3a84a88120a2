//! Classes of values: a database stores all values of a class, or refuses all of them.

use sqlservice_sdk::prelude::*;

use super::random::Random;

const DAY: i64 = 86_400_000_000;
/// 0001-01-01 and 9999-12-31, the first and last microseconds of the contract's moments.
const DAYS: (i32, i32) = (-719_162, 2_932_896);
const MOMENTS: (i64, i64) = (DAYS.0 as i64 * DAY, (DAYS.1 as i64 + 1) * DAY - 1);

/// Values that are stored or refused together.
pub struct Class<T> {
    pub name: &'static str,
    pub values: Vec<T>,
    /// Whether two values are identical to the last bit.
    pub same: fn(&T, &T) -> bool,
    /// Whether two values have the same meaning.
    pub equal: fn(&T, &T) -> bool,
}

fn class<T: PartialEq>(name: &'static str, values: impl IntoIterator<Item = T>) -> Class<T> {
    Class { name, values: values.into_iter().collect(), same: T::eq, equal: T::eq }
}

/// Edge values and `count` others.
fn some<T>(edges: impl IntoIterator<Item = T>, count: usize, next: impl FnMut() -> T) -> Vec<T> {
    edges.into_iter().chain(std::iter::repeat_with(next).take(count)).collect()
}

pub fn booleans(_: &mut Random, _: usize) -> Vec<Class<bool>> {
    vec![class("all", [true, false])]
}

macro_rules! integers {
    ($($of:ident $name:ident;)*) => {$(
        pub fn $name(random: &mut Random, count: usize) -> Vec<Class<$of>> {
            let edges = [$of::MIN, $of::MIN + 1, -1, 0, 1, $of::MAX - 1, $of::MAX];
            #[allow(clippy::cast_possible_truncation, reason = "any bits will do")]
            let next = || random.skewed().cast_signed() as $of;
            vec![class("all", some(edges, count, next))]
        }
    )*};
}

integers! {
    i16 int16;
    i32 int32;
    i64 int64;
}

pub fn uint64(random: &mut Random, count: usize) -> Vec<Class<u64>> {
    const HALF: u64 = i64::MAX as u64;
    vec![
        class("to 2^63-1", some([0, 1, HALF - 1, HALF], count, || random.skewed() & HALF)),
        class("from 2^63 to 2^64-1", some([HALF + 1, u64::MAX], count, || random.bits() | (HALF + 1))),
    ]
}

macro_rules! floats {
    ($($of:ident $bits:ident $name:ident;)*) => {$(
        pub fn $name(random: &mut Random, count: usize) -> Vec<Class<$of>> {
            let edges = [0.0, 1.0, -1.0, 0.1, $of::MIN, $of::MAX, $of::MIN_POSITIVE, $of::EPSILON, $of::from_bits(1)];
            let mut next = || {
                #[allow(clippy::cast_possible_truncation, reason = "any bits will do")]
                let float = $of::from_bits(random.bits() as $bits);
                if float.is_finite() && float != 0.0 { float } else { 0.5 }
            };
            let finite = some(edges, count, &mut next);
            let floats = |name, values| Class {
                name,
                values,
                same: |one: &$of, other: &$of| one.to_bits() == other.to_bits() || one.is_nan() && other.is_nan(),
                equal: |one, other| one == other,
            };
            vec![
                floats("finite", finite),
                floats("-0.0", vec![-0.0]),
                floats("infinite", vec![$of::INFINITY, $of::NEG_INFINITY]),
                floats("NaN", vec![$of::NAN]),
            ]
        }
    )*};
}

floats! {
    f32 u32 float32;
    f64 u64 float64;
}

pub fn decimals(random: &mut Random, count: usize) -> Vec<Class<Decimal>> {
    let mut made = |fraction: std::ops::RangeInclusive<usize>, edges: &[&str]| {
        let edges = edges.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let texts = some(edges, count, || {
            let sign = ["", "-"][random.below(2)];
            let whole = 1 + random.below(26);
            let fraction = fraction.start() + random.below(fraction.end() - fraction.start() + 1);
            // A last digit other than zero, which could be dropped.
            format!("{sign}{}.{}7", random.digits(whole), random.digits(fraction - 1))
        });
        texts.iter().filter_map(|text| text.parse().ok()).collect::<Vec<Decimal>>()
    };
    let nines = "99999999999999999999999999.999999999999";
    let full = made(12..=12, &[nines, &format!("-{nines}"), "0.000000000001", "0.000000000000"]);
    let fewer = made(1..=11, &["0", "-1", "10.5", "00012.340"]);
    let more = made(13..=20, &["0.0000000000001", "100000000000000000000000000"]);
    let decimals = |name, values| Class { name, values, same: same_text, equal: Decimal::eq };
    vec![
        decimals("with all 12 digits after the point", full),
        decimals("with fewer digits after the point", fewer),
        decimals("with more digits than (38, 12)", more),
    ]
}

/// Whether two decimals have the same digits, zeros too.
fn same_text(one: &Decimal, other: &Decimal) -> bool {
    one.as_str() == other.as_str()
}

pub fn texts(random: &mut Random, count: usize) -> Vec<Class<String>> {
    let edges =
        ["", " ", " a ", "'\"`\\%_", "\\N", "null", "🐋🐳", "réveillé", "e\u{301}", "\u{feff}", "\r\n\t", "\u{10ffff}"];
    let plain = some(edges.map(str::to_owned), count, || random.text(40));
    let long = "x".repeat(70_000);
    let with_nul = some(["\0".to_owned()], count, || format!("{}\0{}", random.text(9), random.text(9)));
    vec![class("Unicode of all planes", plain.into_iter().chain([long])), class("with a NUL character", with_nul)]
}

pub fn varchars(random: &mut Random, count: usize) -> Vec<Class<String>> {
    let short = some([String::new(), "🐋".repeat(20), " ".repeat(20)], count, || random.text(20));
    let long = some(["a".repeat(20) + " ", "🐋".repeat(21)], count, || "é".repeat(21) + &random.text(9));
    vec![class("to its length", short), class("longer", long)]
}

pub fn bytes(random: &mut Random, count: usize) -> Vec<Class<Vec<u8>>> {
    let edges = [vec![], vec![0], vec![0xff, 0xfe], b"7\xe7\x9f".to_vec(), (0..=255).collect(), vec![7; 70_000]];
    let values = some(edges, count, || (0..random.below(40)).map(|_| random.bits().to_le_bytes()[0]).collect());
    vec![class("all", values)]
}

pub fn uuids(random: &mut Random, count: usize) -> Vec<Class<Uuid>> {
    const VARIANT: u128 = 1 << 63;
    const VERSION: u128 = 1 << 79;
    /// The other bits of the byte of the variant.
    const SEQUENCE: u128 = 0x7f << 56;
    let mut bits = || u128::from(random.bits()) << 64 | u128::from(random.bits());
    let edges = [0, 1, u128::MAX].map(Uuid::from_u128);
    // MariaDB checks the version where the variant's byte is from 1 to 0x80, and accepts 0 to 7.
    let usual = some(edges, count, || {
        let bits = bits() | VARIANT;
        Uuid::from_u128(if bits & SEQUENCE == 0 { bits & !VERSION } else { bits })
    });
    let others = some([Uuid::from_u128(VERSION | VARIANT)], count, || {
        let bits = (bits() | VERSION) & !VARIANT;
        Uuid::from_u128(if bits & SEQUENCE == 0 { bits | VARIANT } else { bits })
    });
    vec![
        class("nil, max and others of RFC 9562", usual),
        class("of a version past 7, with a variant's byte of 0x01 to 0x80", others),
    ]
}

pub fn documents(random: &mut Random, count: usize) -> Vec<Class<Json>> {
    let edges = ["{}", "[]", "\"\"", "0", "-1.5e-7", "{\"b\": 1,\"a\":[ ]}", "\"\\u00e9\\ud83d\\udc0b\\n\"", "1e300"];
    let values = some(edges.map(Json::new), count, || Json::new(random.document(4).to_string()));
    let nested = |depth: usize| Json::new(format!("{}{}", "[".repeat(depth), "]".repeat(depth)));
    let documents = |name, values| Class { name, values, same: Json::eq, equal: same_document };
    vec![
        documents("documents", values),
        documents("null", vec![Json::new("null")]),
        documents("with the escape of a NUL character", vec![Json::new("\"\\u0000\""), Json::new("{\"\\u0000\": 1}")]),
        documents("nested 100 deep", vec![nested(100)]),
        documents("texts that are no JSON", ["", "{", "nul", "[1,]", "01", "NaN", "'a'", "1 2"].map(Json::new).into()),
    ]
}

fn same_document(one: &Json, other: &Json) -> bool {
    let value = |json: &Json| serde_json::from_str(json.as_str()).ok();
    value(one).zip(value(other)).is_some_and(|(one, other)| same_value(&one, &other))
}

/// PostgreSQL writes `1e2` as `100`, which is the same number.
fn same_value(one: &serde_json::Value, other: &serde_json::Value) -> bool {
    use serde_json::Value::{Array, Number, Object};
    match (one, other) {
        (Number(one), Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Array(one), Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same_value(one, other))
        }
        (Object(one), Object(other)) => {
            let same = |(key, one)| other.get(key).is_some_and(|other| same_value(one, other));
            one.len() == other.len() && one.iter().all(same)
        }
        (one, other) => one == other,
    }
}

pub fn dates(random: &mut Random, count: usize) -> Vec<Class<Date>> {
    let inside = some([DAYS.0, -1, 0, DAYS.1], count, || random.between(DAYS.0.into(), DAYS.1.into()) as i32);
    let outside = [i32::MIN, DAYS.0 - 1, DAYS.1 + 1, i32::MAX];
    vec![
        class("0001-01-01 to 9999-12-31", inside.into_iter().map(Date::from_days)),
        class("before and after", outside.map(Date::from_days)),
    ]
}

pub fn times(random: &mut Random, count: usize) -> Vec<Class<Time>> {
    let inside = some([0, 1, DAY - 1], count, || random.between(0, DAY - 1));
    let outside = [i64::MIN, -1, DAY, i64::MAX];
    vec![
        class("to the microsecond", inside.into_iter().map(Time::from_microseconds)),
        class("outside of a day", outside.map(Time::from_microseconds)),
    ]
}

pub fn timestamps(random: &mut Random, count: usize) -> Vec<Class<Timestamp>> {
    let inside = some([MOMENTS.0, -1, 0, MOMENTS.1], count, || random.between(MOMENTS.0, MOMENTS.1));
    let outside = [i64::MIN, MOMENTS.0 - 1, MOMENTS.1 + 1, i64::MAX];
    vec![
        class("0001-01-01 to 9999-12-31, to the microsecond", inside.into_iter().map(Timestamp::from_microseconds)),
        class("before and after", outside.map(Timestamp::from_microseconds)),
    ]
}

pub fn moments(random: &mut Random, count: usize) -> Vec<Class<TimestampTz>> {
    // From the second day of 1970 to the last of 2037, and to the last of 2200.
    let (first, last, later) = (DAY, 24_837 * DAY - 1, 84_006 * DAY);
    let inside = some([first, last], count, || random.between(first, last));
    let others = some([MOMENTS.0, -1, MOMENTS.1], count, || {
        if random.bits().is_multiple_of(2) { random.between(MOMENTS.0, -1) } else { random.between(later, MOMENTS.1) }
    });
    let outside = [i64::MIN, MOMENTS.0 - 1, MOMENTS.1 + 1, i64::MAX];
    vec![
        class("1970-01-02 to 2037-12-31, to the microsecond", inside.into_iter().map(TimestampTz::from_microseconds)),
        class("years 1 to 1969 and 2200 to 9999", others.into_iter().map(TimestampTz::from_microseconds)),
        class("before and after", outside.map(TimestampTz::from_microseconds)),
    ]
}

pub fn intervals(random: &mut Random, count: usize) -> Vec<Class<Interval>> {
    let interval = |months, days, microseconds| Interval { months, days, microseconds };
    let edges =
        [interval(0, 0, 0), interval(i32::MAX, i32::MIN, i64::MAX), interval(-1, 1, i64::MIN), interval(12, 31, -1)];
    let values = some(edges, count, || {
        interval(
            random.between(i32::MIN.into(), i32::MAX.into()) as i32,
            random.between(-1_000, 1_000) as i32,
            random.skewed().cast_signed(),
        )
    });
    let same = |one: &Interval, other: &Interval| {
        (one.months, one.days, one.microseconds) == (other.months, other.days, other.microseconds)
    };
    vec![Class { name: "months, days and microseconds, each with its sign", values, same, equal: same }]
}

/// Labels that could be mistaken for something else.
#[derive(Enumeration, Clone, Copy, Debug, PartialEq)]
pub enum Label {
    Plain,
    #[enumeration(label = "b%per_cent")]
    Percent,
    #[enumeration(label = "réveillé 🐋")]
    Awake,
    #[enumeration(label = "it's \"quoted\" \\ `so`")]
    Quoted,
    #[enumeration(label = "")]
    Empty,
}

pub fn labels(_: &mut Random, _: usize) -> Vec<Class<Label>> {
    vec![class("its labels", [Label::Plain, Label::Percent, Label::Awake, Label::Quoted, Label::Empty])]
}

pub fn integer_arrays(random: &mut Random, count: usize) -> Vec<Class<Vec<Option<i64>>>> {
    let edges = [vec![], vec![None], vec![Some(i64::MIN), None, Some(i64::MAX)]];
    let item = |random: &mut Random| (random.below(4) > 0).then(|| random.skewed().cast_signed());
    vec![class(
        "of one dimension, with nulls",
        some(edges, count, || (0..random.below(9)).map(|_| item(random)).collect()),
    )]
}

pub fn text_arrays(random: &mut Random, count: usize) -> Vec<Class<Vec<Option<String>>>> {
    let edges = [vec![], vec![Some(String::new())], vec![Some("NULL".to_owned()), None, Some("{,\"\\}".to_owned())]];
    let item = |random: &mut Random| (random.below(4) > 0).then(|| random.text(9));
    vec![class(
        "of one dimension, with nulls",
        some(edges, count, || (0..random.below(9)).map(|_| item(random)).collect()),
    )]
}
