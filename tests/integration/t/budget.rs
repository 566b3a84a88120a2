//! T-01, T-03, T-05, T-59, T-60: what a stranger's plugin may take: time, memory, connections. Components of a few lines attack.

use std::time::{Duration, Instant};

use sqlservice_host::{Engine, EngineLimits, Error, Grant, Settings, SqlLimits, Tenant, TenantLimits, Val};
use sqlservice_tests::{
    Backend, Fixture,
    component::{GUEST_CONFORMANCE, GUEST_HOSTILE},
    for_each_database, guest,
};

use super::component;
use crate::scene::{Scene, lines};

const SHORT: Duration = Duration::from_millis(300);

/// The latest that a task of the host's may run while a guest attacks. The issue's bound is 50 ms on a machine that does nothing else;
/// here other tests run on the same two processors.
pub(super) const LATE: Duration = Duration::from_millis(500);

/// A component whose only module has these fields, and whose exports `run` is.
pub(super) fn running(fields: &str) -> String {
    format!(
        r#"(component
            (core module $m {fields})
            (core instance $i (instantiate $m))
            (func (export "run") (canon lift (core func $i "run"))))"#
    )
}

/// A component that loops where it starts.
const ENDLESS_START: &str =
    "(component (core module $m (func $s (loop br 0)) (start $s)) (core instance (instantiate $m)))";

fn tenant(limits: TenantLimits) -> Tenant {
    guest::tenant().limits(limits).build().expect("a tenant")
}

/// Runs work beside a task that wakes up each five milliseconds, and says how late it was at worst.
pub(super) async fn lateness<T>(work: impl Future<Output = T>) -> (T, Duration) {
    const EACH: Duration = Duration::from_millis(5);
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let ticks = tokio::spawn(async move {
        let mut worst = Duration::ZERO;
        while stopped.try_recv() == Err(tokio::sync::oneshot::error::TryRecvError::Empty) {
            let at = Instant::now();
            tokio::time::sleep(EACH).await;
            worst = worst.max(at.elapsed().saturating_sub(EACH));
        }
        worst
    });
    let done = work.await;
    let _ = stop.send(());
    (done, ticks.await.expect("the ticks"))
}

/// T-01: a guest that computes without an end is stopped at its budget, all others go on meanwhile, and its neighbours after it.
#[tokio::test]
async fn t01_an_endless_loop_ends_at_its_budget() {
    let plugin = component(guest::engine(), &running(r#"(func (export "run") (loop br 0))"#)).expect("a plugin");
    let limits = TenantLimits::default().processor_time(SHORT);
    let (tenant, began) = (tenant(limits), Instant::now());
    let (ended, late) = lateness(async {
        let mut instance = plugin.instantiate(&tenant).await.expect("an instance");
        (instance.call("run", &[]).await, instance.call("run", &[]).await)
    })
    .await;
    assert!(matches!(ended, (Err(Error::ProcessorTime(SHORT)), Err(Error::Poisoned))), "{ended:?}");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert!(late < LATE, "{late:?}");
    assert!(TenantLimits::default().processor_time.is_some() && TenantLimits::default().call_time.is_some());
}

/// T-02: what moves all of its memory in one instruction, again and again, is stopped between two of them, and others go on.
#[tokio::test]
async fn t02_moving_memory_ends_at_its_budget() {
    // 252 MiB, of which half is copied to the other half.
    let copy = "(memory.copy (i32.const 0) (i32.const 132120576) (i32.const 132120576))";
    let fields = format!(r#"(memory 4032) (func (export "run") (loop {copy} (br 0)))"#);
    let plugin = component(guest::engine(), &running(&fields)).expect("a plugin");
    let tenant = tenant(TenantLimits::default().processor_time(SHORT));
    let began = Instant::now();
    let (ended, late) = lateness(async {
        let mut instance = plugin.instantiate(&tenant).await.expect("an instance");
        instance.call("run", &[]).await
    })
    .await;
    assert!(matches!(ended, Err(Error::ProcessorTime(SHORT))), "{ended:?}");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert!(late < LATE, "{late:?}");
}

/// T-01: neither does the code that runs where an instance is made, for a call or for the models that it declares.
#[tokio::test]
async fn t01_an_endless_start_ends_at_its_budget() {
    let plugin = component(guest::engine(), ENDLESS_START).expect("a plugin");
    for (limits, wanted) in [
        (TenantLimits::default().start_time(SHORT), "took longer"),
        (TenantLimits::default().processor_time(SHORT), "computed for longer"),
    ] {
        let tenant = tenant(limits.instances(1).instance_wait(SHORT));
        let (ended, late) = lateness(plugin.instantiate(&tenant)).await;
        let ended = ended.err().expect("it never starts").to_string();
        assert!(ended.contains(wanted), "{ended}");
        assert!(late < LATE, "{late:?}");
        // Its place is free again.
        guest::compiled(GUEST_HOSTILE).instantiate(&tenant).await.expect("an instance");
    }
}

/// The same where nothing but the models was asked for, with the limits that hold where none are said.
#[tokio::test]
async fn t01_models_that_are_never_said_end_at_the_budget() {
    let text = format!(
        "{} (instance $none) (export \"sqlservice:database/declarations@0.2.0\" (instance $none)))",
        ENDLESS_START.strip_suffix(')').expect("its end")
    );
    let plugin = component(guest::engine(), &text).expect("a plugin");
    let began = Instant::now();
    let ended = plugin.models().await;
    assert!(matches!(ended, Err(Error::Deadline(_) | Error::ProcessorTime(_))), "{ended:?}");
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
}

/// T-03: a small component cannot have the room of others' instances: what one may have, all may have at the same time.
#[tokio::test]
async fn t03_no_component_takes_the_room_of_others() {
    const INSTANCES: u32 = 6;
    let engine = Engine::builder().limits(EngineLimits::default().instances(INSTANCES)).build().expect("an engine");
    let modules = |count: u32, field: &str| {
        let instances = "(core instance (instantiate $m))".repeat(count as usize);
        format!("(component (core module $m {field}) {instances})")
    };
    for (most, field) in [(2, "(memory 1)"), (20, "(table 1 funcref)"), (20, "")] {
        let refused = component(&engine, &modules(most + 1, field)).err();
        assert!(matches!(refused, Some(Error::Unusable(_))), "{field}: {refused:?}");
        let plugin = component(&engine, &modules(most, field)).expect("as many as may be");
        let tenant = engine.tenant("all").build().expect("a tenant");
        let mut all = Vec::new();
        for at in 0..INSTANCES {
            let made = plugin.instantiate(&tenant).await;
            all.push(made.unwrap_or_else(|error| panic!("{field}, instance {at}: {error}")));
        }
    }
    let many = "(memory 1)".repeat(20);
    let refused = component(&engine, &modules(1, &many)).err();
    assert!(matches!(refused, Some(Error::Unusable(_))), "{refused:?}");
}

/// T-03: what a tenant's instances have of memory counts together, their stacks as well, and comes back with them.
#[tokio::test]
async fn t03_the_memory_of_a_tenants_instances_counts_together() {
    const MIB: usize = 1 << 20;
    const STACK: usize = 2 * MIB;
    let grow = r#"(memory 16) (func (export "run") (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable)))"#;
    let plugin = component(guest::engine(), &running(grow)).expect("a plugin");
    let tenant = tenant(TenantLimits::default().total_memory(3 * MIB + 2 * STACK));
    let mut first = plugin.instantiate(&tenant).await.expect("1 MiB");
    first.call("run", &[]).await.expect("2 MiB");
    let mut second = plugin.instantiate(&tenant).await.expect("3 MiB");
    assert!(matches!(second.call("run", &[]).await, Err(Error::Trap(_))), "a fourth is not to be had");
    // What trapped is gone.
    let third = plugin.instantiate(&tenant).await.expect("3 MiB");
    assert!(plugin.instantiate(&tenant).await.is_err());
    drop((first, third));
    let again = futures::future::join_all((0..2).map(|_| plugin.instantiate(&tenant))).await;
    assert!(again.iter().all(Result::is_ok));
    let none = plugin.instantiate(&tenant).await;
    assert!(matches!(none.err(), Some(Error::NoRoom(_))), "there is no stack for it");
}

/// T-59: a guest that leaves its transaction open and does something else loses it; the locks of others are not held for long.
#[test]
fn t59_an_idle_transaction_is_rolled_back() {
    for_each_database(async |fixture: &Fixture| {
        let sql = SqlLimits::default().idle_transaction_time(SHORT);
        let scene = Scene::with(fixture, Settings::default(), TenantLimits::default().sql(sql));
        scene.setup(3).await;
        let mut guest = scene.instance(GUEST_CONFORMANCE).await;
        let wait = [Val::String("wait".to_owned())];
        let idle = guest.call("a04-begin-and", &wait);
        let freed = async {
            while scene.database.status().in_use == 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            let since = Instant::now();
            while scene.database.status().in_use > 0 && since.elapsed() < Duration::from_secs(20) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            since.elapsed()
        };
        let freed = tokio::select! {
            ended = idle => panic!("it ended first: {ended:?}"),
            freed = freed => freed,
        };
        assert!(freed < Duration::from_secs(10), "on {}: {freed:?}", fixture.backend());
        drop(guest);
        scene.assert_clean(500, "an idle transaction").await;
        assert_eq!(scene.ids().await, [1, 2, 3, 500], "on {}", fixture.backend());
    });
}

/// T-59: one whose statements follow each other is no idle one, however long it takes.
#[test]
fn t59_a_busy_transaction_is_not_idle() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        let limits = sqlservice_db::TransactionOptions::default().idle_timeout(Duration::from_millis(400));
        let session = scene.database.begin(limits).await.expect("a transaction");
        let text = || session.execute_text("SELECT 1".to_owned(), Vec::new(), Default::default());
        for _ in 0..20 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            text().await.unwrap_or_else(|error| panic!("on {}: {error}", fixture.backend()));
        }
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let closed = text().await.err();
        assert!(matches!(closed, Some(sqlservice_db::Error::TransactionClosed)), "{closed:?} on {}", fixture.backend());
    });
}

/// T-60: one tenant's guests take no more connections than its share, so that its neighbour's wait for nothing.
#[test]
fn t60_a_tenant_leaves_connections_to_its_neighbours() {
    for_each_database(async |fixture: &Fixture| {
        let settings = Settings::default().pool_size(3).max_overflow(0).pool_timeout(Duration::from_secs(1));
        let database = fixture.open_with(settings);
        // The default share is more than this pool has: then one is left.
        let tenants = ["greedy", "modest"].map(|name| {
            // With SQL text each would have a pool of its own.
            let grant = Grant::new(database.clone()).schema_changes(true);
            guest::tenant_named(name).database(guest::DATABASE, grant).build().expect("a tenant")
        });
        let [greedy, modest] = &tenants;
        let plugin = guest::compiled(GUEST_CONFORMANCE);
        let call = async |tenant: &Tenant, function: &str, arguments: &[Val]| {
            let mut instance = plugin.instantiate(tenant).await.expect("an instance");
            lines(instance.call(function, arguments).await.expect("no trap"))
        };
        call(modest, "setup", &[Val::U32(3)]).await.expect("tables");
        let mut guest = guest::compiled(GUEST_HOSTILE).instantiate(greedy).await.expect("an instance");
        let left = lines(guest.call("leave-open", &[Val::U32(2)]).await.expect("no trap"));
        assert_eq!(left.expect("its share"), ["2"], "on {}", fixture.backend());
        let own = greedy.database(guest::DATABASE).expect("granted");
        // A third is its neighbours', whatever it is for.
        let reflected = own.reflect(sqlservice_db::ReflectOptions::default()).await.map(drop);
        for refused in [own.connect().await.map(drop), own.ping().await, reflected] {
            let is_timeout = matches!(refused, Err(sqlservice_db::Error::PoolTimeout { size: 2, .. }));
            assert!(is_timeout, "{refused:?} on {}", fixture.backend());
        }
        let read = call(modest, "a08-statements", &[]).await;
        assert!(read.is_ok(), "{read:?} on {}", fixture.backend());
        drop(guest);
        fixture.settle().await;
        own.ping().await.expect("its share is free again");
    });
}

/// T-19 and T-76: what the host keeps for guests, all of a tenant's together, has a limit of bytes; and comes back with them.
#[test]
fn t19_what_the_host_keeps_for_guests_is_charged() {
    const MIB: u32 = 1 << 20;
    for_each_database(async |fixture: &Fixture| {
        let sql = SqlLimits::default().host_bytes(40 << 20);
        let scene = Scene::with(fixture, Settings::default(), TenantLimits::default().sql(sql));
        for (what, bytes) in [("prepared", 8 * MIB), ("models", 8 * MIB), ("waiting", 6 * MIB)] {
            let saw = scene.hostile("keep", &[Val::String(what.to_owned()), Val::U32(20), Val::U32(bytes)]).await;
            for round in &saw {
                let (kept, said) = round.split_once(", then ").expect("a refusal");
                let kept: u32 = kept.parse().expect("a number");
                let backend = fixture.backend();
                if what == "waiting" && backend == Backend::Sqlite && said == "nothing refused" {
                    // There each call ends before the next one begins.
                    continue;
                }
                assert!(said.starts_with("limit LimitKind::Bytes"), "{what} on {backend}: {saw:?}");
                // Of each something was kept, and of what stays no more than there may be. Calls that end make room for others.
                let most = if what == "waiting" { 19 } else { 40 * MIB / bytes };
                assert!((1..=most).contains(&kept), "{what} on {backend}: {saw:?}");
            }
        }
        // Nothing of it is left behind: another guest of the tenant has all of it.
        let saw = scene.hostile("keep", &[Val::String("prepared".to_owned()), Val::U32(4), Val::U32(8 * MIB)]).await;
        assert_eq!(saw, ["4, then nothing refused"; 2], "on {}", fixture.backend());
    });
}

/// T-06: transactions that a call leaves open end with it, though its instance lives on.
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
        // The instance is still there, and can be called again; the row that it did not commit is not there.
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
