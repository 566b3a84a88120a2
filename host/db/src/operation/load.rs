//! Runs a plan of loads: its statements one after the other, in one turn.

use std::sync::Arc;

use sqlservice_sql::{
    Batch, BulkStatements, Compiled, Loading, Value,
    compiled::Output,
    load::{LoadStep, Loaded},
};

use super::{
    budget::{Budget, collect},
    statement::{job, rows_job},
};
use crate::{
    error::{Error, Result},
    guard::{CallGuard, Core, SessionGuard},
    row_sink::Clock,
    settings::RunOptions,
};

/// The source of a plan's own rows.
pub enum Root {
    /// A query and its parameters.
    Query(Arc<Compiled>, Vec<Value>),
    /// Statements that select the rows by their keys.
    Keys(BulkStatements),
    /// No statement: the rows are known already.
    Known,
}

/// A plan's own rows with their columns, and the rows of its loads.
pub type LoadedRows = (Arc<[Output]>, Batch, Vec<Loaded>);

/// Runs the plan. The limits cover all statements together.
pub(crate) async fn load(core: &Arc<Core>, root: Root, loading: Loading, options: RunOptions) -> Result<LoadedRows> {
    let call = Clock::new(None);
    let listener = CallGuard::new(core, &call);
    let answer = core.call(move |guard| load_in_turn(guard, root, loading, options, call)).await;
    listener.acknowledge();
    answer
}

async fn load_in_turn(
    mut guard: SessionGuard,
    root: Root,
    loading: Loading,
    options: RunOptions,
    call: Clock,
) -> Result<LoadedRows> {
    let result = read_plan(&mut guard, root, loading, options).await;
    // As for a single query: a caller that is gone does not know what its transaction has read and locked.
    if let Some(transaction) = guard.transaction().filter(|_| guard.is_transactional()) {
        call.enter(transaction);
    }
    guard.settle().await;
    result
}

async fn read_plan(
    guard: &mut SessionGuard,
    root: Root,
    mut loading: Loading,
    options: RunOptions,
) -> Result<LoadedRows> {
    guard.enter().await?;
    let mut budget = Budget::new(options);
    let result = steps_of(guard, root, &mut loading, &mut budget).await;
    let columns = match result {
        Ok(columns) => columns,
        Err(error) => {
            // A failure between two statements fails the transaction as that of a statement does.
            if !matches!(error, Error::Statement(_)) {
                guard.fail(false);
            }
            return Err(budget.told(error));
        }
    };
    let (root, loaded) = loading.finish()?;
    Ok((columns, root, loaded))
}

async fn steps_of(
    guard: &mut SessionGuard,
    root: Root,
    loading: &mut Loading,
    budget: &mut Budget,
) -> Result<Arc<[Output]>> {
    let columns = match root {
        Root::Known => Arc::default(),
        Root::Keys(statements) => {
            let rows = Batch::concat(read_each(guard, statements, budget).await?)?;
            budget.count(loading.take_root(rows))?;
            loading.columns()
        }
        Root::Query(compiled, parameters) => {
            let columns = loading.columns_of(&compiled);
            let rows = collect(guard, job(&compiled, parameters)?, budget).await?.rows;
            budget.count(loading.take_root(rows))?;
            columns
        }
    };
    while let Some(LoadStep { load, statements }) = loading.next_step()? {
        let returned = read_each(guard, statements, budget).await?;
        budget.count(loading.take(load, returned)?)?;
    }
    Ok(columns)
}

/// Runs some statements and returns the rows of each.
async fn read_each(
    guard: &mut SessionGuard,
    mut statements: BulkStatements,
    budget: &mut Budget,
) -> Result<Vec<Batch>> {
    let batch = Arc::clone(statements.batch());
    let mut returned = Vec::new();
    let rows = budget.rows;
    while let Some(chunk) = statements.next().transpose()? {
        let read = collect(guard, rows_job(chunk, &batch)?, budget).await?.rows;
        // Raised for the limits of the next statement only: the caller counts the rows once all are there.
        budget.rows = budget.rows.saturating_add(read.rows.into());
        returned.push(read);
    }
    budget.rows = rows;
    Ok(returned)
}
