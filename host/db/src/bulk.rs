//! Many inserts as one: all or none, and their rows in one batch.

use std::sync::Arc;

use sqlservice_sql::{Batch, BulkStatements, compiled::Output};

use crate::{
    Result,
    budget::Budget,
    feed::Clock,
    lease::{Core, Listener, Turn},
    run::{self, Answer},
    settings::RunOptions,
};

/// Runs the statements as one.
pub(crate) async fn insert_many(core: &Arc<Core>, statements: BulkStatements, options: RunOptions) -> Result<Answer> {
    let call = Clock::new(None);
    let listener = Listener::new(core, &call);
    let answer = core.call(move |turn| turn.insert_many(statements, options, call)).await;
    listener.hear();
    answer
}

/// What the statements returned so far.
#[derive(Default)]
struct Returned {
    columns: Arc<[Output]>,
    batches: Vec<Batch>,
    affected: u64,
}

impl Turn {
    async fn insert_many(mut self, statements: BulkStatements, options: RunOptions, call: Clock) -> Result<Answer> {
        let result = self.all_or_none(statements, options).await;
        if let Some(transaction) = self.transaction().filter(|_| self.is_transactional()) {
            call.enter(transaction);
        }
        self.settle().await;
        let returned = result?;
        Ok(Answer {
            first: Batch::concat(returned.batches)?,
            columns: returned.columns,
            rest: None,
            affected: returned.affected,
            last_key: None,
        })
    }

    async fn all_or_none(&mut self, statements: BulkStatements, options: RunOptions) -> Result<Returned> {
        let whole = self.begin_whole(false).await?;
        let (mut budget, mut returned) = (Budget::new(options), Returned::default());
        let result = self.each(statements, &mut budget, &mut returned).await.map_err(|error| budget.told(error));
        // A statement that fails asks for a rollback anyway; what fails between two of them leaves statements that are in.
        if result.is_err() && returned.affected > 0 {
            self.fail(false);
        }
        self.end_whole(whole, result.map(|()| returned)).await
    }

    async fn each(&mut self, statements: BulkStatements, budget: &mut Budget, returned: &mut Returned) -> Result<()> {
        let batch = Arc::clone(statements.batch());
        for chunk in statements {
            let collected = self.collect(run::rows_job(chunk?, &batch)?, budget).await?;
            returned.affected = returned.affected.saturating_add(collected.affected);
            budget.count(collected.rows.rows.into())?;
            returned.columns = collected.columns;
            returned.batches.push(collected.rows);
        }
        Ok(())
    }
}
