//! B18 and B19: children whose delete is left to the database.

use sqlservice_host::Val;
use sqlservice_tests::{Fixture, for_each_database};

use super::{assert_saw, saw};

/// Children that are not in the session are not read; those in the session are deleted as without `passive_deletes`.
#[test]
fn b18_unloaded_children_are_left_to_the_database() {
    let expected = ["1 4 0 0 of 0", "0 0 0 0 of 0"];
    for_each_database(async |fixture: &Fixture| {
        assert_saw(fixture, "b18-left-to-the-database", &[Val::Bool(false)], &expected, &["delete parents"]).await;
    });
    for_each_database(async |fixture: &Fixture| {
        let sent = ["delete children, delete parents"];
        assert_saw(fixture, "b18-left-to-the-database", &[Val::Bool(true)], &expected, &sent).await;
    });
}

/// `passive_deletes` has one meaning: the flush does not touch children outside of the session, and the database decides on them.
#[test]
fn b19_the_database_may_refuse() {
    for_each_database(async |fixture: &Fixture| {
        let (saw, sent) = saw(fixture, "b19-refused", &[]).await;
        let backend = fixture.backend();
        assert!(saw[0].starts_with("integrity foreign-key table="), "{saw:?} on {backend}");
        assert_eq!(saw[1..], ["0 0 1 4 of 4 Persistent", "t"], "on {backend}");
        assert_eq!(sent, ["delete shelves"], "on {backend}");
    });
}
