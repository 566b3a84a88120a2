//! Writes a unit of work's changes: runs their statements one after the other, all or none.

use std::sync::Arc;

use sqlservice_sql::{Batch, Flush};

use super::{
    atomic::{self, AtomicScope},
    budget::{Budget, collect},
    statement::rows_job,
};
use crate::{
    error::{Error, Result},
    guard::{CallGuard, Core, SessionGuard},
    row_sink::Clock,
    settings::RunOptions,
};

/// The error of a flush.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct FlushError {
    /// The position of the change whose statement failed.
    pub change: Option<usize>,
    /// The error of the statement.
    #[source]
    pub error: Error,
}

impl From<Error> for FlushError {
    fn from(error: Error) -> Self {
        Self { change: None, error }
    }
}

/// Writes the changes. A failure undoes them and leaves the transaction as it was. The limits cover all statements together.
pub(crate) async fn flush(core: &Arc<Core>, flush: Flush, options: RunOptions) -> Result<Vec<Batch>, FlushError> {
    let call = Clock::new(None);
    let listener = CallGuard::new(core, &call);
    let answer = core.call(move |guard| flush_in_turn(guard, flush, options, call)).await;
    listener.acknowledge();
    answer?
}

/// Adds the table and columns of a change to a violation, where the database reported none.
fn explained(error: Error, flush: &Flush, change: Option<usize>) -> Error {
    let Error::Integrity(mut violation) = error else { return error };
    let known = change.and_then(|change| flush.constraint(change, violation.constraint.as_deref()));
    if let Some((table, columns)) = known {
        if violation.columns.is_empty() {
            violation.columns = columns.to_vec();
        }
        violation.table.get_or_insert_with(|| table.to_owned());
    }
    Error::Integrity(violation)
}

async fn flush_in_turn(
    mut guard: SessionGuard,
    flush: Flush,
    options: RunOptions,
    call: Clock,
) -> Result<Result<Vec<Batch>, FlushError>> {
    let (mut change, mut budget) = (None, Budget::new(options));
    let result = write(&mut guard, flush, &mut change, &mut budget, &call).await;
    let result = result.map_err(|error| budget.told(error));
    guard.settle().await;
    Ok(result.map_err(|error| FlushError { change, error }))
}

async fn write(
    guard: &mut SessionGuard,
    mut flush: Flush,
    change: &mut Option<usize>,
    budget: &mut Budget,
    call: &Clock,
) -> Result<Vec<Batch>> {
    if flush.is_empty() {
        guard.enter().await?;
        return Ok(flush.finish()?);
    }
    let atomic = atomic::begin(guard, true).await?;
    // From here on, a caller that is gone would leave changes behind that it does not know of.
    if let (Some(transaction), AtomicScope::Savepoint(_)) = (guard.transaction(), &atomic) {
        call.enter(transaction);
    }
    let result = steps(guard, &mut flush, change, budget).await.map_err(|error| explained(error, &flush, *change));
    atomic::end(guard, atomic, result).await?;
    Ok(flush.finish()?)
}

async fn steps(
    guard: &mut SessionGuard,
    flush: &mut Flush,
    change: &mut Option<usize>,
    budget: &mut Budget,
) -> Result<()> {
    while let Some(mut step) = flush.next_step()? {
        *change = Some(step.change);
        while let Some(chunk) = step.statements.next() {
            let chunk = chunk?;
            let rows = chunk.rows.clone();
            let job = rows_job(chunk, step.statements.batch())?;
            let collected = collect(guard, job, budget).await?;
            flush.take(&mut step, &rows, collected.rows, collected.affected);
        }
        flush.end(&step)?;
    }
    *change = None;
    Ok(())
}
