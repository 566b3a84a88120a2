//! The data of an instance's store.

use std::sync::Arc;

use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::{
    ctx::{SqlCtx, SqlCtxView, SqlView},
    extension_states::ExtensionStates,
    limits::MemoryLimit,
    output::Output,
};

/// The data of an instance's store, on which its imports work. Embedders meet it as the type parameter of
/// [`Linker`](wasmtime::component::Linker) and [`Accessor`](wasmtime::component::Accessor).
pub struct InstanceState {
    pub(crate) wasi: WasiCtx,
    pub(crate) table: ResourceTable,
    pub(crate) sql: SqlCtx,
    pub(crate) memory: MemoryLimit,
    /// The instance's output; `None` where it is discarded.
    pub(crate) output: Option<Arc<Output>>,
    pub(crate) extensions: ExtensionStates,
}

impl WasiView for InstanceState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl SqlView for InstanceState {
    fn sql(&mut self) -> SqlCtxView<'_> {
        SqlCtxView { ctx: &mut self.sql, table: &mut self.table }
    }
}
