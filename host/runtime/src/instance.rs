//! A running plugin: one store, whose calls run one after the other.

use std::{pin::pin, sync::Arc, time::Duration};

use tracing::Instrument as _;
use wasmtime::{
    PoolConcurrencyLimitError, Store,
    component::{self, Accessor, Val},
};

use crate::{
    bounded::bounded,
    calls,
    error::{Error, Result},
    extension::Extension,
    function::{self, Function},
    installed::InstalledPlugin,
    instance_permits::InstancePermit,
    plugin::Plugin,
    state::InstanceState,
    tenant::Tenant,
    watched_call::{self, WatchedCall},
};

/// An instance of a plugin, with memory and handles of its own.
///
/// Dropping it, also in the middle of a call, rolls back its open transactions and returns its connections to their pools.
pub struct Instance {
    plugin: Plugin,
    tenant: Tenant,
    installed: Arc<InstalledPlugin>,
    /// `None` while a call runs, and after a call that failed: a store cannot be used after a trap.
    sandbox: Option<InstanceStore>,
    instance: component::Instance,
    /// How long the instance was waited for, which the next call reports.
    waited: Duration,
    /// Whether it was called before.
    called: bool,
}

impl Instance {
    pub(crate) async fn new(plugin: &Plugin, tenant: &Tenant) -> Result<Self> {
        let installed = tenant.installed(plugin);
        let began = installed.instruments().now();
        let opened = InstanceStore::open(plugin, tenant, &installed).await;
        let (sandbox, instance) =
            opened.inspect_err(|error| watched_call::tell_failed(installed.instruments(), began, error))?;
        let waited = began.map_or(Duration::ZERO, |began| began.elapsed());
        let (plugin, tenant) = (plugin.clone(), tenant.clone());
        Ok(Self { plugin, tenant, installed, sandbox: Some(sandbox), instance, waited, called: false })
    }

    /// The plugin.
    #[must_use]
    pub fn plugin(&self) -> &Plugin {
        &self.plugin
    }

    /// The tenant that the plugin runs for.
    #[must_use]
    pub fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// Calls a function by its name.
    ///
    /// # Errors
    /// When there is no such function, the arguments do not fit, or the call traps or takes too long. After a trap, a deadline, or a
    /// dropped call the instance returns [`Error::Poisoned`]. An error result of the function is no error here: it is the returned
    /// value.
    pub async fn call(&mut self, name: &str, arguments: &[Val]) -> Result<Option<Val>> {
        let functions = self.plugin.shared_functions();
        self.call_function(function::find(&functions, name)?, arguments).await
    }

    /// Calls a function of this instance's plugin.
    ///
    /// # Errors
    /// As [`Instance::call`].
    pub async fn call_function(&mut self, function: &Function, arguments: &[Val]) -> Result<Option<Val>> {
        let wanted = function.arity();
        if wanted != arguments.len() {
            let given = arguments.len();
            let signature = function.signature();
            return Err(Error::Arguments(format!("{signature} takes {wanted} arguments, not {given}")));
        }
        let index = function.index;
        let callee = self.bind(|store, instance| {
            instance.get_func(store, index).ok_or_else(|| wasmtime::Error::msg("the function is another plugin's"))
        })?;
        let mut results = vec![Val::Bool(false); function.results()];
        let work = async |accessor: &_| callee.call_concurrent(accessor, arguments, &mut results).await;
        self.run_as(function.qualified_name(), work).await?;
        Ok(results.into_iter().next())
    }

    /// Finds exports by the types that [`wasmtime::component::bindgen!`] made of an embedder's world with the option
    /// `exports: { default: async | store }`: `instance.bind(|store, instance| World::new(store, instance))`. The exports are called
    /// in [`Instance::run`].
    ///
    /// # Errors
    /// [`Error::Unusable`] when the component has other exports, and [`Error::Poisoned`].
    pub fn bind<B>(
        &mut self,
        bind: impl FnOnce(&mut Store<InstanceState>, &component::Instance) -> wasmtime::Result<B>,
    ) -> Result<B> {
        let sandbox = self.sandbox.as_mut().ok_or(Error::Poisoned)?;
        bind(&mut sandbox.store, &self.instance).map_err(Error::Unusable)
    }

    /// Calls functions that were found by [`Instance::bind`], as one call with one time limit. After a trap, a deadline or a drop the
    /// instance is poisoned.
    ///
    /// ```no_run
    /// # async fn example(instance: &mut sqlservice_host::Instance) -> sqlservice_host::Result<()> {
    /// wasmtime::component::bindgen!({
    ///     inline: "package example:users; world users { export count: async func() -> u64; }",
    ///     exports: { default: async | store },
    /// });
    /// let users = instance.bind(|store, instance| Users::new(store, instance))?;
    /// let count: u64 = instance.run(async |accessor| users.call_count(accessor).await).await?;
    /// # let _ = count;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Trap`], [`Error::Deadline`], [`Error::ProcessorTime`] and [`Error::Poisoned`].
    pub async fn run<R>(
        &mut self,
        work: impl AsyncFnOnce(&Accessor<InstanceState>) -> wasmtime::Result<R>,
    ) -> Result<R> {
        self.run_as("", work).await
    }

    /// Runs a call under this name.
    async fn run_as<R>(
        &mut self,
        function: &str,
        work: impl AsyncFnOnce(&Accessor<InstanceState>) -> wasmtime::Result<R>,
    ) -> Result<R> {
        let output = self.sandbox.as_ref().ok_or(Error::Poisoned)?.store.data().output.clone();
        let installed = Arc::clone(&self.installed);
        let waited = std::mem::take(&mut self.waited);
        let watched = WatchedCall::begin(installed.instruments(), output, function, waited);
        let span = watched.span();
        // The future is large, so it is only moved to the heap where there is a span for it.
        let result = if span.is_disabled() {
            self.run_unwatched(work).await
        } else {
            Box::pin(self.run_unwatched(work).instrument(span)).await
        };
        watched.end(result)
    }

    async fn run_unwatched<R>(
        &mut self,
        work: impl AsyncFnOnce(&Accessor<InstanceState>) -> wasmtime::Result<R>,
    ) -> Result<R> {
        // The making of a new instance has just yielded to other calls.
        let is_new = !std::mem::replace(&mut self.called, true);
        let installed = &self.installed;
        let _under_way = if is_new { installed.calls().count() } else { installed.begin_call().await };
        let mut sandbox = self.sandbox.take().ok_or(Error::Poisoned)?;
        let store = &mut sandbox.store;
        let result = {
            // The future is large: it is pinned where it is made.
            let call = pin!(async { store.run_concurrent(work).await.and_then(|inner| inner) });
            let call = calls::watched(call, |waited| installed.note_wait(waited));
            bounded(self.tenant.limits().of_call(), self.tenant.share(), call).await?.map_err(Error::Trap)?
        };
        if !self.tenant.keeps_sessions() {
            sandbox.store.data_mut().sql.end_sessions();
        }
        self.sandbox = Some(sandbox);
        Ok(result)
    }

    /// Returns an extension's state in this instance; `None` once it is poisoned.
    pub fn extension<E: Extension>(&mut self) -> Option<&mut E::State> {
        let sandbox = self.sandbox.as_mut()?;
        Some(sandbox.store.data_mut().extension::<E>().state)
    }
}

/// A store, and its permit among the instances, which is released when the store is dropped.
pub(crate) struct InstanceStore {
    pub(crate) store: Store<InstanceState>,
    _place: InstancePermit,
}

impl InstanceStore {
    /// Makes an instance of a plugin for a tenant, once there is a permit for it.
    pub(crate) async fn open(
        plugin: &Plugin,
        tenant: &Tenant,
        installed: &InstalledPlugin,
    ) -> Result<(Self, component::Instance)> {
        if !tenant.engine().is(plugin.engine()) {
            return Err(Error::Engine(wasmtime::Error::msg(
                "the plugin was compiled by another engine than the tenant's",
            )));
        }
        let place = tenant.places().take().await?;
        let _under_way = installed.begin_call().await;
        let mut store = store(plugin, tenant, installed)?;
        let started = {
            let start = pin!(plugin.linked()?.instantiate_async(&mut store));
            bounded(tenant.limits().of_start(), tenant.share(), start).await?
        };
        let instance = started.map_err(|error| {
            if error.is::<PoolConcurrencyLimitError>() { Error::NoRoom(error) } else { Error::Trap(error) }
        })?;
        Ok((Self { store, _place: place }, instance))
    }
}

/// Makes a store with the tenant's limits.
fn store(plugin: &Plugin, tenant: &Tenant, installed: &InstalledPlugin) -> Result<Store<InstanceState>> {
    let limits = tenant.limits();
    let mut store = Store::new(plugin.engine().sandbox(), tenant.state(plugin, installed.sql())?);
    store.limiter(|state| &mut state.memory);
    store.set_epoch_deadline(1);
    store.epoch_deadline_async_yield_and_update(1);
    store.set_hostcall_fuel(limits.call_bytes);
    store.set_max_component_handles(limits.handles);
    if let Some(table) = store.concurrent_resource_table() {
        table.set_max_capacity(limits.handles);
    }
    Ok(store)
}
