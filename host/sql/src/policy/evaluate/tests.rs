//! The host's evaluation of conditions: SQL's truth tables, comparisons of all kinds, and unknown results.

mod model;

use super::*;
use crate::{
    Scalar, Value,
    policy::Claims,
    value::{Array, Interval},
};

const NULL: Value = Value::NULL;

fn float(value: f64) -> Value {
    Scalar::Float(value).into()
}

fn decimal(text: &str) -> Value {
    Scalar::Decimal(text.into()).into()
}

fn evaluate(text: &str, row: &[(&str, Value)]) -> Option<bool> {
    let expression = Expression::parse(text, "t").unwrap_or_else(|error| panic!("{text}: {error:?}"));
    assert_eq!(needs_database(&expression), None, "{text}");
    let predicate = expression.bind(&Claims::new()).unwrap();
    let column = |name: &str| row.iter().find(|(known, _)| *known == name).map(|(_, value)| value.borrow());
    holds(&predicate, &column)
}

#[track_caller]
fn all(row: &[(&str, Value)], cases: &[(&str, Option<bool>)]) {
    for (text, expected) in cases {
        assert_eq!(evaluate(text, row), *expected, "{text}");
    }
}

const TRUTHS: [Option<bool>; 3] = [Some(true), Some(false), None];

fn truth(value: Option<bool>) -> Value {
    value.map_or(NULL, Value::from)
}

#[test]
fn and_or_and_not_follow_the_tables_of_sql() {
    for a in TRUTHS {
        let not = a.map(|a| !a);
        assert_eq!(evaluate("not a", &[("a", truth(a))]), not);
        for b in TRUTHS {
            let row = [("a", truth(a)), ("b", truth(b))];
            let and = match (a, b) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            };
            let or = match (a, b) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            };
            all(&row, &[("a and b", and), ("a or b", or)]);
        }
    }
}

#[test]
fn tests_of_null_and_truth_are_never_null() {
    for a in TRUTHS {
        let row = [("a", truth(a))];
        all(
            &row,
            &[
                ("a is null", Some(a.is_none())),
                ("a is not null", Some(a.is_some())),
                ("a is true", Some(a == Some(true))),
                ("a is not true", Some(a != Some(true))),
                ("a is false", Some(a == Some(false))),
                ("a is not false", Some(a != Some(false))),
                ("(not a) is unknown", Some(a.is_none())),
                ("a is distinct from null", Some(a.is_some())),
                ("a is not distinct from true", Some(a == Some(true))),
            ],
        );
    }
}

#[test]
fn what_the_host_cannot_tell_is_not_taken_for_null() {
    // The column `gone` is not in the row.
    let row = [("a", 1.into()), ("t", "x".into()), ("max", i64::MAX.into())];
    let unknown = [
        "gone",
        "not gone",
        "gone = 1",
        "gone is null",
        "gone is not null",
        "(gone = 1) is null",
        "gone is distinct from 1",
        "gone is not distinct from null",
        "(gone = 1) is not true",
        "coalesce(gone, 1) = 1",
        "nullif(1, gone) = 1",
        "case when gone then true else true end",
        "gone in (1)",
        "a in (gone, 2)",
        "a not in (gone, 2)",
        "a between gone and 2",
        "null and gone",
        "null or gone",
        "a = t",
        "(a = t) is null",
        "a is distinct from t",
        "a",
        "not t",
        "max + 1 > 0",
        "(max + 1) is null",
        "-max - 2 < 0",
        "max * 2 > 0",
        "t + 1 = 2",
        "a like 'x'",
        "(a like 'x') is null",
        "length(a) = 1",
        "lower(a) = 'x'",
    ];
    all(&row, &unknown.map(|text| (text, None)));
    all(
        &row,
        &[
            ("false and gone", Some(false)),
            ("gone and false", Some(false)),
            ("true or gone", Some(true)),
            ("a in (gone, 1)", Some(true)),
            ("a not in (gone, 1)", Some(false)),
            ("a between gone and 0", Some(false)),
            ("coalesce(a, gone) = 1", Some(true)),
            ("case when true then true else gone end", Some(true)),
        ],
    );
}

#[test]
fn comparisons_with_null_are_null() {
    let row = [("n", NULL), ("a", 1.into())];
    let null = [
        "n = n",
        "n <> a",
        "n < a",
        "a >= n",
        "n in (1, 2)",
        "a in (2, null)",
        "a not in (2, null)",
        "n not in (1)",
        "n like 'x'",
        "'x' like null",
        "n between 1 and 2",
        "a between n and 2",
        "n + 1 = 2",
        "-n = 1",
        "length(n) = 1",
        "upper(n) = 'X'",
        "nullif(a, 1) = 1",
        "case when n then true end",
        "n",
    ];
    all(&row, &null.map(|text| (text, None)));
    for text in null {
        assert_eq!(evaluate(&format!("({text}) is null"), &row), Some(true), "{text}");
    }
    all(
        &row,
        &[
            ("a in (1, null)", Some(true)),
            ("a not in (1, null)", Some(false)),
            ("a not between n and 0", Some(true)),
            ("n is not distinct from null", Some(true)),
            ("n is distinct from a", Some(true)),
            ("nullif(a, n) = 1", Some(true)),
        ],
    );
}

#[test]
fn numbers_of_all_kinds_are_compared_by_what_they_are_worth() {
    // The values of each entry are equal, and less than those of the next entry.
    let ascending = [
        vec![float(f64::NEG_INFINITY)],
        vec![Value::from(i64::MIN), decimal("-9223372036854775808.0"), float(-9_223_372_036_854_775_808.0)],
        vec![decimal("-0.1")],
        vec![Value::from(0), decimal("-0.00"), float(-0.0), Scalar::Unsigned(0).into()],
        vec![float(f64::from_bits(1))],
        vec![decimal("0.1")],
        // The nearest float to 0.1 is greater.
        vec![float(0.1)],
        vec![Value::from(1), decimal("1.000"), float(1.0), Scalar::Unsigned(1).into()],
        vec![Value::from(9_007_199_254_740_992), float(9_007_199_254_740_992.0)],
        vec![Value::from(9_007_199_254_740_993)],
        vec![Value::from(i64::MAX), Scalar::Unsigned(i64::MAX as u64).into()],
        vec![Scalar::Unsigned(u64::MAX).into(), decimal("18446744073709551615")],
        vec![float(1e300)],
        vec![float(f64::INFINITY)],
    ];
    let all: Vec<(usize, Value)> = ascending
        .into_iter()
        .enumerate()
        .flat_map(|(rank, values)| values.into_iter().map(move |value| (rank, value)))
        .collect();
    for (rank, a) in &all {
        for (other, b) in &all {
            let row = [("a", a.clone()), ("b", b.clone())];
            assert_eq!(evaluate("a < b", &row), Some(rank < other), "{a:?} < {b:?}");
            assert_eq!(evaluate("a = b", &row), Some(rank == other), "{a:?} = {b:?}");
            assert_eq!(evaluate("a >= b", &row), Some(rank >= other), "{a:?} >= {b:?}");
        }
    }
    for (_, a) in &all {
        for b in [float(f64::NAN), decimal("one"), "1".into(), true.into()] {
            assert_eq!(evaluate("a = b or a <> b", &[("a", a.clone()), ("b", b)]), None);
        }
    }
}

#[test]
fn values_are_compared_with_those_of_their_kind() {
    let pairs: [(Value, Value); 9] = [
        (false.into(), true.into()),
        ("B".into(), "a".into()),
        ("z".into(), "ä".into()),
        (Scalar::Bytes(vec![1, 255]).into(), Scalar::Bytes(vec![2]).into()),
        (Scalar::Uuid(1, u64::MAX).into(), Scalar::Uuid(2, 0).into()),
        (Scalar::Date(-1).into(), Scalar::Date(1).into()),
        (Scalar::Time(1).into(), Scalar::Time(2).into()),
        (Scalar::Timestamp(1).into(), Scalar::Timestamp(2).into()),
        (Scalar::TimestampTz(1).into(), Scalar::TimestampTz(2).into()),
    ];
    for (position, (a, b)) in pairs.iter().enumerate() {
        all(
            &[("a", a.clone()), ("b", b.clone())],
            &[("a < b", Some(true)), ("b < a", Some(false)), ("a = a", Some(true)), ("a <> b", Some(true))],
        );
        for (c, _) in pairs.iter().skip(position + 1).filter(|(c, _)| !(is_text(a) && is_text(c))) {
            all(&[("a", a.clone()), ("b", c.clone())], &[("a = b", None), ("a <> b", None)]);
        }
    }
    let json: Value = Scalar::Json("1".into()).into();
    let interval: Value = Scalar::Interval(Interval::default()).into();
    let other: Value = Scalar::Other("point".into(), "1".into()).into();
    let array = Value::Array(Array { dimensions: vec![], items: vec![] });
    for value in [json, interval, other, array] {
        all(&[("a", value)], &[("a = a", None), ("a is null", Some(false)), ("a is distinct from null", Some(true))]);
    }
}

fn is_text(value: &Value) -> bool {
    matches!(value, Value::Scalar(Scalar::Text(_)))
}

#[test]
fn integers_are_computed_with() {
    let row = [("a", 7.into()), ("u", Scalar::Unsigned(3).into()), ("min", i64::MIN.into()), ("d", decimal("1.5"))];
    all(
        &row,
        &[
            ("a + u = 10", Some(true)),
            ("u - a = -4", Some(true)),
            ("a * -u = -21", Some(true)),
            ("-a + a = 0", Some(true)),
            ("min + 1 < 0", Some(true)),
            ("-min > 0", None),
            ("min - 1 < 0", None),
            ("d + 1 > 0", None),
        ],
    );
}

#[test]
fn functions_of_texts_follow_sql() {
    let row = [("t", "  Ähm ".into()), ("b", Scalar::Bytes(vec![195, 132]).into()), ("n", NULL)];
    all(
        &row,
        &[
            ("length(t) = 6", Some(true)),
            ("length(b) = 2", Some(true)),
            ("trim(t) = 'Ähm'", Some(true)),
            ("trim('\tx') = 'x'", Some(false)),
            ("lower(trim(t)) = 'ähm'", Some(true)),
            ("upper(trim(t)) = 'ÄHM'", Some(true)),
            ("length(coalesce(n, t)) = 6", Some(true)),
            ("nullif(trim(t), 'Ähm') is null", Some(true)),
            ("lower(b) = 'x'", None),
        ],
    );
}

#[test]
fn texts_match_patterns() {
    let cases = [
        ("'abc' like 'abc'", true),
        ("'abc' like 'ab'", false),
        ("'abc' like 'abcd'", false),
        ("'' like ''", true),
        ("'' like '%'", true),
        ("'' like '_'", false),
        ("'ä' like '_'", true),
        ("'abc' like 'a%'", true),
        ("'abc' like '%c'", true),
        ("'abc' like '%b%'", true),
        ("'abc' like '%%_%_'", true),
        ("'abab' like '%ab'", true),
        ("'aab' like '%ab'", true),
        ("'abcabd' like '%ab_%d'", true),
        ("'abc' like 'ABC'", false),
        ("'abc' ilike 'A_C'", true),
        ("'ΣΑΣ' ilike '%Σ'", true),
        ("'a%c' like 'a!%c' escape '!'", true),
        ("'abc' like 'a!%c' escape '!'", false),
        ("'a!c' like 'a!!c' escape '!'", true),
        ("'a\\c' like 'a\\c'", true),
        ("'abc' not like 'x%'", true),
        ("'abc' not ilike 'A%'", false),
    ];
    for (text, expected) in cases {
        assert_eq!(evaluate(text, &[]), Some(expected), "{text}");
    }
    // Some databases refuse a pattern that ends with its escape.
    assert_eq!(evaluate("'a' like 'a!' escape '!'", &[]), None);
}

#[test]
fn a_match_that_takes_too_long_is_no_answer() {
    let text = "a".repeat(1 << 14);
    let pattern = format!("a like '%{}b%'", "a".repeat(2_000));
    assert_eq!(evaluate(&pattern, &[("a", text.as_str().into())]), None);
    assert_eq!(evaluate(&format!("not ({pattern})"), &[("a", text.into())]), None);
}

#[test]
fn choices_take_the_first_branch_that_is_true() {
    let row = [("a", 2.into()), ("n", NULL)];
    all(
        &row,
        &[
            ("case a when 1 then false when 2 then true end", Some(true)),
            ("case when n then false when a = 2 then true else false end", Some(true)),
            ("case when a = 1 then true end", None),
            ("case when a = 1 then 1 else 2 end = a", Some(true)),
        ],
    );
}

#[test]
fn what_the_host_has_no_values_for_needs_the_database() {
    let cases = [
        ("exists (select 1 from m where m.a = t.a)", "it has a query"),
        ("a in (select b from m)", "it has a query"),
        ("cast(a as text) = 'x'", "it has a cast"),
        ("a / 2 = 1", "it divides"),
        ("a % 2 = 1", "it divides"),
        ("a || 'x' = 'yx'", "it puts texts together"),
        ("a = now()", "it calls now"),
        ("round(a) = 1", "it calls round"),
        ("a like b", "it matches with a pattern that is no constant and no claim"),
    ];
    for (text, reason) in cases {
        assert_eq!(needs_database(&Expression::parse(text, "t").unwrap()).as_deref(), Some(reason), "{text}");
    }
    assert_eq!(needs_database(&Expression::parse("a like :b and length(c) < 5 and -d = 1", "t").unwrap()), None);
}
