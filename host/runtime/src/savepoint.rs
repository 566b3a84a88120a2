//! The contract's `savepoint`: a point inside a transaction to roll back to.

use std::sync::Arc;

use sqlservice_db as db;
use wasmtime::component::{Accessor, Resource};

use crate::{
    SqlError,
    bindings::sqlservice::database::sessions::{HostSavepoint, HostSavepointWithStore},
    ctx::{HasSql, SqlCtxView},
    session_state::SessionState,
};

/// A savepoint. Dropping it rolls back to it before the next call of its session.
pub struct Savepoint {
    pub(crate) savepoint: db::Savepoint,
    /// Keeps the session alive as long as the savepoint.
    pub(crate) _session: Arc<SessionState>,
}

impl HostSavepoint for SqlCtxView<'_> {
    fn drop(&mut self, this: Resource<Savepoint>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl<T: Send> HostSavepointWithStore<T> for HasSql {
    async fn release(store: &Accessor<T, Self>, this: Resource<Savepoint>) -> Result<(), SqlError> {
        let taken = store.with(|mut access| access.get().table.delete(this))?;
        Ok(taken.savepoint.release().await?)
    }

    async fn rollback(store: &Accessor<T, Self>, this: Resource<Savepoint>) -> Result<(), SqlError> {
        let taken = store.with(|mut access| access.get().table.delete(this))?;
        Ok(taken.savepoint.rollback().await?)
    }
}
