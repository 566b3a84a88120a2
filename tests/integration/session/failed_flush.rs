//! C04, C05 and T-63: the state of objects and session after a failed flush.

use sqlservice_host::Val;
use sqlservice_tests::{Fixture, for_each_database};

use super::assert_saw;

/// A savepoint around the flush keeps the session usable: statements without a flush run, those with one fail as before.
#[test]
fn c04_a_failed_commit_leaves_objects_and_session_as_they_were() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            "integrity unique",
            "edward 0 Pending 1 Pending",
            "ed",
            "integrity unique",
            "ok",
            "ed 0 Transient Transient",
            "0 0",
            "eddie new true",
        ];
        assert_saw(fixture, "c04-commit-fails", &[Val::Bool(true)], &expected, &[]).await;
    });
}

/// As in SQLAlchemy's sessions, everything but a rollback is refused.
#[test]
fn c04_without_savepoints_a_failed_flush_asks_for_a_rollback() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            "integrity unique",
            "edward 0 Pending 1 Pending",
            "pending-rollback",
            "pending-rollback",
            "pending-rollback",
            "ed 0 Transient Transient",
            "0 0",
            "eddie new true",
        ];
        assert_saw(fixture, "c04-commit-fails", &[Val::Bool(false)], &expected, &[]).await;
    });
}

#[test]
fn c04_a_failed_flush_can_be_mended() {
    for_each_database(async |fixture: &Fixture| {
        let expected = ["integrity unique", "2 1 1", "edward new duplicate", "true edward"];
        assert_saw(fixture, "c04-mended", &[], &expected, &[]).await;
    });
}

#[test]
fn c05_a_savepoint_keeps_what_came_before_it_from_a_failed_flush() {
    for savepoints in [true, false] {
        for_each_database(async |fixture: &Fixture| {
            let expected = [
                "integrity unique",
                "edward Transient",
                "edward",
                "integrity unique",
                "edward Transient",
                "integrity unique",
                "edward Transient",
                "edward nested",
            ];
            assert_saw(fixture, "c05-in-a-savepoint", &[Val::Bool(savepoints)], &expected, &[]).await;
        });
    }
}

#[test]
fn t63_after_a_failed_statement_objects_go_back_with_the_transaction() {
    for_each_database(async |fixture: &Fixture| {
        let waits = "pending-rollback";
        let expected = ["integrity unique", "edward", waits, waits, waits, "ed Transient", "ed new"];
        assert_saw(fixture, "t63-statement", &[], &expected, &[]).await;
    });
}
