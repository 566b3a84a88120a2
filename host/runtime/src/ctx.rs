//! A guest's grants and limits, and the view of them that the contract's functions work on.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};

use sqlservice_db::{
    self as db, Event,
    observe::{Instruments, Refused},
};
use tokio::sync::Semaphore;
use wasmtime::component::{HasData, ResourceTable};

use crate::{
    database_state::DatabaseState,
    error::Failure,
    grant::Grant,
    limits::SqlLimits,
    memory::MemoryBudget,
    model_cache::{CompiledCatalog, ModelCache},
    session_state::SessionState,
};

/// The codes of errors with which the host, and not the database, refuses something.
const REFUSALS: [&str; 6] = ["denied", "limit", "pool-timeout", "timeout", "transaction-closed", "no-such-database"];

/// The state of one guest: its grants and limits. It is part of the store's data.
#[derive(Debug)]
pub struct SqlCtx {
    pub(crate) databases: Arc<HashMap<String, Grant>>,
    pub(crate) limits: Arc<SqlLimits>,
    pub(crate) sessions: Arc<Semaphore>,
    pub(crate) cursors: Arc<Semaphore>,
    pub(crate) cache: ModelCache,
    pub(crate) memory: Arc<MemoryBudget>,
    /// The sessions that were opened since [`SqlCtx::end_sessions`] ran last; some of them are dropped.
    pub(crate) live: Vec<Weak<SessionState>>,
    pub(crate) instruments: Instruments,
}

impl SqlCtx {
    /// Returns a builder with no database and the default limits.
    #[must_use]
    pub fn builder() -> SqlCtxBuilder {
        SqlCtxBuilder::default()
    }

    /// Sends an event to the observer where an error is a refusal of the host.
    pub(crate) fn tell_refusal(&self, failure: &Failure) {
        if !REFUSALS.contains(&failure.code.as_str()) {
            return;
        }
        let limit = failure.details.iter().find(|detail| detail.name == "limit").map(|detail| detail.value.as_str());
        self.instruments.tell(|scope| Event::Refused(Refused::new(scope, &failure.code, limit)));
    }

    /// Makes the state of a database that the guest opens.
    pub(crate) fn open(&self, grant: Grant, known: Arc<CompiledCatalog>) -> db::Result<DatabaseState> {
        let places = (Arc::clone(&self.sessions), Arc::clone(&self.cursors));
        DatabaseState::new(grant, known, Arc::clone(&self.limits), places, Arc::clone(&self.memory))
    }

    /// Remembers a session for [`SqlCtx::end_sessions`]. Dropped sessions are removed, so that at most about twice the limit of
    /// sessions is kept.
    pub(crate) fn remember(&mut self, session: &Arc<SessionState>) {
        if self.live.len() > 2 * self.limits.sessions as usize {
            self.live.retain(|session| session.strong_count() > 0);
        }
        self.live.push(Arc::downgrade(session));
    }

    /// Ends all open sessions of the guest, as if it had dropped them: host-owned tasks stop running statements, roll back open
    /// transactions, and return the connections to their pools. To the guest the sessions are closed. For embedders with their own
    /// linker, at the end of a call; [`Instance`](crate::Instance) does so by itself.
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
    memory: Option<Arc<MemoryBudget>>,
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

    /// Keeps checked models and compiled statements in a cache that several guests share, which must be instances of one plugin with
    /// the same grants. By default each guest has its own cache.
    #[must_use]
    pub fn cache(mut self, cache: ModelCache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Charges the bytes that the host keeps for the guest to a budget that others share.
    pub(crate) fn host_memory(mut self, memory: Arc<MemoryBudget>) -> Self {
        self.memory = Some(memory);
        self
    }

    /// Sets the instruments that report refusals.
    pub(crate) fn instruments(mut self, instruments: Instruments) -> Self {
        self.instruments = instruments;
        self
    }

    /// Makes the state of one guest. Cheap: grants and limits are shared, permits are the guest's own.
    #[must_use]
    pub fn build(&self) -> SqlCtx {
        self.build_with(self.cache.clone().unwrap_or_default())
    }

    /// Makes the state of one guest with another cache.
    pub(crate) fn build_with(&self, cache: ModelCache) -> SqlCtx {
        SqlCtx {
            databases: self.databases.clone(),
            limits: self.limits.clone(),
            sessions: Arc::new(Semaphore::new(self.limits.sessions as usize)),
            cursors: Arc::new(Semaphore::new(self.limits.cursors as usize)),
            cache,
            live: Vec::new(),
            instruments: self.instruments.clone(),
            memory: self.memory.clone().unwrap_or_else(|| MemoryBudget::new(self.limits.host_bytes)),
        }
    }
}

/// A guest's state and its table of resources, borrowed from the store.
pub struct SqlCtxView<'a> {
    /// The grants and limits.
    pub ctx: &'a mut SqlCtx,
    /// The resources. It may be WASI's table.
    pub table: &'a mut ResourceTable,
}

/// Implemented by a store's data, so that the contract can be added to its linker.
pub trait SqlView: Send {
    /// Borrows the state.
    fn sql(&mut self) -> SqlCtxView<'_>;
}

/// Ties the contract's functions to [`SqlCtxView`].
pub struct HasSql;

impl HasData for HasSql {
    type Data<'a> = SqlCtxView<'a>;
}
