//! T-06, T-19 and T-61: what a call leaves behind, hands over, and asks a server for again and again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use sqlservice_host::{Error, Event, Grant, Observer, Settings, TenantLimits, Val};
use sqlservice_tests::{
    Backend, Fixture,
    component::{GUEST_HOSTILE, GUEST_TALKER},
    for_each_database, for_each_server, guest,
};

use super::{bare::assert_trap, resident};
use crate::scene::{Scene, lines, text};

async fn count(guest: &mut sqlservice_host::Instance, ms: u32) -> Result<u32, Error> {
    match guest.call("count-task", &[Val::U32(ms)]).await? {
        Some(Val::U32(counted)) => Ok(counted),
        other => panic!("{other:?}"),
    }
}

/// T-06: a task that a call leaves behind stands still until the next call, and what it computes there is that call's.
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
    // Each call lets it go on for as long as it takes itself.
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

/// T-06: the transaction of such a task ends with the call that began it, and it writes nothing in a later one.
#[test]
fn t06_a_task_that_is_left_behind_has_no_transaction_any_more() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let tenant = fixture.tenant_builder().keep_sessions(false).build().expect("a tenant");
        let mut guest = guest::compiled(GUEST_HOSTILE).instantiate(&tenant).await.expect("an instance");
        lines(guest.call("leave-task", &[text("works")]).await.expect("no trap")).expect("a task");
        // Its connection is back before there is another call.
        fixture.settle().await;
        let ended = count(&mut guest, 300).await.expect("no trap");
        assert_eq!(ended, 1, "on {}", fixture.backend());
        drop(guest);
        fixture.settle().await;
        assert_eq!(scene.ids().await, [1, 2, 3], "on {}", fixture.backend());
    });
}

/// T-19: a call that hands over more than a call may ends in a trap before the host has taken it, and leaves nothing behind.
#[test]
fn t19_a_call_hands_over_no_more_than_it_may() {
    const MIB: u32 = 1 << 20;
    for_each_database(async |fixture: &Fixture| {
        let limits = TenantLimits::default().call_bytes(8 << 20);
        let scene = Scene::with(fixture, Settings::default(), limits);
        scene.setup(3).await;
        let keep = |bytes: u32| [text("waiting"), Val::U32(1), Val::U32(bytes)];
        assert_eq!(scene.hostile("keep", &keep(4 * MIB)).await, ["1, then nothing refused"; 2]);
        let before = resident();
        for bytes in [9 * MIB, 64 * MIB, 64 * MIB, 64 * MIB] {
            let mut guest = scene.instance(GUEST_HOSTILE).await;
            let ended = guest.call("keep", &keep(bytes)).await;
            assert_trap(&ended, "fuel", &format!("{bytes} on {}", fixture.backend()));
        }
        let grown = resident().saturating_sub(before);
        // Three times 64 MiB of the guests', which are gone, and nothing of the host's. Other tests take some at the same time.
        assert!(grown < 160 << 20, "{grown} bytes more on {}", fixture.backend());
        scene.assert_clean(950, "a call that handed over too much").await;
    });
}

/// How many connections were made.
#[derive(Clone, Default)]
struct Made(Arc<AtomicU32>);

impl Observer for Made {
    fn event(&self, event: &Event<'_>) {
        if let Event::ConnectionAcquired(acquired) = event {
            self.0.fetch_add(acquired.is_new.into(), Ordering::Relaxed);
        }
    }
}

/// T-61: where each session needs a new connection, a tenant makes no more of them than its rate, and its calls wait.
#[test]
fn t61_new_connections_have_a_rate() {
    const CALLS: u32 = 40;
    for_each_server(async |fixture: &Fixture| {
        let made = Made::default();
        let limits = TenantLimits::default().new_connections(10);
        let grant = Grant::new(fixture.open()).raw_sql(true);
        let tenant = guest::tenant().keep_sessions(false).limits(limits).observer(made.clone());
        let tenant = tenant.database(guest::DATABASE, grant).build().expect("a tenant");
        let mut guest = guest::compiled(GUEST_TALKER).instantiate(&tenant).await.expect("an instance");
        let began = Instant::now();
        for _ in 0..CALLS {
            let asked = guest.call("ask", &[text("SELECT 1")]).await.expect("no trap");
            assert!(matches!(asked, Some(Val::Result(Ok(_)))), "{asked:?} on {}", fixture.backend());
        }
        let (made, took) = (made.0.load(Ordering::Relaxed), began.elapsed());
        if fixture.backend() == Backend::Postgres {
            assert!(made <= 4, "{made} connections");
        } else {
            // Twenty at once, and the others a tenth of a second each.
            assert!(made >= CALLS - 4, "{made} connections");
            assert!(took >= Duration::from_millis(1_500), "{made} connections in {took:?}");
        }
    });
}
