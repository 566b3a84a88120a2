//! Stops a running statement: a flag for the steps to come, an interrupt for the one that runs.

use std::sync::Arc;

use super::{handle::Interrupt, watch::Watch};
use crate::{Result, backend::Stop};

/// Stops a SQLite statement.
#[derive(Clone)]
pub(crate) struct SqliteCancelHandle {
    pub(super) watch: Arc<Watch>,
    pub(super) interrupt: Interrupt,
}

impl Stop for SqliteCancelHandle {
    async fn stop(&self) -> Result<()> {
        self.watch.stop();
        self.interrupt.interrupt();
        Ok(())
    }
}
