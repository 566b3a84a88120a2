//! T-61, T-67 and T-69 with objects: keys and versions set by hand, sessions by the hundred, tables of others.

use sqlservice_host::{TenantLimits, Val};
use sqlservice_tests::{Fixture, for_each_database};

use crate::{
    scene::{Scene, only_one},
    u::saw,
};

#[test]
fn t67_a_changed_key_is_an_update_of_it() {
    for_each_database(async |fixture: &Fixture| {
        let (saw, _) = saw(fixture, "s-t67-key", &[]).await;
        assert!(saw[0].starts_with("integrity unique table=users"), "{saw:?} on {}", fixture.backend());
        assert_eq!(saw[1..], ["ok", "true true", "jo ed"], "on {}", fixture.backend());
    });
}

#[test]
fn t67_a_version_that_is_set_by_hand_is_refused() {
    for_each_database(async |fixture: &Fixture| {
        let (saw, _) = saw(fixture, "s-t67-version", &[]).await;
        assert!(saw[0].starts_with("invalid: "), "{saw:?} on {}", fixture.backend());
        let expected = [r#"[(1, 2, "kept?"), (2, 2, "new")]"#, "stale drafts 0 of 1", "kept? 2"];
        assert_eq!(saw[1..], expected, "on {}", fixture.backend());
    });
}

/// T-61: sessions that come and go need no more connections than the pool has, and leave it as it was.
#[test]
fn t61_sessions_that_come_and_go_take_one_connection() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::with(fixture, only_one(), TenantLimits::default());
        assert_eq!(scene.saw("s-t61-sessions", &[Val::U32(400)]).await, ["200"], "on {}", fixture.backend());
        fixture.settle().await;
        let status = scene.database.status();
        assert_eq!((status.in_use, status.size), (0, 1), "on {}", fixture.backend());
    });
}

#[test]
fn t69_tables_of_others_stay() {
    for_each_database(async |fixture: &Fixture| {
        let (saw, _) = saw(fixture, "s-t69-others", &[]).await;
        assert_eq!(saw, ["drafts", "", "drafts", "ed"], "on {}", fixture.backend());
    });
}
