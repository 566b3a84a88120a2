//! A01: a ping of a live database, of killed connections and of a dead host.

use sqlservice_host::{Grant, Settings, TenantLimits};
use sqlservice_tests::{
    Fixture,
    component::{GUEST_CONFORMANCE, PLUGIN_USERS},
    for_each_database, for_each_server, guest,
};

use crate::scene::{Scene, lines, only_one};

#[test]
fn a01_ping_of_a_live_database() {
    for_each_database(async |fixture: &Fixture| {
        assert_eq!(Scene::new(fixture).saw("a01-ping", &[]).await, ["true"]);
    });
}

#[test]
fn a01_ping_survives_killed_connections() {
    for_each_server(async |fixture: &Fixture| {
        let scene = Scene::with(fixture, only_one(), TenantLimits::default());
        let mut guest = scene.instance(GUEST_CONFORMANCE).await;
        for _ in 0..3 {
            let saw = lines(guest.call("a01-ping", &[]).await.expect("no trap"));
            assert_eq!(saw.expect("the first ping, and each one after a kill"), ["true"]);
            fixture.settle().await;
            assert_eq!(fixture.kill_connections().await, 1, "the pool's only connection is killed");
        }
    });
}

#[test]
fn a01_t74_ping_of_a_dead_host_is_a_typed_error() {
    // A port that no program listens on: it was free a moment ago.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its address").port();
    drop(listener);
    for url in [
        format!("postgres://someone:hidden-word@127.0.0.1:{port}/nothing"),
        format!("mariadb://someone:hidden-word@127.0.0.1:{port}/nothing"),
        "sqlite:///nowhere/at-all/hidden-word.db".to_owned(),
    ] {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let grant = Grant::open(&url, Settings::default()).expect("a URL that makes sense");
            let tenant = guest::tenant().database(guest::DATABASE, grant).build().expect("a tenant");
            let plugin = guest::compiled(GUEST_CONFORMANCE);
            let mut instance = plugin.instantiate(&tenant).await.expect("an instance");
            for function in ["a01-ping", "a05-begin-and-leave"] {
                let said = lines(instance.call(function, &[]).await.expect("no trap")).expect_err("no server is there");
                assert_eq!(said, "disconnected", "{function}");
            }
            let mut users = guest::compiled(PLUGIN_USERS).instantiate(&tenant).await;
            let users = users.as_mut().expect("an instance");
            // The guest's report of the error contains no secret.
            let said = format!("{:?}", users.call("tour", &[]).await);
            assert!(!said.contains("hidden-word") && !said.contains(&port.to_string()), "{said}");
        });
    }
}
