//! Sessions and connections: one type for the work on a database, in three modes.

use std::{sync::Arc, time::Duration};

use sqlservice_sql::{Batch, BulkStatements, Compiled, Flush, Loading, Value, schema::Table};

use crate::{
    error::{Error, Result},
    guard::Core,
    operation::{
        flush::{self, FlushError},
        insert,
        load::{self, LoadedRows, Root},
        reflect::{self, options::ReflectOptions},
        statement::{self, ResultSet},
    },
    savepoint::Savepoint,
    settings::{Isolation, RunOptions, TransactionOptions},
};

/// Runs statements and transactions on a database.
///
/// Calls run one after the other in the order of their start; at most 32 of them run or wait, the next gets [`Error::Busy`]. Every future
/// may be dropped at any await: a running statement is stopped, and a transaction in which that happened returns
/// [`Error::PendingRollback`] until it is rolled back. A commit or rollback that has begun runs to its end.
///
/// Dropping a session stops the running statement, rolls back the open transaction and gives the connection back clean, in a host task.
pub struct Session {
    core: Arc<Core>,
}

impl Session {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    /// Limits the time of every transaction, including those that begin automatically; where one has its own limit, the lower one
    /// applies. Set once; a later limit is ignored.
    #[must_use]
    pub fn limit_transactions(self, limit: Option<Duration>) -> Self {
        if let Some(limit) = limit {
            self.core.transaction_time.get_or_init(|| limit);
        }
        self
    }

    /// Limits how long every transaction may be open while no call runs, see [`TransactionOptions::idle_timeout`]; where one has its own
    /// limit, the lower one applies. Set once; a later limit is ignored.
    #[must_use]
    pub fn limit_idle_transactions(self, limit: Option<Duration>) -> Self {
        if let Some(limit) = limit {
            self.core.idle_time.get_or_init(|| limit);
        }
        self
    }

    /// Runs a compiled statement. The first one begins a transaction where none is open, except in autocommit.
    ///
    /// # Errors
    ///
    /// The errors of the database, [`Error::Timeout`], [`Error::Limit`], and those of the session's state. After a failed statement the
    /// transaction needs a rollback, on every database alike, unless nothing was sent.
    pub async fn execute(
        &self,
        compiled: Arc<Compiled>,
        parameters: Vec<Value>,
        options: RunOptions,
    ) -> Result<ResultSet> {
        statement::execute_compiled(&self.core, &compiled, parameters, options).await
    }

    /// Runs a guest's own SQL text: one statement, through the prepared protocol, which may not begin or end transactions.
    ///
    /// # Errors
    ///
    /// The errors of [`Session::execute`].
    pub async fn execute_text(&self, sql: String, parameters: Vec<Value>, options: RunOptions) -> Result<ResultSet> {
        statement::execute_text(&self.core, sql, parameters, options).await
    }

    /// Runs the statements that insert a batch as one: all or none, in autocommit in a transaction of their own. Their rows are returned
    /// in one batch, in the order of the inserted rows; `affected` is the sum.
    ///
    /// # Errors
    ///
    /// The errors of [`Session::execute`]. The limits of time, rows and bytes hold for all statements together.
    pub async fn insert_many(&self, statements: BulkStatements, options: RunOptions) -> Result<ResultSet> {
        insert::insert_many(&self.core, statements, options).await
    }

    /// Writes a unit of work's changes in their order, all or none. Returns one batch per change: the columns that it requested, in the
    /// order of its rows. A failure undoes the changes by a savepoint and leaves the transaction as it was; in autocommit they have a
    /// transaction of their own.
    ///
    /// # Errors
    ///
    /// The errors of [`Session::execute`], with the change that failed; also where expected rows did not match. The limits of time and
    /// bytes hold for all statements together.
    pub async fn flush(&self, flush: Flush, options: RunOptions) -> Result<Vec<Batch>, FlushError> {
        flush::flush(&self.core, flush, options).await
    }

    /// Reads rows of a table and the rows of their relationships, in one turn.
    ///
    /// # Errors
    ///
    /// The errors of [`Session::execute`]. The limits of time, rows and bytes hold for all statements together.
    pub async fn load(&self, root: Root, loading: Loading, options: RunOptions) -> Result<LoadedRows> {
        load::load(&self.core, root, loading, options).await
    }

    /// Reads tables, and views on request, as [`crate::Database::reflect`] does, but over the session's own connection and in its
    /// transaction: it sees uncommitted tables, and needs no second connection. The first call begins a transaction where none is open,
    /// except in autocommit: there everything is read at one moment, as far as the database can. MySQL and MariaDB have no uncommitted
    /// tables.
    ///
    /// All of it takes no longer than `timeout`, and each of its few queries no longer than the database's own time limit of a statement.
    /// Without both there is no limit.
    ///
    /// Dropping the future stops it, and the transaction returns [`Error::PendingRollback`] until it is rolled back.
    ///
    /// # Errors
    ///
    /// The errors of [`crate::Database::reflect`], [`Error::Timeout`], and those of the session's state. After any error the transaction
    /// needs a rollback, also where a table of `only` is missing, but not after [`Error::Statement`] (a schema that the database does not
    /// have) and not where `only` has too many names, which is refused before any query.
    pub async fn reflect(&self, options: ReflectOptions, timeout: Option<Duration>) -> Result<Vec<Table>> {
        reflect::reflect(&self.core, options, timeout).await
    }

    /// Begins a transaction.
    ///
    /// # Errors
    ///
    /// [`Error::AlreadyBegun`] where one is open; [`Error::TransactionClosed`] where the only one has ended.
    pub async fn begin(&self, options: TransactionOptions) -> Result<()> {
        let claim = self
            .core
            .call(async move |mut guard| {
                let result = guard.begin(options).await;
                guard.settle().await;
                result
            })
            .await?;
        claim.keep();
        Ok(())
    }

    /// Commits the open transaction, if any.
    ///
    /// # Errors
    ///
    /// The errors of the database; the transaction then needs a rollback. [`Error::OutcomeUnknown`] where it is unknown whether it was
    /// committed: the connection was lost before the response, none came for a minute, or PostgreSQL did not wait until its standby had
    /// it. [`Error::PendingRollback`] after a failed statement.
    pub async fn commit(&self) -> Result<()> {
        if self.core.has_nothing_to_end() {
            return Ok(());
        }
        self.core.call(async |mut guard| guard.commit().await).await
    }

    /// Rolls back the open transaction, if any.
    ///
    /// # Errors
    ///
    /// [`Error::TransactionClosed`] where the only transaction has ended.
    pub async fn rollback(&self) -> Result<()> {
        if self.core.has_nothing_to_end() {
            return Ok(());
        }
        self.core.call(async |mut guard| guard.rollback().await).await
    }

    /// Sets a savepoint, and begins a transaction where none is open.
    ///
    /// # Errors
    ///
    /// The errors of [`Session::execute`].
    pub async fn begin_nested(&self) -> Result<Savepoint> {
        let claim = self
            .core
            .call(async |mut guard| {
                let result = guard.begin_nested().await;
                guard.settle().await;
                result
            })
            .await?;
        Ok(Savepoint::new(claim))
    }

    /// Whether a transaction is open.
    #[must_use]
    pub fn in_transaction(&self) -> bool {
        self.core.in_transaction()
    }

    /// Sets the isolation level of later transactions of this session.
    ///
    /// # Errors
    ///
    /// [`Error::AlreadyBegun`] where a transaction is open; a level that the database does not have is refused with a list
    /// of those it has.
    pub async fn set_isolation(&self, level: Isolation) -> Result<()> {
        self.core.call(async move |mut guard| guard.set_isolation(level)).await
    }

    /// Returns the isolation level in force, read from the database where possible.
    ///
    /// # Errors
    ///
    /// The errors of [`Session::execute`].
    pub async fn isolation(&self) -> Result<Isolation> {
        self.core.call(async |mut guard| guard.isolation().await).await
    }

    /// Ends the session as dropping it does, although the value still exists: calls return [`Error::Closed`] from now on.
    pub fn end(&self) {
        drop(self.core.abandon());
    }

    /// Rolls back the open transaction and gives the connection back; returns when that is done. Dropping this future does not stop that.
    ///
    /// # Errors
    ///
    /// [`Error::Lost`] where the task that does it was lost, as at the end of the host.
    pub async fn close(&self) -> Result<()> {
        match self.core.abandon() {
            Some(task) => task.await.map_err(|_| Error::Lost),
            None => Ok(()),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.end();
    }
}
