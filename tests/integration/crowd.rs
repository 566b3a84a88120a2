//! Many instances at once: they wait for their turn, and what is the same for all instances of one plugin is made once.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::FutureExt as _;
use sqlservice_host::{Error, Grant, Host, HostLimits, Plugin, Settings, StatementCounts, Val};
use sqlservice_tests::{
    Fixture,
    component::{GUEST_READER, GUEST_TALKER},
    for_each_database, guest,
};
use tokio::sync::Mutex;

use crate::scene::Scene;

/// Longer than a test that goes well waits.
const LONG: Duration = Duration::from_secs(20);

/// A host with an engine of its own that has so few places, and a plugin of it.
fn plugin(limits: HostLimits) -> (Host, Plugin) {
    let host = Host::builder().limits(limits).build().expect("a host");
    let plugin = host.load_file(GUEST_TALKER).expect("a plugin");
    (host, plugin)
}

fn limits(instances: u32) -> HostLimits {
    HostLimits { instances, instance_wait: LONG, ..HostLimits::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_waits_for_its_turn() {
    let (_host, plugin) = plugin(limits(1));
    let first = plugin.instantiate().await.expect("there is a place");
    let mut second = Box::pin(plugin.instantiate());
    assert!((&mut second).now_or_never().is_none(), "it waits");
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!((&mut second).now_or_never().is_none(), "it waits");
    drop(first);
    let second = second.await.expect("the place came free");
    // Who gives up waiting takes no place with it.
    assert!(plugin.instantiate().now_or_never().is_none());
    drop(second);
    plugin.instantiate().await.expect("the place is there");
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_is_first_come_first_served() {
    let (_host, plugin) = plugin(limits(2));
    let held = [plugin.instantiate().await.expect("a place"), plugin.instantiate().await.expect("a place")];
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut waiting: Vec<_> = (0..20)
        .map(|number| {
            let (plugin, order) = (plugin.clone(), order.clone());
            Box::pin(async move {
                let instance = plugin.instantiate().await.expect("a place");
                order.lock().await.push(number);
                drop(instance);
            })
        })
        .collect();
    for one in &mut waiting {
        assert!(one.now_or_never().is_none());
    }
    let tasks: Vec<_> = waiting.into_iter().map(tokio::spawn).collect();
    // Only one place turns, so the order is seen.
    let [kept, freed] = held;
    drop(freed);
    for task in tasks {
        task.await.expect("no panic");
    }
    drop(kept);
    assert_eq!(*order.lock().await, (0..20).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_has_a_limit_of_time() {
    let wait = Duration::from_millis(80);
    let (_host, plugin) = plugin(HostLimits { instance_wait: wait, ..limits(1) });
    let held = plugin.instantiate().await.expect("a place");
    let since = Instant::now();
    match plugin.instantiate().await.err() {
        Some(Error::InstanceTimeout { instances: 1, waited }) => assert!(waited >= wait && since.elapsed() < LONG),
        other => panic!("{other:?}"),
    }
    drop(held);
    plugin.instantiate().await.expect("a place");
    // No time is no waiting.
    let (_host, plugin) = self::plugin(HostLimits { instance_wait: Duration::ZERO, ..limits(1) });
    let _held = plugin.instantiate().await.expect("a place");
    assert!(matches!(plugin.instantiate().await.err(), Some(Error::InstanceTimeout { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_has_a_limit_of_callers() {
    let (_host, plugin) = plugin(HostLimits { instance_waiters: 2, ..limits(1) });
    let held = plugin.instantiate().await.expect("a place");
    let mut waiting = [Box::pin(plugin.instantiate()), Box::pin(plugin.instantiate())];
    for one in &mut waiting {
        assert!(one.now_or_never().is_none());
    }
    let refused = plugin.instantiate().now_or_never().expect("it does not wait").err();
    assert!(matches!(refused, Some(Error::InstanceQueueFull { waiters: 2 })), "{refused:?}");
    // Who goes away makes room for another.
    let [first, second] = waiting;
    drop(second);
    assert!(plugin.instantiate().now_or_never().is_none());
    drop(held);
    first.await.expect("a place");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_trapped_gives_its_place_back() {
    let (_host, plugin) = plugin(limits(1));
    let mut trapped = plugin.instantiate().await.expect("a place");
    trapped.call("crash", &[]).await.expect_err("it traps");
    // The value is still there, the instance is not.
    let mut stopped = plugin.instantiate().await.expect("a place");
    assert!(stopped.call("wait", &[Val::U32(20_000)]).now_or_never().is_none());
    // Nor is one whose call was dropped.
    let last = plugin.instantiate().await.expect("a place");
    drop((trapped, stopped, last));
    plugin.instantiate().await.expect("a place");
}

/// A host that shares the engine has no more of its places than its own limit says, and its callers wait in a queue of their own.
#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_has_no_more_places_than_its_share() {
    let (node, plugin) = plugin(limits(3));
    let tenant = |instances| {
        let limits = HostLimits { instance_wait: Duration::from_millis(50), ..limits(instances) };
        plugin
            .under(&Host::builder().engine_of(&node).limits(limits).build().expect("a host"))
            .expect("the same engine")
    };
    let (greedy, modest) = (tenant(2), tenant(2));
    let mut held = vec![greedy.instantiate().await.expect("a place"), greedy.instantiate().await.expect("a place")];
    let refused = greedy.instantiate().await.err();
    assert!(matches!(refused, Some(Error::InstanceTimeout { instances: 2, .. })), "{refused:?}");
    // Those who wait for the greedy one's share are in nobody else's way.
    let mut waiting: Vec<_> = (0..10).map(|_| Box::pin(greedy.instantiate())).collect();
    for one in &mut waiting {
        assert!(one.now_or_never().is_none());
    }
    held.push(modest.instantiate().await.expect("the third place"));
    // The engine has no more, whatever a share says.
    assert!(matches!(modest.instantiate().await.err(), Some(Error::InstanceTimeout { .. })));
}

/// A hundred requests, each with an instance of its own, on four places.
#[test]
fn a_crowd_of_fresh_instances_is_served() {
    for_each_database(async |fixture: &Fixture| {
        let grant = Grant::new(fixture.open_with(Settings::default()));
        let host = Host::builder().database("default", grant).limits(limits(4)).build().expect("a host");
        let plugin = host.load_file(GUEST_READER).expect("a plugin");
        let mut first = plugin.instantiate().await.expect("an instance");
        first.call("prepare", &[Val::U32(20)]).await.expect("no trap");
        drop(first);
        let request = async |key: i64| {
            let mut instance = plugin.instantiate().await.expect("it waits for its turn");
            instance.call("one", &[Val::S64(key % 20 + 1)]).await.expect("no trap")
        };
        let answers = futures::future::join_all((0..100).map(request)).await;
        for (key, answer) in (0..100).zip(answers) {
            let expected = Val::S64(1_700_000_000_000_000 + key % 20);
            assert_eq!(answer, Some(Val::Result(Ok(Some(Box::new(expected))))));
        }
        host.close().await;
    });
}

#[test]
fn instances_of_a_plugin_share_what_is_compiled_and_no_others() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        let plugin = guest::compiled(GUEST_READER).under(&scene.host).expect("the engine that compiled it");
        let mut first = plugin.instantiate().await.expect("an instance");
        first.call("prepare", &[Val::U32(20)]).await.expect("no trap");
        let count = async |plugin: &Plugin| {
            let mut instance = plugin.instantiate().await.expect("an instance");
            instance.call("one", &[Val::S64(7)]).await.expect("no trap");
            instance.statements()
        };
        let [compiled, found] = [StatementCounts { hits: 0, misses: 1 }, StatementCounts { hits: 1, misses: 0 }];
        assert_eq!(count(&plugin).await, compiled);
        assert_eq!(count(&plugin).await, found);
        assert_eq!(count(&plugin.clone()).await, found);
        // The same component under other grants, also where they are the same: another tenant's.
        let other = Scene::new(fixture);
        let others = plugin.under(&other.host).expect("the same engine");
        assert_eq!(count(&others).await, compiled);
        // The same component once more.
        let again = guest::compiled(GUEST_READER).under(&scene.host).expect("the same engine");
        assert_eq!(count(&again).await, compiled);
        assert_eq!(count(&plugin).await, found);
    });
}
