//! D17: functions have one meaning on all databases.

use sqlservice_tests::{Fixture, for_each_database};

use super::assert_saw;

#[test]
fn d17_functions_of_texts_mean_the_same_everywhere() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            "position: Some(5)",
            "position of nothing: Some(0)",
            "position of the empty text: Some(1)",
            "position sees case: Some(0)",
            "position in null: None",
            r#"left: "grö""#,
            r#"left of all: "  größe b  ""#,
            r#"left of 0: """#,
            r#"left of less: """#,
            "left of null: None",
            r#"right: "e b""#,
            r#"right of all: "  größe b  ""#,
            r#"right of 0: """#,
            r#"right of less: """#,
            r#"ltrim: "größe b  ""#,
            r#"rtrim: "  größe b""#,
            "length: Some(11)",
            r#"substr: "gr""#,
            r#"replace: "grösse b""#,
        ];
        assert_saw(fixture, "statement-functions-of-texts", &expected).await;
    });
}

#[test]
fn d17_functions_of_numbers_mean_the_same_everywhere() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            "floor: -3.0",
            "ceil: -2.0",
            "floor of more: 2.0",
            "ceil of more: 3.0",
            "floor of a whole number: -5.0",
            "ceil of a large number: -2.5e30",
            "floor of money: 12",
            "ceil of money: 13",
            "round: -3.0",
            "round of money: 12.8",
            "sign: Some(-1)",
            "sign of money: Some(1)",
            "sign of 0: Some(0)",
            "greatest: Some(3)",
            "greatest with null: None",
            "least: Some(-7)",
            "least with null: None",
            r#"greatest text: Some("a")"#,
            r#"greatest money: Some(Decimal("12.75"))"#,
            "a fraction as an integer: -3",
            "money as an integer: 13",
            "abs: 7",
            "the integer part of a quotient: -3",
            "the remainder: -1",
        ];
        assert_saw(fixture, "statement-functions-of-numbers", &expected).await;
    });
}

#[test]
fn d17_functions_of_times_mean_the_same_everywhere() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            "year: Some(2024)",
            "month: Some(2)",
            "day: Some(29)",
            "hour: Some(23)",
            "minute: Some(59)",
            "second: Some(58)",
            "second of a time: Some(58)",
            "hour of a time: Some(23)",
            "the date: Date(19782)",
            "the moment's date: Date(19782)",
            "a day later: Date(19783)",
            "a year before: Date(19416)",
            "seconds later: Timestamp(1709251200999900)",
            "seconds before: TimestampTz(1709164798999900)",
            "of a value: Date(-7)",
            "days between: Some(366)",
            "days back: Some(-30)",
            "the year of a sum: Some(2025)",
            "in the same month: true",
        ];
        assert_saw(fixture, "statement-functions-of-times", &expected).await;
    });
}

#[test]
fn d17_functions_of_documents_mean_the_same_everywhere() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            r#"an item: Some("10")"#,
            r#"a text: Some("x")"#,
            "null as text: None",
            r#"true as text: Some("true")"#,
            r#"deep: Some("deep")"#,
            "past the end: None",
            r#"false as text: Some("false")"#,
            r#"a number as text: Some("1.5")"#,
            r#"the text null: Some("null")"#,
            r#"a key like a path: Some("dollar")"#,
            r#"a key in brackets: Some("bracket")"#,
            r#"a key with a quote: Some("1")"#,
            r#"a key with an accent: Some("accent")"#,
            "no such key: None",
            "length: Some(5)",
            "length of an object: None",
            r#"type: Some("object")"#,
            r#"type of an array: Some("array")"#,
            r#"type of a text: Some("string")"#,
            r#"type of a number: Some("number")"#,
            r#"type of a fraction: Some("number")"#,
            r#"type of a truth: Some("boolean")"#,
            r#"type of null: Some("null")"#,
            "type of nothing: None",
        ];
        assert_saw(fixture, "statement-functions-of-documents", &expected).await;
    });
}
