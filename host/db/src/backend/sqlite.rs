//! SQLite: the connection is sqlx's, the statements are stepped here, long ones on a thread for work that blocks.

mod bind;
mod connect;
mod create;
mod decode;
mod error;
mod handle;
pub(crate) mod reflect;
pub(crate) mod tables;
mod temporal;
mod token;
mod watch;
mod writers;

use std::{
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use sqlservice_sql::Error as StatementError;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

pub(crate) use connect::{SqliteFile, SqlitePool};

use super::{Begin, Job, Link, Stop};
use crate::{
    Error, Result,
    backend::sqlite::{
        decode::{Filling, Shape},
        handle::{Failure, Handle, Interrupt},
        watch::{Author, Watch},
    },
    error::DatabaseError,
    feed::{Feed, Next},
    settings::Isolation,
};

/// The longest text, and the most values, that are prepared and bound without leaving the caller's thread.
const INLINE_TEXT: usize = 8 << 10;
const INLINE_VALUES: usize = 64;

/// A connection to a SQLite database.
pub(crate) struct SqliteLink {
    /// Away while another thread works with it; gone when that thread died.
    handle: Option<Box<Handle>>,
    watch: Arc<Watch>,
    interrupt: Interrupt,
    pool: Weak<SqlitePool>,
    born: Instant,
    lock_timeout: Duration,
    /// The queue of the file's writers, and this connection's turn.
    writers: Option<Arc<Semaphore>>,
    turn: Option<OwnedSemaphorePermit>,
    transaction: Transaction,
}

/// A transaction as SQLite sees it.
#[derive(Clone, Copy)]
enum Transaction {
    None,
    /// Asked for. It begins with its first statement, which decides how, so that an idle one keeps nobody from writing.
    Asked(Begin),
    Open {
        read_only: bool,
    },
}

/// Stops a SQLite statement.
#[derive(Clone)]
pub(crate) struct SqliteStopper {
    watch: Arc<Watch>,
    interrupt: Interrupt,
}

impl Stop for SqliteStopper {
    async fn stop(&self) -> Result<()> {
        self.watch.stop();
        self.interrupt.interrupt();
        Ok(())
    }
}

/// Why filling a batch ended.
enum Filled {
    /// It is full.
    Full,
    /// There are no more rows.
    Done,
    /// It took its time on the caller's thread, and goes on where it is.
    Later,
    /// It took its time without any row, and has to begin again.
    Again,
    /// Another process has a lock.
    Busy,
}

impl SqliteLink {
    fn new(
        pool: &Arc<SqlitePool>,
        handle: Handle,
        watch: Arc<Watch>,
        writers: Option<Arc<Semaphore>>,
        born: Instant,
    ) -> Self {
        Self {
            interrupt: handle.interrupt(),
            handle: Some(Box::new(handle)),
            watch,
            pool: Arc::downgrade(pool),
            born,
            lock_timeout: pool.lock_timeout(),
            writers,
            turn: None,
            transaction: Transaction::None,
        }
    }

    /// When it was opened.
    fn born(&self) -> Instant {
        self.born
    }

    /// The handle, which is here whenever no other thread works with it.
    fn here(&mut self) -> Result<&mut Handle> {
        self.handle.as_deref_mut().ok_or(Error::Disconnected(None))
    }

    /// Works with the handle, here where that is short, on a thread for it where it may be long.
    async fn with<T: Send + 'static>(
        &mut self,
        short: bool,
        work: impl FnOnce(&mut Handle) -> T + Send + 'static,
    ) -> Result<T> {
        if short {
            return self.here().map(work);
        }
        let mut handle = self.handle.take().ok_or(Error::Disconnected(None))?;
        // If this future were dropped, the thread would keep the handle to the end and close it.
        let moved = tokio::task::spawn_blocking(move || {
            let result = work(&mut handle);
            (handle, result)
        });
        let (handle, result) = moved.await.map_err(|_| Error::Disconnected(None))?;
        self.handle = Some(handle);
        Ok(result)
    }

    /// Runs a statement of the host's own, again and again while another process has a lock.
    async fn exec(&mut self, sql: &'static str, short: bool) -> Result<()> {
        let until = Instant::now() + self.lock_timeout;
        let mut pause = Duration::from_millis(1);
        loop {
            match self.with(short, move |handle| handle.exec(sql)).await? {
                Err(failure) if error::is_busy(&failure) && Instant::now() < until => self.pause(&mut pause).await?,
                result => return result.map_err(error::error),
            }
        }
    }

    /// Waits a little for another process, unless the statement is stopped.
    async fn pause(&mut self, pause: &mut Duration) -> Result<()> {
        tokio::time::sleep(*pause).await;
        *pause = (*pause * 2).min(Duration::from_millis(50));
        if self.watch.is_stopped() { Err(Error::Cancelled) } else { Ok(()) }
    }

    /// Queues among the file's writers of this process.
    async fn queue(&mut self) -> Result<()> {
        let Some(writers) = self.writers.as_ref().filter(|_| self.turn.is_none()).cloned() else { return Ok(()) };
        if let Ok(turn) = Arc::clone(&writers).try_acquire_owned() {
            self.turn = Some(turn);
            return Ok(());
        }
        let stopping = self.watch.stopping.notified();
        tokio::pin!(stopping);
        stopping.as_mut().enable();
        if self.watch.is_stopped() {
            return Err(Error::Cancelled);
        }
        let turn = tokio::select! {
            turn = timeout(self.lock_timeout, writers.acquire_owned()) => turn,
            () = stopping => return Err(Error::Cancelled),
        };
        self.turn = Some(turn.map_err(|_| locked())?.map_err(|_| Error::Closed)?);
        Ok(())
    }

    /// Begins the transaction that was asked for. `writes` says whether the statement that makes it begin does.
    async fn begin_now(&mut self, writes: bool) -> Result<()> {
        let Transaction::Asked(begin) = self.transaction else { return Ok(()) };
        // A transaction that reads first and writes then would lose against one that wrote in between.
        let immediate = !begin.read_only && (begin.writes || writes);
        let begun = if immediate {
            self.queue().await?;
            self.exec("BEGIN IMMEDIATE", true).await
        } else {
            self.exec("BEGIN DEFERRED", true).await
        };
        if begun.is_err() {
            self.turn = None;
        }
        begun?;
        self.transaction = Transaction::Open { read_only: begin.read_only };
        Ok(())
    }

    /// Prepares a statement and gives it its values. Whether it changes something.
    async fn prepare(&mut self, job: &Arc<Job>) -> Result<bool> {
        let short = job.sql.len() <= INLINE_TEXT && job.binds.len() <= INLINE_VALUES;
        let job = Arc::clone(job);
        self.with(short, move |handle| {
            handle.open(&job.sql, author(&job)).map_err(error::error)?;
            bind::bind(handle, &job.binds)?;
            Ok(!handle.is_read_only())
        })
        .await?
    }

    /// Runs a prepared statement, whatever it returns.
    async fn fetch(&mut self, job: &Job, writes: bool, feed: &mut Feed) -> Result<u64> {
        let handle = self.here()?;
        let before = handle.total_changes();
        let (columns, shape) = decode::columns(handle, job.expected.as_deref());
        if !columns.is_empty() {
            feed.columns(columns);
        }
        let shape = Arc::new(shape);
        let until = Instant::now() + self.lock_timeout;
        let mut pause = Duration::from_millis(1);
        let mut demand = feed.demand();
        let mut filling = Filling::new(&shape, demand);
        let mut short = !writes;
        loop {
            let (full, filled) = self.fill(filling, &shape, short).await?;
            filling = full;
            match filled? {
                Filled::Full => match feed.deliver(filling.finish()?).await {
                    Next::More(next) => demand = next,
                    Next::Stop => return Ok(0),
                },
                Filled::Done => {
                    feed.finish(filling.finish()?);
                    let handle = self.here()?;
                    let changed = writes && handle.total_changes() != before;
                    return Ok(if changed { u64::try_from(handle.changes()).unwrap_or(0) } else { 0 });
                }
                Filled::Later => {
                    short = false;
                    continue;
                }
                Filled::Again => self.here()?.restart(),
                Filled::Busy if Instant::now() < until => {
                    self.here()?.restart();
                    self.pause(&mut pause).await?;
                }
                Filled::Busy => return Err(locked()),
            }
            short = false;
            filling = Filling::new(&shape, demand);
        }
    }

    /// Fills a batch.
    async fn fill(&mut self, filling: Filling, shape: &Arc<Shape>, short: bool) -> Result<(Filling, Result<Filled>)> {
        let watch = Arc::clone(&self.watch);
        let shape = Arc::clone(shape);
        self.with(short, move |handle| {
            let mut filling = filling;
            if short {
                watch.bound();
            }
            let filled = fill(handle, &mut filling, &shape, short.then_some(&*watch));
            if short {
                watch.unbound();
            }
            (filling, filled)
        })
        .await
    }

    /// Ends what the statement held, where no transaction holds it on.
    fn leave(&mut self) {
        if let Some(handle) = self.handle.as_deref_mut() {
            handle.put_away();
        }
        if !matches!(self.transaction, Transaction::Open { .. }) {
            self.turn = None;
        }
    }

    async fn work(&mut self, job: &Arc<Job>, feed: &mut Feed) -> Result<u64> {
        let writes = self.prepare(job).await?;
        let read_only = match self.transaction {
            Transaction::Asked(begin) => begin.read_only,
            Transaction::Open { read_only } => read_only,
            Transaction::None => false,
        };
        if writes && read_only {
            return Err(StatementError::Denied("a change in a read-only transaction".into()).into());
        }
        self.begin_now(writes).await?;
        if writes {
            self.queue().await?;
        }
        self.fetch(job, writes, feed).await
    }
}

impl Link for SqliteLink {
    type Stopper = SqliteStopper;

    fn stopper(&self) -> SqliteStopper {
        SqliteStopper { watch: Arc::clone(&self.watch), interrupt: self.interrupt.clone() }
    }

    async fn begin(&mut self, begin: Begin) -> Result<()> {
        self.transaction = Transaction::Asked(begin);
        Ok(())
    }

    async fn commit(&mut self) -> Result<()> {
        self.watch.arm();
        if matches!(self.transaction, Transaction::Open { .. }) {
            let handle = self.here()?;
            if handle.is_autocommit() {
                return Err(Error::Operational(DatabaseError {
                    sqlstate: Some("25P02".into()),
                    message: "the database rolled the transaction back".into(),
                    source: None,
                }));
            }
            // What was written has to reach the disk.
            let short = !handle.is_writing();
            self.exec("COMMIT", short).await?;
        }
        self.transaction = Transaction::None;
        self.turn = None;
        Ok(())
    }

    async fn rollback(&mut self) -> Result<()> {
        self.watch.arm();
        let handle = self.here()?;
        handle.put_away();
        if !handle.is_autocommit() {
            let short = !handle.is_writing();
            self.exec("ROLLBACK", short).await?;
        }
        self.transaction = Transaction::None;
        self.turn = None;
        Ok(())
    }

    async fn savepoint(&mut self, name: &str) -> Result<()> {
        self.watch.arm();
        self.begin_now(false).await?;
        let sql = format!("SAVEPOINT {name}");
        self.here()?.exec(&sql).map_err(error::error)
    }

    async fn release(&mut self, name: &str) -> Result<()> {
        self.watch.arm();
        let sql = format!("RELEASE {name}");
        self.here()?.exec(&sql).map_err(error::error)
    }

    async fn rollback_to(&mut self, name: &str) -> Result<()> {
        self.watch.arm();
        let sql = format!("ROLLBACK TO {name}");
        let forget = format!("RELEASE {name}");
        self.with(false, move |handle| handle.exec(&sql).and_then(|()| handle.exec(&forget)))
            .await?
            .map_err(error::error)
    }

    async fn isolation(&mut self) -> Result<Isolation> {
        Ok(Isolation::Serializable)
    }

    async fn run(&mut self, job: Job, feed: &mut Feed) -> Result<u64> {
        self.watch.arm();
        let job = Arc::new(job);
        let result = self.work(&job, feed).await;
        self.leave();
        result
    }

    fn transaction_lost(&self, _error: &Error) -> bool {
        matches!(self.transaction, Transaction::Open { .. }) && self.handle.as_deref().is_none_or(Handle::is_autocommit)
    }

    async fn ping(&mut self) -> Result<()> {
        self.watch.arm();
        self.exec("SELECT 1", true).await
    }

    async fn reset(&mut self) -> Result<()> {
        self.rollback().await
    }

    async fn put_back(self) {
        match self.pool.upgrade() {
            Some(pool) => pool.put_back(self).await,
            None => self.discard().await,
        }
    }

    async fn discard(self) {
        if let Some(handle) = self.handle {
            handle.close().await;
        }
    }
}

/// Fills a batch. With a watch, only for as long as that allows.
fn fill(handle: &mut Handle, filling: &mut Filling, shape: &Shape, watch: Option<&Watch>) -> Result<Filled> {
    loop {
        match handle.step() {
            Ok(true) => {
                filling.push(handle, shape)?;
                if filling.is_full() {
                    return Ok(Filled::Full);
                }
                if watch.is_some_and(Watch::is_overdue) {
                    return Ok(Filled::Later);
                }
            }
            Ok(false) => return Ok(Filled::Done),
            Err(failure) => return refilled(failure, filling, watch),
        }
    }
}

/// What a failed step means for the batch.
fn refilled(failure: Failure, filling: &Filling, watch: Option<&Watch>) -> Result<Filled> {
    if error::is_interrupted(&failure) && watch.is_some_and(Watch::was_moved) {
        return Ok(Filled::Again);
    }
    if error::is_busy(&failure) && filling.is_empty() {
        return Ok(Filled::Busy);
    }
    Err(error::error(failure))
}

/// Who wrote a statement.
fn author(job: &Job) -> Author {
    match (job.guest_text, &job.expected) {
        (true, _) => Author::Guest,
        (false, Some(_)) => Author::Compiler,
        (false, None) => Author::Host,
    }
}

/// The error of those who waited too long for a lock.
fn locked() -> Error {
    Error::LockNotAvailable(DatabaseError {
        sqlstate: Some("55P03".into()),
        message: "another transaction writes to the database".into(),
        source: None,
    })
}
