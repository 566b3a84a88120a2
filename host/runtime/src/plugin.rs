//! A compiled component: its imports, its exports, and instances of it.

use std::sync::{
    Arc, OnceLock, Weak,
    atomic::{AtomicU64, Ordering},
};

use wasmtime::component::{Component, InstancePre};

use crate::{
    bindings::declared::Declared,
    bounded::bounded,
    engine::Engine,
    error::{Error, Result},
    function::{self, Function},
    instance::{Instance, InstanceStore},
    state::InstanceState,
    tenant::Tenant,
};

/// The interface through which a component declares its models.
const DECLARATIONS: &str = "sqlservice:database/declarations@";

/// A component that an [`Engine`] has compiled: code, without any rights. Cheap to clone.
#[derive(Clone)]
pub struct Plugin {
    id: PluginId,
    name: Arc<str>,
    loaded: Arc<LoadedComponent>,
}

struct LoadedComponent {
    engine: Engine,
    component: Component,
    /// The component linked with its imports, once linking was first needed.
    linked: OnceLock<InstancePre<InstanceState>>,
    size: u64,
    functions: Arc<[Function]>,
}

/// Identifies a plugin within the process, also among several made of one component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PluginId(u64);

impl PluginId {
    fn new() -> Self {
        static IDS: AtomicU64 = AtomicU64::new(0);
        Self(IDS.fetch_add(1, Ordering::Relaxed))
    }
}

/// A weak reference to a plugin's code.
pub(crate) struct WeakPlugin(Weak<LoadedComponent>);

impl WeakPlugin {
    pub(crate) fn is_loaded(&self) -> bool {
        self.0.strong_count() > 0
    }
}

impl Plugin {
    pub(crate) fn new(engine: Engine, component: Component, size: u64) -> Self {
        let functions = function::exported(engine.sandbox(), &component).into();
        let loaded = Arc::new(LoadedComponent { engine, component, linked: OnceLock::new(), size, functions });
        Self { id: PluginId::new(), name: Arc::from("plugin"), loaded }
    }

    /// Returns the same code under another name: to tenants and observers it is another plugin, with its own cache of models and
    /// statements.
    #[must_use]
    pub fn with_name(self, name: impl Into<Arc<str>>) -> Self {
        Self { id: PluginId::new(), name: name.into(), loaded: self.loaded }
    }

    /// The name for the embedder and its logs: that of its file, or `plugin`, unless [`Plugin::with_name`] set another one.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The functions that can be called, including those of exported interfaces.
    #[must_use]
    pub fn functions(&self) -> &[Function] {
        &self.loaded.functions
    }

    /// A function by its name: `name`, or `interface#name` where several interfaces export it.
    ///
    /// # Errors
    /// [`Error::NoSuchFunction`] with the most similar name.
    pub fn function(&self, name: &str) -> Result<&Function> {
        function::find(&self.loaded.functions, name)
    }

    /// The names of its imports.
    #[must_use]
    pub fn imports(&self) -> Vec<String> {
        let ty = self.component().component_type();
        ty.imports(self.engine().sandbox()).map(|(name, _)| name.to_owned()).collect()
    }

    /// The names of its exports.
    #[must_use]
    pub fn exports(&self) -> Vec<String> {
        let ty = self.component().component_type();
        ty.exports(self.engine().sandbox()).map(|(name, _)| name.to_owned()).collect()
    }

    /// The names of its imports that neither the engine nor its extensions offer: the first 64, and of more than 2,000 imported
    /// functions, resources and interfaces only the first.
    #[must_use]
    pub fn missing_imports(&self) -> Vec<String> {
        self.engine().missing_imports(self.component())
    }

    /// The size of the component in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.loaded.size
    }

    /// wasmtime's component, for uses that this crate's API does not cover.
    #[must_use]
    pub fn component(&self) -> &Component {
        &self.loaded.component
    }

    /// Returns the models that the component declares, where it exports `declarations`. The function that returns them runs in an
    /// instance of its own, for a tenant without grants.
    ///
    /// # Errors
    /// When the component cannot be instantiated, traps, or takes longer than [`TenantLimits::default`](crate::TenantLimits) allows.
    pub async fn models(&self) -> Result<Option<sqlservice_sql::schema::Models>> {
        if !self.exports().iter().any(|name| name.starts_with(DECLARATIONS)) {
            return Ok(None);
        }
        let without_grants = self.engine().tenant("").build()?;
        let installed = without_grants.installed(self);
        let (mut sandbox, instance) = InstanceStore::open(self, &without_grants, &installed).await?;
        let store = &mut sandbox.store;
        let declared = Declared::new(&mut *store, &instance).map_err(Error::Unusable)?;
        let models = declared.sqlservice_database_declarations().call_declared_models(&mut *store);
        let models = bounded(without_grants.limits().of_call(), without_grants.share(), models).await?;
        Ok(Some(models.map_err(Error::Trap)?.into()))
    }

    /// Makes an instance for a tenant: a sandbox with its own memory and its own handles.
    ///
    /// # Errors
    /// When an import is missing, or when the component traps or takes too long at its start. Waits where all permits for instances are
    /// taken: [`Error::InstanceTimeout`] and [`Error::InstanceQueueFull`] report that none became free. [`Error::Engine`] when the
    /// tenant is of another engine.
    pub async fn instantiate(&self, tenant: &Tenant) -> Result<Instance> {
        Instance::new(self, tenant).await
    }

    pub(crate) fn shared_functions(&self) -> Arc<[Function]> {
        Arc::clone(&self.loaded.functions)
    }

    pub(crate) fn shared_name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    pub(crate) fn id(&self) -> PluginId {
        self.id
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.loaded.engine
    }

    pub(crate) fn downgrade(&self) -> WeakPlugin {
        WeakPlugin(Arc::downgrade(&self.loaded))
    }

    pub(crate) fn linked(&self) -> Result<&InstancePre<InstanceState>> {
        if let Some(linked) = self.loaded.linked.get() {
            return Ok(linked);
        }
        let linked = self.engine().link(self.component()).map_err(Error::Unusable)?;
        Ok(self.loaded.linked.get_or_init(|| linked))
    }
}
