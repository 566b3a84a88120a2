//! What a guest was granted, and the view of it that the contract's functions work on.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};

use sqlservice_db::{
    self as db, Event, Observer, Scope,
    observe::{Instruments, Refused},
};
use tokio::sync::Semaphore;
use wasmtime::component::{HasData, ResourceTable};

use crate::{
    error::Failure,
    known::ModelCache,
    memory::Memory,
    session_state::SessionState,
    tables::{Operations, Tables},
};

/// One database as it is granted to a guest: what is opened, and what may be done to it.
#[derive(Clone, Debug)]
pub struct Grant {
    pub(crate) database: db::Database,
    pub(crate) raw_sql: bool,
    pub(crate) schema_changes: bool,
    pub(crate) tables: Tables,
}

impl Grant {
    /// Grants statements as data and reflection.
    #[must_use]
    pub fn new(database: db::Database) -> Self {
        Self { database, raw_sql: false, schema_changes: false, tables: Tables::default() }
    }

    /// Grants a database by its URL, which stays with the host. Nothing is sent to it yet.
    ///
    /// # Errors
    /// When the URL or a setting makes no sense. The text holds no password.
    pub fn open(url: &str, settings: db::Settings) -> Result<Self, db::Error> {
        Ok(Self::new(db::Database::new(url, settings)?))
    }

    /// Whether the guest may send SQL text and declare SQL expressions. Off by default: text can do whatever the
    /// database's own login can.
    #[must_use]
    pub fn raw_sql(mut self, granted: bool) -> Self {
        self.raw_sql = granted;
        self
    }

    /// Whether the guest may create and drop its declared tables. Off by default: it could drop those of others.
    #[must_use]
    pub fn schema_changes(mut self, granted: bool) -> Self {
        self.schema_changes = granted;
        self
    }

    /// Grants these tables and views and no others, by their names to the letter, `schema.name` where the schema is not the default
    /// one. To the guest others do not exist: it can neither declare nor refer to them, and reflection leaves them out. All tables
    /// where neither this nor [`Grant::table`] is called. It cannot go together with [`Grant::raw_sql`], which reads any table.
    #[must_use]
    pub fn tables(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let all = |tables: Tables, name: String| tables.with(name, Operations::ALL);
        self.tables = names.into_iter().map(Into::into).fold(Tables::none(), all);
        self
    }

    /// Grants one more table, or another right to one, as [`Grant::tables`] does: to its rows no more is done than this. Locking rows
    /// needs [`Operations::UPDATE`], and so does an upsert; creating and dropping the table needs [`Operations::ALL`].
    #[must_use]
    pub fn table(mut self, name: impl Into<String>, operations: Operations) -> Self {
        self.tables = self.tables.with(name.into(), operations);
        self
    }

    /// Whether SQL text was granted, which could read tables that are not.
    pub(crate) fn contradicts_itself(&self) -> bool {
        self.raw_sql && self.tables.is_some_only()
    }

    /// Whether the guest may send SQL text.
    pub(crate) fn allows_text(&self) -> bool {
        self.raw_sql && !self.contradicts_itself()
    }

    /// The same grant for a tenant that may have so many of its connections.
    pub(crate) fn limit_connections(self, most: Option<u32>) -> Self {
        let Some(most) = most else { return self };
        Self { database: self.database.limit_connections(most), ..self }
    }

    /// The same grant for the work of a tenant's plugin, of which an observer is told; the database's own where there is none.
    pub(crate) fn with_scope(&self, scope: Scope, observer: Option<Arc<dyn Observer>>) -> Self {
        Self { database: self.database.with_scope(scope, observer), ..self.clone() }
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> &db::Database {
        &self.database
    }
}

/// How much a guest may hold and ask for at once. Every number is the greatest that is allowed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SqlLimits {
    /// Open connections and sessions. 64 by default.
    pub sessions: u32,
    /// Open cursors. 64 by default.
    pub cursors: u32,
    /// Rows of one result. A million by default.
    pub rows: Option<u64>,
    /// Bytes of the rows that one `load`, `flush` or `insert-many` returns: all of them come at once, so the host holds them and
    /// the guest's memory must have room for them. 64 MiB by default.
    pub answer_bytes: u64,
    /// Bytes that the host keeps for a guest, for all of a tenant's guests together: arguments of calls that run or wait, prepared
    /// statements, and the tables of open databases. 128 MiB by default. More is refused as a limit of bytes.
    pub host_bytes: usize,
    /// Bytes of one batch of rows. 1 MiB by default; it must fit the guest's memory.
    pub batch_bytes: u32,
    /// Rows of one batch. 8,192 by default.
    pub batch_rows: u32,
    /// How long one statement may take, and each later batch of its cursor. 30 seconds by default; the database's own setting holds
    /// where it is lower.
    pub statement_time: Option<std::time::Duration>,
    /// How long one transaction may take. 60 seconds by default: until it ends, others wait for its locks and for its connection.
    pub transaction_time: Option<std::time::Duration>,
    /// How long one transaction may be open while none of its calls runs; noticed after twice that at the latest. 10 seconds by
    /// default.
    pub idle_transaction_time: Option<std::time::Duration>,
    /// What one statement may be.
    pub statement: sqlservice_sql::Limits,
}

impl SqlLimits {
    /// Those for plugins that one would run outside of a sandbox as well: as the default, but for rows, time and what the host keeps,
    /// which have no limit.
    #[must_use]
    pub fn trusted() -> Self {
        let times =
            Self { statement_time: None, transaction_time: None, idle_transaction_time: None, ..Self::default() };
        Self { rows: None, host_bytes: usize::MAX, ..times }
    }
}

/// Safe for plugins of strangers; see [`SqlLimits::trusted`].
impl Default for SqlLimits {
    fn default() -> Self {
        Self {
            sessions: 64,
            cursors: 64,
            rows: Some(1_000_000),
            answer_bytes: 64 << 20,
            host_bytes: 128 << 20,
            batch_bytes: 1 << 20,
            batch_rows: 8_192,
            statement_time: Some(std::time::Duration::from_secs(30)),
            transaction_time: Some(std::time::Duration::from_secs(60)),
            idle_transaction_time: Some(std::time::Duration::from_secs(10)),
            statement: sqlservice_sql::Limits::default(),
        }
    }
}

sqlservice_sql::setters!(SqlLimits {
    sessions: u32,
    cursors: u32,
    rows? u64,
    answer_bytes: u64,
    host_bytes: usize,
    batch_bytes: u32,
    batch_rows: u32,
    statement_time? std::time::Duration,
    transaction_time? std::time::Duration,
    idle_transaction_time? std::time::Duration,
    statement: sqlservice_sql::Limits,
});

/// The codes of errors by which the host refuses something, and not the database.
const REFUSALS: [&str; 6] = ["denied", "limit", "pool-timeout", "timeout", "transaction-closed", "no-such-database"];

/// The state of one guest: its grants and its limits. It lives in the store's data.
#[derive(Debug)]
pub struct SqlCtx {
    pub(crate) databases: Arc<HashMap<String, Grant>>,
    pub(crate) limits: Arc<SqlLimits>,
    pub(crate) sessions: Arc<Semaphore>,
    pub(crate) cursors: Arc<Semaphore>,
    pub(crate) cache: ModelCache,
    pub(crate) memory: Arc<Memory>,
    /// The sessions that were opened since they were ended last; some of them are gone.
    pub(crate) live: Vec<Weak<SessionState>>,
    pub(crate) instruments: Instruments,
}

impl SqlCtx {
    /// Starts with no database and the default limits.
    #[must_use]
    pub fn builder() -> SqlCtxBuilder {
        SqlCtxBuilder::default()
    }

    /// Tells the observer where an error is a refusal of the host's.
    pub(crate) fn tell_refusal(&self, failure: &Failure) {
        if !REFUSALS.contains(&failure.code.as_str()) {
            return;
        }
        let limit = failure.details.iter().find(|detail| detail.name == "limit").map(|detail| detail.value.as_str());
        self.instruments.tell(|scope| Event::Refused(Refused::new(scope, &failure.code, limit)));
    }

    /// Remembers a session until it is gone. Of those that are gone no more are kept than there may be sessions.
    pub(crate) fn remember(&mut self, session: &Arc<SessionState>) {
        if self.live.len() > 2 * self.limits.sessions as usize {
            self.live.retain(|session| session.strong_count() > 0);
        }
        self.live.push(Arc::downgrade(session));
    }

    /// Ends all sessions that the guest has open, as if it had dropped them: what runs is stopped, what is open is rolled back, and
    /// their connections go back, in tasks of the host's. To the guest they are closed. For embedders with a linker of their own, at
    /// the end of a call; [`Instance`](crate::Instance) does it by itself.
    pub fn end_sessions(&mut self) {
        for session in self.live.drain(..).filter_map(|session| session.upgrade()) {
            session.session.end();
        }
    }
}

/// Builds a [`SqlCtx`].
#[derive(Clone, Debug, Default)]
pub struct SqlCtxBuilder {
    databases: Arc<HashMap<String, Grant>>,
    limits: Arc<SqlLimits>,
    cache: Option<ModelCache>,
    memory: Option<Arc<Memory>>,
    instruments: Instruments,
}

impl SqlCtxBuilder {
    /// Grants a database under a name. A later grant under the same name replaces it.
    #[must_use]
    pub fn database(mut self, name: impl Into<String>, grant: Grant) -> Self {
        Arc::make_mut(&mut self.databases).insert(name.into(), grant);
        self
    }

    /// Sets the limits.
    #[must_use]
    pub fn limits(mut self, limits: SqlLimits) -> Self {
        self.limits = Arc::new(limits);
        self
    }

    /// Keeps checked models and compiled statements in a cache that several guests share, which must be instances of one plugin
    /// with the same grants. Without it each guest has a cache of its own.
    #[must_use]
    pub fn cache(mut self, cache: ModelCache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Counts what the host keeps for the guest together with what it keeps for others.
    pub(crate) fn host_memory(mut self, memory: Arc<Memory>) -> Self {
        self.memory = Some(memory);
        self
    }

    /// Tells of what the guest is refused.
    pub(crate) fn instruments(mut self, instruments: Instruments) -> Self {
        self.instruments = instruments;
        self
    }

    /// Makes the state for one guest. Cheap: grants and limits are shared, counters are the guest's own.
    #[must_use]
    pub fn build(&self) -> SqlCtx {
        self.build_with(self.cache.clone().unwrap_or_default())
    }

    /// The same with another cache.
    pub(crate) fn build_with(&self, cache: ModelCache) -> SqlCtx {
        SqlCtx {
            databases: self.databases.clone(),
            limits: self.limits.clone(),
            sessions: Arc::new(Semaphore::new(self.limits.sessions as usize)),
            cursors: Arc::new(Semaphore::new(self.limits.cursors as usize)),
            cache,
            live: Vec::new(),
            instruments: self.instruments.clone(),
            memory: self.memory.clone().unwrap_or_else(|| Memory::new(self.limits.host_bytes)),
        }
    }
}

/// A guest's state and its table of resources, borrowed from the store.
pub struct SqlCtxView<'a> {
    /// The grants and limits.
    pub ctx: &'a mut SqlCtx,
    /// The resources. The same table as WASI's will do.
    pub table: &'a mut ResourceTable,
}

/// What a store's data implements so that the contract can be added to its linker.
pub trait SqlView: Send {
    /// Borrows the state.
    fn sql(&mut self) -> SqlCtxView<'_>;
}

/// Ties the contract's functions to [`SqlCtxView`].
pub struct HasSql;

impl HasData for HasSql {
    type Data<'a> = SqlCtxView<'a>;
}
