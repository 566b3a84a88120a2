//! T-59, T-60 and T-66 with objects: transactions past their time limit, an exhausted pool, lost connections.

use std::time::Duration;

use sqlservice_host::{Settings, SqlLimits, TenantLimits, Val};
use sqlservice_tests::{Fixture, component::GUEST_CONFORMANCE, for_each_database, for_each_server};

use crate::scene::{Scene, lines, only_one};

#[test]
fn t59_a_transaction_that_takes_too_long_is_rolled_back_with_its_objects() {
    for_each_database(async |fixture: &Fixture| {
        let sql = SqlLimits::default().transaction_time(Duration::from_millis(400));
        let scene = Scene::with(fixture, Settings::default(), TenantLimits::default().sql(sql));
        let saw = scene.saw("t59-too-long", &[Val::U64(1_000)]).await;
        let expected = ["transaction-closed", "transaction-closed", "ed None Transient", "edx jo"];
        assert_eq!(saw, expected, "on {}", fixture.backend());
    });
}

#[test]
fn t60_a_session_without_a_connection_keeps_what_it_has_to_write() {
    for_each_database(async |fixture: &Fixture| {
        let settings = only_one().pool_timeout(Duration::from_millis(200));
        let scene = Scene::with(fixture, settings, TenantLimits::default());
        let saw = scene.saw("t60-starved", &[]).await;
        let expected = ["pool-timeout", "pool-timeout", "Pending", "Persistent 2", "eddy jo"];
        assert_eq!(saw, expected, "on {}", fixture.backend());
    });
}

/// Sessions report lost connections, their objects are restored to their rows, and the pool opens new connections.
#[test]
fn t66_sessions_outlive_their_connections() {
    for_each_server(async |fixture: &Fixture| {
        let scene = Scene::with(fixture, Settings::default(), TenantLimits::default());
        let mut guest = scene.instance(GUEST_CONFORMANCE).await;
        let held = lines(guest.call("t66-hold", &[]).await.expect("no trap"));
        assert_eq!(held.expect("rows"), ["100"], "on {}", fixture.backend());
        assert!(fixture.kill_connections().await >= 2, "both sessions lose their connections");
        let saw = lines(guest.call("t66-go-on", &[]).await.expect("no trap")).expect("no error");
        let expected = ["disconnected", "disconnected", "ed None Transient", "edx jo"];
        assert_eq!(saw, expected, "on {}", fixture.backend());
    });
}
