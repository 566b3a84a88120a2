//! The operations that differ between connections and sessions: a session flushes its objects first and synchronizes them.

use std::rc::Rc;

use super::{Connection, RunOptions, Savepoint, Session, With};
pub use crate::bindings::sqlservice::database::sessions::ResultSet;
use crate::{
    Result,
    bindings::sqlservice::database::{
        sessions as contract,
        statements::{Root, Statement},
        values::Value,
    },
    statement::{BoundRun, ChangedTable, StatementCache},
};

/// The operations that connections and sessions implement differently.
#[doc(hidden)]
#[allow(async_fn_in_trait, missing_docs, reason = "guests have one thread; the calls are the contract's")]
pub trait ExecutorCore {
    /// Returns the contract's session.
    fn contract_session(&self) -> &contract::Session;
    /// Prepares for a statement that is not sent by the contract's `execute`.
    async fn before_statement(&self, writes: bool) -> Result<()>;
    async fn execute_statement(
        &self,
        statement: Statement,
        values: Vec<Value>,
        options: RunOptions,
    ) -> Result<ResultSet>;
    async fn run_prepared(&self, run: BoundRun, options: RunOptions) -> Result<ResultSet>;
    async fn begin_savepoint(&self) -> Result<Savepoint>;
    async fn commit_transaction(&self) -> Result<()>;
    async fn rollback_transaction(&self) -> Result<()>;
    fn statement_cache(&self) -> &Rc<StatementCache>;

    /// Returns the options of statements, with at most `batch_rows` rows in the first batch unless that is 0.
    fn options(&self, batch_rows: u32) -> RunOptions {
        RunOptions { batch_rows: (batch_rows > 0).then_some(batch_rows), ..RunOptions::default() }
    }
}

impl ExecutorCore for Connection {
    fn contract_session(&self) -> &contract::Session {
        self.contract()
    }

    async fn before_statement(&self, _writes: bool) -> Result<()> {
        Ok(())
    }

    async fn execute_statement(
        &self,
        statement: Statement,
        values: Vec<Value>,
        options: RunOptions,
    ) -> Result<ResultSet> {
        Ok(self.contract().execute(statement, values, options).await?)
    }

    async fn run_prepared(&self, run: BoundRun, options: RunOptions) -> Result<ResultSet> {
        Ok(self.contract().run(&run.plan.prepared, run.parameters, options).await?)
    }

    async fn begin_savepoint(&self) -> Result<Savepoint> {
        Ok(Savepoint::new(self.contract().begin_nested().await?))
    }

    async fn commit_transaction(&self) -> Result<()> {
        Ok(self.contract().commit().await?)
    }

    async fn rollback_transaction(&self) -> Result<()> {
        Ok(self.contract().rollback().await?)
    }

    fn statement_cache(&self) -> &Rc<StatementCache> {
        &self.statements
    }
}

/// A session flushes its changes before anything else happens.
impl ExecutorCore for Session {
    fn contract_session(&self) -> &contract::Session {
        self.contract()
    }

    async fn before_statement(&self, writes: bool) -> Result<()> {
        self.ready().await?;
        self.unit().has_written.set(self.unit().has_written.get() || writes);
        Ok(())
    }

    async fn execute_statement(
        &self,
        statement: Statement,
        values: Vec<Value>,
        options: RunOptions,
    ) -> Result<ResultSet> {
        self.before_statement(!matches!(statement.root, Root::Select(_))).await?;
        let following = self.expire_changed(ChangedTable::by(&statement).as_ref());
        let answer = self.contract().execute(statement, values, options).await?;
        self.follow(following, &answer).await?;
        Ok(answer)
    }

    async fn run_prepared(&self, run: BoundRun, options: RunOptions) -> Result<ResultSet> {
        self.before_statement(run.plan.writes).await?;
        let following = self.expire_changed(run.plan.changed.as_ref());
        let answer = self.contract().run(&run.plan.prepared, run.parameters, options).await?;
        self.follow(following, &answer).await?;
        Ok(answer)
    }

    async fn begin_savepoint(&self) -> Result<Savepoint> {
        self.flush_all().await?;
        Ok(Savepoint::of_session(self.contract().begin_nested().await?, self))
    }

    async fn commit_transaction(&self) -> Result<()> {
        self.unit().check_end()?;
        self.flush_all().await?;
        self.contract().commit().await?;
        self.unit().committed(self.options().expire_on_commit);
        self.shared.has_ended.set(true);
        Ok(())
    }

    async fn rollback_transaction(&self) -> Result<()> {
        self.unit().check_end()?;
        // First, so that objects are restored even if the caller drops the future before the database responds.
        self.unit().rolled_back();
        self.contract().rollback().await?;
        self.shared.has_ended.set(true);
        Ok(())
    }

    fn statement_cache(&self) -> &Rc<StatementCache> {
        &self.shared.statements
    }
}

impl<L: ExecutorCore> ExecutorCore for With<'_, L> {
    fn contract_session(&self) -> &contract::Session {
        self.on.contract_session()
    }

    async fn before_statement(&self, writes: bool) -> Result<()> {
        self.on.before_statement(writes).await
    }

    async fn execute_statement(
        &self,
        statement: Statement,
        values: Vec<Value>,
        options: RunOptions,
    ) -> Result<ResultSet> {
        self.on.execute_statement(statement, values, options).await
    }

    async fn run_prepared(&self, run: BoundRun, options: RunOptions) -> Result<ResultSet> {
        self.on.run_prepared(run, options).await
    }

    async fn begin_savepoint(&self) -> Result<Savepoint> {
        self.on.begin_savepoint().await
    }

    async fn commit_transaction(&self) -> Result<()> {
        self.on.commit_transaction().await
    }

    async fn rollback_transaction(&self) -> Result<()> {
        self.on.rollback_transaction().await
    }

    fn statement_cache(&self) -> &Rc<StatementCache> {
        self.on.statement_cache()
    }

    fn options(&self, batch_rows: u32) -> RunOptions {
        let batch_rows = if batch_rows > 0 { Some(batch_rows) } else { self.options.batch_rows };
        RunOptions { batch_rows, ..self.options }
    }
}
