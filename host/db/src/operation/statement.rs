//! Runs a session's statements: each in its turn, stopped from outside where necessary, up to its result set. The file is long, as all
//! ways in which a statement can end are kept side by side.

use std::{
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use sqlservice_sql::{
    Batch, Chunk, Compiled, Dialect, Error as StatementError, Layout, Sql, Value,
    compiled::{Output, Placeholder, ValueSource},
};
use tokio::{
    sync::{Notify, oneshot},
    time::timeout,
};
use tracing::Level;

use crate::{
    backend::{
        BackendConnection, Binds, Done, Effect, Execution, StopStatement,
        any::AnyCancelHandle,
        bind::{BoundValue, RowBind, RowBinds},
        verb,
    },
    cursor::Cursor,
    error::{Error, Result},
    guard::{CallGuard, Core, SessionGuard},
    inner::Inner,
    observe::Observed,
    pool::{PATIENCE, PooledConnection},
    queue::CancelToken,
    row_sink::{Clock, FetchSize, FirstBatch, Page, RowSink, SinkOutcome},
    settings::RunOptions,
    task::{Started, run_or_spawn},
};

/// How long a statement that waits for its reader may take to end by itself, before the database is asked to cancel it.
const IDLE_GRACE: Duration = Duration::from_millis(500);

/// PostgreSQL's SQLSTATE for a statement that cannot run in a transaction.
const NOT_IN_TRANSACTION: &str = "25001";

/// The result set of a statement. One that fits the first batch has no cursor and does not occupy the session.
pub struct ResultSet {
    /// The columns; empty where the statement returns no rows.
    pub columns: Arc<[Output]>,
    /// The first rows.
    pub first_batch: Batch,
    /// The cursor of further rows, if any. The session is occupied until the cursor is read to its end or dropped.
    pub cursor: Option<Cursor>,
    /// How many rows a change matched, whether it altered them or not; 0 for a query.
    pub affected: u64,
    /// The key of the row that an insert without `returning` added, where the database reports it: on SQLite the rowid (of several rows
    /// the last one's), on MySQL and MariaDB the auto-increment value (of several the first one's; past `i64::MAX` nothing). Nothing on
    /// PostgreSQL, where no row was added, and for other statements. For an upsert that updates, SQLite has nothing, MySQL and MariaDB
    /// the row's key or nothing.
    pub last_key: Option<i64>,
}

/// The cause for which a statement is stopped.
enum StopCause {
    /// Its caller or cursor was dropped.
    Gone,
    /// Its time limit was exceeded.
    Timeout,
    /// Its session was closed.
    Abandoned,
    /// The time limit of its transaction was exceeded.
    Expired,
}

impl From<StopCause> for Error {
    fn from(cause: StopCause) -> Self {
        match cause {
            StopCause::Gone => Self::Cancelled,
            StopCause::Timeout => Self::Timeout,
            StopCause::Abandoned => Self::Closed,
            StopCause::Expired => Self::TransactionClosed,
        }
    }
}

/// The events that stop a statement from outside, besides its own time limit.
pub(crate) enum Interruption<'a> {
    /// None: the statement is the host's own, and no caller can cancel it.
    Host,
    /// The events of the call that the statement belongs to.
    Call { caller: &'a mut CancelToken, core: &'a Core, transaction: Option<u64> },
}

impl Interruption<'_> {
    /// Waits for a reason to stop.
    async fn wait(&mut self, clock: &Clock) -> StopCause {
        let Self::Call { caller, core, transaction } = self else {
            clock.elapsed().await;
            return StopCause::Timeout;
        };
        let transaction = transaction.unwrap_or(u64::MAX);
        let mut signal = core.queue.signal();
        tokio::select! {
            () = caller.gone() => StopCause::Gone,
            () = clock.elapsed() => StopCause::Timeout,
            signal = signal.wait_for(|signal| signal.abandoned || signal.expired == transaction) => {
                if signal.is_ok_and(|signal| !signal.abandoned) { StopCause::Expired } else { StopCause::Abandoned }
            }
        }
    }
}

/// How a statement ended.
pub(crate) struct StatementEnd {
    pub(crate) result: Result<Done>,
    /// Whether its connection is unusable.
    pub(crate) broken: bool,
    /// Whether the transaction cannot go on without a rollback.
    failed: bool,
}

/// Runs a compiled statement of a session: inline if it is a short query, else in its turn.
pub(crate) async fn execute_compiled(
    core: &Arc<Core>,
    compiled: &Compiled,
    parameters: Vec<Value>,
    options: RunOptions,
) -> Result<ResultSet> {
    let job = job(compiled, parameters)?;
    if !compiled.writes
        && let Some(answer) = at_once(core, &job, options)
    {
        return Ok(answer);
    }
    execute(core, job, options).await
}

/// Runs a guest's own SQL text: inline if it is a short query, else in its turn.
pub(crate) async fn execute_text(
    core: &Arc<Core>,
    sql: String,
    parameters: Vec<Value>,
    options: RunOptions,
) -> Result<ResultSet> {
    let job = text_job(sql, parameters, core.database.dialect())?;
    if job.effect != Effect::Writes
        && let Some(answer) = at_once(core, &job, options)
    {
        return Ok(answer);
    }
    execute(core, job, options).await
}

/// Runs a short query inline. Returns nothing where that is not possible.
fn at_once(core: &Core, job: &Execution, options: RunOptions) -> Option<ResultSet> {
    if limit(core, options).is_some_and(|limit| limit.is_zero()) {
        return None;
    }
    let began = core.instruments.now();
    let (columns, first_batch) = core.run_at_once(job, demand(options))?;
    // The row limit is reported by the second run, in the statement's turn.
    if options.max_rows.is_some_and(|max| u64::from(first_batch.rows) > max) {
        return None;
    }
    Observed::ran_at_once(&core.instruments, core.database.dialect(), job, began, &first_batch);
    Some(ResultSet { columns, first_batch, cursor: None, affected: 0, last_key: None })
}

fn demand(options: RunOptions) -> FetchSize {
    FetchSize::of(
        options.batch_rows.unwrap_or(RunOptions::BATCH_ROWS),
        options.batch_bytes.unwrap_or(RunOptions::BATCH_BYTES),
    )
}

/// Runs a statement of a session. The call returns with its first batch; a cursor reads the others.
pub(crate) async fn execute(core: &Arc<Core>, job: Execution, options: RunOptions) -> Result<ResultSet> {
    let serial = core.serial();
    let (head, first) = oneshot::channel();
    let clock = Clock::new(limit(core, options));
    let demand = demand(options);
    let sink = RowSink::call(head, demand, options.max_rows, clock.clone());
    let listener = CallGuard::new(core, &clock);
    let ended = clock.clone();
    let (alive, work) = core.start(move |guard| answer(guard, job, sink, clock, serial));
    let answer = match run_or_spawn(work).await {
        Started::Done(result) => result,
        Started::Running(mut task) => tokio::select! {
            biased;
            Ok(FirstBatch { columns, batch: first_batch, demands, pages }) = first => {
                let cursor = Some(Cursor::new(Arc::clone(core), serial, demands, pages, alive));
                // The statement may have failed before the cursor existed: its transaction can run out of time.
                if ended.has_failed() {
                    core.queue.vacate(serial);
                }
                Ok(ResultSet { columns, first_batch, cursor, affected: 0, last_key: None })
            }
            result = &mut task => result.unwrap_or(Err(Error::Lost)),
        },
    };
    listener.acknowledge();
    answer
}

/// Returns the lower of the call's and the database's time limit of a statement.
pub(crate) fn limit(core: &Core, options: RunOptions) -> Option<Duration> {
    let own = core.database.settings.statement_timeout;
    options.timeout.map_or(own, |asked| Some(own.map_or(asked, |own| own.min(asked))))
}

/// Runs one statement in its turn, until its last row was read or its cursor dropped.
async fn answer(
    mut guard: SessionGuard,
    job: Execution,
    mut sink: RowSink,
    clock: Clock,
    serial: u64,
) -> Result<ResultSet> {
    let result = statement(&mut guard, job, &mut sink, clock.clone()).await;
    guard.settle().await;
    match sink.fate() {
        SinkOutcome::Whole(columns, batches) => result.map(|Done { affected, last_key }| {
            let first_batch = batches.into_iter().next().unwrap_or_default();
            ResultSet { columns, first_batch, cursor: None, affected, last_key }
        }),
        SinkOutcome::Cursor(pages, last) => {
            // A complete result set occupies the session until its reader has all of it, whichever side is faster. After an error there
            // is nothing to read, so the session is free before its reader gets the error.
            if result.is_err() {
                clock.fail();
                guard.core.queue.vacate(serial);
            }
            drop(guard);
            let page = Page::Last(result.map(|_| last));
            drop(pages.send(page).await);
            Err(Error::Lost)
        }
    }
}

/// Runs one statement in its transaction. Its rows go to the row sink.
pub(crate) async fn statement(
    guard: &mut SessionGuard,
    job: Execution,
    sink: &mut RowSink,
    clock: Clock,
) -> Result<Done> {
    guard.enter().await?;
    guard.connect().await?;
    if guard.lease.caller.is_gone() {
        return Err(Error::Cancelled);
    }
    check_storage(guard, &job)?;
    // On a server, a change that commits itself could be stopped during its commit, with an unknown outcome. On an embedded database it
    // cannot.
    let is_alone = guard.is_autocommit() && guard.core.database.dialect() != Dialect::Sqlite;
    if !is_alone {
        guard.autobegin().await?;
    }
    let waited = std::mem::take(&mut guard.waited);
    let dialect = guard.core.database.dialect();
    let observed = Observed::start(&guard.core.instruments, dialect, &job, sink, waited, &guard.span);
    let result = if is_alone {
        Box::pin(statement_alone(guard, job, sink, clock)).await
    } else {
        let ended = supervise(guard, job, sink, clock).await;
        if ended.failed {
            guard.fail(ended.broken);
        }
        ended.result
    };
    observed.finish(&result, sink);
    result
}

/// Refuses a statement that needs room where the database has none left.
fn check_storage(guard: &SessionGuard, job: &Execution) -> Result<()> {
    let Inner { storage: Some(storage), .. } = &*guard.core.database else { return Ok(()) };
    let Some(held) = &guard.lease.state.held else { return Ok(()) };
    storage.check(job, guard.core.database.dialect(), &guard.core.instruments, || held.connection.cancel_handle())
}

/// Runs one statement in a transaction of the host's own, in autocommit; without one where the statement cannot run in a transaction.
async fn statement_alone(guard: &mut SessionGuard, job: Execution, sink: &mut RowSink, clock: Clock) -> Result<Done> {
    let outer = guard.take_hollow();
    guard.open_own(job.effect == Effect::Writes, true).await?;
    let again = job.sql.is_guest().then(|| job.clone());
    let result = match supervise(guard, job, sink, clock.clone()).await.result {
        // Its reader was dropped before it had all rows.
        Ok(done) if sink.was_left() => Ok(done),
        Ok(done) => guard.commit_own().await.map(|()| done),
        Err(error) => Err(error),
    };
    guard.end_own(outer).await;
    match (result, again) {
        (Err(Error::Operational(said)), Some(job)) if said.sqlstate.as_deref() == Some(NOT_IN_TRANSACTION) => {
            supervise(guard, job, sink, clock).await.result
        }
        (result, _) => result,
    }
}

/// Runs a statement on the session's connection until it ends or is stopped.
async fn supervise(guard: &mut SessionGuard, job: Execution, sink: &mut RowSink, clock: Clock) -> StatementEnd {
    let transaction = guard.transaction();
    if let Some(transaction) = transaction.filter(|_| guard.is_transactional()) {
        clock.enter(transaction);
    }
    let Some(mut held) = guard.lease.state.held.take() else {
        return StatementEnd { result: Err(Error::Disconnected(None)), broken: true, failed: true };
    };
    let mut interruption = Interruption::Call { caller: &mut guard.lease.caller, core: &guard.core, transaction };
    let mut ended = run_interruptible(&mut held, job, sink, &clock, &mut interruption).await;
    if let (Ok(_), Some((kind, allowed))) = (&ended.result, sink.is_over()) {
        ended.result = Err(Error::Limit { kind, allowed });
        ended.failed = true;
    }
    if ended.broken {
        Box::pin(held.discard()).await;
    } else {
        let lost = ended.result.as_ref().err().is_some_and(|error| held.connection.transaction_lost(error));
        if lost {
            guard.fail(true);
        }
        guard.lease.state.held = Some(held);
    }
    ended
}

/// Runs a statement, and stops it where its time limit or an interruption requires that.
pub(crate) async fn run_interruptible(
    held: &mut PooledConnection,
    job: Execution,
    sink: &mut RowSink,
    clock: &Clock,
    interruption: &mut Interruption<'_>,
) -> StatementEnd {
    let cancel_handle = held.connection.cancel_handle();
    let closing = sink.closing();
    clock.start();
    let mut work = pin!(held.connection.run(job, sink));
    let cause = tokio::select! {
        biased;
        result = &mut work => return judge(result),
        cause = interruption.wait(clock) => cause,
    };
    let ended = Box::pin(end(&cancel_handle, work, &closing, clock, cause)).await;
    if ended.broken {
        held.instruments.log(Level::WARN, "a statement could not be stopped; its connection is closed", None);
    }
    ended
}

/// Ends a statement that has to be stopped.
async fn end(
    cancel_handle: &AnyCancelHandle,
    mut work: Pin<&mut (impl Future<Output = Result<Done>> + Send)>,
    closing: &Notify,
    clock: &Clock,
    cause: StopCause,
) -> StatementEnd {
    // A statement that waits for its reader, or reads ahead for it, ends by itself when it is notified that the reader is gone.
    closing.notify_one();
    let ends = clock.is_idle() || (matches!(cause, StopCause::Gone) && clock.is_seen());
    if ends && let Ok(result) = timeout(IDLE_GRACE, &mut work).await {
        let broken = matches!(result, Err(Error::Disconnected(_)));
        let failed = result.is_err() || !matches!(cause, StopCause::Gone) || !clock.is_seen();
        return StatementEnd { result: Err(cause.into()), broken, failed };
    }
    let stopped = timeout(PATIENCE, stop(cancel_handle, work)).await;
    let broken = !matches!(stopped, Ok((Ok(()), ref result)) if !matches!(result, Err(Error::Disconnected(_))));
    StatementEnd { result: Err(cause.into()), broken, failed: true }
}

/// Asks the database to cancel a statement, and waits until the request has arrived and the statement has ended.
async fn stop(cancel_handle: &AnyCancelHandle, work: impl Future<Output = Result<Done>>) -> (Result<()>, Result<Done>) {
    tokio::join!(cancel_handle.stop(), work)
}

/// Returns the end of a statement that was not cancelled.
fn judge(result: Result<Done>) -> StatementEnd {
    match result {
        Err(error @ Error::Disconnected(_)) => StatementEnd { result: Err(error), broken: true, failed: true },
        // It was refused before anything was sent.
        Err(error @ Error::Statement(_)) => StatementEnd { result: Err(error), broken: false, failed: false },
        Err(error) => StatementEnd { result: Err(error), broken: false, failed: true },
        Ok(done) => StatementEnd { result: Ok(done), broken: false, failed: false },
    }
}

/// Builds the execution of a compiled statement with a call's parameters.
pub(crate) fn job(compiled: &Compiled, mut parameters: Vec<Value>) -> Result<Execution> {
    let given = parameters.len();
    if given != compiled.parameters as usize {
        let message = format!("the statement takes {} parameters, not {given}", compiled.parameters);
        return Err(StatementError::invalid(message).into());
    }
    compiled.conditions.iter().try_for_each(|condition| condition.check(&parameters))?;
    let mut uses = vec![0u32; given];
    for placeholder in &compiled.placeholders {
        if let ValueSource::Parameter(position) = placeholder.source
            && let Some(count) = uses.get_mut(position as usize)
        {
            *count += 1;
        }
    }
    let mut binds = Vec::with_capacity(compiled.placeholders.len());
    for placeholder in &compiled.placeholders {
        let value = match &placeholder.source {
            ValueSource::Literal(value) => value.clone(),
            ValueSource::Parameter(position) => take(&mut parameters, &mut uses, *position as usize)?,
        };
        if let Some(bounds) = &placeholder.bounds {
            bounds.check(value.borrow())?;
        }
        binds.push(BoundValue { value, kind: placeholder.kind });
    }
    let expected = Some(Arc::clone(&compiled.outputs));
    Ok(Execution {
        sql: compiled.sql.clone(),
        binds: Binds::Values(binds),
        expected,
        is_script: false,
        effect: Effect::of(compiled),
        summary: Some(compiled.summary.clone()),
    })
}

/// Builds the execution of a statement that takes its bind values from rows of a batch.
pub(crate) fn rows_job(chunk: Chunk, batch: &Arc<Batch>) -> Result<Execution> {
    let Chunk { compiled, layout, rows } = chunk;
    if layout == Layout::Placeholders {
        let values = |row: usize| (0..batch.columns.len()).map(move |column| batch.value(row, column));
        let last = rows.end.saturating_sub(1);
        // The text may have placeholders for more rows than there are; the last row fills them.
        let written = (compiled.parameters as usize).checked_div(batch.columns.len()).unwrap_or_default();
        let filled = rows.chain(std::iter::repeat(last)).take(written);
        return job(&compiled, filled.flat_map(values).collect());
    }
    // The placeholders of a text for many rows repeat with each row, so those of one row suffice.
    let written = if layout == Layout::Rows { batch.columns.len() } else { compiled.placeholders.len() };
    let place = |placeholder: &Placeholder| match &placeholder.source {
        ValueSource::Parameter(column) => RowBind::Column(*column as usize, placeholder.kind),
        ValueSource::Literal(value) => RowBind::Constant(BoundValue { value: value.clone(), kind: placeholder.kind }),
    };
    let columns = compiled.placeholders.iter().take(written).map(place).collect();
    let binds = Binds::Rows(RowBinds { batch: Arc::clone(batch), rows, layout, columns });
    let expected = Some(Arc::clone(&compiled.outputs));
    Ok(Execution {
        sql: compiled.sql.clone(),
        binds,
        expected,
        is_script: false,
        effect: Effect::of(&compiled),
        summary: Some(compiled.summary.clone()),
    })
}

/// Returns a parameter's value; moved out at its last use, as values may be large.
fn take(parameters: &mut [Value], uses: &mut [u32], position: usize) -> Result<Value> {
    let (Some(value), Some(uses)) = (parameters.get_mut(position), uses.get_mut(position)) else {
        return Err(StatementError::invalid("the statement uses a parameter that it does not have").into());
    };
    *uses = uses.saturating_sub(1);
    Ok(if *uses == 0 { std::mem::replace(value, Value::NULL) } else { value.clone() })
}

/// Builds the execution of a guest's own SQL text.
fn text_job(sql: String, parameters: Vec<Value>, dialect: Dialect) -> Result<Execution> {
    let sql = Sql::guest(sql, dialect)?;
    let binds = parameters.into_iter().map(|value| BoundValue { value, kind: None }).collect();
    let effect = if verb::changes_rows(&verb::verb(&sql, dialect)) { Effect::Writes } else { Effect::Unknown };
    Ok(Execution { sql, binds: Binds::Values(binds), expected: None, is_script: false, effect, summary: None })
}
