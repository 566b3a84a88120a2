//! T-30 and T-69: tables in the same database that a guest was not granted.

use sqlservice_host::{Error, Grant, Operations, Settings, Tenant, Val};
use sqlservice_tests::{
    Fixture,
    component::{GUEST_CONFORMANCE, GUEST_HOSTILE},
    for_each_database, guest,
};

use crate::{scene::lines, unit_of_work::saw};

fn tenant(grant: Grant) -> Tenant {
    guest::tenant().database(guest::DATABASE, grant).build().expect("a tenant")
}

async fn said(tenant: &Tenant, component: &str, function: &str, arguments: &[Val]) -> Result<Vec<String>, String> {
    let mut instance = guest::compiled(component).instantiate(tenant).await.expect("an instance");
    lines(instance.call(function, arguments).await.expect("no trap"))
}

/// T-69: under the default grant a plugin can neither create nor drop a table, its own or another's.
#[test]
fn t69_tables_are_made_and_dropped_only_where_that_was_granted() {
    for_each_database(async |fixture: &Fixture| {
        said(&fixture.tenant(), GUEST_CONFORMANCE, "setup", &[Val::U32(3)]).await.expect("tables");
        let stranger = tenant(Grant::new(fixture.open()));
        for function in ["setup", "a02-create-and-drop", "t69-others"] {
            let arguments = if function == "setup" { &[Val::U32(3)][..] } else { &[] };
            let refused = said(&stranger, GUEST_CONFORMANCE, function, arguments).await;
            assert_eq!(refused.expect_err("nothing of it is granted"), "denied", "{function} on {}", fixture.backend());
        }
        assert_eq!(fixture.outside().await.tables().await, ["devices", "users"], "on {}", fixture.backend());
    });
}

/// T-30: a plugin that was granted some tables cannot find any other: not by reflection, not by a guessed name, not as the target of
/// a foreign key.
#[test]
fn t30_tables_that_were_not_granted_do_not_exist() {
    for_each_database(async |fixture: &Fixture| {
        let mut outside = fixture.outside().await;
        outside.execute("CREATE TABLE a (id BIGINT PRIMARY KEY)").await;
        outside
            .execute("CREATE TABLE b (id BIGINT PRIMARY KEY, a_id BIGINT, FOREIGN KEY (a_id) REFERENCES a (id))")
            .await;
        outside.execute("CREATE TABLE c (id BIGINT PRIMARY KEY)").await;
        outside.execute("INSERT INTO b (id) VALUES (2), (1)").await;
        let some = tenant(Grant::new(fixture.open()).schema_changes(true).tables(["b"]));
        let saw = said(&some, GUEST_CONFORMANCE, "a03-reflect", &[]).await.expect("no error");
        let expected = ["0", "no-such-table a, nosuch", "0", "b", "b", "b", "0", "0", "[1, 2]"];
        assert_eq!(saw, expected, "on {}", fixture.backend());
        // A model of `users` is refused with the same error whether or not such a table exists.
        let before = said(&some, GUEST_CONFORMANCE, "setup", &[Val::U32(3)]).await;
        said(&fixture.tenant(), GUEST_CONFORMANCE, "setup", &[Val::U32(3)]).await.expect("tables");
        let after = said(&some, GUEST_CONFORMANCE, "setup", &[Val::U32(3)]).await;
        assert_eq!(before, after, "on {}", fixture.backend());
        assert_eq!(after.expect_err("it is not granted"), "no-such-table users", "on {}", fixture.backend());
        // Every table that `devices` references must be granted too.
        let half = tenant(Grant::new(fixture.open()).schema_changes(true).tables(["devices"]));
        let refused = said(&half, GUEST_CONFORMANCE, "setup", &[Val::U32(3)]).await;
        assert_eq!(refused.expect_err("it refers to users"), "no-such-table users", "on {}", fixture.backend());
        let whole = tenant(Grant::new(fixture.open()).schema_changes(true).tables(["devices", "users"]));
        let read = said(&whole, GUEST_CONFORMANCE, "a08-statements", &[]).await;
        assert!(read.is_ok(), "{read:?} on {}", fixture.backend());
    });
}

/// SQL text reads any table, so an embedder that grants it together with a list of tables gets an error.
#[tokio::test]
async fn t30_some_tables_and_sql_text_are_not_granted_together() {
    let grant =
        Grant::open("sqlite::memory:", Settings::default()).expect("a database").tables(["users"]).raw_sql(true);
    let refused = guest::tenant().database(guest::DATABASE, grant).build().err();
    assert!(matches!(refused, Some(Error::ContradictoryGrant(name)) if name == guest::DATABASE));
}

/// T-30: only the granted operations work on a table's rows, for every kind of statement.
#[test]
fn t30_operations_that_were_not_granted_are_denied_every_way() {
    for_each_database(async |fixture: &Fixture| {
        let backend = fixture.backend();
        said(&fixture.tenant(), GUEST_CONFORMANCE, "setup", &[Val::U32(3)]).await.expect("tables");
        // Some databases lack conflict targets or row locks; a guest with the right then gets `unsupported`.
        let can = fixture.capabilities();
        let lacks = |way: &str| match way {
            "insert or leave" | "insert or update" => !can.conflict_target,
            _ => way.starts_with("lock") && !can.row_locking,
        };
        for number in 0..8_u8 {
            let all = [Operations::INSERT, Operations::UPDATE, Operations::DELETE];
            let [insert, update, delete] = [1, 2, 4].map(|bit| number & bit != 0);
            let granted = all
                .into_iter()
                .zip([insert, update, delete])
                .filter(|(_, is)| *is)
                .fold(Operations::READ, |granted, (operation, _)| granted | operation);
            let some = tenant(Grant::new(fixture.open()).schema_changes(true).table("users", granted));
            for line in said(&some, GUEST_HOSTILE, "operations", &[]).await.expect("its rows are readable") {
                let (way, became) = line.split_once(": ").expect("a way");
                let may = match way.split(' ').next() {
                    Some("insert") if way == "insert or update" => insert && update,
                    Some("insert") => insert,
                    Some("update" | "lock") => update,
                    Some("delete") => delete,
                    _ => true,
                };
                let wanted = if may { "1" } else { "denied" };
                let told = if may && lacks(way) { became.starts_with("unsupported") } else { became == wanted };
                assert!(told, "{line} with {granted:?} on {backend}");
            }
            // `setup` also creates `devices`, which is not granted.
            let dropped = said(&some, GUEST_CONFORMANCE, "setup", &[Val::U32(1)]).await;
            assert_eq!(dropped.expect_err("devices are not granted"), "no-such-table devices", "on {backend}");
        }
        assert_eq!(
            fixture.outside().await.rows("SELECT id FROM users WHERE note IS NULL").await.len(),
            3,
            "on {backend}"
        );
    });
}

#[test]
fn t69_tables_of_others_stay() {
    for_each_database(async |fixture: &Fixture| {
        let (saw, _) = saw(fixture, "t69-others", &[]).await;
        assert_eq!(saw, ["drafts", "", "drafts", "ed"], "on {}", fixture.backend());
    });
}
