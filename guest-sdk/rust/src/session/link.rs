//! The one place that knows connections and sessions apart: a session has objects, which are written first and kept in step.

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

/// What a connection and a session do each in its own way.
#[doc(hidden)]
#[allow(async_fn_in_trait, missing_docs, reason = "guests have one thread; the calls are the contract's")]
pub trait Link {
    /// The contract's session.
    fn link_contract(&self) -> &contract::Session;
    /// Before a statement that is not one of the contract's `execute`.
    async fn link_ready(&self, writes: bool) -> Result<()>;
    async fn link_execute(&self, statement: Statement, values: Vec<Value>, options: RunOptions) -> Result<ResultSet>;
    async fn link_run(&self, run: BoundRun, options: RunOptions) -> Result<ResultSet>;
    async fn link_begin_nested(&self) -> Result<Savepoint>;
    async fn link_commit(&self) -> Result<()>;
    async fn link_rollback(&self) -> Result<()>;
    fn link_statements(&self) -> &Rc<StatementCache>;

    /// How statements run, with at most so many rows in the first batch where that is not 0.
    fn options(&self, batch_rows: u32) -> RunOptions {
        RunOptions { batch_rows: (batch_rows > 0).then_some(batch_rows), ..RunOptions::default() }
    }
}

impl Link for Connection {
    fn link_contract(&self) -> &contract::Session {
        self.contract()
    }

    async fn link_ready(&self, _writes: bool) -> Result<()> {
        Ok(())
    }

    async fn link_execute(&self, statement: Statement, values: Vec<Value>, options: RunOptions) -> Result<ResultSet> {
        Ok(self.contract().execute(statement, values, options).await?)
    }

    async fn link_run(&self, run: BoundRun, options: RunOptions) -> Result<ResultSet> {
        Ok(self.contract().run(&run.plan.prepared, run.parameters, options).await?)
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

    fn link_statements(&self) -> &Rc<StatementCache> {
        &self.statements
    }
}

/// A session writes what is to be written before anything else happens.
impl Link for Session {
    fn link_contract(&self) -> &contract::Session {
        self.contract()
    }

    async fn link_ready(&self, writes: bool) -> Result<()> {
        self.ready().await?;
        self.unit().has_written.set(self.unit().has_written.get() || writes);
        Ok(())
    }

    async fn link_execute(&self, statement: Statement, values: Vec<Value>, options: RunOptions) -> Result<ResultSet> {
        self.link_ready(!matches!(statement.root, Root::Select(_))).await?;
        let following = self.expire_changed(ChangedTable::by(&statement).as_ref());
        let answer = self.contract().execute(statement, values, options).await?;
        self.follow(following, &answer).await?;
        Ok(answer)
    }

    async fn link_run(&self, run: BoundRun, options: RunOptions) -> Result<ResultSet> {
        self.link_ready(run.plan.writes).await?;
        let following = self.expire_changed(run.plan.changed.as_ref());
        let answer = self.contract().run(&run.plan.prepared, run.parameters, options).await?;
        self.follow(following, &answer).await?;
        Ok(answer)
    }

    async fn link_begin_nested(&self) -> Result<Savepoint> {
        self.flush_all().await?;
        Ok(Savepoint::of_session(self.contract().begin_nested().await?, self))
    }

    async fn link_commit(&self) -> Result<()> {
        self.unit().check_end()?;
        self.flush_all().await?;
        self.contract().commit().await?;
        self.unit().committed(self.options().expire_on_commit);
        self.shared.has_ended.set(true);
        Ok(())
    }

    async fn link_rollback(&self) -> Result<()> {
        self.unit().check_end()?;
        // First, so that objects are what they were, too, when the caller goes away before the database answers.
        self.unit().rolled_back();
        self.contract().rollback().await?;
        self.shared.has_ended.set(true);
        Ok(())
    }

    fn link_statements(&self) -> &Rc<StatementCache> {
        &self.shared.statements
    }
}

impl<L: Link> Link for With<'_, L> {
    fn link_contract(&self) -> &contract::Session {
        self.on.link_contract()
    }

    async fn link_ready(&self, writes: bool) -> Result<()> {
        self.on.link_ready(writes).await
    }

    async fn link_execute(&self, statement: Statement, values: Vec<Value>, options: RunOptions) -> Result<ResultSet> {
        self.on.link_execute(statement, values, options).await
    }

    async fn link_run(&self, run: BoundRun, options: RunOptions) -> Result<ResultSet> {
        self.on.link_run(run, options).await
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

    fn link_statements(&self) -> &Rc<StatementCache> {
        self.on.link_statements()
    }

    fn options(&self, batch_rows: u32) -> RunOptions {
        let batch_rows = if batch_rows > 0 { Some(batch_rows) } else { self.options.batch_rows };
        RunOptions { batch_rows, ..self.options }
    }
}
