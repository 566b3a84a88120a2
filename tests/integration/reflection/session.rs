//! A03: a session reads the tables of its transaction.

use sqlservice_host::Settings;
use sqlservice_tests::{Backend, Fixture, for_each_database};

use crate::scene::saw_among_users;

#[test]
fn a03_a_session_reflects_what_its_transaction_made() {
    for_each_database(async |fixture: &Fixture| {
        let backend = fixture.backend();
        let seen = saw_among_users(fixture, "contract-reflect", 0).await;
        let integer = if backend == Backend::Sqlite { "int64 not null generated" } else { "int32 not null" };
        // MySQL and MariaDB commit at a `CREATE TABLE`.
        let after = if fixture.capabilities().transactional_ddl { "no-such-table fresh" } else { "1" };
        let expected = [
            "fresh: table".to_owned(),
            format!("fresh: column \"id\" {integer}"),
            "fresh: column \"text\" varchar(20)".to_owned(),
            "fresh: primary key (id)".to_owned(),
            "known true".to_owned(),
            after.to_owned(),
            "connection sees users true".to_owned(),
        ];
        let plain: Vec<String> = seen.into_iter().filter(|line| !line.contains("primary key's name")).collect();
        assert_eq!(plain, expected, "on {backend}");
    });
}

#[test]
fn a03_reflection_is_a_statement_of_its_session_like_any_other() {
    for_each_database(async |fixture: &Fixture| {
        let expected = ["busy", "transaction-closed", "true", "pending-rollback", "true", "true", "written first"];
        assert_eq!(
            saw_among_users(fixture, "contract-reflect-refused", 5_000).await,
            expected,
            "on {}",
            fixture.backend()
        );
    });
}

/// A database in memory has one connection, which the session holds.
#[tokio::test]
async fn a03_a_session_of_a_database_with_one_connection_reflects() {
    let database = sqlservice_db::Database::new("sqlite::memory:", Settings::default()).expect("a database");
    let session = database.connect().await.expect("its connection");
    let text = "CREATE TABLE made (id INTEGER PRIMARY KEY)".to_owned();
    session.execute_text(text, Vec::new(), Default::default()).await.expect("made");
    let tables = session.reflect(Default::default(), None).await.expect("no other connection is needed");
    assert_eq!(tables.iter().map(|table| table.name.as_str()).collect::<Vec<_>>(), ["made"]);
}
