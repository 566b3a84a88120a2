//! B13 to B15: rows that take the place of others, changes that are none, and rows of one shape together.

use sqlservice_tests::{Fixture, for_each_database};

use super::assert_saw;

/// A key that is deleted and added in one flush is an update of what differs; children lose their parent as they would have.
#[test]
fn b13_a_new_object_takes_the_row_of_a_deleted_one() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            r#"[(100, "b", None, Some("made"))]"#,
            "true Detached Persistent",
            r#"[(100, "c", None, Some("made"))]"#,
            r#"[(100, "c", None, Some("made")), (101, "a", None, Some("made"))]"#,
        ];
        let sent = ["insert things, insert parts", "update things, update parts", "", "update things", "insert things"];
        assert_saw(fixture, "u-b13-row-switch", &[], &expected, &sent).await;
    });
}

/// Also of bytes, of fractions, and of what was taken out of a relationship and put back.
#[test]
fn b14_what_is_the_same_afterwards_is_not_written() {
    for_each_database(async |fixture: &Fixture| {
        let expected =
            ["false", "true false", r#"[(1, "a", Some("new"), Some("k")), (2, "b", None, Some("k"))]"#, "true"];
        let sent = ["insert things", "", "", "update things", ""];
        assert_saw(fixture, "u-b14-net-changes", &[], &expected, &sent).await;
    });
}

/// A value is never an expression here, so the rows of a flush are grouped by the columns that they send, not by their
/// neighbours: those that leave the key to the database, those that leave a default to it, those that leave nothing.
#[test]
fn b15_rows_that_send_the_same_columns_are_one_statement() {
    for_each_database(async |fixture: &Fixture| {
        let rows = |database: &str| database.to_owned();
        let (saw, sent) = super::saw(fixture, "u-b15-batches", &[]).await;
        let backend = fixture.backend();
        assert_eq!(saw[..2], [rows("true"), rows("made made made made made made two three made")], "on {backend}");
        // Those without a note get none, which is no change; t2 loses its kind, and the last two get names.
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
