//! Savepoints: how they are set and end, and how those whose handle was dropped are rolled back.

use std::sync::Arc;

use crate::{
    backend::any::ConnectionCommand,
    error::{Error, Result},
    guard::{PendingCleanup, ScopeGuard, SessionGuard},
    pool::PATIENCE,
};

impl SessionGuard {
    /// Sets a savepoint, and begins a transaction where none is open.
    pub(crate) async fn begin_nested(&mut self) -> Result<ScopeGuard> {
        self.enter().await?;
        self.connect().await?;
        self.autobegin().await?;
        if !self.is_transactional() {
            return Err(Error::Statement(sqlservice_sql::Error::invalid(
                "there are no savepoints in autocommit; set another isolation level first",
            )));
        }
        let serial = self.core.serial();
        if let Err(error) = self.step(ConnectionCommand::Savepoint(&name(serial)), PATIENCE).await {
            self.fail(false);
            return Err(error);
        }
        if let Some(transaction) = &mut self.lease.state.transaction {
            transaction.savepoints.push(serial);
        }
        Ok(ScopeGuard::savepoint(Arc::clone(&self.core), serial))
    }

    /// Releases a savepoint, which must be the innermost, and keeps the changes since.
    pub(crate) async fn release(&mut self, savepoint: u64) -> Result<()> {
        self.enter().await?;
        self.lease.state.check_innermost(savepoint)?;
        if let Err(error) = self.step(ConnectionCommand::Release(&name(savepoint)), PATIENCE).await {
            self.fail(false);
            return Err(error);
        }
        self.lease.state.forget(savepoint);
        Ok(())
    }

    /// Rolls back to a savepoint, which must be the innermost. This also clears a failure since.
    pub(crate) async fn rollback_to(&mut self, savepoint: u64) -> Result<()> {
        self.lease.state.check_open()?;
        self.cleanup_once().await?;
        self.lease.state.check_innermost(savepoint)?;
        self.undo_to(savepoint).await
    }

    /// Rolls back to a savepoint, inner ones included.
    async fn undo_to(&mut self, savepoint: u64) -> Result<()> {
        let lost = self.lease.state.transaction.as_ref().is_none_or(|transaction| transaction.lost);
        if lost || self.lease.state.held.is_none() {
            self.fail(true);
            return Err(Error::PendingRollback);
        }
        if let Err(error) = self.step(ConnectionCommand::RollbackTo(&name(savepoint)), PATIENCE).await {
            self.fail(true);
            return Err(error);
        }
        if let Some(transaction) = &mut self.lease.state.transaction {
            transaction.failed = false;
        }
        self.lease.state.forget(savepoint);
        Ok(())
    }

    /// Runs the cleanups that were pending before this call. A savepoint that is dropped while a call of several statements runs would
    /// otherwise undo some of them and leave the others.
    pub(super) async fn cleanup_once(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.is_cleaned, true) || !self.core.has_cleanup() {
            return Ok(());
        }
        Box::pin(self.run_cleanup()).await
    }

    /// Cleans up after dropped callers and handles: rolls back their transactions and savepoints, and fails a transaction in which a
    /// statement of a dropped caller ran.
    async fn run_cleanup(&mut self) -> Result<()> {
        let dropped = self.core.take_cleanup();
        if dropped.is_empty() {
            return Ok(());
        }
        let Some(transaction) = &self.lease.state.transaction else { return Ok(()) };
        let (mut begun, mut unheard, mut savepoint) = (false, false, None);
        for what in dropped {
            match what {
                PendingCleanup::Transaction(serial) => begun |= serial == transaction.serial,
                PendingCleanup::Statement(clock) => unheard |= clock.transaction() == transaction.serial,
                // Rolling back to the outermost includes the others.
                PendingCleanup::Savepoint(serial) => {
                    let depth = transaction.savepoints.iter().position(|open| *open == serial);
                    savepoint = depth.into_iter().chain(savepoint).min();
                }
            }
        }
        let savepoint = savepoint.and_then(|depth| transaction.savepoints.get(depth).copied());
        if begun {
            self.undo().await;
            self.end_transaction();
            return self.lease.state.check_open();
        }
        if unheard {
            self.fail(false);
        }
        match savepoint {
            Some(savepoint) => self.undo_to(savepoint).await,
            None => Ok(()),
        }
    }
}

/// Returns the host's name for a savepoint.
fn name(serial: u64) -> String {
    format!("s{serial}")
}
