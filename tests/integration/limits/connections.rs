//! T-60 and T-61: a tenant that takes connections from others, or makes a server open new ones again and again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use sqlservice_host::{Event, Grant, Observer, Settings, Tenant, TenantLimits, Val};
use sqlservice_tests::{
    Backend, Fixture,
    component::{GUEST_CONFORMANCE, GUEST_HOSTILE, GUEST_TALKER},
    for_each_database, for_each_server, guest,
};

use crate::scene::{Scene, lines, only_one, text};

/// T-60: one tenant's guests take no more connections than its share, so that its neighbour's guests do not wait.
#[test]
fn t60_a_tenant_leaves_connections_to_its_neighbours() {
    for_each_database(async |fixture: &Fixture| {
        let settings = Settings::default().pool_size(3).max_overflow(0).pool_timeout(Duration::from_secs(1));
        let database = fixture.open_with(settings);
        // The default share exceeds this pool, so the tenant may take all connections but one.
        let tenants = ["greedy", "modest"].map(|name| {
            // With SQL text each tenant would have its own pool.
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
        // A third connection is reserved for its neighbours, for any operation.
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

/// Counts the new connections.
#[derive(Clone, Default)]
struct Made(Arc<AtomicU32>);

impl Observer for Made {
    fn event(&self, event: &Event<'_>) {
        if let Event::ConnectionAcquired(acquired) = event {
            self.0.fetch_add(acquired.is_new.into(), Ordering::Relaxed);
        }
    }
}

/// T-61: where each session needs a new connection, a tenant opens them at a limited rate, and its calls wait.
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
            // Twenty connections at once, and then one every tenth of a second.
            assert!(made >= CALLS - 4, "{made} connections");
            assert!(took >= Duration::from_millis(1_500), "{made} connections in {took:?}");
        }
    });
}

/// T-61: sessions that are opened and closed share the pool's only connection, and leave the pool unchanged.
#[test]
fn t61_sessions_that_come_and_go_take_one_connection() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::with(fixture, only_one(), TenantLimits::default());
        assert_eq!(scene.saw("t61-sessions", &[Val::U32(400)]).await, ["200"], "on {}", fixture.backend());
        fixture.settle().await;
        let status = scene.database.status();
        assert_eq!((status.in_use, status.size), (0, 1), "on {}", fixture.backend());
    });
}
