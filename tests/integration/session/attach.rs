//! C14, C15: the session of an object.

use sqlservice_tests::{Fixture, for_each_database};

use super::assert_saw;

#[test]
fn c14_an_object_is_of_one_session() {
    for_each_database(async |fixture: &Fixture| {
        let theirs = "AlreadyAttached";
        let expected = [
            theirs,
            theirs,
            theirs,
            theirs,
            "Pending None Persistent",
            "true false",
            "renamed u2 pending a1:1 a2:1",
            "invalid",
            "true Detached",
            "ok",
        ];
        assert_saw(fixture, "c14-another-session", &[], &expected, &[]).await;
    });
}

#[test]
fn c15_what_has_no_row_cannot_be_deleted() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            "NotPersisted",
            "NotPersisted",
            "ok",
            "u1 u2",
            "Detached NotPersisted",
            "invalid",
            "u1 u2 new",
            "Persistent 0",
            "Detached false",
            "u1 u2 new",
        ];
        assert_saw(fixture, "c15-never-saved", &[], &expected, &[]).await;
    });
}

#[test]
fn c14_objects_outlive_their_sessions_and_join_others() {
    for_each_database(async |fixture: &Fixture| {
        let unloaded = "unloaded addresses";
        let expected = ["Detached u1 Some(7)", unloaded, "Detached", "Detached", "1", "[Some(7), None]"];
        assert_saw(fixture, "session-detached", &[], &expected, &[]).await;
    });
}
