//! A tenant: the grants and limits of the plugins that run for it.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    sync::Arc,
};

use sqlservice_db::{self as db, Observer, observe::LogLimit};
use sqlservice_sql::Value;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::WasiCtxBuilder;

use crate::{
    ctx::SqlCtx,
    directory::{Access, GrantedDirectory},
    engine::Engine,
    error::{Error, Result},
    grant::Grant,
    installed::{InstalledPlugin, InstalledPlugins},
    instance_permits::InstancePermits,
    limits::{MemoryLimit, TenantLimits},
    memory::MemoryBudget,
    output::{Output, OutputLimit, Target},
    plugin::Plugin,
    state::InstanceState,
    turns::Share,
};

/// The destination of a plugin's output, within its limits ([`TenantLimits::output_bytes`]). On a terminal control characters are
/// escaped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stdio {
    /// To the host's standard output and error.
    Inherit,
    /// Both to the host's standard error, for hosts that need standard output for themselves.
    Stderr,
    /// Nowhere.
    #[default]
    Discard,
}

/// A customer for whom plugins run: their grants and limits. Any number of plugins run for one tenant, and one plugin for any number of
/// tenants; two tenants share nothing but compiled code.
///
/// A tenant takes a few hundred bytes besides its grants, so a process can hold thousands, or make one for each request. Cloning is
/// cheaper still; all clones are one tenant. Instances keep the parts of it that they use.
#[derive(Clone)]
pub struct Tenant(Arc<Shared>);

struct Shared {
    engine: Engine,
    name: Arc<str>,
    claims: BTreeMap<String, Value>,
    databases: HashMap<String, Grant>,
    directories: Vec<GrantedDirectory>,
    environment: Vec<(String, String)>,
    stdio: Stdio,
    keep_sessions: bool,
    limits: TenantLimits,
    memory: Arc<MemoryBudget>,
    host_memory: Arc<MemoryBudget>,
    places: InstancePermits,
    share: Share,
    output: Arc<OutputLimit>,
    log: Arc<LogLimit>,
    observer: Option<Arc<dyn Observer>>,
    installs: InstalledPlugins,
}

impl Tenant {
    pub(crate) fn builder(engine: Engine, name: Arc<str>) -> TenantBuilder {
        TenantBuilder {
            engine,
            name,
            claims: BTreeMap::new(),
            databases: HashMap::new(),
            directories: Vec::new(),
            environment: Vec::new(),
            stdio: Stdio::default(),
            keep_sessions: false,
            limits: TenantLimits::default(),
            observer: None,
            duplicate: None,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Its claims by name, for the embedder's own imports.
    #[must_use]
    pub fn claims(&self) -> &BTreeMap<String, Value> {
        &self.0.claims
    }

    /// Its limits.
    #[must_use]
    pub fn limits(&self) -> &TenantLimits {
        &self.0.limits
    }

    /// A granted database.
    #[must_use]
    pub fn database(&self, name: &str) -> Option<&db::Database> {
        self.0.databases.get(name).map(|grant| &grant.database)
    }

    /// Closes all its databases, after waiting a bounded time for connections that are in use. Other tenants that were granted the same
    /// [`Database`](db::Database) lose it, too.
    pub async fn close(&self) {
        for grant in self.0.databases.values() {
            grant.database.close().await;
        }
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.0.engine
    }

    pub(crate) fn places(&self) -> &InstancePermits {
        &self.0.places
    }

    /// The share of the processors that its calls have.
    pub(crate) fn share(&self) -> &Share {
        &self.0.share
    }

    pub(crate) fn keeps_sessions(&self) -> bool {
        self.0.keep_sessions
    }

    pub(crate) fn observer(&self) -> Option<&Arc<dyn Observer>> {
        self.0.observer.as_ref()
    }

    /// The limit of host log lines that all of its plugins may cause.
    pub(crate) fn log_limit(&self) -> Arc<LogLimit> {
        Arc::clone(&self.0.log)
    }

    pub(crate) fn tenant_name(&self) -> Arc<str> {
        Arc::clone(&self.0.name)
    }

    /// The budget of bytes that the host keeps for all of its guests.
    pub(crate) fn host_memory(&self) -> Arc<MemoryBudget> {
        Arc::clone(&self.0.host_memory)
    }

    pub(crate) fn databases(&self) -> &HashMap<String, Grant> {
        &self.0.databases
    }

    /// Returns the state that this tenant's instances of a plugin share.
    pub(crate) fn installed(&self, plugin: &Plugin) -> Arc<InstalledPlugin> {
        self.0.installs.of(self, plugin)
    }

    /// The data of a new instance's store.
    pub(crate) fn state(&self, plugin: &Plugin, sql: SqlCtx) -> Result<InstanceState> {
        let mut table = ResourceTable::new();
        table.set_max_capacity(self.0.limits.handles);
        let output = self.output(&sql);
        let memory = MemoryLimit::new(self.0.limits.memory, &self.0.memory, sql.instruments.clone())?;
        Ok(InstanceState {
            wasi: self.wasi(output.as_ref())?.build(),
            output,
            table,
            memory,
            sql,
            extensions: self.0.engine.extensions().states(self, plugin)?,
        })
    }

    /// Makes the output of a new instance; `None` where it is discarded.
    fn output(&self, sql: &SqlCtx) -> Option<Arc<Output>> {
        let goes_anywhere = self.0.stdio != Stdio::Discard;
        goes_anywhere.then(|| Output::new(Arc::clone(&self.0.output), sql.instruments.clone()))
    }

    fn wasi(&self, output: Option<&Arc<Output>>) -> Result<WasiCtxBuilder> {
        let mut wasi = WasiCtxBuilder::new();
        if let Some(output) = output {
            let out = if self.0.stdio == Stdio::Inherit { Target::Stdout } else { Target::Stderr };
            wasi.stdout(output.stream(out)).stderr(output.stream(Target::Stderr));
        }
        wasi.envs(&self.0.environment);
        for directory in &self.0.directories {
            directory.preopen(&mut wasi)?;
        }
        Ok(wasi)
    }
}

/// Builds a [`Tenant`]; see [`Engine::tenant`].
#[must_use]
pub struct TenantBuilder {
    engine: Engine,
    name: Arc<str>,
    claims: BTreeMap<String, Value>,
    databases: HashMap<String, Grant>,
    directories: Vec<(PathBuf, String, Access)>,
    environment: Vec<(String, String)>,
    stdio: Stdio,
    keep_sessions: bool,
    limits: TenantLimits,
    observer: Option<Arc<dyn Observer>>,
    duplicate: Option<String>,
}

impl TenantBuilder {
    /// Grants a database under a name. Plugins see this name, never the URL.
    pub fn database(mut self, name: impl Into<String>, grant: Grant) -> Self {
        let name = name.into();
        if self.databases.insert(name.clone(), grant).is_some() {
            self.duplicate = Some(name);
        }
        self
    }

    /// Grants a directory of the host under a path that plugins see.
    pub fn directory(mut self, host: impl AsRef<Path>, guest: impl Into<String>, access: Access) -> Self {
        self.directories.push((host.as_ref().to_owned(), guest.into(), access));
        self
    }

    /// Sets an environment variable of the plugins, which see none of the host's.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Sets a claim about the tenant: its number, its user, its plan. Plugins do not see it; the embedder's own imports read it
    /// ([`Tenant::claims`]), and policies use it ([`Grant::policy`]). A later claim of the same name replaces it.
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.claims.insert(name.into(), value.into());
        self
    }

    /// Sets the destination of a plugin's output; it is discarded by default.
    pub fn stdio(mut self, stdio: Stdio) -> Self {
        self.stdio = stdio;
        self
    }

    /// Whether sessions that a call leaves open stay open for the instance's next call. No by default: they end with the call, with
    /// their transactions and connections.
    pub fn keep_sessions(mut self, keep: bool) -> Self {
        self.keep_sessions = keep;
        self
    }

    /// Sets the limits.
    pub fn limits(mut self, limits: TenantLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the observer of this tenant's calls, statements, connections and transactions, instead of the engine's.
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Makes the tenant. Does not connect to its databases yet.
    ///
    /// # Errors
    /// When a name is granted twice, SQL text is granted together with some tables only, own tables only or a policy, a policy together
    /// with schema changes or own tables, a claim of a policy is missing, a directory cannot be opened, or plugins may write to the
    /// directory of compiled components.
    pub fn build(self) -> Result<Tenant> {
        if let Some(name) = self.duplicate {
            return Err(Error::DuplicateDatabase(name));
        }
        if let Some((name, _)) = self.databases.iter().find(|(_, grant)| grant.contradicts_itself()) {
            return Err(Error::ContradictoryGrant(name.clone()));
        }
        let open = |(path, guest, access): (PathBuf, String, Access)| GrantedDirectory::open(&path, guest, access);
        let directories = self.directories.into_iter().map(open).collect::<Result<Vec<_>>>()?;
        if let Some(cache) = self.engine.compile_cache() {
            cache.check_grants(&directories)?;
        }
        let places = InstancePermits::new(&self.limits, self.engine.places());
        let mut databases = HashMap::new();
        for (name, grant) in self.databases {
            let bound = grant.limit_connections(&self.limits).bind(&self.claims);
            let grant = bound.map_err(|source| Error::Policy { name: name.clone(), source: Box::new(source) })?;
            databases.insert(name, grant);
        }
        let observer = self.observer.or_else(|| self.engine.observer().cloned());
        let share = Share::new(self.engine.turns());
        Ok(Tenant(Arc::new(Shared {
            engine: self.engine,
            name: self.name,
            claims: self.claims,
            databases,
            directories,
            environment: self.environment,
            stdio: self.stdio,
            keep_sessions: self.keep_sessions,
            memory: MemoryBudget::new(self.limits.total_memory),
            host_memory: MemoryBudget::new(self.limits.sql.host_bytes),
            output: OutputLimit::new(&self.limits),
            log: Arc::new(LogLimit::new(self.limits.log_lines)),
            limits: self.limits,
            places,
            share,
            observer,
            installs: InstalledPlugins::default(),
        })))
    }
}
