//! The comfortable layer: a host with its databases, directories and limits, that loads plugins.

use std::{collections::HashMap, path::Path, sync::Arc};

use sqlservice_db as db;
use wasmtime::component::{Component, InstancePre, Linker, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use crate::{
    compile_cache::CompileCache,
    ctx::{Grant, SqlCtx, SqlCtxBuilder, SqlCtxView, SqlView},
    directory::{Access, Granted},
    engine::Ticking,
    error::{Error, Result},
    known::{ModelCache, StatementCounts},
    limits::{HostLimits, MemoryLimit},
    linker,
    places::Places,
    plugin::Plugin,
};

/// Where a plugin's own output goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stdio {
    /// To the host's standard output and error.
    Inherit,
    /// Both to the host's standard error, where standard output is for the host alone.
    Stderr,
    /// Nowhere.
    #[default]
    Discard,
}

/// A host: what it grants to every plugin that it loads.
#[derive(Clone)]
pub struct Host {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) ticking: Ticking,
    linker: Linker<State>,
    databases: HashMap<String, Grant>,
    sql: SqlCtxBuilder,
    directories: Vec<Granted>,
    environment: Vec<(String, String)>,
    stdio: Stdio,
    pub(crate) limits: HostLimits,
    pub(crate) places: Places,
}

impl Host {
    /// Starts with no database, no directory, no environment and the default limits.
    #[must_use]
    pub fn builder() -> HostBuilder {
        HostBuilder::default()
    }

    /// Compiles a component and links it. Compiling takes a while: do it once a component, then instantiate often.
    ///
    /// # Errors
    /// When the bytes are no component, are too large, or import what this host does not offer.
    pub fn load(&self, bytes: &[u8]) -> Result<Plugin> {
        let plugin = self.compile(bytes)?;
        match plugin.missing_imports() {
            missing if missing.is_empty() => Ok(plugin),
            missing => Err(Error::MissingImports(missing)),
        }
    }

    /// Compiles a component that may import what this host does not offer: to look at it, not to call it.
    ///
    /// # Errors
    /// When the bytes are no component or are too large.
    pub fn compile(&self, bytes: &[u8]) -> Result<Plugin> {
        let size = bytes.len() as u64;
        if size > self.shared.limits.component_bytes {
            return Err(Error::TooLarge { size, limit: self.shared.limits.component_bytes });
        }
        check_component(bytes)?;
        let Ticking { engine, cache, .. } = &self.shared.ticking;
        let component = match cache {
            Some(cache) => cache.compile(engine, bytes),
            None => Component::new(engine, bytes),
        };
        let component = component.map_err(Error::Unusable)?;
        Ok(Plugin::new(self.clone(), component, size))
    }

    /// Reads a component from a file and loads it.
    ///
    /// # Errors
    /// As [`Host::load`], and when the file cannot be read.
    pub fn load_file(&self, path: impl AsRef<Path>) -> Result<Plugin> {
        self.load(&read(path.as_ref())?)
    }

    /// Reads a component from a file and compiles it, as [`Host::compile`] does.
    ///
    /// # Errors
    /// As [`Host::compile`], and when the file cannot be read.
    pub fn compile_file(&self, path: impl AsRef<Path>) -> Result<Plugin> {
        self.compile(&read(path.as_ref())?)
    }

    /// A granted database.
    #[must_use]
    pub fn database(&self, name: &str) -> Option<&db::Database> {
        self.shared.databases.get(name).map(|grant| &grant.database)
    }

    /// Closes all databases once what is in use has come back, within a bounded time.
    pub async fn close(&self) {
        for grant in self.shared.databases.values() {
            grant.database.close().await;
        }
    }

    /// A host with the same engine and limits that grants nothing.
    pub(crate) fn without_grants(&self) -> Self {
        let shared = &self.shared;
        Self {
            shared: Arc::new(Shared {
                ticking: shared.ticking.clone(),
                linker: shared.linker.clone(),
                databases: HashMap::new(),
                sql: SqlCtx::builder().limits(shared.limits.sql.clone()),
                directories: Vec::new(),
                environment: Vec::new(),
                stdio: Stdio::Discard,
                limits: shared.limits.clone(),
                places: shared.places.clone(),
            }),
        }
    }

    pub(crate) fn link(&self, component: &Component) -> wasmtime::Result<InstancePre<State>> {
        self.shared.linker.instantiate_pre(component)
    }

    pub(crate) fn state(&self, cache: &ModelCache) -> Result<State> {
        let shared = &self.shared;
        let mut wasi = WasiCtxBuilder::new();
        match shared.stdio {
            Stdio::Inherit => _ = wasi.inherit_stdout().inherit_stderr(),
            Stdio::Stderr => _ = wasi.stdout(std::io::stderr()).inherit_stderr(),
            Stdio::Discard => {}
        }
        wasi.envs(&shared.environment);
        for directory in &shared.directories {
            directory.preopen(&mut wasi)?;
        }
        let mut table = ResourceTable::new();
        table.set_max_capacity(shared.limits.handles);
        Ok(State {
            wasi: wasi.build(),
            table,
            sql: shared.sql.build_with(cache.clone()),
            memory: MemoryLimit::new(shared.limits.memory),
        })
    }
}

/// Builds a [`Host`].
#[derive(Default)]
pub struct HostBuilder {
    databases: HashMap<String, Grant>,
    directories: Vec<(std::path::PathBuf, String, Access)>,
    environment: Vec<(String, String)>,
    stdio: Stdio,
    limits: HostLimits,
    ticking: Option<Ticking>,
    cache: Option<CompileCache>,
    duplicate: Option<String>,
}

impl HostBuilder {
    /// Grants a database under a name, which is all that plugins learn of it.
    #[must_use]
    pub fn database(mut self, name: impl Into<String>, grant: Grant) -> Self {
        let name = name.into();
        if self.databases.insert(name.clone(), grant).is_some() {
            self.duplicate = Some(name);
        }
        self
    }

    /// Grants a directory of the host under a path of the plugin's.
    #[must_use]
    pub fn directory(mut self, host: impl AsRef<Path>, guest: impl Into<String>, access: Access) -> Self {
        self.directories.push((host.as_ref().to_owned(), guest.into(), access));
        self
    }

    /// Sets an environment variable of the plugin's. It sees none of the host's.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Where a plugin's own output goes; nowhere by default.
    #[must_use]
    pub fn stdio(mut self, stdio: Stdio) -> Self {
        self.stdio = stdio;
        self
    }

    /// Sets the limits.
    #[must_use]
    pub fn limits(mut self, limits: HostLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Keeps compiled components in a directory, where this and other processes find them again. Nowhere by default.
    #[must_use]
    pub fn compile_cache(mut self, cache: CompileCache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Shares another host's engine instead of setting up a new one, so that its compiled plugins can be used here, see
    /// [`Plugin::under`]. The engine keeps the limits of memory and instances with which it was made, and its directory of compiled
    /// components.
    #[must_use]
    pub fn engine_of(mut self, host: &Host) -> Self {
        self.ticking = Some(host.shared.ticking.clone());
        self
    }

    /// Makes the host. It connects to nothing yet.
    ///
    /// # Errors
    /// When a name is granted twice, a directory cannot be opened, plugins may write where compiled components are kept, or the
    /// sandbox cannot be set up.
    pub fn build(self) -> Result<Host> {
        if let Some(name) = self.duplicate {
            return Err(Error::DuplicateDatabase(name));
        }
        let is_shared = self.ticking.is_some();
        let mut ticking = match self.ticking {
            Some(ticking) => ticking,
            None => Ticking::new(&self.limits).map_err(Error::Engine)?,
        };
        let mut directories = Vec::new();
        for (path, guest, access) in self.directories {
            directories.push(Granted::open(&path, guest, access)?);
        }
        // That of the engine's other hosts, too.
        for cache in [&ticking.cache, &self.cache].into_iter().flatten() {
            cache.check_grants(&directories)?;
        }
        ticking.cache = self.cache.or(ticking.cache);
        let places = Places::new(&self.limits, &ticking.places, is_shared);
        let mut sql = SqlCtx::builder().limits(self.limits.sql.clone());
        for (name, grant) in &self.databases {
            sql = sql.database(name, grant.clone());
        }
        let linker = link(&ticking).map_err(Error::Engine)?;
        Ok(Host {
            shared: Arc::new(Shared {
                ticking,
                linker,
                databases: self.databases,
                sql,
                directories,
                environment: self.environment,
                stdio: self.stdio,
                limits: self.limits,
                places,
            }),
        })
    }
}

fn link(ticking: &Ticking) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(&ticking.engine);
    // Guest toolchains of today import WASI 0.2, the contract brings the timers of 0.3: both are offered.
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    linker::add_to_linker(&mut linker)?;
    // Linked for everybody; each database asks for its own grant.
    linker::add_raw_sql_to_linker(&mut linker)?;
    Ok(linker)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|source| Error::Unreadable { path: path.to_owned(), source })
}

/// Says in words of people what the bytes are when they are no component.
fn check_component(bytes: &[u8]) -> Result<()> {
    // The preamble of a binary: the magic number, then a version and a layer, which is 1 for components.
    let said = match (bytes.get(..4), bytes.get(4..8)) {
        (Some(b"\0asm"), Some([_, _, 1, 0])) => return Ok(()),
        (Some(b"\0asm"), Some([1, 0, 0, 0])) => {
            "this is a core WebAssembly module, not a component; build it for the target wasm32-wasip2"
        }
        (Some(b"\x7fELF"), _) => {
            "this is a program for this machine, not a WebAssembly component; a precompiled one is refused too"
        }
        _ => "this is not a WebAssembly component",
    };
    Err(Error::NotAComponent(said.to_owned()))
}

/// The data of each instance's store.
pub(crate) struct State {
    wasi: WasiCtx,
    table: ResourceTable,
    sql: SqlCtx,
    pub(crate) memory: MemoryLimit,
}

impl State {
    /// How the guest's statements were compiled.
    pub(crate) fn statements(&self) -> StatementCounts {
        self.sql.statements()
    }
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
