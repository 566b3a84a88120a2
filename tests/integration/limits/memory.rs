//! T-03 and T-19: memory of one instance, of a tenant's instances, and of the host's data for them.

use sqlservice_host::{Engine, EngineLimits, Error, Settings, SqlLimits, TenantLimits, Val};
use sqlservice_tests::{Backend, Fixture, component::GUEST_HOSTILE, for_each_database, guest};

use super::{processor_time::running, tenant};
use crate::{
    alone::resident,
    bare::{assert_trap, component},
    scene::{Scene, text},
};

/// T-03: a small component cannot take pooled memories, tables or core instances from others: all may have the maximum at once.
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

/// T-03: the memory of a tenant's instances counts together, including their stacks, and is released with them.
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
    // The instance that trapped has released its memory.
    let third = plugin.instantiate(&tenant).await.expect("3 MiB");
    assert!(plugin.instantiate(&tenant).await.is_err());
    drop((first, third));
    let again = futures::future::join_all((0..2).map(|_| plugin.instantiate(&tenant))).await;
    assert!(again.iter().all(Result::is_ok));
    let none = plugin.instantiate(&tenant).await;
    assert!(matches!(none.err(), Some(Error::NoRoom(_))), "there is no stack for it");
}

/// T-19 and T-76: the host's data for all guests of a tenant together has a limit of bytes, and is released with them.
#[test]
fn t19_t76_what_the_host_keeps_for_guests_is_charged() {
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
                    // On SQLite each call ends before the next one begins.
                    continue;
                }
                assert!(said.starts_with("limit LimitKind::Bytes"), "{what} on {backend}: {saw:?}");
                // Each kind was kept at least once, and data that stays within its limit. Calls that end make room for others.
                let most = if what == "waiting" { 19 } else { 40 * MIB / bytes };
                assert!((1..=most).contains(&kept), "{what} on {backend}: {saw:?}");
            }
        }
        // All of it was released: another guest of the tenant can use the whole limit.
        let saw = scene.hostile("keep", &[Val::String("prepared".to_owned()), Val::U32(4), Val::U32(8 * MIB)]).await;
        assert_eq!(saw, ["4, then nothing refused"; 2], "on {}", fixture.backend());
    });
}

/// T-19: a call that passes more bytes than its limit traps before the host copies them, and leaves nothing behind.
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
        // The guests' three times 64 MiB are freed, and the host copied nothing. Other tests allocate at the same time.
        assert!(grown < 160 << 20, "{grown} bytes more on {}", fixture.backend());
        scene.assert_clean(950, "a call that handed over too much").await;
    });
}
