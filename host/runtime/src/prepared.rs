//! The contract's `prepared`: a statement that was checked and compiled once.

use std::sync::Arc;

use sqlservice_sql::{Compiled, schema::TypeKind};
use wasmtime::component::Resource;

use crate::{
    bindings::sqlservice::database::sessions::{HostPrepared, ResultColumn},
    ctx::SqlCtxView,
    work::Opened,
};

/// A compiled statement. Dropping it only forgets it.
#[derive(Clone)]
pub struct Prepared {
    pub(crate) compiled: Arc<Compiled>,
    pub(crate) opened: Arc<Opened>,
}

impl HostPrepared for SqlCtxView<'_> {
    fn columns(&mut self, this: Resource<Prepared>) -> wasmtime::Result<Vec<ResultColumn>> {
        let outputs = &self.table.get(&this)?.compiled.outputs;
        let columns = outputs.iter().map(|output| ResultColumn {
            name: output.name.clone(),
            ty: output.ty.clone().unwrap_or_else(|| TypeKind::Other.into()).into(),
            nullable: output.nullable,
        });
        Ok(columns.collect())
    }

    fn drop(&mut self, this: Resource<Prepared>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}
