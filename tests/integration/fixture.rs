//! The tests' fixture: every case gets an empty database, and a second connection reads its content.

use sqlservice_tests::{Backend, Fixture, for_each, for_each_database, for_each_server, servers};

#[test]
fn every_case_gets_an_empty_database_of_its_own() {
    for_each_database(async |fixture: &Fixture| {
        let mut outside = fixture.outside().await;
        assert_eq!(outside.tables().await, Vec::<String>::new());
        outside.execute("CREATE TABLE kept (id INT, name VARCHAR(10))").await;
        outside.execute("INSERT INTO kept VALUES (1, 'a''b'), (2, NULL)").await;
        let mut second = fixture.outside().await;
        assert_eq!(second.tables().await, ["kept"]);
        assert_eq!(second.count("kept").await, 2);
        let rows = second.rows("SELECT id, name FROM kept ORDER BY id").await;
        assert_eq!(rows, [vec![Some("1".to_owned()), Some("a'b".to_owned())], vec![Some("2".to_owned()), None]]);
    });
}

#[test]
fn connections_can_be_killed_from_outside() {
    for_each_server(async |fixture: &Fixture| {
        let mut victim = fixture.outside().await;
        victim.execute("SELECT 1").await;
        assert_eq!(fixture.kill_connections().await, 1);
        assert!(victim.try_execute("SELECT 1").await.is_err(), "a killed connection answered");
        fixture.outside().await.execute("SELECT 1").await;
    });
}

#[test]
fn the_servers_ask_for_their_password() {
    for_each_server(async |fixture: &Fixture| {
        let wrong = fixture.url().replace(servers::password(), "wrong");
        let refused = tokio::spawn(async move { sqlservice_tests::Outside::open(&wrong).await }).await;
        assert!(refused.is_err(), "the wrong password was taken");
    });
}

#[test]
fn a_failure_names_its_databases() {
    let failed = std::panic::catch_unwind(|| {
        for_each(&Backend::ALL, async |fixture: &Fixture| assert_eq!(fixture.backend(), Backend::Sqlite));
    });
    let said = failed.expect_err("two of three failed").downcast::<String>().expect("a message");
    assert!(said.contains("failed on PostgreSQL, MariaDB"), "{said}");
}
