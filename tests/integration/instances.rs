//! Many concurrent instances: they queue for places, and the instances of one plugin share compiled statements.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::FutureExt as _;
use sqlservice_host::{
    Engine, EngineLimits, Error, Grant, Instance, Plugin, Result, Settings, Tenant, TenantLimits, Val,
};
use sqlservice_tests::{
    Fixture,
    component::{GUEST_READER, GUEST_TALKER},
    for_each_database, guest,
};
use tokio::sync::Mutex;

use crate::scene::Scene;

/// Longer than any wait of a test that passes.
const LONG: Duration = Duration::from_secs(20);

/// A plugin that runs for one tenant.
#[derive(Clone)]
struct Runs {
    plugin: Plugin,
    tenant: Tenant,
}

impl Runs {
    /// Creates its own engine, which has as many places as the tenant.
    fn new(component: &str, limits: TenantLimits, grant: Option<Grant>) -> Self {
        let engine = Engine::builder().limits(EngineLimits::default().instances(limits.instances));
        let engine = engine.build().expect("an engine");
        let plugin = engine.load_file(component).expect("a plugin");
        let tenant = grant
            .into_iter()
            .fold(engine.tenant("crowd").limits(limits), |tenant, grant| tenant.database(guest::DATABASE, grant));
        Self { plugin, tenant: tenant.build().expect("a tenant") }
    }

    async fn instantiate(&self) -> Result<Instance> {
        self.plugin.instantiate(&self.tenant).await
    }
}

/// A plugin that needs no grant, for a tenant with these limits.
fn plugin(limits: TenantLimits) -> Runs {
    Runs::new(GUEST_TALKER, limits, None)
}

fn limits(instances: u32) -> TenantLimits {
    TenantLimits::default().instances(instances).instance_wait(LONG)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_waits_for_its_turn() {
    let plugin = plugin(limits(1));
    let first = plugin.instantiate().await.expect("there is a place");
    let mut second = Box::pin(plugin.instantiate());
    assert!((&mut second).now_or_never().is_none(), "it waits");
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!((&mut second).now_or_never().is_none(), "it waits");
    drop(first);
    let second = second.await.expect("the place came free");
    // A caller that stops waiting does not consume a place.
    assert!(plugin.instantiate().now_or_never().is_none());
    drop(second);
    plugin.instantiate().await.expect("the place is there");
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_is_first_come_first_served() {
    let plugin = plugin(limits(2));
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
    // Only one place is freed, so the order is visible.
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
    let plugin = plugin(limits(1).instance_wait(wait));
    let held = plugin.instantiate().await.expect("a place");
    let since = Instant::now();
    match plugin.instantiate().await.err() {
        Some(Error::InstanceTimeout { instances: 1, waited }) => assert!(waited >= wait && since.elapsed() < LONG),
        other => panic!("{other:?}"),
    }
    drop(held);
    plugin.instantiate().await.expect("a place");
    // With a wait of zero a caller is refused at once.
    let plugin = self::plugin(limits(1).instance_wait(Duration::ZERO));
    let _held = plugin.instantiate().await.expect("a place");
    assert!(matches!(plugin.instantiate().await.err(), Some(Error::InstanceTimeout { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_has_a_limit_of_callers() {
    let plugin = plugin(limits(1).instance_waiters(2));
    let held = plugin.instantiate().await.expect("a place");
    let mut waiting = [Box::pin(plugin.instantiate()), Box::pin(plugin.instantiate())];
    for one in &mut waiting {
        assert!(one.now_or_never().is_none());
    }
    let refused = plugin.instantiate().now_or_never().expect("it does not wait").err();
    assert!(matches!(refused, Some(Error::InstanceQueueFull { waiters: 2 })), "{refused:?}");
    // A waiting caller that is dropped makes room for another.
    let [first, second] = waiting;
    drop(second);
    assert!(plugin.instantiate().now_or_never().is_none());
    drop(held);
    first.await.expect("a place");
}

#[tokio::test(flavor = "multi_thread")]
async fn t79_a_plugin_that_trapped_gives_its_place_back() {
    let plugin = plugin(limits(1));
    let mut trapped = plugin.instantiate().await.expect("a place");
    trapped.call("crash", &[]).await.expect_err("it traps");
    // The `Instance` value still exists, but its place is free.
    let mut stopped = plugin.instantiate().await.expect("a place");
    assert!(stopped.call("wait", &[Val::U32(20_000)]).now_or_never().is_none());
    // A dropped call frees the place of its instance, too.
    let last = plugin.instantiate().await.expect("a place");
    drop((trapped, stopped, last));
    plugin.instantiate().await.expect("a place");
}

/// A tenant has at most as many of the engine's places as its own limit, and its callers wait in their own queue.
#[tokio::test(flavor = "multi_thread")]
async fn t60_a_tenant_has_no_more_places_than_its_share() {
    let engine = Engine::builder().limits(EngineLimits::default().instances(3)).build().expect("an engine");
    let plugin = engine.load_file(GUEST_TALKER).expect("a plugin");
    let tenant = |instances| {
        let limits = limits(instances).instance_wait(Duration::from_millis(50));
        Runs { plugin: plugin.clone(), tenant: engine.tenant("t").limits(limits).build().expect("a tenant") }
    };
    let (greedy, modest) = (tenant(2), tenant(2));
    let mut held = vec![greedy.instantiate().await.expect("a place"), greedy.instantiate().await.expect("a place")];
    let refused = greedy.instantiate().await.err();
    assert!(matches!(refused, Some(Error::InstanceTimeout { instances: 2, .. })), "{refused:?}");
    // Callers that wait for the greedy tenant's share do not delay other tenants.
    let mut waiting: Vec<_> = (0..10).map(|_| Box::pin(greedy.instantiate())).collect();
    for one in &mut waiting {
        assert!(one.now_or_never().is_none());
    }
    held.push(modest.instantiate().await.expect("the third place"));
    // The engine's limit holds, even where a tenant's share is larger.
    assert!(matches!(modest.instantiate().await.err(), Some(Error::InstanceTimeout { .. })));
}

/// A hundred requests, each with an instance of its own, on four places.
#[test]
fn a_crowd_of_fresh_instances_is_served() {
    for_each_database(async |fixture: &Fixture| {
        let grant = Grant::new(fixture.open_with(Settings::default())).schema_changes(true);
        let plugin = Runs::new(GUEST_READER, limits(4), Some(grant));
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
        plugin.tenant.close().await;
    });
}

#[test]
fn t77_instances_of_a_plugin_share_what_is_compiled_and_no_others() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        let runs = |scene: &Scene<'_>| Runs { plugin: guest::compiled(GUEST_READER), tenant: scene.tenant.clone() };
        let plugin = runs(&scene);
        let mut first = plugin.instantiate().await.expect("an instance");
        first.call("prepare", &[Val::U32(20)]).await.expect("no trap");
        let is_found = async |scene: &Scene<'_>, plugin: &Runs| {
            scene.record().found_compiled();
            let mut instance = plugin.instantiate().await.expect("an instance");
            instance.call("one", &[Val::S64(7)]).await.expect("no trap");
            scene.record().found_compiled()
        };
        assert_eq!(is_found(&scene, &plugin).await, [false]);
        assert_eq!(is_found(&scene, &plugin).await, [true]);
        assert_eq!(is_found(&scene, &plugin.clone()).await, [true]);
        // Another tenant compiles again, even with the same component and the same grants.
        let other = Scene::new(fixture);
        assert_eq!(is_found(&other, &runs(&other)).await, [false]);
        // The same component loaded once more is another plugin.
        let again = guest::engine().load_file(GUEST_READER).expect("a plugin");
        assert_eq!(is_found(&scene, &Runs { plugin: again, ..plugin.clone() }).await, [false]);
        assert_eq!(is_found(&scene, &plugin).await, [true]);
    });
}
