//! A tenant: what plugins may use that run for it, and how much of it.

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

/// Where a plugin's own output goes, as far as it may print ([`TenantLimits::output_bytes`]). On a terminal control characters are
/// escaped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stdio {
    /// To the host's standard output and error.
    Inherit,
    /// Both to the host's standard error, where standard output is for the host alone.
    Stderr,
    /// Nowhere.
    #[default]
    Discard,
}

/// A customer for whom plugins run: what they may use, within which limits. Any number of plugins run for one tenant, and one
/// plugin for any number of tenants; nothing but compiled code is shared between two of them.
///
/// Cheap: a tenant is a few hundred bytes besides its grants, so a process can hold thousands, or make one for each request.
/// Cloning it is cheaper still; all clones are one tenant. Instances keep what they use of it.
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

    /// What is known of it by name, for the embedder's own imports.
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

    /// Closes all its databases once what is in use has come back, within a bounded time. Other tenants that were granted the
    /// same [`Database`](db::Database) lose it, too.
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

    /// What its calls have of the processors.
    pub(crate) fn share(&self) -> &Share {
        &self.0.share
    }

    pub(crate) fn keeps_sessions(&self) -> bool {
        self.0.keep_sessions
    }

    pub(crate) fn observer(&self) -> Option<&Arc<dyn Observer>> {
        self.0.observer.as_ref()
    }

    /// How many lines of the host's log all of its plugins may cause.
    pub(crate) fn log_limit(&self) -> Arc<LogLimit> {
        Arc::clone(&self.0.log)
    }

    pub(crate) fn tenant_name(&self) -> Arc<str> {
        Arc::clone(&self.0.name)
    }

    /// What the host may keep for all of its guests.
    pub(crate) fn host_memory(&self) -> Arc<MemoryBudget> {
        Arc::clone(&self.0.host_memory)
    }

    pub(crate) fn databases(&self) -> &HashMap<String, Grant> {
        &self.0.databases
    }

    /// What this tenant's instances of a plugin share.
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

    /// The output of a new instance; nothing where it goes nowhere.
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
    /// Grants a database under a name, which is all that plugins learn of it.
    pub fn database(mut self, name: impl Into<String>, grant: Grant) -> Self {
        let name = name.into();
        if self.databases.insert(name.clone(), grant).is_some() {
            self.duplicate = Some(name);
        }
        self
    }

    /// Grants a directory of the host under a path of the plugin's.
    pub fn directory(mut self, host: impl AsRef<Path>, guest: impl Into<String>, access: Access) -> Self {
        self.directories.push((host.as_ref().to_owned(), guest.into(), access));
        self
    }

    /// Sets an environment variable of the plugins'. They see none of the host's.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Says something about the tenant: its number, its user, its plan. Plugins do not see it; the embedder's own imports
    /// do ([`Tenant::claims`]), and policies name it ([`Grant::policy`]). A later claim of the same name replaces it.
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.claims.insert(name.into(), value.into());
        self
    }

    /// Where a plugin's own output goes; nowhere by default.
    pub fn stdio(mut self, stdio: Stdio) -> Self {
        self.stdio = stdio;
        self
    }

    /// Whether sessions that a call leaves open are still open in the instance's next call. No by default: what a call leaves behind, its
    /// transactions and the connections that they hold, ends with it.
    pub fn keep_sessions(mut self, keep: bool) -> Self {
        self.keep_sessions = keep;
        self
    }

    /// Sets the limits.
    pub fn limits(mut self, limits: TenantLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Is told of the calls, statements, connections and transactions of this tenant, instead of the engine's observer.
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Makes the tenant. It connects to nothing yet.
    ///
    /// # Errors
    /// When a name is granted twice, SQL text is granted together with some tables only, own tables only or a policy, a policy together
    /// with changes of the schema or own tables, a claim of a policy is missing, a directory cannot be opened, or plugins may write where
    /// compiled components are kept.
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
