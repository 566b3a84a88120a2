//! G06 and T-58: guests that trap in the middle of a transaction, and at every poll of an operation.

use sqlservice_host::{Error, TenantLimits, Val};
use sqlservice_tests::{
    Fixture,
    component::{GUEST_CONFORMANCE, GUEST_HOSTILE},
    for_each_database,
};

use crate::scene::{Scene, only_one, text};

/// More polls than any operation needs.
const POLLS: u32 = 200;

/// A guest traps after it began a transaction and inserted a row; another instance is not affected.
fn trapped(how: &str) {
    for_each_database(async |fixture: &Fixture| {
        let limits = TenantLimits::default().memory(64 << 20).handles(500);
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
        // The trapped instance is not dropped yet.
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
fn g06_t04_endless_recursion_in_begin() {
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
fn g06_t05_a_deadline_in_begin() {
    for_each_database(async |fixture: &Fixture| {
        let limits = TenantLimits::default().call_time(std::time::Duration::from_millis(500));
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

/// A guest traps at the n-th poll of an operation, for every n until the operation finishes first. Its work is rolled back, except
/// for a commit, which may have begun.
fn trapped_in(operations: &[&str]) {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::with(fixture, only_one(), TenantLimits::default());
        scene.setup(50).await;
        let mut id = 1_000;
        for operation in operations {
            let trap = async |polls: u32, id: i64| {
                let mut guest = scene.instance(GUEST_HOSTILE).await;
                let arguments = [text(operation), Val::S64(id), Val::U32(polls)];
                match guest.call("sweep-trap", &arguments).await {
                    Err(Error::Trap(_)) => true,
                    Ok(Some(Val::Result(Ok(_)))) => false,
                    outcome => panic!("{operation} at poll {polls} on {}: {outcome:?}", fixture.backend()),
                }
            };
            let mut polls = 0;
            let mut has_trapped = true;
            while has_trapped {
                polls += 1;
                assert!(polls < POLLS, "{operation} is not done after {polls} polls");
                id += 1_000;
                has_trapped = trap(polls, id).await;
                scene.assert_clean(id - 1, &format!("a trap at poll {polls} of {operation}")).await;
                let row = scene.ids().await.iter().any(|row| (id..id + 999).contains(row));
                let may_be = operation.ends_with("commit");
                assert!(
                    may_be || !row,
                    "{operation}, poll {polls}, on {}: a row that was not committed",
                    fixture.backend()
                );
            }
        }
    });
}

#[test]
fn t58_traps_in_transactions_savepoints_and_streams() {
    trapped_in(&[
        "begin",
        "first-use",
        "savepoint",
        "release",
        "flush",
        "commit",
        "rollback",
        "load",
        "stream",
        "cursor",
    ]);
}

#[test]
fn t58_traps_in_sessions_with_objects() {
    trapped_in(&["object-flush", "object-save-all", "object-begin-nested", "object-rollback-to", "object-commit"]);
}
