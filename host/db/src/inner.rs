//! The state that all handles of a database and its sessions share: the pool, the settings, and the database's kind.

use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use sqlservice_sql::{Dialect, Error as StatementError};
use tokio::runtime::Handle;

use crate::{
    error::Result,
    pool::Pool,
    settings::{Isolation, Settings},
    storage::Storage,
    url::Kind,
};

/// The state that all handles of a database and its sessions share.
pub(crate) struct Inner {
    pub(crate) pool: Pool,
    pub(crate) settings: Settings,
    /// The limit of its bytes, where the host has to measure them.
    pub(crate) storage: Option<Arc<Storage>>,
    kind: Kind,
    /// The databases with pools of their own that were derived from this one and still exist.
    apart: Mutex<Vec<Weak<Inner>>>,
    /// The first runtime that was used, for drops on threads that have none.
    runtime: OnceLock<Handle>,
}

impl Inner {
    /// Creates the state without opening anything.
    pub(crate) fn new(pool: Pool, settings: Settings, storage: Option<Arc<Storage>>, kind: Kind) -> Arc<Self> {
        Arc::new(Self { pool, settings, storage, kind, apart: Mutex::default(), runtime: OnceLock::new() })
    }

    /// Returns the same database with another pool, which is counted and closed with this one.
    pub(crate) fn with_pool(&self, pool: Pool) -> Arc<Self> {
        let inner = Self::new(pool, self.settings.clone(), self.storage.clone(), self.kind.clone());
        let mut apart = self.apart.lock().unwrap_or_else(PoisonError::into_inner);
        apart.retain(|other| other.strong_count() > 0);
        apart.push(Arc::downgrade(&inner));
        inner
    }

    /// Whether the kind is final.
    pub(crate) fn is_known(&self) -> bool {
        self.kind.is_known()
    }

    /// Returns the kind as far as it is known.
    pub(crate) fn dialect(&self) -> Dialect {
        self.kind.dialect()
    }

    /// Returns the databases with pools of their own that were derived from this one.
    pub(crate) fn apart(&self) -> Vec<Arc<Self>> {
        let apart = self.apart.lock().unwrap_or_else(PoisonError::into_inner);
        apart.iter().filter_map(Weak::upgrade).collect()
    }

    /// Remembers the current runtime, unless there was one before.
    pub(crate) fn enter(&self) {
        if self.runtime.get().is_none()
            && let Ok(runtime) = Handle::try_current()
        {
            // Another call may have set it first.
            let _ = self.runtime.set(runtime);
        }
    }

    /// Returns the runtime of the first call.
    pub(crate) fn runtime(&self) -> Option<Handle> {
        self.runtime.get().cloned()
    }

    /// Refuses a level that the database does not have.
    pub(crate) fn check_isolation(&self, level: Isolation) -> Result<()> {
        const SERIALIZABLE: [Isolation; 3] = [Isolation::Default, Isolation::Serializable, Isolation::Autocommit];
        let valid =
            if self.dialect().capabilities().isolation_levels { &Isolation::ALL[..] } else { &SERIALIZABLE[..] };
        if valid.contains(&level) {
            return Ok(());
        }
        let names: Vec<_> = valid.iter().map(ToString::to_string).collect();
        let message = format!("this database has no isolation level {level}; it has {}", names.join(", "));
        Err(StatementError::Unsupported { capability: "isolation-levels", message }.into())
    }
}
