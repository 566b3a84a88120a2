//! One checked-out SQLite connection: its transactions, its writer permit, and work on a blocking thread.

use std::{
    convert::Infallible,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use sqlservice_sql::{Dialect, Sql, SqlWriter};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    time::timeout,
};

use super::{
    cancel::SqliteCancelHandle,
    connect::SqlitePool,
    error,
    handle::{Handle, Interrupt, opened::Opened},
    hooks::Hooks,
};
use crate::{
    Error, Result,
    backend::{BackendConnection, Begin, Done, Execution},
    error::DatabaseError,
    row_sink::RowSink,
    settings::Isolation,
};

/// A connection to a SQLite database.
pub(crate) struct SqliteBackendConnection {
    /// None while a blocking thread has it, and for good when that thread panicked.
    handle: Option<Box<Handle>>,
    pub(super) hooks: Arc<Hooks>,
    interrupt: Interrupt,
    pool: Weak<SqlitePool>,
    born: Instant,
    pub(super) lock_timeout: Duration,
    /// The file's writer queue, and this connection's permit to write.
    writers: Option<Arc<Semaphore>>,
    turn: Option<OwnedSemaphorePermit>,
    /// Closed when the blocking thread that has the handle, or had it last, is done.
    away: Option<oneshot::Receiver<Infallible>>,
    pub(super) transaction: Transaction,
}

/// The state of the connection's transaction.
#[derive(Clone, Copy)]
pub(super) enum Transaction {
    None,
    /// Requested, but not begun in SQLite. Its first statement begins it and decides how, so that an idle transaction blocks no writer.
    Asked(Begin),
    Open {
        read_only: bool,
    },
}

impl SqliteBackendConnection {
    /// Checks a connection out of a pool. Returns it and whether it is new. The caller holds a permit for it.
    pub(crate) async fn acquire(pool: &Arc<SqlitePool>) -> Result<(Self, bool)> {
        let (opened, is_new) = pool.take().await?;
        let Opened { handle, hooks, interrupt, writers, born } = opened;
        let connection = Self {
            handle: Some(handle),
            hooks,
            interrupt,
            pool: Arc::downgrade(pool),
            born,
            lock_timeout: pool.lock_timeout(),
            writers,
            turn: None,
            away: None,
            transaction: Transaction::None,
        };
        Ok((connection, is_new))
    }

    /// The handle; an error where a blocking thread kept it.
    pub(super) fn here(&mut self) -> Result<&mut Handle> {
        self.handle.as_deref_mut().ok_or(Error::Disconnected(None))
    }

    /// Runs work with the handle: short work on this thread, other work on a blocking one.
    pub(super) async fn with<T: Send + 'static>(
        &mut self,
        short: bool,
        work: impl FnOnce(&mut Handle) -> T + Send + 'static,
    ) -> Result<T> {
        if short {
            return self.here().map(work);
        }
        let mut handle = self.handle.take().ok_or(Error::Disconnected(None))?;
        // If this future is dropped, the blocking thread keeps the handle until the work ends, and closes it. Until then it may hold
        // the file's lock, so it keeps the writer permit as well, and `discard` waits for it.
        let turn = self.turn.take();
        let (working, away) = oneshot::channel();
        self.away = Some(away);
        let moved = tokio::task::spawn_blocking(move || {
            let result = work(&mut handle);
            (result, handle, turn, working)
        });
        let (result, handle, turn, _working) = moved.await.map_err(|_| Error::Disconnected(None))?;
        self.handle = Some(handle);
        self.turn = turn;
        Ok(result)
    }

    /// Runs a statement of the host's own, and retries it while another process holds a lock.
    async fn exec(&mut self, sql: Sql, short: bool) -> Result<()> {
        let until = Instant::now() + self.lock_timeout;
        let mut pause = Duration::from_millis(1);
        loop {
            let sql = sql.clone();
            match self.with(short, move |handle| handle.exec(&sql)).await? {
                Err(failure) if error::is_busy(&failure) && Instant::now() < until => self.pause(&mut pause).await?,
                result => return result.map_err(error::error),
            }
        }
    }

    /// Sleeps before a retry, and doubles the pause up to 50 ms. Fails where the statement was cancelled.
    pub(super) async fn pause(&mut self, pause: &mut Duration) -> Result<()> {
        tokio::time::sleep(*pause).await;
        *pause = (*pause * 2).min(Duration::from_millis(50));
        if self.hooks.is_stopped() { Err(Error::Cancelled) } else { Ok(()) }
    }

    /// Waits for the permit to write to the file, which one connection of this process has at a time.
    pub(super) async fn queue(&mut self) -> Result<()> {
        let Some(writers) = self.writers.as_ref().filter(|_| self.turn.is_none()).cloned() else { return Ok(()) };
        if let Ok(turn) = Arc::clone(&writers).try_acquire_owned() {
            self.turn = Some(turn);
            return Ok(());
        }
        let stopping = self.hooks.stopping.notified();
        tokio::pin!(stopping);
        stopping.as_mut().enable();
        if self.hooks.is_stopped() {
            return Err(Error::Cancelled);
        }
        let turn = tokio::select! {
            turn = timeout(self.lock_timeout, writers.acquire_owned()) => turn,
            () = stopping => return Err(Error::Cancelled),
        };
        self.turn = Some(turn.map_err(|_| locked())?.map_err(|_| Error::Closed)?);
        Ok(())
    }

    /// Begins the requested transaction in SQLite. `writes` is whether its first statement writes.
    pub(super) async fn begin_now(&mut self, writes: bool) -> Result<()> {
        let Transaction::Asked(begin) = self.transaction else { return Ok(()) };
        // A transaction that reads first and then writes would fail if another one wrote in between.
        let immediate = !begin.read_only && (begin.writes || writes);
        let begun = if immediate {
            self.queue().await?;
            self.exec(Sql::fixed("BEGIN IMMEDIATE"), true).await
        } else {
            self.exec(Sql::fixed("BEGIN DEFERRED"), true).await
        };
        if begun.is_err() {
            self.turn = None;
        }
        begun?;
        self.transaction = Transaction::Open { read_only: begin.read_only };
        Ok(())
    }

    /// Refuses statements in a transaction that SQLite rolled back by itself: they would run in autocommit mode.
    pub(super) fn check_open(&mut self) -> Result<()> {
        if !matches!(self.transaction, Transaction::Open { .. }) || !self.here()?.is_autocommit() {
            return Ok(());
        }
        Err(Error::Operational(DatabaseError {
            sqlstate: Some("25P02".into()),
            message: "the database rolled the transaction back".into(),
            source: None,
        }))
    }

    /// Ends the active statement, and releases the writer permit unless a transaction is open.
    pub(super) fn leave(&mut self) {
        if let Some(handle) = self.handle.as_deref_mut() {
            handle.put_away();
        }
        if !matches!(self.transaction, Transaction::Open { .. }) {
            self.turn = None;
        }
    }
}

impl BackendConnection for SqliteBackendConnection {
    type CancelHandle = SqliteCancelHandle;

    fn cancel_handle(&self) -> SqliteCancelHandle {
        SqliteCancelHandle { hooks: Arc::clone(&self.hooks), interrupt: self.interrupt.clone() }
    }

    async fn begin(&mut self, begin: Begin) -> Result<()> {
        self.transaction = Transaction::Asked(begin);
        Ok(())
    }

    async fn commit(&mut self) -> Result<()> {
        self.hooks.arm();
        if matches!(self.transaction, Transaction::Open { .. }) {
            self.check_open()?;
            // A transaction that wrote is flushed to the disk.
            let short = !self.here()?.is_writing();
            self.exec(Sql::fixed("COMMIT"), short).await?;
        }
        self.transaction = Transaction::None;
        self.turn = None;
        Ok(())
    }

    async fn rollback(&mut self) -> Result<()> {
        self.hooks.arm();
        let handle = self.here()?;
        handle.put_away();
        if !handle.is_autocommit() {
            let short = !handle.is_writing();
            self.exec(Sql::fixed("ROLLBACK"), short).await?;
        }
        self.transaction = Transaction::None;
        self.turn = None;
        Ok(())
    }

    async fn savepoint(&mut self, name: &str) -> Result<()> {
        self.hooks.arm();
        self.begin_now(false).await?;
        let sql = named("SAVEPOINT ", name);
        self.here()?.exec(&sql).map_err(error::error)
    }

    async fn release(&mut self, name: &str) -> Result<()> {
        self.hooks.arm();
        let sql = named("RELEASE ", name);
        self.here()?.exec(&sql).map_err(error::error)
    }

    async fn rollback_to(&mut self, name: &str) -> Result<()> {
        self.hooks.arm();
        let (sql, forget) = (named("ROLLBACK TO ", name), named("RELEASE ", name));
        self.with(false, move |handle| handle.exec(&sql).and_then(|()| handle.exec(&forget)))
            .await?
            .map_err(error::error)
    }

    async fn isolation(&mut self) -> Result<Isolation> {
        Ok(Isolation::Serializable)
    }

    async fn run(&mut self, job: Execution, sink: &mut RowSink) -> Result<Done> {
        self.hooks.arm();
        let job = Arc::new(job);
        let result = self.work(&job, sink).await;
        self.leave();
        result
    }

    fn transaction_lost(&self, _error: &Error) -> bool {
        matches!(self.transaction, Transaction::Open { .. }) && self.handle.as_deref().is_none_or(Handle::is_autocommit)
    }

    async fn ping(&mut self) -> Result<()> {
        self.hooks.arm();
        self.exec(Sql::fixed("SELECT 1"), true).await
    }

    async fn reset(&mut self) -> Result<()> {
        self.rollback().await
    }

    async fn put_back(self) {
        let Self { handle, hooks, interrupt, pool, born, writers, .. } = self;
        let Some(handle) = handle else { return };
        let opened = Opened { handle, hooks, interrupt, writers, born };
        match pool.upgrade() {
            Some(pool) => pool.put_back(opened).await,
            None => opened.close().await,
        }
    }

    async fn discard(self) {
        match (self.handle, self.away) {
            (Some(handle), _) => handle.close().await,
            // Nothing is ever sent: the thread drops the sender when it is done.
            (None, Some(away)) => drop(away.await),
            (None, None) => {}
        }
    }
}

/// Builds a statement that names a savepoint.
fn named(verb: &'static str, savepoint: &str) -> Sql {
    let mut writer = SqlWriter::new(Dialect::Sqlite);
    writer.push(verb).name(savepoint);
    writer.finish()
}

/// The error of a statement that waited too long for a lock.
pub(super) fn locked() -> Error {
    Error::LockNotAvailable(DatabaseError {
        sqlstate: Some("55P03".into()),
        message: "another transaction writes to the database".into(),
        source: None,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::{Settings, backend::sqlite::SqliteFile};

    #[tokio::test]
    async fn t41_a_thread_that_is_left_behind_keeps_the_turn_and_the_place_until_it_is_done() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = SqliteFile::parse(&format!("sqlite://{}/test.db", folder.path().display())).expect("a url");
        let pool = Arc::new(SqlitePool::new(file, &Settings::default()));
        let mut connection = SqliteBackendConnection::acquire(&pool).await.expect("a connection").0;
        let writers = connection.writers.clone().expect("a queue");
        connection.queue().await.expect("the turn");
        let (end, wait) = mpsc::channel::<()>();
        // Work that does not end in time and whose caller gives up.
        let work = connection.with(false, move |_| wait.recv());
        assert!(timeout(Duration::from_millis(50), work).await.is_err());
        assert_eq!(writers.available_permits(), 0, "it may write");
        let mut discard = Box::pin(connection.discard());
        assert!(timeout(Duration::from_millis(50), &mut discard).await.is_err(), "it is still at work");
        assert_eq!(writers.available_permits(), 0, "it may still write");
        end.send(()).expect("it waits");
        timeout(Duration::from_secs(5), discard).await.expect("it is done");
        assert_eq!(writers.available_permits(), 1);
    }
}
