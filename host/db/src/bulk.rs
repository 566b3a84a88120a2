//! Many inserts as one: all or none, and their rows in one batch.

use std::sync::Arc;

use sqlservice_sql::{Batch, Portions, compiled::Output};

use crate::{
    Error, Result,
    feed::{Clock, Fate, Feed},
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
            first: join(returned.batches)?,
            columns: returned.columns,
            rest: None,
            affected: returned.affected,
        })
    }

    /// In a transaction, a failure asks for a rollback anyway, which undoes the portions before it.
    async fn all_or_none(&mut self, portions: Portions, options: RunOptions) -> Result<Returned> {
        let whole = self.begin_whole(false).await?;
        let result = self.each(portions, options).await;
        self.end_whole(whole, result).await
    }

    async fn each(&mut self, portions: Portions, options: RunOptions) -> Result<Returned> {
        let mut returned = Returned::default();
        let mut left = options.max_rows;
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
            let mut feed = Feed::collect(left);
            let clock = Clock::new(run::limit(&self.core, options));
            let affected = self.statement(job, &mut feed, clock).await?;
            returned.affected = returned.affected.saturating_add(affected);
            if let Fate::Whole(columns, batches) = feed.fate() {
                let rows = batches.iter().map(|batch| u64::from(batch.rows)).sum();
                left = left.map(|left: u64| left.saturating_sub(rows));
                returned.columns = columns;
                returned.batches.extend(batches);
            }
        }
        Ok(returned)
    }
}

/// Batches of the same columns as one.
pub(crate) fn join(batches: Vec<Batch>) -> Result<Batch> {
    Ok(Batch::concat(batches)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlservice_sql::{
        Scalar, Value,
        batch::{ColumnBuilder, VectorKind},
    };

    fn batch(values: &[Option<i64>]) -> Batch {
        let mut column = ColumnBuilder::new(VectorKind::Integer, values.len());
        for value in values {
            match value {
                Some(value) => column.push_i64(*value).expect("room"),
                None => column.push_null(),
            }
        }
        Batch { rows: u32::try_from(values.len()).expect("few"), columns: vec![column.finish()] }
    }

    #[test]
    fn batches_are_joined_in_order() {
        let joined = join(vec![batch(&[Some(1), None]), Batch::default(), batch(&[Some(3)])]).expect("a batch");
        assert_eq!(joined.rows, 3);
        let values: Vec<_> = (0..3).map(|row| joined.value(row, 0)).collect();
        assert_eq!(values, [Scalar::Integer(1).into(), Value::NULL, Scalar::Integer(3).into()]);
    }
}
