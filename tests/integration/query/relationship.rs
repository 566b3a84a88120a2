//! Q02: joins and conditions by relationships, and columns of subqueries.

use sqlservice_tests::{Fixture, for_each_database};

use super::assert_sees;

#[test]
fn q02_relationships_are_joined_both_ways_and_through_tables() {
    for_each_database(async |fixture: &Fixture| {
        let pairs = r#"[("ed", 1), ("ed", 2), ("ed", 5), ("jo", 3)]"#;
        let expected = [
            pairs,
            pairs,
            "[3]",
            r#"[("ed", Some(2)), ("jo", None), ("al", None), ("bo", None)]"#,
            r#"[("ed", "blue", 1), ("ed", "red", 1), ("jo", "red", 2)]"#,
            r#"[("ed", Some("blue")), ("jo", None), ("al", None), ("bo", None)]"#,
            "bo jo al",
            r#"[("ed", "jo"), ("ed", "al"), ("jo", "ed")]"#,
            r#"[("ed", "mail"), ("ed", "chess"), ("jo", "mail")]"#,
            "[(1, 1)]",
            "ed ed jo",
            "al bo",
            r#"invalid: two sources have the name "users"; give one of them an alias"#,
        ];
        assert_sees(fixture, "query-joins", &[], &expected).await;
    });
}

#[test]
fn q02_conditions_ask_what_is_related() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            "ed jo",
            "jo",
            "al bo",
            "ed",
            "ed",
            "ed",
            "ed jo",
            "jo al",
            "jo",
            "ed",
            "bo",
            "jo al",
            "ed",
            "ed",
            "ed",
            "ed jo",
            "ed",
            "ed",
            "ed jo",
            "bo",
            "ed al",
            "[3]",
            "ed",
            "[(1, 1), (2, 1)]",
            r#"[("ed", true), ("jo", true), ("al", false), ("bo", false)]"#,
            "3 2",
        ];
        assert_sees(fixture, "query-any", &[], &expected).await;
    });
}

#[test]
fn q02_columns_of_a_query_are_those_of_their_model() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            r#"[("ed", 5, 1), ("ed", 1, 2), ("jo", 3, 3)]"#,
            r#"[("ed", None), ("jo", Some(3)), ("al", None), ("bo", None)]"#,
            r#"[(1, "phone"), (5, "phone")]"#,
            r#"["ed"]"#,
            "true",
        ];
        assert_sees(fixture, "query-subquery-columns", &[], &expected).await;
    });
}
