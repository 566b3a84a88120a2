//! Runs one statement and feeds its rows: short ones where the call is made, long ones on a thread for work that blocks.

use std::{
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};

use sqlservice_sql::{Batch, Error as StatementError};

use super::{
    bind,
    decode::Filling,
    error,
    handle::{Failure, Handle},
    link::{SqliteLink, Transaction, locked},
    types::{self, Shape},
    watch::{Author, Watch},
};
use crate::{
    Error, Result,
    backend::Job,
    feed::{Demand, Feed, Next},
};

/// The longest text, and the most values, that are prepared and bound without leaving the caller's thread.
const INLINE_TEXT: usize = 8 << 10;
const INLINE_VALUES: usize = 64;

/// How many rounds of a statement go on before others are asked whether it should stop.
const ROUNDS: usize = 1_024;

/// Why filling a batch ended.
enum Filled {
    /// It is full, and one more row waits.
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
    /// Runs a statement in the transaction that is asked for or open.
    pub(super) async fn work(&mut self, job: &Arc<Job>, feed: &mut Feed) -> Result<u64> {
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
        if job.binds.is_row_by_row() { self.repeat(job, feed).await } else { self.fetch(job, writes, feed).await }
    }

    /// Runs a prepared statement once with each share of its values, and collects what it returns. Its transaction holds the
    /// write lock by now, so that it meets no other.
    async fn repeat(&mut self, job: &Arc<Job>, feed: &mut Feed) -> Result<u64> {
        let (columns, shape) = types::columns(self.here()?, job.expected.as_ref());
        if !columns.is_empty() {
            feed.columns(columns);
        }
        let shape = Arc::new(shape);
        let mut affected = 0;
        let all = job.binds.rounds();
        for from in (0..all).step_by(ROUNDS) {
            let (job, shape, watch) = (Arc::clone(job), Arc::clone(&shape), Arc::clone(&self.watch));
            let some = from..all.min(from.saturating_add(ROUNDS));
            let (batch, changed) = self.with(false, move |handle| rounds(handle, &job, &shape, some, &watch)).await??;
            affected += changed;
            if let Next::Stop = feed.deliver(batch).await {
                break;
            }
        }
        Ok(affected)
    }

    /// Prepares a statement and gives it its values. Whether it changes something. Another process can have a lock already
    /// here, as the schema has to be read: while it recovers what a third one left behind, for one.
    async fn prepare(&mut self, job: &Arc<Job>) -> Result<bool> {
        let short = job.sql.len() <= INLINE_TEXT && job.binds.len() <= INLINE_VALUES;
        let until = Instant::now() + self.lock_timeout;
        let mut pause = Duration::from_millis(1);
        loop {
            let job = Arc::clone(job);
            let prepared = self.with(short, move |handle| {
                handle.open(&job.sql, author(&job))?;
                Ok(bind::bind(handle, &job.binds, 0).map(|()| !handle.is_read_only()))
            });
            match prepared.await? {
                Ok(writes) => return writes,
                Err(failure) if error::is_busy(&failure) && Instant::now() < until => self.pause(&mut pause).await?,
                Err(failure) => return Err(error::error(failure)),
            }
        }
    }

    /// Runs a prepared statement, whatever it returns.
    async fn fetch(&mut self, job: &Job, writes: bool, feed: &mut Feed) -> Result<u64> {
        let handle = self.here()?;
        let before = handle.total_changes();
        let (columns, shape) = types::columns(handle, job.expected.as_ref());
        if !columns.is_empty() {
            feed.columns(columns);
        }
        let shape = Arc::new(shape);
        let until = Instant::now() + self.lock_timeout;
        let mut pause = Duration::from_millis(1);
        let mut demand = feed.demand();
        let mut filling = Filling::new(&shape, demand);
        let mut short = !writes;
        let mut waiting = false;
        loop {
            let (full, filled) = self.fill(filling, &shape, short, waiting).await?;
            filling = full;
            waiting = false;
            match filled? {
                Filled::Full => {
                    let room = filling.room();
                    match feed.deliver(filling.finish()?).await {
                        Next::More(next) => (demand, waiting) = (next, true),
                        Next::Stop => return Ok(0),
                    }
                    short = false;
                    filling = Filling::like(&shape, demand, &room);
                    continue;
                }
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
    async fn fill(
        &mut self,
        filling: Filling,
        shape: &Arc<Shape>,
        short: bool,
        waiting: bool,
    ) -> Result<(Filling, Result<Filled>)> {
        let watch = Arc::clone(&self.watch);
        let shape = Arc::clone(shape);
        self.with(short, move |handle| {
            let mut filling = filling;
            if short {
                watch.bound();
            }
            let filled = fill(handle, &mut filling, &shape, short.then_some(&*watch), waiting);
            if short {
                watch.unbound();
            }
            (filling, filled)
        })
        .await
    }
}

/// Fills a batch. With a watch, only for as long as that allows. `waiting` says that the current row is in no batch yet.
fn fill(
    handle: &mut Handle,
    filling: &mut Filling,
    shape: &Shape,
    watch: Option<&Watch>,
    mut waiting: bool,
) -> Result<Filled> {
    loop {
        if !std::mem::take(&mut waiting) {
            match handle.step() {
                Ok(true) => {}
                Ok(false) => return Ok(Filled::Done),
                Err(failure) => return refilled(failure, filling, watch),
            }
        }
        if filling.is_full() {
            return Ok(Filled::Full);
        }
        filling.push(handle, shape)?;
        if watch.is_some_and(Watch::is_overdue) {
            return Ok(Filled::Later);
        }
    }
}

/// Some rounds of the statement in use: the rows that they return, and how many they changed.
fn rounds(handle: &mut Handle, job: &Job, shape: &Shape, some: Range<usize>, watch: &Watch) -> Result<(Batch, u64)> {
    let mut filling = Filling::new(shape, Demand::DEFAULT);
    let mut affected = 0;
    for round in some {
        if watch.is_stopped() {
            return Err(Error::Cancelled);
        }
        // The first one's values are bound.
        if round > 0 {
            handle.restart();
            bind::bind(handle, &job.binds, round)?;
        }
        let before = handle.total_changes();
        while handle.step().map_err(error::error)? {
            filling.push(handle, shape)?;
        }
        if handle.total_changes() != before {
            affected += u64::try_from(handle.changes()).unwrap_or(0);
            if shape.is_key {
                filling.push_key(handle.made_key(), shape)?;
            }
        }
    }
    Ok((filling.finish()?, affected))
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
