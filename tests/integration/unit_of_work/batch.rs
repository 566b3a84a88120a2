//! B15: rows that send the same columns are one statement.

use sqlservice_tests::{Fixture, for_each_database};

/// A value of an object is never an expression, so a flush groups rows by the columns that they send, whatever their order: rows
/// without a key, rows with a key and without the column that has a default, and rows with both.
#[test]
fn b15_rows_that_send_the_same_columns_are_one_statement() {
    for_each_database(async |fixture: &Fixture| {
        let rows = |database: &str| database.to_owned();
        let (saw, sent) = super::saw(fixture, "b15-batches", &[]).await;
        let backend = fixture.backend();
        assert_eq!(saw[..2], [rows("true"), rows("made made made made made made two three made")], "on {backend}");
        // Setting no note where there is none is no change; t2 loses its kind, and the last two get new names.
        let updated = [
            r#""t1", Some("n0"), Some("made")"#,
            r#""t2", None, None"#,
            r#"1003, "t3", Some("n2"), Some("made")"#,
            r#"1004, "t4", None, Some("made")"#,
            r#"1005, "t5", Some("n4"), Some("made")"#,
            r#"1006, "t6", None, Some("made")"#,
            r#"1009, "t9", Some("n6"), Some("two")"#,
            r#"1010, "new7", None, Some("three")"#,
            r#"1011, "new8", Some("n8"), Some("made")"#,
        ];
        for row in updated {
            assert!(saw[2].contains(row), "{row} of {} on {backend}", saw[2]);
        }
        let inserts = "insert things, insert things, insert things";
        let updates = "update things, update things, update things, update things";
        assert_eq!(sent, [inserts, updates], "on {backend}");
    });
}
