//! C02, C03 and T-62: autoflush writes pending changes before a statement, unless the guest disables it; other sessions do not see them.

use sqlservice_tests::{Fixture, for_each_database};

use super::assert_saw;

use crate::scene::text;

#[test]
fn c02_a_query_finds_what_is_pending() {
    for_each_database(async |fixture: &Fixture| {
        let expected = ["true Persistent", "u1", "u1 ed"];
        assert_saw(fixture, "c02-pending", &[], &expected, &["insert users, select users"]).await;
    });
}

#[test]
fn c02_whatever_asks_the_database_writes_first() {
    for_each_database(async |fixture: &Fixture| {
        let steps = [
            "",
            "update users, select users",
            // A count selects from a subquery.
            "update users, select SELECT",
            "update users, select users",
            "update users, select addresses",
            // The session's objects of the table are synchronized.
            "update users, update users, select users",
            "select users",
            "update users, select users",
        ];
        assert_saw(fixture, "c02-whoever-asks", &[], &["1 1 1 [1]"], &steps).await;
    });
}

#[test]
fn c03_without_autoflush_a_query_does_not_see_what_is_pending() {
    for_each_database(async |fixture: &Fixture| {
        let steps = ["select SELECT, select users", "insert users, select users"];
        assert_saw(fixture, "c03-without", &[], &["0 0", "1", "0", "1"], &steps).await;
    });
}

#[test]
fn c03_work_that_fails_or_is_dropped_gives_autoflush_back() {
    for_each_database(async |fixture: &Fixture| {
        assert_saw(fixture, "c03-ends", &[], &["true", "true", "1"], &[]).await;
    });
}

/// Uncommitted changes are not in the database, and another session can save the objects: an object whose delete was not committed
/// keeps its row, and one that never had a row gets a new one.
#[test]
fn t62_what_was_not_committed_is_not_there() {
    for end in ["drop", "drop, flushed", "close", "close, flushed"] {
        for_each_database(async |fixture: &Fixture| {
            let expected = ["ok", "Detached Detached", "u1 u2", "edited u2 new"];
            assert_saw(fixture, "t62-dropped", &[text(end)], &expected, &[]).await;
        });
    }
}
