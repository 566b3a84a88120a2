//! The one place that knows connections and sessions apart: the contract's calls, under one trait.

use super::{
    BoundRun, Connection, RunOptions, Savepoint, Session, TransactionOptions, With,
    repeated::Repeated,
    unit::{Changed, Following},
};
pub use crate::bindings::sqlservice::database::sessions::Answer;
use crate::{
    Result,
    bindings::sqlservice::database::{
        rows::Batch,
        sessions::Prepared,
        statements::{Root, Statement},
        values::Value,
    },
};

/// What the contract offers on connections and on sessions alike.
#[doc(hidden)]
#[allow(async_fn_in_trait, missing_docs, reason = "guests have one thread; the calls are the contract's")]
pub trait Link {
    async fn link_execute(&self, statement: Statement, values: Vec<Value>, options: RunOptions) -> Result<Answer>;
    async fn link_insert_many(&self, rows: BatchInsert, options: RunOptions) -> Result<Answer>;
    async fn link_prepare(&self, statement: Statement) -> Result<Prepared>;
    async fn link_run(&self, run: BoundRun, options: RunOptions) -> Result<Answer>;
    async fn link_begin(&self, options: TransactionOptions) -> Result<()>;
    async fn link_begin_nested(&self) -> Result<Savepoint>;
    async fn link_commit(&self) -> Result<()>;
    async fn link_rollback(&self) -> Result<()>;
    fn link_in_transaction(&self) -> bool;
    fn link_repeated(&self) -> &Repeated;

    /// How statements run, with at most so many rows in the first batch where that is not 0.
    fn options(&self, batch_rows: u32) -> RunOptions {
        RunOptions { batch_rows: (batch_rows > 0).then_some(batch_rows), ..RunOptions::default() }
    }
}

/// What a bulk insert sends.
#[doc(hidden)]
pub struct BatchInsert {
    pub(crate) table: String,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Batch,
    pub(crate) returning: Vec<String>,
}

impl Link for Connection {
    async fn link_execute(&self, statement: Statement, values: Vec<Value>, options: RunOptions) -> Result<Answer> {
        Ok(self.contract().execute(statement, values, options).await?)
    }

    async fn link_insert_many(&self, insert: BatchInsert, options: RunOptions) -> Result<Answer> {
        let BatchInsert { table, columns, rows, returning } = insert;
        Ok(self.contract().insert_many(table, columns, rows, returning, options).await?)
    }

    async fn link_prepare(&self, statement: Statement) -> Result<Prepared> {
        Ok(self.contract().prepare(statement).await?)
    }

    async fn link_run(&self, run: BoundRun, options: RunOptions) -> Result<Answer> {
        Ok(self.contract().run(&run.plan.prepared, run.parameters, options).await?)
    }

    async fn link_begin(&self, options: TransactionOptions) -> Result<()> {
        Ok(self.contract().begin(options).await?)
    }

    async fn link_begin_nested(&self) -> Result<Savepoint> {
        Ok(Savepoint::new(self.contract().begin_nested().await?))
    }

    async fn link_commit(&self) -> Result<()> {
        Ok(self.contract().commit().await?)
    }

    async fn link_rollback(&self) -> Result<()> {
        Ok(self.contract().rollback().await?)
    }

    fn link_in_transaction(&self) -> bool {
        self.contract().in_transaction()
    }

    fn link_repeated(&self) -> &Repeated {
        &self.repeated
    }
}

impl Session {
    /// Objects stay expired where the statement still returns rows, which occupies the session.
    async fn follow(&self, following: Following, answer: &Answer) -> Result<()> {
        if following.is_empty() || answer.rest.is_some() {
            return Ok(());
        }
        // Boxed: every statement asks, few have something to read.
        Box::pin(self.unit().keep_in_step(following)).await
    }
}

/// A session writes what is to be written before anything else happens.
impl Link for Session {
    async fn link_execute(&self, statement: Statement, values: Vec<Value>, options: RunOptions) -> Result<Answer> {
        self.ready().await?;
        self.unit().has_written.set(self.unit().has_written.get() || !matches!(statement.root, Root::Select(_)));
        let following = self.unit().expire_changed(Changed::by(&statement).as_ref());
        let answer = self.contract().execute(statement, values, options).await?;
        self.follow(following, &answer).await?;
        Ok(answer)
    }

    async fn link_insert_many(&self, insert: BatchInsert, options: RunOptions) -> Result<Answer> {
        self.ready().await?;
        self.unit().has_written.set(true);
        let BatchInsert { table, columns, rows, returning } = insert;
        Ok(self.contract().insert_many(table, columns, rows, returning, options).await?)
    }

    async fn link_prepare(&self, statement: Statement) -> Result<Prepared> {
        Ok(self.contract().prepare(statement).await?)
    }

    async fn link_run(&self, run: BoundRun, options: RunOptions) -> Result<Answer> {
        self.ready().await?;
        self.unit().has_written.set(self.unit().has_written.get() || run.plan.writes);
        let following = self.unit().expire_changed(run.plan.changed.as_ref());
        let answer = self.contract().run(&run.plan.prepared, run.parameters, options).await?;
        self.follow(following, &answer).await?;
        Ok(answer)
    }

    async fn link_begin(&self, options: TransactionOptions) -> Result<()> {
        Ok(self.contract().begin(options).await?)
    }

    async fn link_begin_nested(&self) -> Result<Savepoint> {
        self.unit().flush_all(self).await?;
        Ok(Savepoint::of_unit(self.contract().begin_nested().await?, self.unit()))
    }

    async fn link_commit(&self) -> Result<()> {
        self.unit().check_end()?;
        self.unit().flush_all(self).await?;
        self.contract().commit().await?;
        self.unit().committed();
        Ok(())
    }

    async fn link_rollback(&self) -> Result<()> {
        self.unit().check_end()?;
        // First, so that objects are what they were, too, when nobody waits for the database.
        self.unit().rolled_back();
        Ok(self.contract().rollback().await?)
    }

    fn link_in_transaction(&self) -> bool {
        self.contract().in_transaction()
    }

    fn link_repeated(&self) -> &Repeated {
        &self.unit().repeated
    }
}

impl<L: Link> Link for With<'_, L> {
    async fn link_execute(&self, statement: Statement, values: Vec<Value>, options: RunOptions) -> Result<Answer> {
        self.on.link_execute(statement, values, options).await
    }

    async fn link_insert_many(&self, rows: BatchInsert, options: RunOptions) -> Result<Answer> {
        self.on.link_insert_many(rows, options).await
    }

    async fn link_prepare(&self, statement: Statement) -> Result<Prepared> {
        self.on.link_prepare(statement).await
    }

    async fn link_run(&self, run: BoundRun, options: RunOptions) -> Result<Answer> {
        self.on.link_run(run, options).await
    }

    async fn link_begin(&self, options: TransactionOptions) -> Result<()> {
        self.on.link_begin(options).await
    }

    async fn link_begin_nested(&self) -> Result<Savepoint> {
        self.on.link_begin_nested().await
    }

    async fn link_commit(&self) -> Result<()> {
        self.on.link_commit().await
    }

    async fn link_rollback(&self) -> Result<()> {
        self.on.link_rollback().await
    }

    fn link_in_transaction(&self) -> bool {
        self.on.link_in_transaction()
    }

    fn link_repeated(&self) -> &Repeated {
        self.on.link_repeated()
    }

    fn options(&self, batch_rows: u32) -> RunOptions {
        let batch_rows = if batch_rows > 0 { Some(batch_rows) } else { self.options.batch_rows };
        RunOptions { batch_rows, ..self.options }
    }
}
