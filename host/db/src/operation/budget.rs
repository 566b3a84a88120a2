//! The remaining limits of a call of several statements: they cover all of them together.

use std::sync::Arc;

use sqlservice_sql::{Batch, compiled::Output};
use tokio::time::Instant;

use super::statement::{limit, statement};
use crate::{
    backend::Execution,
    error::{Error, LimitKind, Result},
    guard::SessionGuard,
    row_sink::{Clock, RowSink, SinkOutcome},
    settings::RunOptions,
};

/// The remaining time, rows and bytes of a call.
pub(crate) struct Budget {
    options: RunOptions,
    pub(crate) rows: u64,
    bytes: u64,
    /// The deadline; the time begins with the first statement, once there is a connection.
    until: Option<Instant>,
}

impl Budget {
    pub(crate) fn new(options: RunOptions) -> Self {
        Self { options, rows: 0, bytes: 0, until: None }
    }

    /// Counts rows that are part of the result.
    pub(crate) fn count(&mut self, rows: u64) -> Result<()> {
        self.rows = self.rows.saturating_add(rows);
        match self.options.max_rows {
            Some(allowed) if self.rows > allowed => Err(Error::Limit { kind: LimitKind::Rows, allowed }),
            _ => Ok(()),
        }
    }

    /// Replaces the remaining limit in an error by the call's whole limit.
    pub(crate) fn told(&self, error: Error) -> Error {
        let allowed = match &error {
            Error::Limit { kind: LimitKind::Rows, .. } => self.options.max_rows,
            Error::Limit { kind: LimitKind::Bytes, .. } => self.options.max_bytes,
            _ => None,
        };
        match (error, allowed) {
            (Error::Limit { kind, .. }, Some(allowed)) => Error::Limit { kind, allowed },
            (error, _) => error,
        }
    }

    /// Returns the options of the next statement.
    fn next(&mut self) -> Result<RunOptions> {
        let now = Instant::now();
        // A limit too large for an `Instant` counts as none.
        let until = self.options.timeout.and_then(|timeout| now.checked_add(timeout));
        self.until = self.until.or(until);
        let timeout = self.until.map(|until| until.saturating_duration_since(now));
        if timeout.is_some_and(|timeout| timeout.is_zero()) {
            return Err(Error::Timeout);
        }
        Ok(RunOptions { timeout, ..self.options })
    }
}

/// Returns the rest of a limit.
fn left(allowed: Option<u64>, used: u64) -> Option<u64> {
    allowed.map(|allowed| allowed.saturating_sub(used))
}

/// The result of one of a call's statements.
pub(crate) struct Collected {
    pub(crate) columns: Arc<[Output]>,
    pub(crate) rows: Batch,
    pub(crate) affected: u64,
}

/// Runs one of a call's statements and keeps all its rows, within the remaining limits. Its bytes are counted; its rows are not, as some
/// of them may not be part of the result.
pub(crate) async fn collect(guard: &mut SessionGuard, job: Execution, budget: &mut Budget) -> Result<Collected> {
    guard.connect().await?;
    let options = budget.next()?;
    let mut sink = RowSink::collect(left(options.max_rows, budget.rows)).within(left(options.max_bytes, budget.bytes));
    let clock = Clock::new(limit(&guard.core, options));
    let affected = statement(guard, job, &mut sink, clock).await?.affected;
    let (columns, rows) = match sink.fate() {
        SinkOutcome::Whole(columns, batches) => (columns, Batch::concat(batches)?),
        SinkOutcome::Cursor(..) => (Arc::default(), Batch::default()),
    };
    budget.bytes = budget.bytes.saturating_add(u64::try_from(rows.bytes()).unwrap_or(u64::MAX));
    Ok(Collected { columns, rows, affected })
}
