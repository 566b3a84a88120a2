//! G10: sessions that are never closed.

use sqlservice_host::{TenantLimits, Val};
use sqlservice_tests::{
    Fixture,
    component::{GUEST_CONFORMANCE, GUEST_HOSTILE},
    for_each_database,
};

use crate::scene::{Scene, lines, only_one};

#[test]
fn g10_a_thousand_forgotten_sessions_leave_nothing() {
    for_each_database(async |fixture: &Fixture| {
        // Leaked handles or connections would exceed these limits.
        let limits = TenantLimits::default().handles(200);
        let scene = Scene::with(fixture, only_one(), limits);
        scene.setup(5).await;
        let mut guest = scene.instance(GUEST_CONFORMANCE).await;
        let saw = lines(guest.call("g10-forget", &[Val::U32(1000)]).await.expect("no trap")).expect("no error");
        // Of each five sessions three read five rows, one reads two, one reads none.
        assert_eq!(saw, [(200 * 17).to_string()]);
        // The instance is still alive and holds no connection.
        scene.assert_clean(500, "a thousand sessions").await;
        drop(guest);
    });
}

#[test]
fn g10_what_a_guest_leaves_open_goes_with_its_instance() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(1).await;
        let mut guest = scene.instance(GUEST_HOSTILE).await;
        let left = lines(guest.call("leave-open", &[Val::U32(4)]).await.expect("no trap")).expect("no error");
        assert_eq!(left, ["4"]);
        assert_eq!(scene.database.status().in_use, 4, "they are open as long as the guest lives");
        drop(guest);
        scene.assert_clean(500, "an instance that left four transactions open").await;
        assert_eq!(scene.ids().await, [1, 500]);
    });
}

#[test]
fn g10_t11_open_sessions_have_a_limit() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let allowed = TenantLimits::default().sql.sessions;
        let saw = scene.hostile("open-until-refused", &[]).await;
        assert_eq!(saw, [format!("{allowed} sessions, then limit LimitKind::Sessions {allowed}"), "3".to_owned()]);
    });
}
