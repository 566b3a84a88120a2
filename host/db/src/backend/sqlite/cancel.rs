//! Stops a running statement: a flag for the steps to come, an interrupt for the one that runs.

use std::sync::Arc;

use super::{handle::Interrupt, hooks::Hooks};
use crate::{Result, backend::StopStatement};

/// Stops a SQLite statement.
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
