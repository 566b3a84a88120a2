//! A guest runs on a host whose contract is newer than its own.

use sqlservice_host::OpenDatabase;
use sqlservice_tests::component;
use wasmtime::{
    StoreContextMut,
    component::{Accessor, ComponentType, Linker, Lower, Resource},
};

use crate::{
    linker::{State, call, linker},
    scene::lines,
};

/// A linker whose databases have an additional capability, an unknown dialect, and an error code that no current guest knows. It
/// also has a function that the contract lacks.
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

/// The contract's record `failure`.
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

/// The contract's record `detail`.
#[derive(ComponentType, Lower)]
#[component(record)]
struct Detail {
    name: String,
    value: String,
}

/// An error with a code of a later release.
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
async fn h06_a_guest_runs_on_a_host_whose_contract_has_grown() {
    let seen = call(&newer(), component::GUEST_CONFORMANCE, "contract-newer").await;
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
