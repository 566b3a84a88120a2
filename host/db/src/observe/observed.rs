//! Observes a statement from its start to its end, however it ends.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use sqlservice_sql::{Batch, Dialect, Sql, Summary};
use tracing::{Span, field::Empty, level_filters::LevelFilter};

use super::{Event, Instruments, Origin, Outcome, Statement, StatementFinished, StatementStarted};
use crate::{
    backend::{Done, Execution, verb},
    error::Result,
    row_sink::RowSink,
};

/// A statement whose start was reported, or that is not observed. Dropping it reports that it was cancelled.
pub(crate) struct Observed(Option<Box<Running>>);

struct Running {
    instruments: Arc<Instruments>,
    span: Span,
    sql: Sql,
    summary: Option<Summary>,
    operation: &'static str,
    origin: Origin,
    began: Option<Instant>,
    waited: Duration,
    is_finished: bool,
}

/// The counts of a statement's rows, and the time to its first batch.
#[derive(Clone, Copy, Default)]
struct Counts {
    rows: u64,
    bytes: u64,
    affected: u64,
    first_batch: Option<Duration>,
}

/// Returns the caller's span, where a subscriber wants spans of statements at all.
pub(crate) fn caller() -> Span {
    if LevelFilter::current() >= LevelFilter::DEBUG { Span::current() } else { Span::none() }
}

impl Observed {
    /// Reports that a statement starts, and has its rows measured. `parent` is the span of the call that it belongs to.
    pub(crate) fn start(
        instruments: &Arc<Instruments>,
        dialect: Dialect,
        job: &Execution,
        sink: &mut RowSink,
        waited: Duration,
        parent: &Span,
    ) -> Self {
        let observed = Self::begin(instruments, dialect, job, waited, parent, instruments.now());
        if let Some(began) = observed.0.as_ref().and_then(|running| running.began) {
            sink.measure(began);
        }
        observed
    }

    /// Reports a query that has run inline. Only then it is known to have run, so its span is created afterwards and has no length.
    pub(crate) fn ran_at_once(
        instruments: &Arc<Instruments>,
        dialect: Dialect,
        job: &Execution,
        began: Option<Instant>,
        rows: &Batch,
    ) {
        let observed = Self::begin(instruments, dialect, job, Duration::ZERO, &caller(), began);
        let Some(mut running) = observed.0 else { return };
        let bytes = u64::try_from(rows.bytes()).unwrap_or(u64::MAX);
        let first_batch = (rows.rows > 0).then(|| began.map(|began| began.elapsed())).flatten();
        running.finish(Counts { rows: rows.rows.into(), bytes, affected: 0, first_batch }, Outcome::Ok);
    }

    fn begin(
        instruments: &Arc<Instruments>,
        dialect: Dialect,
        job: &Execution,
        waited: Duration,
        parent: &Span,
        began: Option<Instant>,
    ) -> Self {
        if began.is_none() && !tracing::enabled!(tracing::Level::DEBUG) {
            return Self(None);
        }
        let mut running = Running {
            instruments: Arc::clone(instruments),
            span: Span::none(),
            sql: job.sql.clone(),
            summary: job.summary.clone(),
            operation: operation(job, dialect),
            origin: origin(job),
            began,
            waited,
            is_finished: false,
        };
        running.span = running.span_in(parent, dialect);
        running
            .instruments
            .tell(|scope| Event::StatementStarted(StatementStarted { scope, statement: running.statement() }));
        Self(Some(Box::new(running)))
    }

    /// Reports how the statement ended.
    pub(crate) fn finish(self, result: &Result<Done>, sink: &RowSink) {
        let Some(mut running) = self.0 else { return };
        let (rows, bytes, first_batch) = sink.measured();
        let affected = result.as_ref().map_or(0, |done| done.affected);
        let outcome = match result {
            // Its reader was dropped before it had all rows.
            Ok(_) if sink.was_left() => Outcome::Cancelled,
            result => Outcome::of(result.as_ref().err()),
        };
        running.finish(Counts { rows, bytes, affected, first_batch }, outcome);
    }
}

impl Running {
    fn statement(&self) -> Statement<'_> {
        let tables = self.summary.as_ref().map_or(&[][..], |summary| &summary.tables);
        Statement { operation: self.operation, tables, sql: &self.sql, origin: self.origin }
    }

    /// Creates the statement's span, with OpenTelemetry's field names. Fields are computed only where a subscriber wants the span.
    fn span_in(&self, parent: &Span, dialect: Dialect) -> Span {
        let (statement, scope) = (self.statement(), &self.instruments.scope);
        tracing::debug_span!(
            parent: parent,
            "sqlservice.statement",
            otel.kind = "client",
            db.system.name = system(dialect),
            db.namespace = scope.database.as_deref(),
            db.operation.name = statement.operation,
            db.collection.name = statement.tables.first().map(AsRef::<str>::as_ref),
            // Recorded as text, it is escaped: a plugin chooses the names of its tables, which may contain line ends.
            db.query.summary = statement.to_string(),
            db.response.returned_rows = Empty,
            "error.type" = Empty,
            sqlservice.tenant = scope.tenant.as_deref(),
            sqlservice.plugin = scope.plugin.as_deref(),
        )
    }

    fn finish(&mut self, counts: Counts, outcome: Outcome<'_>) {
        self.is_finished = true;
        self.span.record("db.response.returned_rows", counts.rows);
        if !matches!(outcome, Outcome::Ok) {
            self.span.record("error.type", outcome.as_str());
        }
        let Counts { rows, bytes, affected, first_batch } = counts;
        let duration = self.began.map_or(Duration::ZERO, |began| began.elapsed());
        let (statement, waited) = (self.statement(), self.waited);
        self.instruments.tell(|scope| {
            Event::StatementFinished(StatementFinished {
                scope,
                statement,
                rows,
                bytes,
                affected,
                waited,
                first_batch,
                duration,
                outcome,
            })
        });
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.is_finished {
            self.finish(Counts::default(), Outcome::Cancelled);
        }
    }
}

fn origin(job: &Execution) -> Origin {
    match &job.summary {
        Some(_) => Origin::Compiled,
        None if job.sql.is_guest() => Origin::Raw,
        None => Origin::Host,
    }
}

/// Returns a statement's operation: from its compiler, or by its first words.
fn operation(job: &Execution, dialect: Dialect) -> &'static str {
    const KNOWN: [&str; 25] = [
        "SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "VALUES", "TABLE", "CREATE", "ALTER", "DROP",
        "TRUNCATE", "RENAME", "COMMENT", "GRANT", "REVOKE", "SET", "SHOW", "EXPLAIN", "DESCRIBE", "ANALYZE", "PRAGMA",
        "VACUUM", "DO", "REFRESH",
    ];
    if let Some(summary) = &job.summary {
        return summary.operation.as_str();
    }
    // The word is guest-controlled: the number of metrics labelled by it must stay bounded.
    let verb = verb::verb(&job.sql, dialect);
    KNOWN.into_iter().find(|known| *known == verb).unwrap_or("OTHER")
}

/// Returns OpenTelemetry's name for a kind of database.
const fn system(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "sqlite",
        Dialect::Postgres => "postgresql",
        Dialect::Mysql => "mysql",
        Dialect::Mariadb => "mariadb",
    }
}
