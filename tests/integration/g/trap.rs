//! G06: guests that trap in the middle of a transaction.

use sqlservice_host::{Error, HostLimits, Val};
use sqlservice_tests::{
    Fixture,
    component::{GUEST_CONFORMANCE, GUEST_HOSTILE},
    for_each_database,
};

use crate::scene::{Scene, only_one, text};

/// A guest traps after it began a transaction and inserted a row; another instance goes on.
fn trapped(how: &str) {
    for_each_database(async |fixture: &Fixture| {
        let limits = HostLimits { memory: 64 << 20, handles: 500, ..HostLimits::default() };
        let scene = Scene::with(fixture, only_one(), limits);
        scene.setup(3).await;
        let mut other = scene.instance(GUEST_CONFORMANCE).await;
        let before = other.call("a08-statements", &[]).await.expect("another instance");

        let mut guest = scene.instance(GUEST_HOSTILE).await;
        match guest.call("trap-in-begin", &[text(how)]).await {
            Err(Error::Trap(_)) => {}
            outcome => panic!("{how} on {}: no trap, but {outcome:?}", fixture.backend()),
        }
        match guest.call("trap-in-begin", &[text(how)]).await {
            Err(Error::Poisoned) => {}
            outcome => panic!("{how} on {}: an instance lives on after a trap: {outcome:?}", fixture.backend()),
        }
        // While what is left of the guest is still held.
        let after = other.call("a08-statements", &[]).await.expect("another instance");
        assert_eq!(before, after, "{how} on {}: another instance is affected", fixture.backend());
        scene.assert_clean(500, &format!("a trap by {how}")).await;
        assert_eq!(scene.ids().await, [1, 2, 3, 500], "{how} on {}", fixture.backend());
        drop(guest);
    });
}

#[test]
fn g06_unreachable_in_begin() {
    trapped("unreachable");
}

#[test]
fn g06_panic_in_begin() {
    trapped("panic");
}

#[test]
fn g06_out_of_memory_in_begin() {
    trapped("memory");
}

#[test]
fn g06_endless_recursion_in_begin() {
    trapped("recursion");
}

#[test]
fn g06_out_of_handles_in_begin() {
    trapped("table");
}

#[test]
fn g06_a_trap_with_everything_open() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let mut guest = scene.instance(GUEST_HOSTILE).await;
        let outcome = guest.call("trap-with-everything", &[]).await;
        assert!(matches!(outcome, Err(Error::Trap(_))), "{outcome:?}");
        drop(guest);
        scene.assert_clean(500, "a trap with everything open").await;
        assert_eq!(scene.ids().await, [1, 2, 3, 500]);
    });
}

#[test]
fn g06_a_deadline_in_begin() {
    for_each_database(async |fixture: &Fixture| {
        let limits = HostLimits { call_time: Some(std::time::Duration::from_millis(500)), ..HostLimits::default() };
        let scene = Scene::with(fixture, only_one(), limits);
        scene.setup(3).await;
        let mut guest = scene.instance(GUEST_CONFORMANCE).await;
        let outcome = guest.call("a04-begin-and", &[Val::String("wait".to_owned())]).await;
        assert!(matches!(outcome, Err(Error::Deadline(_))), "{outcome:?}");
        drop(guest);
        scene.assert_clean(500, "a deadline").await;
        assert_eq!(scene.ids().await, [1, 2, 3, 500]);
    });
}
