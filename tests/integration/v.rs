//! The contract as a guest meets it: words of a newer host, reflection inside of a transaction, last keys, one kind of session.

use sqlservice_host::{OpenDatabase, Settings};
use sqlservice_tests::{Backend, Fixture, component, for_each_database};
use wasmtime::{
    StoreContextMut,
    component::{Accessor, ComponentType, Linker, Lower, Resource},
};

use crate::{
    linker::{State, call, linker},
    scene::{Scene, lines},
};

/// What a guest saw, with so many users there.
async fn saw(fixture: &Fixture, function: &str, users: u32) -> Vec<String> {
    let scene = Scene::new(fixture);
    scene.setup(users).await;
    scene.saw(function, &[]).await
}

#[test]
fn a03_a_session_reflects_what_its_transaction_made() {
    for_each_database(async |fixture: &Fixture| {
        let backend = fixture.backend();
        let seen = saw(fixture, "v-reflect", 0).await;
        let integer = if backend == Backend::Sqlite { "int64 not null generated" } else { "int32 not null" };
        // MySQL and MariaDB commit what makes a table.
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
        assert_eq!(saw(fixture, "v-reflect-refused", 5_000).await, expected, "on {}", fixture.backend());
    });
}

/// The only connection of a database in memory is the session's.
#[tokio::test]
async fn a03_a_session_of_a_database_with_one_connection_reflects() {
    let database = sqlservice_db::Database::new("sqlite::memory:", Settings::default()).expect("a database");
    let session = database.connect().await.expect("its connection");
    let text = "CREATE TABLE made (id INTEGER PRIMARY KEY)".to_owned();
    session.execute_text(text, Vec::new(), Default::default()).await.expect("made");
    let tables = session.reflect(Default::default(), None).await.expect("no other connection is needed");
    assert_eq!(tables.iter().map(|table| table.name.as_str()).collect::<Vec<_>>(), ["made"]);
}

#[test]
fn the_last_key_is_told_where_the_driver_promises_one() {
    for_each_database(async |fixture: &Fixture| {
        let expected = match fixture.backend() {
            Backend::Postgres => ["none", "none", "None None", "false"],
            _ => ["true", "true", "None None", "true"],
        };
        assert_eq!(saw(fixture, "v-last-key", 0).await, expected, "on {}", fixture.backend());
    });
}

#[test]
fn c19_a_connection_is_a_session_that_keeps_its_connection() {
    for_each_database(async |fixture: &Fixture| {
        let seen = saw(fixture, "v-one-session", 2).await;
        assert_eq!(seen, ["false", "u1 u2 kept"], "on {}", fixture.backend());
    });
}

/// A linker in which a database has a capability and a limit more, is of another kind, and fails with a code that no guest of
/// today knows; and with a function more than the contract has.
fn newer() -> Linker<State> {
    let mut linker = linker();
    sqlservice_host::add_raw_sql_to_linker(&mut linker).expect("raw SQL");
    linker.allow_shadowing(true);
    let mut databases = linker.instance("sqlservice:database/databases@0.2.0").expect("the interface");
    databases
        .func_wrap("[method]database.capabilities", |_: StoreContextMut<'_, State>, (_,): (Resource<OpenDatabase>,)| {
            Ok((vec!["insert-returning".to_owned(), "time-travel".to_owned()],))
        })
        .expect("a capability more");
    databases
        .func_wrap("[method]database.dialect", |_: StoreContextMut<'_, State>, (_,): (Resource<OpenDatabase>,)| {
            Ok(("oracle".to_owned(),))
        })
        .expect("another kind");
    databases
        .func_wrap_concurrent("[method]database.ping", |_: &Accessor<State>, (_,): (Resource<OpenDatabase>,)| {
            Box::pin(async { Ok((Err::<(), Failure>(quota()),)) })
        })
        .expect("a code more");
    databases
        .func_wrap("[method]database.rewind", |_: StoreContextMut<'_, State>, (_, _): (Resource<OpenDatabase>, u64)| {
            Ok((false,))
        })
        .expect("a function more");
    linker
}

/// The contract's record of a failure.
#[derive(ComponentType, Lower)]
#[component(record)]
struct Failure {
    code: String,
    message: String,
    sqlstate: Option<String>,
    retryable: bool,
    constraint: Option<String>,
    table: Option<String>,
    columns: Vec<String>,
    position: Option<u32>,
    details: Vec<Detail>,
}

/// The contract's record of a detail.
#[derive(ComponentType, Lower)]
#[component(record)]
struct Detail {
    name: String,
    value: String,
}

/// An error of a later release.
fn quota() -> Failure {
    Failure {
        code: "quota-exceeded".to_owned(),
        message: "this month's rows are used up".to_owned(),
        sqlstate: None,
        retryable: true,
        constraint: None,
        table: None,
        columns: Vec::new(),
        position: None,
        details: vec![Detail { name: "until".to_owned(), value: "2030-01-01".to_owned() }],
    }
}

#[tokio::test]
async fn a_guest_runs_on_a_host_whose_contract_has_grown() {
    let seen = call(&newer(), component::GUEST_CONFORMANCE, "v-newer").await;
    let seen = lines(Some(seen)).expect("what it saw");
    assert_eq!(
        seen,
        [
            "another database of [\"insert-returning\", \"time-travel\"]",
            "true false",
            "1000000 rows, 32766 parameters",
            "quota-exceeded true this month's rows are used up (quota-exceeded)",
            "until=2030-01-01",
        ]
    );
}
