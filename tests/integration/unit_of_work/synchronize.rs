//! B28: statements and bulk updates, with which the session's objects are synchronized.

use sqlservice_tests::{Fixture, for_each_database};

use super::{assert_saw, saw};

/// One statement reads the objects of the table again; a rollback restores them.
#[test]
fn b28_objects_are_kept_in_step_with_updates_and_deletes() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            "3: mine 10 s1 Persistent, b2 21 s1 Persistent, b3 31 s1 Persistent",
            "mine 10 s1 Persistent, b2 21 - Persistent, b3 31 s1 Persistent false",
            "mine 10 s1 Persistent, b2 21 s2 Persistent, b3 31 s1 Persistent",
            "mine 10 s1 Persistent, b2 21 s2 Deleted, b3 31 s1 Persistent false",
            "b1 10 s1 Persistent, b2 20 s1 Persistent, b3 30 s1 Persistent",
        ];
        let steps = ["update books, update books, select books", "update counters"];
        assert_saw(fixture, "unit-step", &[], &expected, &steps).await;
    });
}

#[test]
fn b28_edits_that_are_not_flushed_stay_beside_a_statement() {
    for_each_database(async |fixture: &Fixture| {
        let (saw, _) = saw(fixture, "unit-step-edits", &[]).await;
        let expected = ["mine 7 true", r#"("mine", 7)"#, "9", "upserted 9"];
        assert_eq!(saw, expected, "on {}", fixture.backend());
    });
}

#[test]
fn b28_a_session_that_does_not_synchronize_reads_nothing() {
    for_each_database(async |fixture: &Fixture| {
        assert_saw(fixture, "unit-step-apart", &[], &["10 7"], &["update books"]).await;
    });
}

/// B15: the update is one statement, which an embedded database runs once for each row.
#[test]
fn b28_rows_are_updated_by_their_keys() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            "3",
            "t1 1",
            r#"[(1, "t1", 1, Some(1)), (2, "t2", 2, Some(1)), (3, "t3", 3, Some(1)), (4, "b4", 40, Some(1))]"#,
            "stale books 1 of 2",
            "0",
            // Versions start at one.
            "ok",
            "stale counters 1 of 2",
            "[(1, 2, 8), (2, 2, 8)]",
        ];
        assert_saw(fixture, "unit-update-many", &[], &expected, &["update books, select books"]).await;
    });
}
