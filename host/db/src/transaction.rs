//! Transactions: how they begin, fail and end, and what a turn may do in which state; the same rules on every database.
//!
//! The file is long because the states and what may happen in each are read together.

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use futures::future::OptionFuture;
use sqlservice_sql::{Batch, compiled::Output};
use tokio::{task::AbortHandle, time::timeout};
use tracing::Level;

use crate::{
    Error, Result,
    backend::{Begin, Job, any::Step},
    feed::Demand,
    lease::{Claim, Core, Dropped, Turn},
    observe::TransactionOutcome,
    pool::{Held, PATIENCE},
    session::Mode,
    settings::{Isolation, TransactionOptions},
};

/// What a session's turns hand to each other.
#[derive(Default)]
pub(crate) struct State {
    /// The connection. Away while a turn works with it, so that a turn that dies takes it along.
    pub(crate) held: Option<Held>,
    transaction: Option<Transaction>,
    /// The level of the transactions to come.
    isolation: Isolation,
    /// Whether the only transaction of a session of [`Mode::Once`] has ended.
    spent: bool,
    /// Whether the last transaction ran out of time and nobody rolled it back yet.
    expired: bool,
}

/// An open transaction.
struct Transaction {
    serial: u64,
    /// Whether every statement commits itself, so that this is one by name only.
    hollow: bool,
    /// Whether a statement failed and nothing was rolled back since.
    failed: bool,
    /// Whether the database gave up all of it, savepoints included.
    lost: bool,
    /// The savepoints, outermost first.
    savepoints: Vec<u64>,
    /// When it began, until its end is told to the observer; nothing where there is none, and for what is no transaction of its own.
    observed: Option<Instant>,
    /// The task that ends it when its time is over.
    _timer: Option<Timer>,
}

/// A transaction by name only that was put aside.
pub(crate) struct Hollow(Transaction);

/// Aborts its task when the transaction ends.
struct Timer(AbortHandle);

impl Drop for Timer {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl State {
    /// Runs a short query here and now in the transaction that is open. Nothing where that cannot be. `expired` is the transaction
    /// that ran out of time last.
    pub(crate) fn run_at_once(&mut self, job: &Job, demand: Demand, expired: u64) -> Option<(Arc<[Output]>, Batch)> {
        let transaction = self.transaction.as_ref()?;
        if transaction.failed || transaction.serial == expired || self.spent || self.expired {
            return None;
        }
        self.held.as_mut()?.link.run_at_once(job, demand)
    }

    /// Whether no transaction is open, and none has ended that its caller has to hear of.
    pub(crate) fn has_nothing_to_end(&self, mode: Mode) -> bool {
        let is_settled = self.held.is_none() || mode == Mode::Connection;
        is_settled && self.transaction.is_none() && !self.spent && !self.expired
    }

    /// Whether there is nothing to clean.
    pub(crate) fn is_unused(&self) -> bool {
        self.held.is_none() && self.transaction.is_none()
    }
}

impl Turn {
    /// The level that transactions without one of their own get.
    fn level(&self) -> Isolation {
        match self.state.isolation {
            Isolation::Default => self.core.database.settings.isolation_level,
            level => level,
        }
    }

    /// Refuses a session whose transaction is over.
    fn check_open(&self) -> Result<()> {
        if self.state.spent || self.state.expired { Err(Error::TransactionClosed) } else { Ok(()) }
    }

    /// What every call but a rollback does first: undoes dropped savepoints, and refuses what cannot work.
    pub(crate) async fn enter(&mut self) -> Result<()> {
        self.check_open()?;
        self.sweep_once().await?;
        match &self.state.transaction {
            Some(transaction) if transaction.failed => Err(Error::PendingRollback),
            // The connection was lost with what it had done.
            Some(_) if self.state.held.is_none() => {
                self.fail(true);
                Err(Error::PendingRollback)
            }
            _ => Ok(()),
        }
    }

    /// Takes a connection where there is none.
    pub(crate) async fn connect(&mut self) -> Result<()> {
        if self.state.held.is_some() { Ok(()) } else { Box::pin(self.take_connection()).await }
    }

    async fn take_connection(&mut self) -> Result<()> {
        let since = self.core.instruments.now();
        let held = self.find_connection().await;
        self.waited += self.core.instruments.connected(since, held.as_ref().map(|held| held.is_new));
        self.state.held = Some(held?);
        Ok(())
    }

    async fn find_connection(&mut self) -> Result<Held> {
        let pool = &self.core.database.pool;
        let abandoned = async { self.core.signal().wait_for(|signal| signal.abandoned).await.map(drop) };
        let place = tokio::select! {
            biased;
            place = pool.place(self.core.share.as_deref()) => place?,
            () = self.caller.gone() => return Err(Error::Cancelled),
            _ = abandoned => return Err(Error::Closed),
        };
        // From here on nothing is given up halfway: the task that runs this turn outlives its caller.
        pool.open(place, &self.core.instruments).await
    }

    /// Does a short piece of work that is never stopped, but does not wait for ever.
    pub(crate) async fn step(&mut self, step: Step<'_>, patience: Duration) -> Result<()> {
        let Some(mut held) = self.state.held.take() else { return Err(Error::Disconnected(None)) };
        let result = timeout(patience, held.link.step(step)).await;
        match result {
            Ok(Err(error @ Error::Disconnected(_))) => {
                held.discard().await;
                Err(error)
            }
            Ok(result) => {
                self.state.held = Some(held);
                result
            }
            Err(_) => {
                self.core.instruments.log(Level::WARN, "a connection did not answer", None);
                held.discard().await;
                Err(Error::Disconnected(None))
            }
        }
    }

    /// Begins a transaction if none is open and the level has any.
    pub(crate) async fn autobegin(&mut self) -> Result<()> {
        if self.state.transaction.is_some() || self.level() == Isolation::Autocommit {
            return Ok(());
        }
        Box::pin(self.open_transaction(TransactionOptions::default(), false)).await.map(drop)
    }

    /// Begins a transaction that the caller asked for.
    pub(crate) async fn begin(&mut self, options: TransactionOptions) -> Result<Claim> {
        self.check_open()?;
        self.sweep_once().await?;
        if self.state.transaction.is_some() {
            return Err(Error::AlreadyBegun);
        }
        self.core.database.check_isolation(options.isolation)?;
        self.connect().await?;
        let serial = self.open_transaction(options, true).await?;
        Ok(Claim::transaction(Arc::clone(&self.core), serial))
    }

    /// Opens a transaction of the host's own, although the level is autocommit. One that is `single` is for one statement.
    pub(crate) async fn open_own(&mut self, writes: bool, single: bool) -> Result<()> {
        self.open_at(Isolation::Default, TransactionOptions::default(), writes, single).await.map(drop)
    }

    /// Opens a transaction of the host's own that changes nothing, although the level is autocommit.
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
            self.step(Step::Begin(begin), patience).await?;
        }
        let serial = self.core.serial();
        let lower =
            |own: Option<Duration>, of_all: &OnceLock<Duration>| own.into_iter().chain(of_all.get().copied()).min();
        let limit = lower(options.timeout, &self.core.transaction_time);
        let idle = lower(options.idle_timeout, &self.core.idle_time);
        let timer = (limit.is_some() || idle.is_some()).then(|| self.arm(serial, limit, idle));
        // One around a single statement is part of that statement.
        let observed = if hollow || single { None } else { self.core.instruments.now() };
        let savepoints = Vec::new();
        self.state.transaction =
            Some(Transaction { serial, hollow, failed: false, lost: false, savepoints, observed, _timer: timer });
        self.core.set_in_transaction(true);
        Ok(serial)
    }

    /// Lets a task end the transaction when its time is over, or when it was idle for too long.
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
            core.expire(serial);
            let turn = core.host_turn().await;
            // The rest must not be cut short by the timer's own end.
            tokio::spawn(turn.end_expired(serial, began));
        });
        Timer(task.abort_handle())
    }

    /// Rolls back a transaction whose time is over.
    async fn end_expired(mut self, serial: u64, began: Instant) {
        if self.state.transaction.as_ref().is_some_and(|transaction| transaction.serial == serial) {
            let open = format!("{:?}", began.elapsed());
            self.core.instruments.log(Level::INFO, "a transaction ran out of time and is rolled back", Some(&open));
            self.undo().await;
            self.end_transaction();
            self.state.expired = true;
            self.settle().await;
        }
    }

    /// Commits.
    pub(crate) async fn commit(&mut self) -> Result<()> {
        self.enter().await?;
        let Some(transaction) = &self.state.transaction else { return Ok(()) };
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

    /// Rolls back. A connection that cannot is closed, which has the same effect.
    pub(crate) async fn rollback(&mut self) -> Result<()> {
        if self.state.spent {
            return Err(Error::TransactionClosed);
        }
        drop(self.core.take_dropped());
        if std::mem::take(&mut self.state.expired) {
            return if self.core.mode == Mode::Once { Err(Error::TransactionClosed) } else { Ok(()) };
        }
        if self.state.transaction.is_some() {
            self.undo().await;
            self.end_transaction();
        }
        self.settle().await;
        Ok(())
    }

    /// Undoes the open transaction in the database.
    async fn undo(&mut self) {
        if self.state.transaction.as_ref().is_none_or(|transaction| transaction.hollow) || self.state.held.is_none() {
            return;
        }
        if let Err(error) = self.step(Step::Rollback, PATIENCE).await {
            let line = "a transaction could not be rolled back; its connection is closed";
            self.core.instruments.log(Level::DEBUG, line, Some(&error));
            if let Some(held) = self.state.held.take() {
                held.discard().await;
            }
        }
    }

    /// Tells the observer how the open transaction ended, once.
    fn tell_end(&mut self, outcome: TransactionOutcome) {
        let observed = self.state.transaction.as_mut().and_then(|transaction| transaction.observed.take());
        self.core.instruments.transaction_finished(observed, outcome);
    }

    /// Forgets the transaction, which was rolled back unless something else was told of it.
    fn end_transaction(&mut self) {
        self.tell_end(TransactionOutcome::RolledBack);
        self.state.transaction = None;
        self.core.take_dropped();
        self.core.set_in_transaction(false);
        self.state.spent = self.core.mode == Mode::Once;
    }

    /// Says that a statement failed, and whether the database gave up the whole transaction.
    pub(crate) fn fail(&mut self, lost: bool) {
        if let Some(transaction) = self.state.transaction.as_mut().filter(|transaction| !transaction.hollow) {
            transaction.failed = true;
            transaction.lost |= lost;
        }
    }

    /// The transaction's serial number, for those who ask whether it ran out of time.
    pub(crate) fn transaction(&self) -> Option<u64> {
        self.state.transaction.as_ref().map(|transaction| transaction.serial)
    }

    /// Whether statements are part of a transaction, so that a rollback undoes them.
    pub(crate) fn is_transactional(&self) -> bool {
        self.state.transaction.as_ref().is_some_and(|transaction| !transaction.hollow)
    }

    /// Whether a statement now would commit itself.
    pub(crate) fn is_autocommit(&self) -> bool {
        match &self.state.transaction {
            Some(transaction) => transaction.hollow,
            None => self.level() == Isolation::Autocommit,
        }
    }

    /// Puts the transaction that is one by name only aside, while a real one of the host's own is open.
    pub(crate) fn take_hollow(&mut self) -> Option<Hollow> {
        self.state.transaction.take().map(Hollow)
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
        self.state.transaction = None;
        Ok(())
    }

    /// Ends a transaction of the host's own, by rolling it back where it was not committed.
    pub(crate) async fn end_own(&mut self, outer: Option<Hollow>) {
        self.undo().await;
        self.tell_end(TransactionOutcome::RolledBack);
        self.state.transaction = outer.map(|outer| outer.0);
        self.core.set_in_transaction(self.state.transaction.is_some());
    }

    /// Gives the connection back where this kind of session does not keep it between transactions.
    pub(crate) async fn settle(&mut self) {
        if self.core.mode != Mode::Connection
            && self.state.transaction.is_none()
            && let Some(held) = self.state.held.take()
        {
            Box::pin(held.give_back()).await;
        }
    }

    /// Ends the session.
    pub(crate) async fn end_session(mut self) {
        self.tell_end(TransactionOutcome::RolledBack);
        self.state.transaction = None;
        self.core.set_in_transaction(false);
        if let Some(held) = self.state.held.take() {
            held.give_back().await;
        }
    }

    /// Sets the level of the transactions to come.
    pub(crate) fn set_isolation(&mut self, level: Isolation) -> Result<()> {
        self.check_open()?;
        if self.state.transaction.is_some() {
            return Err(Error::AlreadyBegun);
        }
        self.core.database.check_isolation(level)?;
        self.state.isolation = level;
        Ok(())
    }

    /// The level in force.
    pub(crate) async fn isolation(&mut self) -> Result<Isolation> {
        self.enter().await?;
        if self.state.transaction.as_ref().map_or(self.level() == Isolation::Autocommit, |open| open.hollow) {
            return Ok(Isolation::Autocommit);
        }
        if self.state.transaction.is_none() && self.level() != Isolation::Default {
            return Ok(self.level());
        }
        self.connect().await?;
        let Some(mut held) = self.state.held.take() else { return Err(Error::Disconnected(None)) };
        let level = match timeout(PATIENCE, backend_isolation(&mut held)).await {
            Ok(level) => {
                self.state.held = Some(held);
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

    /// Sets a savepoint, and begins a transaction where none is open.
    pub(crate) async fn begin_nested(&mut self) -> Result<Claim> {
        self.enter().await?;
        self.connect().await?;
        self.autobegin().await?;
        if !self.is_transactional() {
            return Err(Error::Statement(sqlservice_sql::Error::invalid(
                "there are no savepoints in autocommit; set another isolation level first",
            )));
        }
        let serial = self.core.serial();
        if let Err(error) = self.step(Step::Savepoint(&name(serial)), PATIENCE).await {
            self.fail(false);
            return Err(error);
        }
        if let Some(transaction) = &mut self.state.transaction {
            transaction.savepoints.push(serial);
        }
        Ok(Claim::savepoint(Arc::clone(&self.core), serial))
    }

    /// Keeps what was done since a savepoint, which must be the innermost.
    pub(crate) async fn release(&mut self, savepoint: u64) -> Result<()> {
        self.enter().await?;
        self.check_innermost(savepoint)?;
        if let Err(error) = self.step(Step::Release(&name(savepoint)), PATIENCE).await {
            self.fail(false);
            return Err(error);
        }
        self.forget(savepoint);
        Ok(())
    }

    /// Undoes what was done since a savepoint, which must be the innermost, and mends a failure since.
    pub(crate) async fn rollback_to(&mut self, savepoint: u64) -> Result<()> {
        self.check_open()?;
        self.sweep_once().await?;
        self.check_innermost(savepoint)?;
        self.undo_to(savepoint).await
    }

    /// Undoes what was done since a savepoint, inner ones included.
    async fn undo_to(&mut self, savepoint: u64) -> Result<()> {
        let lost = self.state.transaction.as_ref().is_none_or(|transaction| transaction.lost);
        if lost || self.state.held.is_none() {
            self.fail(true);
            return Err(Error::PendingRollback);
        }
        if let Err(error) = self.step(Step::RollbackTo(&name(savepoint)), PATIENCE).await {
            self.fail(true);
            return Err(error);
        }
        if let Some(transaction) = &mut self.state.transaction {
            transaction.failed = false;
        }
        self.forget(savepoint);
        Ok(())
    }

    /// Deals with what was dropped before this call. A savepoint that is dropped while a call of several statements runs would
    /// else take some of them with it and leave the others.
    async fn sweep_once(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.swept, true) || !self.core.has_dropped() {
            return Ok(());
        }
        Box::pin(self.sweep()).await
    }

    /// Deals with what callers went away from: rolls back transactions and savepoints that nobody knows of, and fails a
    /// transaction in which something was done that nobody knows of.
    async fn sweep(&mut self) -> Result<()> {
        let dropped = self.core.take_dropped();
        if dropped.is_empty() {
            return Ok(());
        }
        let Some(transaction) = &self.state.transaction else { return Ok(()) };
        let (mut begun, mut unheard, mut savepoint) = (false, false, None);
        for what in dropped {
            match what {
                Dropped::Transaction(serial) => begun |= serial == transaction.serial,
                Dropped::Statement(clock) => unheard |= clock.transaction() == transaction.serial,
                // The outermost takes the others with it.
                Dropped::Savepoint(serial) => {
                    let depth = transaction.savepoints.iter().position(|open| *open == serial);
                    savepoint = depth.into_iter().chain(savepoint).min();
                }
            }
        }
        let savepoint = savepoint.and_then(|depth| transaction.savepoints.get(depth).copied());
        if begun {
            self.undo().await;
            self.end_transaction();
            return self.check_open();
        }
        if unheard {
            self.fail(false);
        }
        match savepoint {
            Some(savepoint) => self.undo_to(savepoint).await,
            None => Ok(()),
        }
    }

    fn check_innermost(&self, savepoint: u64) -> Result<()> {
        let open = self.state.transaction.as_ref().map_or(&[][..], |transaction| &transaction.savepoints);
        if open.last() == Some(&savepoint) {
            Ok(())
        } else if open.contains(&savepoint) {
            Err(Error::Statement(sqlservice_sql::Error::invalid(
                "savepoints end from the innermost to the outermost; another one was set after this one",
            )))
        } else {
            Err(Error::TransactionClosed)
        }
    }

    /// Forgets a savepoint and those set after it.
    fn forget(&mut self, savepoint: u64) {
        if let Some(transaction) = &mut self.state.transaction {
            let depth = transaction.savepoints.iter().position(|open| *open == savepoint);
            transaction.savepoints.truncate(depth.unwrap_or(transaction.savepoints.len()));
        }
    }
}

/// The host's name for a savepoint.
fn name(serial: u64) -> String {
    format!("s{serial}")
}

async fn backend_isolation(held: &mut Held) -> Result<Isolation> {
    use crate::backend::Link;
    held.link.isolation().await
}
