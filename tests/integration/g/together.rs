//! G05 and G10: many calls at once, and sessions that nobody closes.

use sqlservice_host::{TenantLimits, Val};
use sqlservice_tests::{
    Backend, Fixture,
    component::{GUEST_CONFORMANCE, GUEST_HOSTILE},
    for_each, for_each_database,
};

use crate::scene::{Scene, lines, only_one};

#[test]
fn g05_three_statements_at_once_run_in_their_order() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(2).await;
        // The pool is cold: a host of its own.
        let cold = Scene::new(fixture);
        let saw = cold.saw("g05-together", &[]).await;
        assert_eq!(saw, ["1", "u1 u2 ten", "1", "u1 u2 ten eleven", "u1 u2", "u1 u2", "u1 u2"]);
        assert_eq!(scene.ids().await, [1, 2]);
    });
}

#[test]
fn g10_a_thousand_forgotten_sessions_leave_nothing() {
    for_each_database(async |fixture: &Fixture| {
        // A leaked handle would not fit, nor would a leaked connection.
        let limits = TenantLimits::default().handles(200);
        let scene = Scene::with(fixture, only_one(), limits);
        scene.setup(5).await;
        let mut guest = scene.instance(GUEST_CONFORMANCE).await;
        let saw = lines(guest.call("g10-forget", &[Val::U32(1000)]).await.expect("no trap")).expect("no error");
        // Of each five sessions three read five rows, one reads two, one reads none.
        assert_eq!(saw, [(200 * 17).to_string()]);
        // The instance still lives and holds nothing.
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
fn g10_open_sessions_have_a_limit() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let allowed = TenantLimits::default().sql.sessions;
        let saw = scene.hostile("open-until-refused", &[]).await;
        assert_eq!(saw, [format!("{allowed} sessions, then limit LimitKind::Sessions {allowed}"), "3".to_owned()]);
    });
}

/// Eight writers of one file, each in an instance of its own: nobody is refused, and no count is lost.
#[test]
fn g09_many_writers_that_read_first_are_all_committed() {
    const WRITERS: usize = 8;
    const TIMES: u32 = 50;
    for_each(&[Backend::Sqlite], async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.saw("s-g09-setup", &[]).await;
        let writers = (0..WRITERS).map(|_| scene.said(GUEST_CONFORMANCE, "s-g09-write", &[Val::U32(TIMES)]));
        let ends = futures::future::join_all(writers).await;
        assert_eq!(ends, vec![Ok(Vec::new()); WRITERS], "everybody committed everything");
        let counted = scene.saw("s-g09-count", &[]).await;
        assert_eq!(counted, [format!("[0, {}]", 8 * TIMES)]);
    });
}
