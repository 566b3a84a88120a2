//! MySQL: the host reads the kind of server from the server, and generated keys are known although MySQL's inserts return no rows.
//!
//! There is no MySQL server here: MariaDB stands in for one, see [`sqlservice_tests::stand_in`].

use sqlservice_host::{Grant, Settings, Tenant, Val};
use sqlservice_sql::Dialect;
use sqlservice_tests::{
    Backend, Fixture,
    component::{GUEST_CONFORMANCE, PLUGIN_USERS},
    for_each, guest, stand_in,
};

/// A tenant with a grant of the database at this URL.
fn tenant(url: &str) -> Tenant {
    let grant =
        Grant::open(url, Settings::default()).expect("a URL that makes sense").raw_sql(true).schema_changes(true);
    guest::tenant().database(guest::DATABASE, grant).build().expect("a tenant")
}

/// Runs an export of a component in a new instance and returns its lines or its error.
async fn saw(tenant: &Tenant, component: &str, function: &str, arguments: &[Val]) -> Result<Vec<String>, String> {
    let mut instance = guest::compiled(component).instantiate(tenant).await.expect("an instance");
    match instance.call(function, arguments).await {
        Ok(Some(Val::Result(Ok(Some(value))))) => Ok(match *value {
            Val::List(lines) => lines.iter().map(line).collect(),
            other => vec![line(&other)],
        }),
        Ok(Some(Val::Result(Err(Some(error))))) => Err(line(&error)),
        other => panic!("{function} gives {other:?}"),
    }
}

fn line(value: &Val) -> String {
    match value {
        Val::String(text) => text.clone(),
        other => sqlservice_host::wave::to_string(other),
    }
}

/// The kind of server that a guest sees, and whether it returns inserted rows.
async fn who(tenant: &Tenant) -> Result<String, String> {
    let seen = saw(tenant, GUEST_CONFORMANCE, "mysql-who", &[]).await?.join(" ");
    Ok(seen.rsplit("::").next().unwrap_or_default().to_lowercase())
}

/// Drops all tables.
async fn empty(fixture: &Fixture) {
    let mut outside = fixture.outside().await;
    let tables = outside.tables().await;
    let drops: String = tables.iter().map(|table| format!("DROP TABLE `{table}`; ")).collect();
    outside.execute(&format!("SET foreign_key_checks = 0; {drops} SET foreign_key_checks = 1")).await;
}

#[test]
fn a19_a_server_behind_a_mysql_url_is_asked_what_it_is() {
    for_each(&[Backend::MariaDb], async |fixture: &Fixture| {
        let mariadb = tenant(&fixture.url().replacen("mariadb:", "mysql:", 1));
        let database = mariadb.database(guest::DATABASE).expect("it is granted").clone();
        assert_eq!(database.dialect(), Dialect::Mysql, "nothing was asked yet");
        assert_eq!(who(&mariadb).await.expect("no error"), "mariadb true");
        assert_eq!(database.dialect(), Dialect::Mariadb);
        assert_eq!(database.status().in_use, 0);
        mariadb.close().await;
        let proxy = stand_in::mysql(fixture.url()).await;
        let mysql = tenant(&proxy);
        assert_eq!(who(&mysql).await.expect("no error"), "mysql false");
        mysql.close().await;
        // A `mariadb:` URL requires a MariaDB server.
        let wrong = tenant(&proxy.replacen("mysql:", "mariadb:", 1));
        let refused = who(&wrong).await.expect_err("another server");
        assert!(refused.starts_with("operational: the server is MySQL"), "{refused}");
        wrong.close().await;
    });
}

#[test]
fn d20_made_keys_are_known_without_returning() {
    let expected = |returning: bool| {
        let by_statement = if returning { "a key" } else { "unsupported insert-returning" };
        [
            r#"as stored Some("new")"#,
            r#"2500 true as stored Some("new")"#,
            "as stored true",
            "Some(7)",
            "0",
            "true",
            by_statement,
        ]
    };
    for_each(&Backend::ALL, async |fixture: &Fixture| {
        let tenant = tenant(fixture.url());
        assert_eq!(saw(&tenant, GUEST_CONFORMANCE, "mysql-keys", &[]).await.expect("no error"), expected(true));
        tenant.close().await;
    });
    for_each(&[Backend::MariaDb], async |fixture: &Fixture| {
        let tenant = tenant(&stand_in::mysql(fixture.url()).await);
        assert_eq!(saw(&tenant, GUEST_CONFORMANCE, "mysql-keys", &[]).await.expect("no error"), expected(false));
        assert_eq!(fixture.outside().await.count("parcels").await, 2_521);
        tenant.close().await;
    });
}

#[test]
fn d20_made_keys_may_be_further_apart() {
    for_each(&[Backend::MariaDb], async |fixture: &Fixture| {
        for url in [fixture.url().to_owned(), stand_in::mysql(fixture.url()).await] {
            let tenant = tenant(&url);
            let seen = saw(&tenant, GUEST_CONFORMANCE, "mysql-steps", &[]).await.expect("no error");
            assert_eq!(seen, ["true as stored", "1"]);
            tenant.close().await;
            empty(fixture).await;
        }
    });
}

#[test]
fn d20_made_keys_are_right_while_others_insert() {
    for_each(&[Backend::MariaDb], async |fixture: &Fixture| {
        let tenant = tenant(&stand_in::mysql(fixture.url()).await);
        saw(&tenant, GUEST_CONFORMANCE, "mysql-who", &[]).await.expect("tables");
        let names = ["a", "b", "c", "d"].map(|name| [Val::String(name.to_owned()), Val::U32(10)]);
        let all = names.iter().map(|arguments| saw(&tenant, GUEST_CONFORMANCE, "mysql-together", arguments));
        for seen in futures::future::join_all(all).await {
            assert_eq!(seen.expect("no error"), ["as stored"]);
        }
        assert_eq!(fixture.outside().await.count("parcels").await, 4_000);
        tenant.close().await;
    });
}

/// Unit-of-work scenarios have the same results on the stand-in as on MariaDB.
#[test]
fn d20_objects_behave_as_on_mariadb() {
    let exports = [
        "b01-save",
        "b01-from-the-child",
        "b02-change-unloaded",
        "b04-many-to-one",
        "b07-move",
        "b09-graph",
        "b10-circle",
        "b11-post-update",
        "b12-together",
        "b13-row-switch",
        "b14-net-changes",
        "b15-batches",
        "unit-keys-two-relationships",
        "unit-keys-composite",
        "unit-keys-natural",
        "unit-made-by-the-database",
        "unit-update-many",
    ];
    for_each(&[Backend::MariaDb], async |fixture: &Fixture| {
        let (mariadb, mysql) = (tenant(fixture.url()), tenant(&stand_in::mysql(fixture.url()).await));
        let mut different = Vec::new();
        for export in exports {
            empty(fixture).await;
            let expected = saw(&mariadb, GUEST_CONFORMANCE, export, &[]).await;
            empty(fixture).await;
            let seen = saw(&mysql, GUEST_CONFORMANCE, export, &[]).await;
            if expected.is_err() || seen != expected {
                different.push(format!("{export}: {seen:?} instead of {expected:?}"));
            }
        }
        assert!(different.is_empty(), "{}", different.join("\n"));
        mysql.close().await;
        mariadb.close().await;
    });
}

#[test]
fn d20_the_plugin_of_users_works_on_mysql() {
    for_each(&[Backend::MariaDb], async |fixture: &Fixture| {
        let tenant = tenant(&stand_in::mysql(fixture.url()).await);
        assert_eq!(saw(&tenant, PLUGIN_USERS, "seed", &[]).await.expect("no error").len(), 1);
        let name = Val::String("new".to_owned());
        let added = saw(&tenant, PLUGIN_USERS, "add-user", &[name.clone(), Val::Option(None)]).await.expect("no error");
        let found = saw(&tenant, PLUGIN_USERS, "find-user", std::slice::from_ref(&name)).await.expect("no error");
        assert!(found[0].contains(&format!("id: {},", added[0])), "{added:?} {found:?}");
        assert!(saw(&tenant, PLUGIN_USERS, "add-user", &[name, Val::Option(None)]).await.is_err(), "the name is taken");
        tenant.close().await;
    });
}

#[test]
fn e08_tables_of_other_collations_keep_working() {
    for_each(&[Backend::MariaDb], async |fixture: &Fixture| {
        let expected =
            ["labelled", r#"Some("of a")"#, r#"[(1, "of a"), (2, "of a"), (3, "of b")]"#, "[1, 2]", "[1, 3]", "true"];
        for url in [fixture.url().to_owned(), stand_in::mysql(fixture.url()).await] {
            let tenant = tenant(&url);
            for collation in ["utf8mb4_bin", "utf8mb4_general_ci", "latin1_swedish_ci", "utf8mb4_nopad_bin"] {
                let name = Val::String(collation.to_owned());
                let seen = saw(&tenant, GUEST_CONFORMANCE, "mysql-existing", &[name]).await;
                assert_eq!(seen.expect("no error"), expected, "{collation}");
                empty(fixture).await;
            }
            tenant.close().await;
        }
    });
}
