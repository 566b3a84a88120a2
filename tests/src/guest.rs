//! Guests in a case: a component with the case's database, and no other rights.

use std::{
    collections::HashMap,
    sync::{Mutex, OnceLock},
};

use sqlservice_host::{CompileCache, Engine, Grant, Instance, Plugin, Result, Tenant, TenantBuilder, Val};

use crate::Fixture;

/// The name under which the case's database is granted to guests.
pub const DATABASE: &str = "default";

impl Fixture {
    /// The grant of the case's database to guests, with raw SQL and schema changes.
    pub fn grant(&self) -> Grant {
        Grant::new(self.open()).raw_sql(true).schema_changes(true)
    }

    /// A tenant with the case's database granted as `default`.
    pub fn tenant(&self) -> Tenant {
        self.tenant_builder().build().expect("a tenant")
    }

    /// The builder of that tenant.
    pub fn tenant_builder(&self) -> TenantBuilder {
        tenant().database(DATABASE, self.grant())
    }

    /// A fresh instance of a component.
    pub async fn instance(&self, component: &str) -> Instance {
        compiled(component).instantiate(&self.tenant()).await.expect("an instance")
    }

    /// Calls a function of a fresh instance that lives for this call. The function's own error is in the value.
    pub async fn call(&self, component: &str, function: &str, arguments: &[Val]) -> Result<Option<Val>> {
        self.instance(component).await.call(function, arguments).await
    }

    /// Calls a function that returns `result<_, string>`, and panics with the guest's message if it returned an error.
    pub async fn pass(&self, component: &str, function: &str, arguments: &[Val]) -> Option<Val> {
        let backend = self.backend();
        match self.call(component, function, arguments).await {
            Ok(Some(Val::Result(Ok(value)))) => value.map(|value| *value),
            Ok(Some(Val::Result(Err(error)))) => panic!("{function} on {backend}: the guest says {error:?}"),
            Ok(other) => panic!("{function} on {backend} gives no result, but {other:?}"),
            Err(error) => panic!("{function} on {backend}: {error}"),
        }
    }
}

/// A builder of a tenant of the shared engine, which keeps any component from being compiled twice. The tenant's sessions
/// outlive calls, which many cases check.
pub fn tenant() -> TenantBuilder {
    tenant_named("test")
}

/// The same with this tenant name.
pub fn tenant_named(name: &str) -> TenantBuilder {
    engine().tenant(name).keep_sessions(true)
}

/// The engine that all tests of this process share.
pub fn engine() -> &'static Engine {
    static SHARED: OnceLock<Engine> = OnceLock::new();
    SHARED.get_or_init(|| {
        // Not the command's cache: a component in Python takes most of a minute to compile while tests run.
        let cache = CompileCache::open(xtask::workspace::target().join("compiled")).expect("a cache");
        Engine::builder().compile_cache(cache).build().expect("an engine")
    })
}

/// A component, compiled once in this process.
pub fn compiled(component: &str) -> Plugin {
    static COMPILED: OnceLock<Mutex<HashMap<String, Plugin>>> = OnceLock::new();
    let mut compiled = COMPILED.get_or_init(Mutex::default).lock().expect("no component failed to compile");
    let load = || engine().load_file(component).unwrap_or_else(|error| panic!("{component}: {error}"));
    compiled.entry(component.to_owned()).or_insert_with(load).clone()
}
