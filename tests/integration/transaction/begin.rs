//! A04 to A07: the begin and the end of a guest's transactions.

use std::time::Duration;

use sqlservice_host::{Error, Settings, TenantLimits, Val};
use sqlservice_tests::{Backend, Fixture, component::GUEST_CONFORMANCE, for_each_database};

use crate::scene::{Scene, only_one, text};

#[test]
fn a04_an_error_in_begin_rolls_back() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::with(fixture, only_one(), TenantLimits::default());
        scene.setup(1).await;
        let said = scene.said(GUEST_CONFORMANCE, "a04-begin-and", &[text("raise")]).await;
        assert_eq!(said.expect_err("the guest's own error"), "Other(\"raised\")");
        scene.assert_clean(500, "an error in begin").await;
        assert_eq!(scene.ids().await, [1, 500]);
    });
}

#[test]
fn a04_a_dropped_future_in_begin_rolls_back() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(1).await;
        assert_eq!(scene.saw("a04-begin-and", &[text("drop")]).await, ["timeout"]);
        scene.assert_clean(500, "a future dropped by the guest").await;
        assert_eq!(scene.ids().await, [1, 500]);
    });
}

#[test]
fn a04_a_trap_in_begin_rolls_back() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::with(fixture, only_one(), TenantLimits::default());
        scene.setup(1).await;
        let mut guest = scene.instance(GUEST_CONFORMANCE).await;
        let trapped = guest.call("a04-begin-and", &[text("trap")]).await;
        assert!(matches!(trapped, Err(Error::Trap(_))), "{trapped:?}");
        scene.assert_clean(500, "a trap in begin").await;
        assert_eq!(scene.ids().await, [1, 500]);
    });
}

#[test]
fn a04_a_call_cancelled_by_the_host_in_begin_rolls_back() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::with(fixture, only_one(), TenantLimits::default());
        scene.setup(1).await;
        let mut guest = scene.instance(GUEST_CONFORMANCE).await;
        let waits = [text("wait")];
        let call = guest.call("a04-begin-and", &waits);
        // The guest would wait inside of the transaction for ten minutes.
        let cancelled = tokio::time::timeout(Duration::from_millis(500), call).await;
        assert!(cancelled.is_err(), "{cancelled:?}");
        assert_eq!(scene.ids().await, [1]);
        let poisoned = guest.call("a01-ping", &[]).await;
        assert!(matches!(poisoned, Err(Error::Poisoned)), "{poisoned:?}");
        drop(guest);
        scene.assert_clean(500, "a call cancelled by the host").await;
        assert_eq!(scene.ids().await, [1, 500]);
    });
}

#[test]
fn a05_begin_commits() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::with(fixture, only_one(), TenantLimits::default());
        scene.setup(1).await;
        assert_eq!(scene.saw("a05-begin-and-leave", &[]).await, ["1", "true false"]);
        assert_eq!(scene.ids().await, [1, 900, 901]);
        scene.assert_clean(500, "a commit").await;
    });
}

#[test]
fn a06_begin_in_begin_is_another_transaction() {
    for_each_database(async |fixture: &Fixture| {
        let settings = Settings::default().lock_timeout(Duration::from_millis(300));
        let scene = Scene::with(fixture, settings, TenantLimits::default());
        scene.setup(0).await;
        if fixture.backend() == Backend::Sqlite {
            // A file has one writer at a time: a second one is refused after the lock timeout, not deadlocked. Beside a reader, it works.
            let said = scene.said(GUEST_CONFORMANCE, "a06-begin-in-begin", &[Val::Bool(false)]).await;
            assert_eq!(said.expect_err("two writers"), "lock-not-available");
            scene.fixture.settle().await;
            assert_eq!(scene.ids().await, Vec::<i64>::new());
            assert_eq!(scene.saw("a06-begin-in-begin", &[Val::Bool(true)]).await, ["", "1"]);
        } else {
            assert_eq!(scene.saw("a06-begin-in-begin", &[Val::Bool(false)]).await, ["1", "1"]);
        }
        assert_eq!(scene.ids().await, [2]);
    });
}

#[test]
fn a07_a_transaction_that_ended_takes_no_more_statements() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(0).await;
        let saw = scene.saw("a07-closed-transaction", &[]).await;
        assert_eq!(saw[..5], ["transaction-closed"; 5]);
        assert_eq!(saw[5], "false");
        assert_eq!(scene.ids().await, [900]);
    });
}
