//! T-06: transactions and tasks that a call leaves behind.

use std::time::Duration;

use sqlservice_host::{Error, TenantLimits, Val};
use sqlservice_tests::{
    Fixture,
    component::{GUEST_CONFORMANCE, GUEST_HOSTILE},
    for_each_database, guest,
};

use crate::scene::{Scene, lines, text};

/// T-06: transactions that a call leaves open end with the call, although its instance lives on.
#[test]
fn t06_what_a_call_leaves_behind_ends_with_it() {
    for_each_database(async |fixture: &Fixture| {
        let tenant = fixture.tenant_builder().keep_sessions(false).build().expect("a tenant");
        let call = async |component: &str, function: &str, arguments: &[Val]| {
            let mut instance = guest::compiled(component).instantiate(&tenant).await.expect("an instance");
            let saw = lines(instance.call(function, arguments).await.expect("no trap"));
            (instance, saw)
        };
        let (_, made) = call(GUEST_CONFORMANCE, "setup", &[Val::U32(3)]).await;
        made.expect("tables");
        let (mut guest, left) = call(GUEST_HOSTILE, "leave-open", &[Val::U32(4)]).await;
        assert_eq!(left.expect("four transactions"), ["4"]);
        // The instance can be called again, and its uncommitted rows are gone.
        fixture.settle().await;
        let again = lines(guest.call("leave-open", &[Val::U32(4)]).await.expect("no trap"));
        assert_eq!(again.expect("four others"), ["4"], "on {}", fixture.backend());
        fixture.settle().await;
        let mut outside = fixture.outside().await;
        let rows = outside.rows("SELECT id FROM users ORDER BY id").await;
        assert_eq!(rows.len(), 3, "{rows:?} on {}", fixture.backend());
        drop(guest);
    });
}

async fn count(guest: &mut sqlservice_host::Instance, ms: u32) -> Result<u32, Error> {
    match guest.call("count-task", &[Val::U32(ms)]).await? {
        Some(Val::U32(counted)) => Ok(counted),
        other => panic!("{other:?}"),
    }
}

/// T-06: a task that a call leaves behind is suspended until the next call, and its computing counts towards that call.
#[tokio::test(flavor = "multi_thread")]
async fn t06_a_task_that_is_left_behind_runs_only_within_later_calls() {
    const SHORT: Duration = Duration::from_millis(300);
    let tenant = guest::tenant().keep_sessions(false).limits(TenantLimits::default().processor_time(SHORT)).build();
    let tenant = tenant.expect("a tenant");
    let plugin = guest::compiled(GUEST_HOSTILE);
    let mut guest = plugin.instantiate(&tenant).await.expect("an instance");
    guest.call("leave-task", &[text("counts")]).await.expect("no trap");
    let before = count(&mut guest, 0).await.expect("no trap");
    tokio::time::sleep(2 * SHORT).await;
    let idle = count(&mut guest, 0).await.expect("no trap");
    // The task runs for the duration of each call.
    assert!(idle <= before + 20, "{before} became {idle} while no call ran");
    let called = count(&mut guest, 300).await.expect("no trap");
    assert!(called >= idle + 20, "{idle} became {called} in a call of 300 ms");

    let mut guest = plugin.instantiate(&tenant).await.expect("an instance");
    guest.call("leave-task", &[text("spins")]).await.expect("no trap");
    tokio::time::sleep(SHORT).await;
    let ended = count(&mut guest, 100).await;
    assert!(matches!(ended, Err(Error::ProcessorTime(SHORT))), "{ended:?}");
    assert!(matches!(count(&mut guest, 0).await, Err(Error::Poisoned)));
}

/// T-06: the transaction of such a task ends with the call that began it, and the task writes nothing in a later call.
#[test]
fn t06_a_task_that_is_left_behind_has_no_transaction_any_more() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let tenant = fixture.tenant_builder().keep_sessions(false).build().expect("a tenant");
        let mut guest = guest::compiled(GUEST_HOSTILE).instantiate(&tenant).await.expect("an instance");
        lines(guest.call("leave-task", &[text("works")]).await.expect("no trap")).expect("a task");
        // The task's connection is back in the pool before the next call.
        fixture.settle().await;
        let ended = count(&mut guest, 300).await.expect("no trap");
        assert_eq!(ended, 1, "on {}", fixture.backend());
        drop(guest);
        fixture.settle().await;
        assert_eq!(scene.ids().await, [1, 2, 3], "on {}", fixture.backend());
    });
}
