//! T-69: plugins that share a database and may drop only the tables that they created.

use std::sync::Arc;

use sqlservice_host::{Error, Grant, Plugin, Settings, Tenant};
use sqlservice_tests::{Fixture, component::GUEST_CONFORMANCE, for_each_database, guest};

use crate::scene::lines;

/// A tenant of this name, whose plugins may create tables and drop their own.
fn tenant(fixture: &Fixture, name: &str) -> Tenant {
    let grant = Grant::new(fixture.open()).own_tables();
    guest::tenant_named(name).database(guest::DATABASE, grant).build().expect("a tenant")
}

async fn said(tenant: &Tenant, plugin: &Plugin, function: &str) -> Result<Vec<String>, String> {
    let mut instance = plugin.instantiate(tenant).await.expect("an instance");
    lines(instance.call(function, &[]).await.expect("no trap"))
}

/// The guest function that creates `a`, `b` and `c`, inserts a row into each, and drops them.
const MAKE_AND_DROP: &str = "a02-create-and-drop";

#[test]
fn t69_a_plugin_drops_only_what_it_made() {
    for_each_database(async |fixture: &Fixture| {
        let backend = fixture.backend();
        let (acme, globex) = (tenant(fixture, "acme"), tenant(fixture, "globex"));
        let one = guest::compiled(GUEST_CONFORMANCE).with_name("one");
        let two = guest::compiled(GUEST_CONFORMANCE).with_name("two");
        let all = ["a b c", "", "a b c", "c b a", ""];
        assert_eq!(said(&acme, &one, MAKE_AND_DROP).await.expect("its own"), all, "on {backend}");
        let mut outside = fixture.outside().await;
        assert_eq!(outside.tables().await, ["sqlservice_tables"], "on {backend}");

        // An existing row stops the call halfway: the plugin then owns `b` and `c`, but not `a`.
        outside.execute("CREATE TABLE a (id BIGINT PRIMARY KEY)").await;
        outside.execute("INSERT INTO a (id) VALUES (1)").await;
        said(&acme, &one, MAKE_AND_DROP).await.expect_err("the row is there");
        outside.execute("DELETE FROM a").await;
        let left = ["a", "b", "c", "sqlservice_tables"];
        for (tenant, plugin) in [(&acme, &two), (&globex, &one), (&globex, &two), (&acme, &one)] {
            let refused = said(tenant, plugin, MAKE_AND_DROP).await;
            assert_eq!(refused.expect_err("not all are its own"), "denied", "on {backend}");
            assert_eq!(outside.tables().await, left, "on {backend}");
            for table in ["c", "b", "a"] {
                outside.execute(&format!("DELETE FROM {table}")).await;
            }
        }
        // Plugins see no other table: `sqlservice_tables` is hidden from them.
        let saw = said(&globex, &two, "a03-reflect").await.expect("reflected");
        assert_eq!(saw[3..], ["b", "a b c", "a b c", "0", "0", "[]"], "on {backend}");

        // A plugin that may drop any table drops them, and then another plugin owns the tables that it creates.
        said(&fixture.tenant(), &one, MAKE_AND_DROP).await.expect("all is granted");
        assert_eq!(said(&globex, &two, MAKE_AND_DROP).await.expect("its own"), all, "on {backend}");
        assert_eq!(outside.tables().await, ["sqlservice_tables"], "on {backend}");
    });
}

/// `own_tables` cannot be granted together with raw SQL, which can drop any table, or with a policy, which hides tables.
#[tokio::test]
async fn t69_own_tables_and_what_reaches_all_are_not_granted_together() {
    let grant = || Grant::open("sqlite::memory:", Settings::default()).expect("a database").own_tables();
    let build = |grant: Grant| guest::tenant().database(guest::DATABASE, grant).build().err();
    assert!(matches!(build(grant().raw_sql(true)), Some(Error::ContradictoryGrant(name)) if name == guest::DATABASE));
    let policy = Arc::new(sqlservice_host::policy::Policy::default());
    assert!(matches!(build(grant().policy(policy)), Some(Error::ContradictoryGrant(_))));
    assert!(build(grant().tables(["notes"])).is_none());
    assert!(build(grant().schema_changes(true).raw_sql(true)).is_none());
}

/// A grant of `own_tables` does not widen the list of granted tables.
#[tokio::test]
async fn t69_some_tables_are_still_all_that_there_are() {
    let grant =
        Grant::open("sqlite::memory:", Settings::default()).expect("a database").own_tables().tables(["a", "b"]);
    let some = guest::tenant().database(guest::DATABASE, grant).build().expect("a tenant");
    let refused = said(&some, &guest::compiled(GUEST_CONFORMANCE), MAKE_AND_DROP).await;
    assert_eq!(refused.expect_err("c is not granted"), "no-such-table c");
}
