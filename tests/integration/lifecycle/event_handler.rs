//! A18: changes that event handlers make are written before the commit.

use sqlservice_tests::{Fixture, for_each_database};

use super::assert_saw;

use crate::scene::text;

#[test]
fn a18_an_end_writes_what_handlers_left() {
    let cases = [
        ("adds after", "adds after=0, first=0, other=0, added after"),
        ("edits after", "edits after=3, other=0"),
        ("deletes after", "deletes after=0, deleted other"),
        ("deleted", "other=0, deleted first"),
    ];
    for end in ["transaction", "commit", "savepoint", "before a savepoint"] {
        for (what, expected) in cases {
            for_each_database(async |fixture: &Fixture| {
                assert_saw(fixture, "commits", &[text(&format!("{end}: {what}"))], &["ok", expected]).await;
            });
        }
    }
}

#[test]
fn a18_handlers_that_never_stop_are_told_so() {
    for_each_database(async |fixture: &Fixture| {
        let expected = ["endless [\"tasks\"]", "first=0, other=0"];
        assert_saw(fixture, "commits", &[text("transaction: edits without end")], &expected).await;
    });
}

#[test]
fn a18_what_handlers_change_before_is_written_in_the_same_flush() {
    let cases = [
        ("changes another", ["0 0", "changes another=0, other=1"]),
        ("adds another", ["0 0", "adds another=0, other=0, added before"]),
        ("deletes another", ["1 0", "deletes another=0, deleted other"]),
        ("adds after", ["1 0", "adds after=0, first=0, other=0, added after"]),
        ("edits after", ["0 1", "edits after=3, other=0"]),
    ];
    for (what, expected) in cases {
        for_each_database(async |fixture: &Fixture| {
            assert_saw(fixture, "commits", &[text(&format!("flush: {what}"))], &expected).await;
        });
    }
}
