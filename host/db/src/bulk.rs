//! Many inserts as one: all or none, and their rows in one batch.

use std::sync::Arc;

use sqlservice_sql::{Batch, Portions, compiled::Output};

use crate::{
    Error, Result,
    budget::Budget,
    feed::Clock,
    lease::{Core, Listener, Turn},
    run::{self, Answer},
    settings::RunOptions,
};

/// Runs the statements as one.
pub(crate) async fn insert_many(core: &Arc<Core>, portions: Portions, options: RunOptions) -> Result<Answer> {
    let call = Clock::new(None);
    let listener = Listener::new(core, &call);
    let answer = core.call(move |turn| turn.insert_many(portions, options, call)).await;
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
    async fn insert_many(mut self, portions: Portions, options: RunOptions, call: Clock) -> Result<Answer> {
        let result = self.all_or_none(portions, options).await;
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
        })
    }

    /// In a transaction, a failure asks for a rollback anyway, which undoes the portions before it.
    async fn all_or_none(&mut self, portions: Portions, options: RunOptions) -> Result<Returned> {
        let whole = self.begin_whole(false).await?;
        let mut budget = Budget::new(options);
        let result = self.each(portions, &mut budget).await.map_err(|error| budget.told(error));
        self.end_whole(whole, result).await
    }

    async fn each(&mut self, portions: Portions, budget: &mut Budget) -> Result<Returned> {
        let mut returned = Returned::default();
        let batch = Arc::clone(portions.batch());
        for portion in portions {
            let job = portion.map_err(Error::Statement).and_then(|portion| run::rows_job(portion, &batch));
            let job = match job {
                Ok(job) => job,
                Err(error) => {
                    // Earlier portions are in, so the transaction cannot go on as if nothing had happened.
                    if returned.affected > 0 {
                        self.fail(false);
                    }
                    return Err(error);
                }
            };
            let collected = self.collect(job, budget).await?;
            budget.count(collected.rows.rows.into())?;
            returned.affected = returned.affected.saturating_add(collected.affected);
            returned.columns = collected.columns;
            returned.batches.push(collected.rows);
        }
        Ok(returned)
    }
}
