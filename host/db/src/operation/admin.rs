//! Runs the host's own statements on a connection: text parameters in, rows of text out, limited in time and read as they arrive.
//!
//! Catalogs are read as text on every database, so that nothing depends on how a driver decodes values. Rows are passed on batch by
//! batch: the content of a hostile schema is counted before the next batch is requested.

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

/// The time limit of a statement of the host's own, whatever the settings: no caller can stop it.
const LONGEST: Duration = Duration::from_secs(300);

/// A connection for the host's own statements, by itself or in the turn of a session's call.
pub(crate) struct AdminConnection<'h> {
    held: &'h mut PooledConnection,
    /// The events that stop a statement, besides the limits.
    interruption: Interruption<'h>,
    /// The time limit of each statement.
    limit: Option<Duration>,
    /// The deadline of all statements together.
    until: Option<Instant>,
    effect: Effect,
    is_broken: bool,
    /// The kind of database.
    pub(crate) dialect: Dialect,
    /// How long a statement waits for a lock.
    pub(crate) lock_timeout: Duration,
    instruments: &'h Arc<Instruments>,
}

/// The cells of a row, read from left to right.
pub(crate) struct Cells<'a> {
    batch: &'a Batch,
    row: usize,
    column: usize,
}

impl Cells<'_> {
    /// Returns the next cell's text; nothing for null.
    pub(crate) fn next(&mut self) -> Option<String> {
        let value = self.batch.value(self.row, self.column);
        self.column += 1;
        match value {
            Value::Scalar(Scalar::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Returns the next cell's text; an empty one for null.
    pub(crate) fn text(&mut self) -> String {
        self.next().unwrap_or_default()
    }

    /// Whether the next cell is true.
    pub(crate) fn flag(&mut self) -> bool {
        matches!(self.next().as_deref(), Some("1" | "t" | "true"))
    }
}

impl<'h> AdminConnection<'h> {
    /// Wraps a connection of the host's own. If it becomes unusable, the error is [`Error::Disconnected`].
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

    /// Wraps the connection of a session, for reads only: a statement stops with the call that it belongs to, and all together take no
    /// longer than `timeout`.
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
            // A limit too large for an `Instant` counts as none.
            until: timeout.and_then(|timeout| Instant::now().checked_add(timeout)),
            effect: Effect::Reads,
            ..Self::new(held, core.database.dialect(), settings, &core.instruments)
        }
    }

    /// Writes a line about the requested work to the host's log.
    pub(crate) fn log(&self, level: Level, message: &'static str, detail: &Error) {
        self.instruments.log(level, message, Some(detail));
    }

    /// Whether the connection is unusable.
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
        // The wait for a lock has its own, shorter limit.
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

    /// Runs a statement that returns no rows.
    pub(crate) async fn run(&mut self, sql: impl Into<Sql>) -> Result<()> {
        self.rows(sql, &[], 0, |_| Ok(())).await
    }

    /// Runs statements that return no rows, one after the other. PostgreSQL gets them in one message: in the caller's transaction, so
    /// that those before an error are undone with it. None of them may contain SQL text of a guest's, which could be more than one
    /// statement then.
    pub(crate) async fn script(&mut self, statements: &[Sql]) -> Result<()> {
        let mut whole = SqlWriter::new(self.dialect);
        whole.list(statements, ";\n", |whole, statement| {
            whole.append(statement);
        });
        let mut script = self.job(whole.finish(), &[], 0);
        script.is_script = true;
        self.work(script, u32::try_from(statements.len()).unwrap_or(u32::MAX), |_| Ok(())).await
    }

    /// Runs a query of `width` text columns, and passes its rows to `each` until there are no more or `each` returns an error.
    pub(crate) async fn rows<F>(&mut self, sql: impl Into<Sql>, texts: &[&str], width: usize, each: F) -> Result<()>
    where
        F: FnMut(&mut Cells<'_>) -> Result<()> + Send,
    {
        self.work(self.job(sql.into(), texts, width), 1, each).await
    }

    /// Runs the job of `statements` statements within their time limits.
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
            // The sink's clock is its own, as the statement's has to run on while rows are read.
            let mut sink = RowSink::call(head, FetchSize::DEFAULT, None, Clock::new(None));
            let waited = Duration::ZERO;
            let observed = Observed::start(instruments, dialect, &job, &mut sink, waited, &observe::caller());
            let ended = statement::run_interruptible(held, job, &mut sink, &clock, interruption).await;
            observed.finish(&ended.result, &sink);
            // The row sink is consumed here, so that the reader sees its end.
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

    /// Returns a clock with the time limit of `statements` statements, not yet started.
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

    /// Returns the only row of a query; an empty one where there is none.
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
