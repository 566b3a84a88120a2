//! The contract's `cursor`: the rows of a large result, batch by batch.

use std::sync::Arc;

use sqlservice_db as db;
use tokio::sync::OwnedSemaphorePermit;
use wasmtime::component::{Accessor, Resource};

use crate::{
    SqlError,
    bindings::sqlservice::database::{
        rows::Batch,
        sessions::{HostCursor, HostCursorWithStore},
    },
    ctx::{HasSql, SqlCtxView},
    limits::SqlLimits,
};

/// An open result. Dropping it stops the query and frees its session for the next call.
#[derive(Clone)]
pub struct Cursor(Arc<OpenCursor>);

struct OpenCursor {
    cursor: db::Cursor,
    limits: Arc<SqlLimits>,
    _permit: OwnedSemaphorePermit,
}

impl Cursor {
    pub(crate) fn new(cursor: db::Cursor, permit: OwnedSemaphorePermit, limits: Arc<SqlLimits>) -> Self {
        Self(Arc::new(OpenCursor { cursor, limits, _permit: permit }))
    }
}

impl HostCursor for SqlCtxView<'_> {
    fn drop(&mut self, this: Resource<Cursor>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl<T: Send> HostCursorWithStore<T> for HasSql {
    async fn next_batch(
        store: &Accessor<T, Self>,
        this: Resource<Cursor>,
        max_rows: u32,
        max_bytes: u32,
    ) -> Result<Option<Batch>, SqlError> {
        let Cursor(open) = store.with(|mut access| access.get().table.get(&this).cloned())?;
        // Both numbers are guest-controlled: a batch that does not fit the guest's memory would be a trap.
        let rows = max_rows.clamp(1, open.limits.batch_rows);
        let bytes = max_bytes.clamp(1, open.limits.batch_bytes);
        Ok(open.cursor.next_batch(rows, bytes).await?.map(Into::into))
    }
}
