//! The contract's `prepared`: a statement that was checked and compiled once.

use std::sync::Arc;

use sqlservice_sql::Compiled;
use wasmtime::component::Resource;

use crate::{
    bindings::sqlservice::database::sessions::{HostPrepared, ResultColumn},
    ctx::SqlCtxView,
    database_state::DatabaseState,
    memory::Charge,
};

/// A compiled statement. Dropping it sends nothing to the database.
#[derive(Clone)]
pub struct Prepared {
    pub(crate) compiled: Arc<Compiled>,
    pub(crate) opened: Arc<DatabaseState>,
    /// Its charge on the memory budget.
    pub(crate) _kept: Option<Arc<Charge>>,
}

impl HostPrepared for SqlCtxView<'_> {
    fn columns(&mut self, this: Resource<Prepared>) -> wasmtime::Result<Vec<ResultColumn>> {
        let outputs = &self.table.get(&this)?.compiled.outputs;
        Ok(outputs.iter().map(Into::into).collect())
    }

    fn drop(&mut self, this: Resource<Prepared>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}
