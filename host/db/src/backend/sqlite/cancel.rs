//! Cancels a running statement: a flag stops later steps, an interrupt stops the current one.

use std::sync::Arc;

use super::{handle::Interrupt, hooks::Hooks};
use crate::{Result, backend::StopStatement};

/// Cancels the running statement of a SQLite connection.
#[derive(Clone)]
pub(crate) struct SqliteCancelHandle {
    pub(super) hooks: Arc<Hooks>,
    pub(super) interrupt: Interrupt,
}

impl StopStatement for SqliteCancelHandle {
    async fn stop(&self) -> Result<()> {
        self.hooks.stop();
        self.interrupt.interrupt();
        Ok(())
    }
}
