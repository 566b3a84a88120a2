//! T-24, T-28, T-42: databases and SQL text are available only to tenants with the grant.

use sqlservice_host::Grant;
use sqlservice_tests::{Fixture, component::GUEST_CONFORMANCE, for_each_database, guest};

use crate::scene::{Scene, lines};

#[test]
fn t24_t42_only_granted_databases_exist() {
    for_each_database(async |fixture: &Fixture| {
        let saw = Scene::new(fixture).saw("types-databases", &[]).await;
        let mut expected = vec!["no-such-database"; 6];
        expected[0] = "opened";
        assert_eq!(saw, expected);
    });
}

#[test]
fn t28_sql_text_needs_its_own_grant() {
    for_each_database(async |fixture: &Fixture| {
        let grant = Grant::new(fixture.open()).schema_changes(true);
        let tenant = guest::tenant().database(guest::DATABASE, grant).build().expect("a tenant");
        let plugin = guest::compiled(GUEST_CONFORMANCE);
        let mut instance = plugin.instantiate(&tenant).await.expect("an instance");
        lines(instance.call("setup", &[sqlservice_host::Val::U32(3)]).await.expect("no trap")).expect("made");
        let said = lines(instance.call("a08-text", &[]).await.expect("no trap"));
        assert_eq!(said.expect_err("SQL as text"), "denied");
    });
}
