//! B13: a new object takes the row of a deleted one.

use sqlservice_tests::{Fixture, for_each_database};

use super::assert_saw;

/// A key that is deleted and added in one flush is an update of the columns that differ. Children lose their parent as by a delete.
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
        assert_saw(fixture, "b13-row-switch", &[], &expected, &sent).await;
    });
}
