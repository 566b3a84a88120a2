//! What all handles of a database and its sessions share: the pool, the settings, and what is known of it.

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

/// What a database and its sessions share.
pub(crate) struct Inner {
    pub(crate) pool: Pool,
    pub(crate) settings: Settings,
    /// What bounds its bytes, where the host has to ask for them.
    pub(crate) storage: Option<Arc<Storage>>,
    kind: Kind,
    /// Those with pools of their own that were made of it and are still there.
    apart: Mutex<Vec<Weak<Inner>>>,
    /// The runtime that was there first, for drops on threads that have none.
    runtime: OnceLock<Handle>,
}

impl Inner {
    /// Nothing is opened.
    pub(crate) fn new(pool: Pool, settings: Settings, storage: Option<Arc<Storage>>, kind: Kind) -> Arc<Self> {
        Arc::new(Self { pool, settings, storage, kind, apart: Mutex::default(), runtime: OnceLock::new() })
    }

    /// The same database with another pool, which is counted and closed with this one.
    pub(crate) fn with_pool(&self, pool: Pool) -> Arc<Self> {
        let inner = Self::new(pool, self.settings.clone(), self.storage.clone(), self.kind.clone());
        let mut apart = self.apart.lock().unwrap_or_else(PoisonError::into_inner);
        apart.retain(|other| other.strong_count() > 0);
        apart.push(Arc::downgrade(&inner));
        inner
    }

    /// Whether the kind is known.
    pub(crate) fn is_known(&self) -> bool {
        self.kind.is_known()
    }

    /// The kind as far as it is known.
    pub(crate) fn dialect(&self) -> Dialect {
        self.kind.dialect()
    }

    /// The databases with pools of their own that were made of this one.
    pub(crate) fn apart(&self) -> Vec<Arc<Self>> {
        let apart = self.apart.lock().unwrap_or_else(PoisonError::into_inner);
        apart.iter().filter_map(Weak::upgrade).collect()
    }

    /// Remembers the runtime.
    pub(crate) fn enter(&self) {
        if self.runtime.get().is_none()
            && let Ok(runtime) = Handle::try_current()
        {
            // Another call may have been first.
            let _ = self.runtime.set(runtime);
        }
    }

    /// The runtime of the first call.
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
