//! C01: one object for each row, its refresh, and its removal from the session.

use sqlservice_host::Val;
use sqlservice_tests::{Fixture, for_each_database};

use super::assert_saw;

#[test]
fn c01_a_row_is_one_object_until_it_is_forgotten() {
    for_each_database(async |fixture: &Fixture| {
        let expected = ["u7 true", "true true", "false Detached Persistent", "false true", "no-result"];
        assert_saw(fixture, "c01-get", &[], &expected, &["select users", "select users"]).await;
    });
}

/// A session keeps edited objects alive, and no others.
#[test]
fn c01_an_object_without_a_handle_is_forgotten_unless_it_was_edited() {
    for_each_database(async |fixture: &Fixture| {
        let expected = ["edited 1", "edited u2 u3 u4 u5 u6 u7 new"];
        // The first `get` reads the row again, as nothing kept its object. The second finds the edited object; it is in no step.
        assert_saw(fixture, "c01-weak", &[], &expected, &["select users"]).await;
    });
}

#[test]
fn c01_rows_are_read_anew_where_that_is_asked_for() {
    for_each_database(async |fixture: &Fixture| {
        let expected = ["u1 u1", "u1", "other unloaded addresses", "another", "again false", "u1 Some(7) true"];
        let steps = ["select users", "update users, select users"];
        assert_saw(fixture, "session-identity-anew", &[], &expected, &steps).await;
    });
}

#[test]
fn c01_a_row_that_is_gone_is_told() {
    for_each_database(async |fixture: &Fixture| {
        let expected = ["no-result", "no-result", "NotPersisted", "Detached"];
        assert_saw(fixture, "session-identity-gone", &[], &expected, &[]).await;
    });
}

#[test]
fn c01_what_is_expunged_is_not_written_and_may_join_another_session() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            "Detached Detached Transient Pending",
            "u1 u2 u3 kept",
            "edited u3 kept new",
            "Persistent Detached Persistent",
        ];
        assert_saw(fixture, "session-identity-expunge", &[], &expected, &[]).await;
    });
}

#[test]
fn c01_objects_outlive_a_commit_or_expire_with_it() {
    for_each_database(async |fixture: &Fixture| {
        assert_saw(fixture, "session-identity-commit", &[Val::Bool(false)], &["u1 u2", "u1 u2"], &[""]).await;
    });
    for_each_database(async |fixture: &Fixture| {
        let steps = ["select users, select users"];
        assert_saw(fixture, "session-identity-commit", &[Val::Bool(true)], &["u1 u2", "other others"], &steps).await;
    });
}
