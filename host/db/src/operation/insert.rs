//! Runs many inserts as one: all or none, and their rows in one batch.

use std::sync::Arc;

use sqlservice_sql::{Batch, BulkStatements, compiled::Output};

use super::{
    atomic,
    budget::{Budget, collect},
    statement::{ResultSet, rows_job},
};
use crate::{
    error::Result,
    guard::{CallGuard, Core, SessionGuard},
    row_sink::Clock,
    settings::RunOptions,
};

/// Runs the statements as one: all or none.
pub(crate) async fn insert_many(
    core: &Arc<Core>,
    statements: BulkStatements,
    options: RunOptions,
) -> Result<ResultSet> {
    let call = Clock::new(None);
    let listener = CallGuard::new(core, &call);
    let answer = core.call(move |guard| insert_in_turn(guard, statements, options, call)).await;
    listener.acknowledge();
    answer
}

/// The results of the statements that have run so far.
#[derive(Default)]
struct Returned {
    columns: Arc<[Output]>,
    batches: Vec<Batch>,
    affected: u64,
}

async fn insert_in_turn(
    mut guard: SessionGuard,
    statements: BulkStatements,
    options: RunOptions,
    call: Clock,
) -> Result<ResultSet> {
    let result = all_or_none(&mut guard, statements, options).await;
    if let Some(transaction) = guard.transaction().filter(|_| guard.is_transactional()) {
        call.enter(transaction);
    }
    guard.settle().await;
    let returned = result?;
    Ok(ResultSet {
        first_batch: Batch::concat(returned.batches)?,
        columns: returned.columns,
        cursor: None,
        affected: returned.affected,
        last_key: None,
    })
}

async fn all_or_none(guard: &mut SessionGuard, statements: BulkStatements, options: RunOptions) -> Result<Returned> {
    let atomic = atomic::begin(guard, false).await?;
    let (mut budget, mut returned) = (Budget::new(options), Returned::default());
    let result = each(guard, statements, &mut budget, &mut returned).await.map_err(|error| budget.told(error));
    // A statement that fails requires a rollback anyway; a failure between two statements leaves the changes of the first ones.
    if result.is_err() && returned.affected > 0 {
        guard.fail(false);
    }
    atomic::end(guard, atomic, result.map(|()| returned)).await
}

async fn each(
    guard: &mut SessionGuard,
    statements: BulkStatements,
    budget: &mut Budget,
    returned: &mut Returned,
) -> Result<()> {
    let batch = Arc::clone(statements.batch());
    for chunk in statements {
        let collected = collect(guard, rows_job(chunk?, &batch)?, budget).await?;
        returned.affected = returned.affected.saturating_add(collected.affected);
        budget.count(collected.rows.rows.into())?;
        returned.columns = collected.columns;
        returned.batches.push(collected.rows);
    }
    Ok(())
}
