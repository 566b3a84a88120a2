//! The state of a session's transaction: which calls each state allows, the same on every database. It starts nothing by itself.

use std::{sync::Arc, time::Instant};

use sqlservice_sql::{Batch, compiled::Output};
use tokio::task::AbortHandle;

use crate::{
    backend::Execution,
    error::{Error, Result},
    pool::PooledConnection,
    row_sink::FetchSize,
    settings::Isolation,
};

/// The state that the calls of a session share.
#[derive(Default)]
pub(crate) struct State {
    /// The connection. Moved out while a call works with it, so that a call that dies drops it too.
    pub(crate) held: Option<PooledConnection>,
    pub(super) transaction: Option<Transaction>,
    /// The isolation level of later transactions.
    pub(super) isolation: Isolation,
    /// Whether the only transaction of a session of [`Mode::Once`] has ended.
    pub(super) spent: bool,
    /// Whether the last transaction ran out of time and its session has not rolled back since.
    pub(super) expired: bool,
}

/// An open transaction.
pub(super) struct Transaction {
    pub(super) serial: u64,
    /// Whether it is an autocommit scope: every statement commits itself.
    pub(super) hollow: bool,
    /// Whether a statement failed and nothing was rolled back since.
    pub(super) failed: bool,
    /// Whether all of it is lost, savepoints included.
    pub(super) lost: bool,
    /// The savepoints, outermost first.
    pub(super) savepoints: Vec<u64>,
    /// The time at which it began, until its end is reported; nothing without an observer, and for transactions that are not reported.
    pub(super) observed: Option<Instant>,
    /// Ends the transaction when its time is over.
    pub(super) _timer: Option<Timer>,
}

/// An autocommit scope that was set aside.
pub(crate) struct AutocommitScope(pub(super) Transaction);

/// Aborts its task when the transaction ends.
pub(super) struct Timer(pub(super) AbortHandle);

impl Drop for Timer {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// When a session has a connection, and how many transactions it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// It has one until it is closed.
    Connection,
    /// It takes one at its first use and gives it back at the end of each transaction.
    Lazy,
    /// It has one and is in a transaction, its only one.
    Once,
}

impl State {
    /// Runs a short query inline in the open transaction. Returns nothing where that is not possible. `expired` is the transaction that
    /// ran out of time last.
    pub(crate) fn run_at_once(
        &mut self,
        job: &Execution,
        demand: FetchSize,
        expired: u64,
    ) -> Option<(Arc<[Output]>, Batch)> {
        let transaction = self.transaction.as_ref()?;
        if transaction.failed || transaction.serial == expired || self.spent || self.expired {
            return None;
        }
        self.held.as_mut()?.connection.run_at_once(job, demand)
    }

    /// Whether no transaction is open, and none has ended that the caller has yet to be informed of.
    pub(crate) fn has_nothing_to_end(&self, mode: Mode) -> bool {
        let is_settled = self.held.is_none() || mode == Mode::Connection;
        is_settled && self.transaction.is_none() && !self.spent && !self.expired
    }

    /// Whether there is nothing to clean up.
    pub(crate) fn is_unused(&self) -> bool {
        self.held.is_none() && self.transaction.is_none()
    }
    /// Refuses calls of a session whose transaction is over.
    pub(super) fn check_open(&self) -> Result<()> {
        if self.spent || self.expired { Err(Error::TransactionClosed) } else { Ok(()) }
    }

    /// Records that a statement failed, and whether the whole transaction is lost.
    pub(super) fn fail(&mut self, lost: bool) {
        if let Some(transaction) = self.transaction.as_mut().filter(|transaction| !transaction.hollow) {
            transaction.failed = true;
            transaction.lost |= lost;
        }
    }

    /// Whether statements are part of a transaction, so that a rollback undoes them.
    pub(super) fn is_transactional(&self) -> bool {
        self.transaction.as_ref().is_some_and(|transaction| !transaction.hollow)
    }

    /// Returns the open savepoints, outermost first.
    fn savepoints(&self) -> &[u64] {
        self.transaction.as_ref().map_or(&[], |transaction| &transaction.savepoints)
    }

    /// Refuses to end a savepoint that is not the innermost.
    pub(super) fn check_innermost(&self, savepoint: u64) -> Result<()> {
        if self.savepoints().last() == Some(&savepoint) {
            Ok(())
        } else if self.savepoints().contains(&savepoint) {
            Err(Error::Statement(sqlservice_sql::Error::invalid(
                "savepoints end from the innermost to the outermost; another one was set after this one",
            )))
        } else {
            Err(Error::TransactionClosed)
        }
    }

    /// Removes a savepoint and those set after it.
    pub(super) fn forget(&mut self, savepoint: u64) {
        if let Some(transaction) = &mut self.transaction {
            let depth = transaction.savepoints.iter().position(|open| *open == savepoint);
            transaction.savepoints.truncate(depth.unwrap_or(transaction.savepoints.len()));
        }
    }
}
