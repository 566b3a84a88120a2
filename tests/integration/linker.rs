//! The world in an embedder's own linker, in the style of wasmtime's WASI crates.

use sqlservice_host::{Grant, Settings, SqlCtx, SqlCtxView, SqlView};
use sqlservice_tests::component;
use wasmtime::{
    Config, Engine, Store,
    component::{Component, Linker, ResourceTable, Val},
};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

/// The data that an embedder's store holds besides the embedder's own.
pub struct State {
    table: ResourceTable,
    wasi: WasiCtx,
    sql: SqlCtx,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl SqlView for State {
    fn sql(&mut self) -> SqlCtxView<'_> {
        SqlCtxView { ctx: &mut self.sql, table: &mut self.table }
    }
}

/// The initial data of a store.
fn state(sql: SqlCtx) -> State {
    State { table: ResourceTable::new(), wasi: WasiCtx::builder().build(), sql }
}

/// An embedder's own linker with the world and WASI.
pub fn linker() -> Linker<State> {
    let engine = Engine::new(Config::new().wasm_component_model_async(true)).expect("an engine");
    let mut linker = Linker::new(&engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker).expect("WASI 0.2");
    wasmtime_wasi::p3::add_to_linker(&mut linker).expect("WASI 0.3");
    sqlservice_host::add_to_linker(&mut linker).expect("the world");
    linker
}

/// Calls an export of a component in that linker with an in-memory database, and asserts that every connection is returned.
pub async fn call(linker: &Linker<State>, component: &str, function: &str) -> Val {
    let component = Component::from_file(linker.engine(), component).expect("a component");
    let grant = Grant::open("sqlite::memory:", Settings::default()).expect("a database").schema_changes(true);
    let sql = SqlCtx::builder().database("default", grant.clone()).build();
    let mut store = Store::new(linker.engine(), state(sql));
    let instance = linker.instantiate_async(&mut store, &component).await.expect("an instance");
    let function = instance.get_func(&mut store, function).expect("an export");
    let mut results = [Val::Bool(false)];
    let call = store.run_concurrent(async |accessor| function.call_concurrent(accessor, &[], &mut results).await);
    call.await.and_then(|called| called).expect("no trap");
    drop(store);
    grant.database().close().await;
    assert_eq!(grant.database().status().in_use, 0, "a dropped store gives everything back");
    let [result] = results;
    result
}

#[tokio::test]
async fn the_world_joins_a_linker_of_the_embedders_own() {
    let result = call(&linker(), component::PLUGIN_USERS, "seed").await;
    assert!(matches!(&result, Val::Result(Ok(_))), "{result:?}");
}

#[test]
fn t09_raw_sql_is_an_import_of_its_own() {
    let linker = linker();
    let component = Component::from_file(linker.engine(), component::GUEST_CONFORMANCE).expect("a component");
    let refused = linker.instantiate_pre(&component).err().expect("raw SQL was not added");
    assert!(format!("{refused:#}").contains("sqlservice:database/raw-sql@0.2.0"), "{refused:#}");
}
