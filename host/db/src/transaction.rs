//! Transactions: how they begin, fail and end, and which calls each state allows; the same rules on every database.

mod commit;
mod savepoint;
pub(crate) mod state;

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use futures::future::OptionFuture;
use tokio::time::timeout;
use tracing::Level;

pub(crate) use self::commit::UNANSWERED;
use self::state::{AutocommitScope, Mode, Timer, Transaction};
use crate::{
    backend::{Begin, any::ConnectionCommand},
    error::{Error, Result},
    guard::{Core, ScopeGuard, SessionGuard},
    observe::TransactionOutcome,
    pool::{PATIENCE, PooledConnection},
    settings::{Isolation, TransactionOptions},
};

impl SessionGuard {
    /// Returns the isolation level of transactions that request none.
    fn level(&self) -> Isolation {
        match self.lease.state.isolation {
            Isolation::Default => self.core.database.settings.isolation_level,
            level => level,
        }
    }

    /// Prepares a call: runs the pending cleanups, and refuses a call that the transaction's state does not allow.
    pub(crate) async fn enter(&mut self) -> Result<()> {
        self.lease.state.check_open()?;
        self.cleanup_once().await?;
        match &self.lease.state.transaction {
            Some(transaction) if transaction.failed => Err(Error::PendingRollback),
            // The connection was lost with the transaction's changes.
            Some(_) if self.lease.state.held.is_none() => {
                self.fail(true);
                Err(Error::PendingRollback)
            }
            _ => Ok(()),
        }
    }

    /// Takes a connection where the session has none.
    pub(crate) async fn connect(&mut self) -> Result<()> {
        if self.lease.state.held.is_some() { Ok(()) } else { Box::pin(self.take_connection()).await }
    }

    async fn take_connection(&mut self) -> Result<()> {
        let since = self.core.instruments.now();
        let held = self.find_connection().await;
        self.waited += self.core.instruments.connected(since, held.as_ref().map(|held| held.is_new));
        self.lease.state.held = Some(held?);
        Ok(())
    }

    async fn find_connection(&mut self) -> Result<PooledConnection> {
        let pool = &self.core.database.pool;
        let abandoned = async { self.core.queue.signal().wait_for(|signal| signal.abandoned).await.map(drop) };
        let place = tokio::select! {
            biased;
            place = pool.acquire_permit(self.core.share.as_deref()) => place?,
            () = self.lease.caller.gone() => return Err(Error::Cancelled),
            _ = abandoned => return Err(Error::Closed),
        };
        // From here on nothing is dropped halfway: the task that runs this call outlives its caller.
        pool.open(place, &self.core.instruments).await
    }

    /// Runs a short command that is never stopped, but has a time limit.
    pub(crate) async fn step(&mut self, step: ConnectionCommand<'_>, patience: Duration) -> Result<()> {
        let Some(mut held) = self.lease.state.held.take() else { return Err(Error::Disconnected(None)) };
        let result = timeout(patience, held.connection.step(step)).await;
        match result {
            Ok(Err(error @ Error::Disconnected(_))) => {
                held.discard().await;
                Err(error)
            }
            Ok(result) => {
                self.lease.state.held = Some(held);
                result
            }
            Err(_) => {
                self.core.instruments.log(Level::WARN, "a connection did not answer", None);
                held.discard().await;
                Err(Error::Disconnected(None))
            }
        }
    }

    /// Begins a transaction if none is open and the isolation level has any.
    pub(crate) async fn autobegin(&mut self) -> Result<()> {
        if self.lease.state.transaction.is_some() || self.level() == Isolation::Autocommit {
            return Ok(());
        }
        Box::pin(self.open_transaction(TransactionOptions::default(), false)).await.map(drop)
    }

    /// Begins a transaction at the caller's request.
    pub(crate) async fn begin(&mut self, options: TransactionOptions) -> Result<ScopeGuard> {
        self.lease.state.check_open()?;
        self.cleanup_once().await?;
        if self.lease.state.transaction.is_some() {
            return Err(Error::AlreadyBegun);
        }
        self.core.database.check_isolation(options.isolation)?;
        self.connect().await?;
        let serial = self.open_transaction(options, true).await?;
        Ok(ScopeGuard::transaction(Arc::clone(&self.core), serial))
    }

    /// Opens a transaction of the host's own, although the level is autocommit. With `single` it is for one statement.
    pub(crate) async fn open_own(&mut self, writes: bool, single: bool) -> Result<()> {
        self.open_at(Isolation::Default, TransactionOptions::default(), writes, single).await.map(drop)
    }

    /// Opens a read-only transaction of the host's own, although the level is autocommit.
    pub(crate) async fn open_snapshot(&mut self, isolation: Isolation) -> Result<()> {
        let options = TransactionOptions { read_only: true, ..TransactionOptions::default() };
        self.open_at(isolation, options, false, false).await.map(drop)
    }

    /// Opens a transaction.
    async fn open_transaction(&mut self, options: TransactionOptions, writes: bool) -> Result<u64> {
        let isolation = if options.isolation == Isolation::Default { self.level() } else { options.isolation };
        self.open_at(isolation, options, writes, false).await
    }

    async fn open_at(
        &mut self,
        isolation: Isolation,
        options: TransactionOptions,
        writes: bool,
        single: bool,
    ) -> Result<u64> {
        let hollow = isolation == Isolation::Autocommit;
        if !hollow {
            let writes = writes && !options.read_only;
            let begin = Begin { isolation, read_only: options.read_only, writes, single };
            let patience = PATIENCE.saturating_add(self.core.database.settings.lock_timeout);
            self.step(ConnectionCommand::Begin(begin), patience).await?;
        }
        let serial = self.core.serial();
        let lower =
            |own: Option<Duration>, of_all: &OnceLock<Duration>| own.into_iter().chain(of_all.get().copied()).min();
        let limit = lower(options.timeout, &self.core.transaction_time);
        let idle = lower(options.idle_timeout, &self.core.idle_time);
        let timer = (limit.is_some() || idle.is_some()).then(|| self.arm(serial, limit, idle));
        // A transaction around a single statement is reported as part of that statement.
        let observed = if hollow || single { None } else { self.core.instruments.now() };
        let savepoints = Vec::new();
        self.lease.state.transaction =
            Some(Transaction { serial, hollow, failed: false, lost: false, savepoints, observed, _timer: timer });
        self.core.set_in_transaction(true);
        Ok(serial)
    }

    /// Spawns a task that ends the transaction when its time is over, or when it was idle for too long.
    fn arm(&self, serial: u64, limit: Option<Duration>, idle: Option<Duration>) -> Timer {
        let core = Arc::downgrade(&self.core);
        let began = Instant::now();
        let over = OptionFuture::from(limit.map(tokio::time::sleep));
        let unused = OptionFuture::from(idle.map(|idle| Core::until_idle(core.clone(), idle)));
        let task = tokio::spawn(async move {
            tokio::select! {
                Some(()) = over => {}
                Some(()) = unused => {}
                else => return,
            }
            let Some(core) = core.upgrade() else { return };
            core.queue.expire(serial);
            let guard = core.host_guard().await;
            // Spawned, as the end of the transaction aborts the timer's task.
            tokio::spawn(guard.end_expired(serial, began));
        });
        Timer(task.abort_handle())
    }

    /// Rolls back a transaction whose time is over.
    async fn end_expired(mut self, serial: u64, began: Instant) {
        if self.lease.state.transaction.as_ref().is_some_and(|transaction| transaction.serial == serial) {
            let open = format!("{:?}", began.elapsed());
            self.core.instruments.log(Level::INFO, "a transaction ran out of time and is rolled back", Some(&open));
            self.undo().await;
            self.end_transaction();
            self.lease.state.expired = true;
            self.settle().await;
        }
    }

    /// Commits the open transaction, if any.
    pub(crate) async fn commit(&mut self) -> Result<()> {
        self.enter().await?;
        let Some(transaction) = &self.lease.state.transaction else { return Ok(()) };
        if !transaction.hollow
            && let Err(error) = self.send_commit().await
        {
            self.fail(true);
            if matches!(error, Error::OutcomeUnknown(_)) {
                self.tell_end(TransactionOutcome::Unknown);
            }
            return Err(error);
        }
        self.tell_end(TransactionOutcome::Committed);
        self.end_transaction();
        self.settle().await;
        Ok(())
    }

    /// Rolls back. A connection that fails to roll back is closed, which has the same effect.
    pub(crate) async fn rollback(&mut self) -> Result<()> {
        if self.lease.state.spent {
            return Err(Error::TransactionClosed);
        }
        drop(self.core.take_cleanup());
        if std::mem::take(&mut self.lease.state.expired) {
            return if self.core.mode == Mode::Once { Err(Error::TransactionClosed) } else { Ok(()) };
        }
        if self.lease.state.transaction.is_some() {
            self.undo().await;
            self.end_transaction();
        }
        self.settle().await;
        Ok(())
    }

    /// Rolls back the open transaction in the database.
    pub(super) async fn undo(&mut self) {
        if self.lease.state.transaction.as_ref().is_none_or(|transaction| transaction.hollow)
            || self.lease.state.held.is_none()
        {
            return;
        }
        if let Err(error) = self.step(ConnectionCommand::Rollback, PATIENCE).await {
            let line = "a transaction could not be rolled back; its connection is closed";
            self.core.instruments.log(Level::DEBUG, line, Some(&error));
            if let Some(held) = self.lease.state.held.take() {
                held.discard().await;
            }
        }
    }

    /// Reports to the observer how the open transaction ended, once.
    fn tell_end(&mut self, outcome: TransactionOutcome) {
        let observed = self.lease.state.transaction.as_mut().and_then(|transaction| transaction.observed.take());
        self.core.instruments.transaction_finished(observed, outcome);
    }

    /// Removes the transaction. It is reported as rolled back unless another outcome was reported.
    pub(super) fn end_transaction(&mut self) {
        self.tell_end(TransactionOutcome::RolledBack);
        self.lease.state.transaction = None;
        self.core.take_cleanup();
        self.core.set_in_transaction(false);
        self.lease.state.spent = self.core.mode == Mode::Once;
    }

    /// Records that a statement failed, and whether the whole transaction is lost.
    pub(crate) fn fail(&mut self, lost: bool) {
        self.lease.state.fail(lost);
    }

    /// Whether statements are part of a transaction, so that a rollback undoes them.
    pub(crate) fn is_transactional(&self) -> bool {
        self.lease.state.is_transactional()
    }

    /// Returns the transaction's serial number, by which its calls notice that it ran out of time.
    pub(crate) fn transaction(&self) -> Option<u64> {
        self.lease.state.transaction.as_ref().map(|transaction| transaction.serial)
    }

    /// Whether a statement now would commit itself.
    pub(crate) fn is_autocommit(&self) -> bool {
        match &self.lease.state.transaction {
            Some(transaction) => transaction.hollow,
            None => self.level() == Isolation::Autocommit,
        }
    }

    /// Sets the autocommit scope aside while a transaction of the host's own is open.
    pub(crate) fn take_hollow(&mut self) -> Option<AutocommitScope> {
        self.lease.state.transaction.take().map(AutocommitScope)
    }

    /// Commits a transaction of the host's own.
    pub(crate) async fn commit_own(&mut self) -> Result<()> {
        let sent = self.send_commit().await;
        match &sent {
            Ok(()) => self.tell_end(TransactionOutcome::Committed),
            Err(Error::OutcomeUnknown(_)) => self.tell_end(TransactionOutcome::Unknown),
            Err(_) => {}
        }
        sent?;
        self.lease.state.transaction = None;
        Ok(())
    }

    /// Ends a transaction of the host's own; rolls it back where it was not committed.
    pub(crate) async fn end_own(&mut self, outer: Option<AutocommitScope>) {
        self.undo().await;
        self.tell_end(TransactionOutcome::RolledBack);
        self.lease.state.transaction = outer.map(|outer| outer.0);
        self.core.set_in_transaction(self.lease.state.transaction.is_some());
    }

    /// Gives the connection back where this mode of session does not keep it between transactions.
    pub(crate) async fn settle(&mut self) {
        if self.core.mode != Mode::Connection
            && self.lease.state.transaction.is_none()
            && let Some(held) = self.lease.state.held.take()
        {
            Box::pin(held.give_back()).await;
        }
    }

    /// Ends the session.
    pub(crate) async fn end_session(mut self) {
        self.tell_end(TransactionOutcome::RolledBack);
        self.lease.state.transaction = None;
        self.core.set_in_transaction(false);
        if let Some(held) = self.lease.state.held.take() {
            held.give_back().await;
        }
    }

    /// Sets the isolation level of later transactions.
    pub(crate) fn set_isolation(&mut self, level: Isolation) -> Result<()> {
        self.lease.state.check_open()?;
        if self.lease.state.transaction.is_some() {
            return Err(Error::AlreadyBegun);
        }
        self.core.database.check_isolation(level)?;
        self.lease.state.isolation = level;
        Ok(())
    }

    /// Returns the isolation level in force.
    pub(crate) async fn isolation(&mut self) -> Result<Isolation> {
        self.enter().await?;
        if self.lease.state.transaction.as_ref().map_or(self.level() == Isolation::Autocommit, |open| open.hollow) {
            return Ok(Isolation::Autocommit);
        }
        if self.lease.state.transaction.is_none() && self.level() != Isolation::Default {
            return Ok(self.level());
        }
        self.connect().await?;
        let Some(mut held) = self.lease.state.held.take() else { return Err(Error::Disconnected(None)) };
        let level = match timeout(PATIENCE, backend_isolation(&mut held)).await {
            Ok(level) => {
                self.lease.state.held = Some(held);
                level
            }
            Err(_) => {
                held.discard().await;
                Err(Error::Disconnected(None))
            }
        };
        self.settle().await;
        level
    }
}

async fn backend_isolation(held: &mut PooledConnection) -> Result<Isolation> {
    use crate::backend::BackendConnection;
    held.connection.isolation().await
}
