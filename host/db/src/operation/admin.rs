//! Questions of the host's own to a connection: texts in, rows of texts out, bounded in time and read as they come.
//!
//! Catalogs are read as text on every database, so that none of this depends on how a driver decodes. Rows are handed on
//! batch by batch: what a hostile schema holds is counted before the next batch is asked for.

use std::{sync::Arc, time::Duration};

use sqlservice_sql::{Batch, Dialect, Scalar, Sql, SqlWriter, Value, compiled::Output, schema::TypeKind};
use tokio::{
    sync::oneshot,
    time::{Instant, timeout},
};
use tracing::Level;

use super::statement::{self, Interruption};
use crate::{
    backend::{BackendConnection, Begin, Binds, Effect, Execution, bind::BoundValue},
    error::{Error, Result},
    guard::Core,
    observe::{self, Instruments, Observed},
    pool::{PATIENCE, PooledConnection},
    row_sink::{Clock, FetchSize, FirstBatch, Page, RowSink, SinkOutcome},
    settings::Settings,
    transaction::UNANSWERED,
};

/// How long a statement of the host's own may take at most, whatever the settings say: no caller can stop it.
const LONGEST: Duration = Duration::from_secs(300);

/// A connection that the host asks, for itself or in the turn of a session's call.
pub(crate) struct AdminConnection<'h> {
    held: &'h mut PooledConnection,
    /// What stops a statement, besides the limits.
    interruption: Interruption<'h>,
    /// How long each statement may take.
    limit: Option<Duration>,
    /// When the time of all of them is over.
    until: Option<Instant>,
    effect: Effect,
    is_broken: bool,
    /// Its kind.
    pub(crate) dialect: Dialect,
    /// How long a lock is waited for.
    pub(crate) lock_timeout: Duration,
    instruments: &'h Arc<Instruments>,
}

/// The cells of a row, taken from left to right.
pub(crate) struct Cells<'a> {
    batch: &'a Batch,
    row: usize,
    column: usize,
}

impl Cells<'_> {
    /// The next cell's text; nothing for null.
    pub(crate) fn next(&mut self) -> Option<String> {
        let value = self.batch.value(self.row, self.column);
        self.column += 1;
        match value {
            Value::Scalar(Scalar::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The next cell's text; the empty one for null.
    pub(crate) fn text(&mut self) -> String {
        self.next().unwrap_or_default()
    }

    /// Whether the next cell is a true one.
    pub(crate) fn flag(&mut self) -> bool {
        matches!(self.next().as_deref(), Some("1" | "t" | "true"))
    }
}

impl<'h> AdminConnection<'h> {
    /// A connection of the host's own. Where it is of no use any more, the error is [`Error::Disconnected`].
    pub(crate) fn new(
        held: &'h mut PooledConnection,
        dialect: Dialect,
        settings: &Settings,
        instruments: &'h Arc<Instruments>,
    ) -> Self {
        let limit = settings.statement_timeout.unwrap_or(LONGEST).min(LONGEST);
        Self {
            held,
            interruption: Interruption::Host,
            limit: Some(limit),
            until: None,
            effect: Effect::Unknown,
            is_broken: false,
            dialect,
            lock_timeout: settings.lock_timeout,
            instruments,
        }
    }

    /// The connection of a session, which is only read: a statement stops with the call that it belongs to, and all together
    /// take no longer than `timeout`.
    pub(crate) fn of_call(
        held: &'h mut PooledConnection,
        core: &'h Core,
        interruption: Interruption<'h>,
        timeout: Option<Duration>,
    ) -> Self {
        let settings = &core.database.settings;
        Self {
            interruption,
            limit: settings.statement_timeout,
            // A limit too far away to be a date is none.
            until: timeout.and_then(|timeout| Instant::now().checked_add(timeout)),
            effect: Effect::Reads,
            ..Self::new(held, core.database.dialect(), settings, &core.instruments)
        }
    }

    /// Writes a line of the host's log about what it was asked for.
    pub(crate) fn log(&self, level: Level, message: &'static str, detail: &Error) {
        self.instruments.log(level, message, Some(detail));
    }

    /// Whether the connection is of no use any more.
    pub(crate) fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// Refuses to use a connection that is broken: each use would wait for an answer until its time is over.
    fn check(&self) -> Result<()> {
        if self.is_broken { Err(Error::Disconnected(None)) } else { Ok(()) }
    }

    /// Begins a transaction.
    pub(crate) async fn begin(&mut self, begin: Begin) -> Result<()> {
        self.check()?;
        // Locks that are waited for have their own, shorter limit.
        let begun = timeout(self.lock_timeout.saturating_add(PATIENCE), self.held.connection.begin(begin)).await;
        let begun = begun.unwrap_or(Err(Error::Disconnected(None)));
        self.is_broken |= matches!(begun, Err(Error::Disconnected(_)));
        begun
    }

    /// Commits, or rolls back.
    pub(crate) async fn end(&mut self, keep: bool) -> Result<()> {
        self.check()?;
        let connection = &mut self.held.connection;
        let ending = async { if keep { connection.commit().await } else { connection.rollback().await } };
        let lost = if keep { Error::OutcomeUnknown(UNANSWERED) } else { Error::Disconnected(None) };
        let ended = timeout(self.limit.unwrap_or(LONGEST), ending).await.unwrap_or(Err(lost));
        self.is_broken |= matches!(ended, Err(Error::Disconnected(_) | Error::OutcomeUnknown(_)));
        ended
    }

    /// Runs a statement that returns nothing.
    pub(crate) async fn run(&mut self, sql: impl Into<Sql>) -> Result<()> {
        self.rows(sql, &[], 0, |_| Ok(())).await
    }

    /// Runs statements that return nothing, one after the other. On PostgreSQL they go together in one message: in the
    /// caller's transaction, so that those before an error are undone with it. No part of them may be SQL text of a guest's,
    /// which could be more than one statement then.
    pub(crate) async fn script(&mut self, statements: &[Sql]) -> Result<()> {
        let mut whole = SqlWriter::new(self.dialect);
        whole.list(statements, ";\n", |whole, statement| {
            whole.append(statement);
        });
        let mut script = self.job(whole.finish(), &[], 0);
        script.is_script = true;
        self.work(script, u32::try_from(statements.len()).unwrap_or(u32::MAX), |_| Ok(())).await
    }

    /// Runs a query of so many columns, all of them text, and hands its rows on until there are no more or one is refused.
    pub(crate) async fn rows<F>(&mut self, sql: impl Into<Sql>, texts: &[&str], width: usize, each: F) -> Result<()>
    where
        F: FnMut(&mut Cells<'_>) -> Result<()> + Send,
    {
        self.work(self.job(sql.into(), texts, width), 1, each).await
    }

    /// Does so many statements' work within their limits of time.
    async fn work<F>(&mut self, job: Execution, statements: u32, mut each: F) -> Result<()>
    where
        F: FnMut(&mut Cells<'_>) -> Result<()> + Send,
    {
        self.check()?;
        let clock = self.clock(statements)?;
        let (held, interruption) = (&mut *self.held, &mut self.interruption);
        let (head, first) = oneshot::channel();
        let (instruments, dialect) = (self.instruments, self.dialect);
        let run = async move {
            // A clock of its own, as the time goes on while rows are read.
            let mut sink = RowSink::call(head, FetchSize::DEFAULT, None, Clock::new(None));
            let waited = Duration::ZERO;
            let observed = Observed::start(instruments, dialect, &job, &mut sink, waited, &observe::caller());
            let ended = statement::run_interruptible(held, job, &mut sink, &clock, interruption).await;
            observed.finish(&ended.result, &sink);
            // What is left of the row sink goes here, so that the reader sees its end.
            let last = match sink.fate() {
                SinkOutcome::Whole(_, batches) => batches.into_iter().next(),
                SinkOutcome::Cursor(_, last) => Some(last),
            };
            (ended, last)
        };
        let ((ended, last), refused) = tokio::join!(run, read(first, &mut each));
        self.is_broken |= ended.broken;
        if ended.broken && matches!(self.interruption, Interruption::Host) {
            let lost = ended.result.err().filter(|error| matches!(error, Error::Disconnected(_)));
            return Err(lost.unwrap_or(Error::Disconnected(None)));
        }
        refused?;
        ended.result?;
        last.map_or(Ok(()), |batch| visit(&batch, &mut each))
    }

    /// The time of so many statements, which has not begun yet.
    fn clock(&self, statements: u32) -> Result<Clock> {
        let limit = self.limit.map(|limit| limit.saturating_mul(statements));
        let left = self.until.map(|until| until.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            return Err(Error::Timeout);
        }
        Ok(Clock::new(limit.into_iter().chain(left).min()))
    }

    fn job(&self, sql: Sql, texts: &[&str], width: usize) -> Execution {
        let bind =
            |text: &&str| BoundValue { value: Scalar::Text((*text).to_owned()).into(), kind: Some(TypeKind::Text) };
        let expected = Output { name: String::new(), ty: Some(TypeKind::Text.into()), nullable: Some(true) };
        Execution {
            sql,
            binds: Binds::Values(texts.iter().map(bind).collect()),
            expected: Some(vec![expected; width].into()),
            is_script: false,
            effect: self.effect,
            summary: None,
        }
    }

    /// The only row of a query; nothing where there is none.
    pub(crate) async fn one(&mut self, sql: &'static str, texts: &[&str], width: usize) -> Result<Vec<Option<String>>> {
        let mut found = Vec::new();
        self.rows(sql, texts, width, |cells| {
            found = (0..width).map(|_| cells.next()).collect();
            Ok(())
        })
        .await?;
        Ok(found)
    }
}

/// Reads all batches but the last, which comes with the statement's end.
async fn read<F>(first: oneshot::Receiver<FirstBatch>, each: &mut F) -> Result<()>
where
    F: FnMut(&mut Cells<'_>) -> Result<()> + Send,
{
    let Ok(FirstBatch { batch, demands, mut pages, .. }) = first.await else { return Ok(()) };
    visit(&batch, each)?;
    demands.send_replace(FetchSize::DEFAULT);
    while let Some(Page::More(batch)) = pages.recv().await {
        visit(&batch, each)?;
    }
    Ok(())
}

fn visit<F>(batch: &Batch, each: &mut F) -> Result<()>
where
    F: FnMut(&mut Cells<'_>) -> Result<()> + Send,
{
    (0..batch.rows as usize).try_for_each(|row| each(&mut Cells { batch, row, column: 0 }))
}
