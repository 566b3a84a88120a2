//! E07 and E08: expressions have the results of their type on every database: arithmetic on values and columns, and texts with
//! trailing blanks.

use sqlservice_tests::{Fixture, for_each_database};

use crate::scene::Scene;

/// Fails with all lines that differ from the expected ones.
async fn assert_saw(fixture: &Fixture, export: &str, expected: &[&str]) {
    let saw = Scene::new(fixture).saw(export, &[]).await;
    let other: Vec<String> = (0..saw.len().max(expected.len()))
        .filter(|at| saw.get(*at).map(String::as_str) != expected.get(*at).copied())
        .map(|at| format!("{:?} instead of {:?}", saw.get(at), expected.get(at)))
        .collect();
    assert!(other.is_empty(), "{export} on {}:\n{}", fixture.backend(), other.join("\n"));
}

#[test]
fn e07_values_compute_what_their_type_says() {
    let expected = [
        "quotient: 3",
        "quotient of less: -3",
        "quotient of long ones: 9007199254740993",
        "quotient of floats: 3.5",
        "quotient of a quotient: 3",
        "rest: -3",
        "sum: 9007199254740993",
        "product: 9007199254740993",
        "difference: 9007199254740992",
        "negative: -9007199254740993",
        "abs: 9007199254740993",
        "case: 9007199254740993",
        "quotient of a case: 3",
        "quotient by a case: 3",
        "quotient of a case without another: Some(3)",
        "quotient of a coalesce: 3",
        "quotient of a greatest: Some(3)",
        "quotient of a nullif: Some(3)",
        "quotient of nothing: None",
        "quotient of a length: Some(3)",
        "quotient of a cast: 3",
        "quotient of a query: Some(3)",
        "coalesce: 9007199254740993",
        "coalesce of floats: 1.5",
        "greatest: Some(9007199254740993)",
        "float: 4.0",
        "round: 3.0",
        "truth: true",
        "comparison: true",
        "condition in a case: true",
        r#"text: "a""#,
        "unsigned: 4611686018427387903",
    ];
    for_each_database(async |fixture: &Fixture| assert_saw(fixture, "computed-values", &expected).await);
}

#[test]
fn e07_columns_compute_what_their_type_says() {
    let expected = [
        "short: 3",
        "middle: 3",
        "long: 3",
        "unsigned: 3",
        "single: 3.75",
        "double: 3.75",
        "a value by a column: 2",
        "none: None",
        "of coalesce: 3",
        "of coalesce of columns: 3",
        "of a case: 3",
        "of a case of values: 3",
        "of a sum in brackets: 7",
        "of a product: 10",
        "rest: 3",
        "wider: 14",
        "as a float: 3.5",
        "sum: Some(0)",
        "sum of short: Some(0)",
        "sum of unsigned: Some(14)",
        "sum of values: Some(14)",
        "sum of a case: Some(7)",
        "quotient of a sum: Some(3)",
        "quotient of a count: 1",
        "sum of floats: Some(0.0)",
        "mean: Some(0.0)",
        "mean of values: Some(7.0)",
        "mean of a case: Some(0.5)",
        "least: Some(-7)",
        "quotient of the greatest: Some(3)",
        "greatest of a coalesce: Some(7)",
    ];
    for_each_database(async |fixture: &Fixture| assert_saw(fixture, "computed-columns", &expected).await);
}

#[test]
fn e07_parameters_compute_what_their_type_says() {
    let expected = [
        "by 2: 3",
        "by 3: 2",
        "by -2: -3",
        "of long by 2: [3, -3]",
        "of long by 1099511627776: [0, 0]",
        "of a case of 9: [4, -3]",
        "of a case of 9007199254740995: [4503599627370497, -3]",
        "of a coalesce of 9: [4, 4]",
        "of a coalesce of -9: [-4, -4]",
    ];
    for_each_database(async |fixture: &Fixture| assert_saw(fixture, "computed-parameters", &expected).await);
}

#[test]
fn e08_blanks_at_the_end_of_a_text_count() {
    let expected = [
        r#"get "abc": Some("abc")"#,
        r#"get "abc ": Some("abc ")"#,
        r#"get "abc   ": None"#,
        r#"get " ": Some(" ")"#,
        r#"get "  ": None"#,
        r#"equal: ["abc "]"#,
        r#"not equal: ["", " ", "ABC", "abc", "abc\t", "abc  ", "äbc"]"#,
        r#"long: ["abc"]"#,
        r#"in: [" ", "abc "]"#,
        r#"greater: ["abc  ", "äbc"]"#,
        r#"between: ["abc", "abc\t", "abc "]"#,
        r#"trimmed: ["abc", "abc ", "abc  "]"#,
        r#"columns: ["abc "]"#,
        r#"concat: ["abc"]"#,
        r#"replace: ["abc "]"#,
        r#"distinct from: ["", "abc"]"#,
        r#"a member of a document: ["abc "]"#,
        r#"a member beside a column: [" "]"#,
        r#"in a query: ["abc "]"#,
        "values: false",
        "values of another case: false",
        "values in a list: false",
        r#"nullif: Some("a ")"#,
        "a cast: false",
        "a member of a value: false",
        "different: 8",
        r#"groups of trimmed: ("", 2) ("ABC", 1) ("abc", 3) ("abc\t", 1) ("äbc", 1)"#,
        "distinct: 8",
        "union: 2",
        "one blank more: ok",
        "the same: true",
        "changed: 1",
    ];
    for_each_database(async |fixture: &Fixture| assert_saw(fixture, "computed-texts", &expected).await);
}
