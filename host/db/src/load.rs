//! A plan of loads: its statements one after the other, in one turn.

use std::sync::Arc;

use sqlservice_sql::{
    Batch, Compiled, Loading, Portions, Value,
    compiled::Output,
    load::{Loaded, Step},
};
use tokio::time::Instant;

use crate::{
    Error, Result,
    backend::Job,
    bulk::join,
    error::LimitKind,
    feed::{Clock, Fate, Feed},
    lease::{Core, Listener, Turn},
    run,
    settings::RunOptions,
};

/// Where a plan's own rows come from.
pub enum Root {
    /// A query and its parameters.
    Query(Arc<Compiled>, Vec<Value>),
    /// Statements that find them by their keys.
    Keys(Portions),
    /// They are known.
    Known,
}

/// A plan's own rows with their columns, and the rows of its loads.
pub type Rows = (Arc<[Output]>, Batch, Vec<Loaded>);

/// Reads everything. The limits hold for all statements together.
pub(crate) async fn load(core: &Arc<Core>, root: Root, loading: Loading, options: RunOptions) -> Result<Rows> {
    let call = Clock::new(None);
    let listener = Listener::new(core, &call);
    let answer = core.call(move |turn| turn.load(root, loading, options, call)).await;
    listener.hear();
    answer
}

/// What may still be read.
struct Budget {
    options: RunOptions,
    rows: u64,
    bytes: u64,
    /// When the time is over; it begins with the first statement, once there is a connection.
    until: Option<Instant>,
}

impl Budget {
    fn new(options: RunOptions) -> Self {
        Self { options, rows: 0, bytes: 0, until: None }
    }

    /// What is left of a limit.
    fn left(allowed: Option<u64>, used: u64) -> Option<u64> {
        allowed.map(|allowed| allowed.saturating_sub(used))
    }

    /// Counts rows that are part of the answer.
    fn count(&mut self, rows: u64) -> Result<()> {
        self.rows = self.rows.saturating_add(rows);
        match self.options.max_rows {
            Some(allowed) if self.rows > allowed => Err(Error::Limit { kind: LimitKind::Rows, allowed }),
            _ => Ok(()),
        }
    }

    /// The options of the next statement.
    fn next(&mut self) -> Result<RunOptions> {
        let now = Instant::now();
        // A limit too far away to be a date is none.
        let until = self.options.timeout.and_then(|timeout| now.checked_add(timeout));
        self.until = self.until.or(until);
        let timeout = self.until.map(|until| until.saturating_duration_since(now));
        if timeout.is_some_and(|timeout| timeout.is_zero()) {
            return Err(Error::Timeout);
        }
        Ok(RunOptions { timeout, ..self.options })
    }

    /// A limit of what was left as the limit of the whole.
    fn told(&self, error: Error) -> Error {
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
}

impl Turn {
    async fn load(mut self, root: Root, loading: Loading, options: RunOptions, call: Clock) -> Result<Rows> {
        let result = self.read_plan(root, loading, options).await;
        // As for a single query, a caller that went away does not know what its transaction has seen and locked.
        if let Some(transaction) = self.transaction().filter(|_| self.is_transactional()) {
            call.enter(transaction);
        }
        self.settle().await;
        result
    }

    async fn read_plan(&mut self, root: Root, mut loading: Loading, options: RunOptions) -> Result<Rows> {
        self.enter().await?;
        let mut budget = Budget::new(options);
        let result = self.steps_of(root, &mut loading, &mut budget).await;
        let columns = match result {
            Ok(columns) => columns,
            Err(error) => {
                // What failed between two statements is a failure of the call like one of a statement.
                if !matches!(error, Error::Statement(_)) {
                    self.fail(false);
                }
                return Err(budget.told(error));
            }
        };
        let (root, loaded) = loading.finish()?;
        Ok((columns, root, loaded))
    }

    async fn steps_of(&mut self, root: Root, loading: &mut Loading, budget: &mut Budget) -> Result<Arc<[Output]>> {
        let columns = match root {
            Root::Known => Arc::default(),
            Root::Keys(portions) => {
                let rows = join(self.read_each(portions, budget).await?)?;
                budget.count(loading.take_root(rows))?;
                loading.columns()
            }
            Root::Query(compiled, parameters) => {
                let columns = loading.columns_of(&compiled);
                let rows = self.read(run::job(&compiled, parameters)?, budget).await?;
                budget.count(loading.take_root(rows))?;
                columns
            }
        };
        while let Some(Step { load, portions }) = loading.next_step()? {
            let returned = self.read_each(portions, budget).await?;
            budget.count(loading.take(load, returned)?)?;
        }
        Ok(columns)
    }

    /// What each of some statements returns.
    async fn read_each(&mut self, mut portions: Portions, budget: &mut Budget) -> Result<Vec<Batch>> {
        let batch = Arc::clone(portions.batch());
        let mut returned = Vec::new();
        let rows = budget.rows;
        while let Some(portion) = portions.next().transpose()? {
            let read = self.read(run::rows_job(portion, &batch)?, budget).await?;
            // They are counted with the others when all of them are there.
            budget.rows = budget.rows.saturating_add(read.rows.into());
            returned.push(read);
        }
        budget.rows = rows;
        Ok(returned)
    }

    async fn read(&mut self, job: Job, budget: &mut Budget) -> Result<Batch> {
        self.connect().await?;
        let options = budget.next()?;
        let max_rows = Budget::left(options.max_rows, budget.rows);
        let mut feed = Feed::collect(max_rows).within(Budget::left(options.max_bytes, budget.bytes));
        let clock = Clock::new(run::limit(&self.core, options));
        self.statement(job, &mut feed, clock).await?;
        let rows = match feed.fate() {
            Fate::Whole(_, batches) => join(batches)?,
            Fate::Cursor(..) => Batch::default(),
        };
        budget.bytes = budget.bytes.saturating_add(u64::try_from(rows.bytes()).unwrap_or(u64::MAX));
        Ok(rows)
    }
}
