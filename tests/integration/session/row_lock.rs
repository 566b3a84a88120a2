//! C16 and T-65: rows that another session has locked.

use sqlservice_tests::{Fixture, for_each_database, for_each_server};

use super::assert_saw;

#[test]
fn c16_a_locked_row_is_refused_to_who_does_not_wait_and_read_anew_after() {
    for_each_database(async |fixture: &Fixture| {
        let expected = if fixture.capabilities().row_locking {
            &["lock-not-available", "no-result", "true changed"][..]
        } else {
            &["unsupported row-locking"]
        };
        assert_saw(fixture, "c16-locked", &[], expected, &[]).await;
    });
}

/// One of the two sessions fails. Its writes are undone, its objects are restored, and it works on.
#[test]
fn t65_of_two_sessions_that_wait_for_each_other_one_is_told() {
    for_each_server(async |fixture: &Fixture| {
        let expected = ["1 true", "true true", "u1 u2 u1 u2", "u1x u2"];
        assert_saw(fixture, "t65-deadlock", &[], &expected, &[]).await;
    });
}
