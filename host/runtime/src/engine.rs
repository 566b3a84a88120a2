//! The engine: it compiles components, links them with the host's imports, and holds the memory of their instances.

mod component;
mod sandbox;

use std::{path::Path, sync::Arc};

use sqlservice_db::Observer;
use tokio::sync::Semaphore;
use wasmtime::component::{Component, InstancePre, Linker};

use self::sandbox::Sandbox;
pub(crate) use self::sandbox::engine_to_compile;
use crate::{
    calls::ActiveCalls,
    compile_cache::{CompileCache, entry},
    compile_process::CompileProcess,
    error::{Error, Result},
    extension::{Extension, Extensions},
    imports, instance_permits,
    limits::EngineLimits,
    linker,
    plugin::Plugin,
    state::InstanceState,
    tenant::{Tenant, TenantBuilder},
    turns::Turns,
    wasi,
};

/// Compiles plugins and holds the memory of their instances. A process has one; cloning it is cheap.
///
/// It grants nothing: a plugin's rights are its [`Tenant`]'s.
#[derive(Clone)]
pub struct Engine(Arc<Shared>);

struct Shared {
    sandbox: Sandbox,
    linker: Linker<InstanceState>,
    extensions: Extensions,
    limits: EngineLimits,
    /// The permits for instances, which all tenants share.
    places: Arc<Semaphore>,
    /// The active calls of all instances.
    calls: ActiveCalls,
    /// The scheduler of guests that compute.
    turns: Arc<Turns>,
    cache: Option<CompileCache>,
    compile_process: Option<CompileProcess>,
    observer: Option<Arc<dyn Observer>>,
}

impl Engine {
    /// Makes an engine with the default limits, no extension, and no cache of compiled components.
    ///
    /// # Errors
    /// [`Error::Engine`] when the sandbox cannot be set up.
    pub fn new() -> Result<Self> {
        Self::builder().build()
    }

    /// Returns a builder with the default limits, no extension, and no cache of compiled components.
    #[must_use]
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }

    /// Compiles a component and links it. Compiling takes a while: do it once a component, then instantiate often, for any
    /// number of tenants.
    ///
    /// # Errors
    /// When the bytes are no component, when they are too large or too complex, or when an import is missing in this engine.
    pub fn load(&self, bytes: &[u8]) -> Result<Plugin> {
        let plugin = self.compile(bytes)?;
        if let Err(error) = plugin.linked() {
            let missing = plugin.missing_imports();
            return Err(if missing.is_empty() { error } else { Error::MissingImports(missing) });
        }
        Ok(plugin)
    }

    /// Compiles a component for inspection, not for calls: it may have imports that this engine lacks.
    ///
    /// # Errors
    /// When the bytes are no component, or are too large or too complex.
    pub fn compile(&self, bytes: &[u8]) -> Result<Plugin> {
        let (size, limit) = (bytes.len() as u64, self.0.limits.component_bytes);
        if size > limit {
            return Err(Error::TooLarge { size, limit });
        }
        component::check(bytes)?;
        component::measure(bytes)?;
        let compile = || self.compile_anew(bytes);
        let component = match &self.0.cache {
            Some(cache) => cache.find_or(self.sandbox(), bytes, compile),
            None => compile(),
        };
        Ok(Plugin::new(self.clone(), component?, size))
    }

    fn compile_anew(&self, bytes: &[u8]) -> Result<Component> {
        let engine = self.sandbox();
        let component = match &self.0.compile_process {
            Some(process) => entry::load_compiled(engine, &process.compile(bytes)?),
            None => Component::new(engine, bytes),
        };
        component.map_err(Error::Unusable)
    }

    /// Reads a component from a file and loads it. The plugin's name is the file's, without its directory and extension.
    ///
    /// # Errors
    /// As [`Engine::load`], and [`Error::Unreadable`] when the file cannot be read.
    pub fn load_file(&self, path: impl AsRef<Path>) -> Result<Plugin> {
        let path = path.as_ref();
        Ok(self.load(&component::read(path)?)?.with_name(component::name(path)))
    }

    /// Reads a component from a file and compiles it, as [`Engine::compile`] does.
    ///
    /// # Errors
    /// As [`Engine::compile`], and [`Error::Unreadable`] when the file cannot be read.
    pub fn compile_file(&self, path: impl AsRef<Path>) -> Result<Plugin> {
        let path = path.as_ref();
        Ok(self.compile(&component::read(path)?)?.with_name(component::name(path)))
    }

    /// Returns the builder of a tenant without grants. The name is for the embedder and its [`Observer`](crate::Observer); plugins do
    /// not see it, and two tenants may have the same one.
    pub fn tenant(&self, name: impl Into<Arc<str>>) -> TenantBuilder {
        Tenant::builder(self.clone(), name.into())
    }

    /// The limits.
    #[must_use]
    pub fn limits(&self) -> &EngineLimits {
        &self.0.limits
    }

    /// wasmtime's engine, for uses that this crate's API does not cover.
    #[must_use]
    pub fn sandbox(&self) -> &wasmtime::Engine {
        &self.0.sandbox.engine
    }

    /// Whether both are the same engine, so that plugins of one run for tenants of the other.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(crate) fn link(&self, component: &Component) -> wasmtime::Result<InstancePre<InstanceState>> {
        self.0.linker.instantiate_pre(component)
    }

    /// Returns the names of a component's imports that the linker lacks.
    pub(crate) fn missing_imports(&self, component: &Component) -> Vec<String> {
        imports::missing(&self.0.linker, component)
    }

    pub(crate) fn extensions(&self) -> &Extensions {
        &self.0.extensions
    }

    pub(crate) fn places(&self) -> &Arc<Semaphore> {
        &self.0.places
    }

    pub(crate) fn turns(&self) -> &Arc<Turns> {
        &self.0.turns
    }

    pub(crate) fn calls(&self) -> &ActiveCalls {
        &self.0.calls
    }

    pub(crate) fn observer(&self) -> Option<&Arc<dyn Observer>> {
        self.0.observer.as_ref()
    }

    pub(crate) fn compile_cache(&self) -> Option<&CompileCache> {
        self.0.cache.as_ref()
    }
}

/// Builds an [`Engine`].
#[derive(Default)]
pub struct EngineBuilder {
    limits: EngineLimits,
    cache: Option<CompileCache>,
    compile_process: Option<CompileProcess>,
    extensions: Extensions,
    observer: Option<Arc<dyn Observer>>,
}

impl EngineBuilder {
    /// Sets the limits that all instances share.
    #[must_use]
    pub fn limits(mut self, limits: EngineLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Keeps compiled components in a directory, where this and other processes find them again. By default they are not kept.
    #[must_use]
    pub fn compile_cache(mut self, cache: CompileCache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Compiles components in a process of its own, which is killed when one takes too long or too much memory. By default they are
    /// compiled in this process, where compiling cannot be stopped: compile untrusted components apart.
    #[must_use]
    pub fn compile_apart(mut self, process: CompileProcess) -> Self {
        self.compile_process = Some(process);
        self
    }

    /// Adds the embedder's own imports, with state for each instance.
    #[must_use]
    pub fn extension(mut self, extension: impl Extension) -> Self {
        self.extensions.add(extension);
        self
    }

    /// Sets the observer of calls, statements, connections and transactions, for all tenants without an observer of their own.
    #[must_use]
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Makes the engine.
    ///
    /// # Errors
    /// [`Error::Engine`] when the sandbox cannot be set up, or two extensions define the same import.
    pub fn build(self) -> Result<Engine> {
        let turns = Arc::<Turns>::default();
        let sandbox = Sandbox::new(&self.limits, &turns).map_err(Error::Engine)?;
        let linker = link(&sandbox, &self.extensions).map_err(Error::Engine)?;
        Ok(Engine(Arc::new(Shared {
            sandbox,
            linker,
            extensions: self.extensions,
            places: instance_permits::semaphore(self.limits.instances),
            limits: self.limits,
            calls: ActiveCalls::default(),
            turns,
            cache: self.cache,
            compile_process: self.compile_process,
            observer: self.observer,
        })))
    }
}

fn link(sandbox: &Sandbox, extensions: &Extensions) -> wasmtime::Result<Linker<InstanceState>> {
    let mut linker = Linker::new(&sandbox.engine);
    wasi::add_to_linker(&mut linker)?;
    linker::add_to_linker(&mut linker)?;
    // Linked for all guests; each database checks its own grant.
    linker::add_raw_sql_to_linker(&mut linker)?;
    extensions.link(&mut linker)?;
    Ok(linker)
}
