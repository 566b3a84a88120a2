//! A compiled component: what it imports, what it exports, and instances of it.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};

use wasmtime::{
    PoolConcurrencyLimitError, Store,
    component::{Component, InstancePre, types::ComponentItem},
};

use crate::{
    bindings::declared::Declared,
    calls::{Calls, UnderWay},
    error::{Error, Result},
    function::{self, Function},
    host::{Host, State},
    instance::Instance,
    known::ModelCache,
    linked,
    places::Place,
};

/// A component that a host has compiled. Cheap to clone.
#[derive(Clone)]
pub struct Plugin(Arc<Loaded>);

struct Loaded {
    host: Host,
    component: Component,
    /// The component with its imports found, once somebody wanted an instance.
    linked: OnceLock<InstancePre<State>>,
    /// What its instances made of their models and statements. Another host's grants have another one.
    cache: ModelCache,
    /// Whether its last call waited for something.
    waits: AtomicBool,
    size: u64,
    functions: Vec<Function>,
}

impl Plugin {
    pub(crate) fn new(host: Host, component: Component, size: u64) -> Self {
        let functions = function::exported(&host.shared.ticking.engine, &component);
        Self(Arc::new(Loaded {
            host,
            component,
            linked: OnceLock::new(),
            cache: ModelCache::default(),
            waits: AtomicBool::new(false),
            size,
            functions,
        }))
    }

    /// The same compiled component with the grants of another host, which must share the engine
    /// ([`crate::HostBuilder::engine_of`]): compiled once, granted to many.
    ///
    /// # Errors
    /// When the host has an engine of its own.
    pub fn under(&self, host: &Host) -> Result<Self> {
        let loaded = &self.0;
        if !wasmtime::Engine::same(&loaded.host.shared.ticking.engine, &host.shared.ticking.engine) {
            return Err(Error::Engine(wasmtime::Error::msg("the plugin was compiled by another engine")));
        }
        let (component, functions) = (loaded.component.clone(), loaded.functions.clone());
        let (linked, cache, waits) = (OnceLock::new(), ModelCache::default(), AtomicBool::new(false));
        let (host, size) = (host.clone(), loaded.size);
        Ok(Self(Arc::new(Loaded { host, component, linked, cache, waits, size, functions })))
    }

    /// The functions that can be called, those of exported interfaces too.
    #[must_use]
    pub fn functions(&self) -> &[Function] {
        &self.0.functions
    }

    /// A function by its name: `name`, or `interface#name` where several interfaces export it.
    ///
    /// # Errors
    /// [`Error::NoSuchFunction`] with the most similar name.
    pub fn function(&self, name: &str) -> Result<&Function> {
        function::find(&self.0.functions, name)
    }

    /// The names of what it imports.
    #[must_use]
    pub fn imports(&self) -> Vec<String> {
        let engine = &self.0.host.shared.ticking.engine;
        self.0.component.component_type().imports(engine).map(|(name, _)| name.to_owned()).collect()
    }

    /// The names of what it exports.
    #[must_use]
    pub fn exports(&self) -> Vec<String> {
        let engine = &self.0.host.shared.ticking.engine;
        self.0.component.component_type().exports(engine).map(|(name, _)| name.to_owned()).collect()
    }

    /// The names of what it imports and this host does not offer.
    #[must_use]
    pub fn missing_imports(&self) -> Vec<String> {
        let engine = &self.0.host.shared.ticking.engine;
        let ty = self.0.component.component_type();
        let imports = ty.imports(engine);
        // A type that is imported by itself asks for nothing.
        let needed = imports.filter(|(_, item)| !matches!(item.ty, ComponentItem::Type(_)));
        needed.map(|(name, _)| name.to_owned()).filter(|name| !linked::offers(name)).collect()
    }

    /// The size of the component in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.0.size
    }

    /// The models that it declares, where it exports `declarations`. The function that says them runs in an instance
    /// of its own, without any grant.
    ///
    /// # Errors
    /// When the component cannot be instantiated or traps.
    pub async fn models(&self) -> Result<Option<sqlservice_sql::schema::Models>> {
        let declares = self.exports().iter().any(|name| name.starts_with("sqlservice:database/declarations@"));
        if !declares {
            return Ok(None);
        }
        let bare = self.0.host.without_grants();
        let linked = bare.link(&self.0.component).map_err(Error::Unusable)?;
        let place = bare.shared.places.take().await?;
        let (mut sandbox, instance) = instantiate(&bare, place, &linked, &ModelCache::default()).await?;
        let store = &mut sandbox.store;
        let declared = Declared::new(&mut *store, &instance).map_err(Error::Unusable)?;
        let models = declared.sqlservice_database_declarations().call_declared_models(&mut *store).await;
        Ok(Some(models.map_err(Error::Trap)?.into()))
    }

    /// Makes an instance: a sandbox with its own memory and its own handles.
    ///
    /// # Errors
    /// When an import is missing, or when the component traps at its start. Where all places for instances are taken it waits for
    /// one: [`Error::InstanceTimeout`] and [`Error::InstanceQueueFull`] say that none came free.
    pub async fn instantiate(&self) -> Result<Instance> {
        let host = &self.0.host;
        let place = host.shared.places.take().await?;
        let _under_way = self.begin_call().await;
        let (sandbox, instance) = instantiate(host, place, self.linked()?, &self.0.cache).await?;
        Ok(Instance::new(self.clone(), sandbox, instance, self.0.host.shared.limits.call_time))
    }

    /// Begins a call or an instance. Where its calls wait for something anyway, others go on meanwhile.
    pub(crate) async fn begin_call(&self) -> UnderWay {
        if self.0.waits.load(Ordering::Relaxed) { self.calls().count() } else { self.calls().begin().await }
    }

    /// Remembers whether the last call waited.
    pub(crate) fn note_wait(&self, waited: bool) {
        // Read by all threads, so it is only written where it changes.
        if self.0.waits.load(Ordering::Relaxed) != waited {
            self.0.waits.store(waited, Ordering::Relaxed);
        }
    }

    /// The calls that are under way on its engine.
    pub(crate) fn calls(&self) -> &Calls {
        &self.0.host.shared.ticking.calls
    }

    fn linked(&self) -> Result<&InstancePre<State>> {
        if let Some(linked) = self.0.linked.get() {
            return Ok(linked);
        }
        let linked = self.0.host.link(&self.0.component).map_err(Error::Unusable)?;
        Ok(self.0.linked.get_or_init(|| linked))
    }
}

/// A store, and its place among those that may be. The place is free when the store is gone.
pub(crate) struct Sandbox {
    pub(crate) store: Store<State>,
    _place: Place,
}

async fn instantiate(
    host: &Host,
    place: Place,
    linked: &InstancePre<State>,
    cache: &ModelCache,
) -> Result<(Sandbox, wasmtime::component::Instance)> {
    let limits = &host.shared.limits;
    let mut store = Store::new(&host.shared.ticking.engine, host.state(cache)?);
    store.limiter(|state| &mut state.memory);
    store.set_epoch_deadline(1);
    store.epoch_deadline_async_yield_and_update(1);
    store.set_hostcall_fuel(limits.call_bytes);
    store.set_max_component_handles(limits.handles);
    if let Some(table) = store.concurrent_resource_table() {
        table.set_max_capacity(limits.handles);
    }
    let instance = linked.instantiate_async(&mut store).await.map_err(|error| {
        if error.is::<PoolConcurrencyLimitError>() { Error::NoRoom(error) } else { Error::Trap(error) }
    })?;
    Ok((Sandbox { store, _place: place }, instance))
}
