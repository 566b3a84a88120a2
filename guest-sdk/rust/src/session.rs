//! Connections, sessions, and the operations of both. The file is long because of the documentation of one trait.

use std::{cell::Cell, fmt, rc::Rc};

mod bulk;
mod executor_core;
mod flush;
mod load;
mod object;
mod query;
mod rows;
mod save;
mod savepoint;
mod synchronize;

use futures::lock::Mutex;

use self::bulk::upsert_rows;
pub use self::{
    bulk::{BulkUpdate, bulk_update},
    flush::{Dispatch, HookFuture},
    query::{EntityQuery, EntityRows, Page, PageKey},
    rows::Rows,
    save::{Partial, Saving, partial},
    savepoint::Savepoint,
};
pub(crate) use self::{
    executor_core::{ExecutorCore, ResultSet},
    rows::StatementResult,
};
use crate::{
    Error, Result,
    bindings::sqlservice::database::{rows::Batch, sessions as contract},
    expression::{Lowered, count_all},
    model::{Model, unset},
    schema::{ReflectOptions, Table},
    statement::{
        BoundRun, CacheLookup, Command, Insert, PreparedPlan, Query, Sendable, StatementCache, Subquery, insert,
        select_columns,
    },
    unit_of_work::UnitOfWork,
};
pub use crate::{
    bindings::sqlservice::database::sessions::{Isolation, Options as RunOptions, TransactionOptions},
    statement::{Bound, Prepared},
};

/// Core level: a dedicated connection, commit as you go.
///
/// The first statement begins a transaction; `commit` or `rollback` ends it, and the next statement begins another. Dropping it rolls back
/// and returns the connection.
pub struct Connection {
    contract: contract::Session,
    statements: Rc<StatementCache>,
}

/// The unit of work. From [`Database::session`](crate::Database::session) it takes a connection and begins a transaction at its first
/// statement, and again after each `commit` or `rollback`. From [`Database::begin`](crate::Database::begin) it has only the transaction
/// that it is in. Dropping it rolls back.
///
/// Besides the operations of a [`Connection`], it keeps objects: [`Entity`](crate::Entity) is a handle of one. There is one object a row.
/// [`add`](Self::add), [`delete`](Self::delete) and edits are written by the next [`flush`](Self::flush), all of them in one crossing.
/// `commit` and every statement of the session flush first. A rollback restores objects.
///
/// [`query`](Self::query) and [`get`](Self::get) read objects; [`Executor::all`] and similar methods read plain rows that the session does
/// not keep, which is faster.
pub struct Session {
    shared: Rc<Shared>,
}

/// The state that a session shares with its savepoints and with streams of its objects.
struct Shared {
    // The first field, so that objects are freed before the transaction is rolled back.
    unit: Rc<UnitOfWork>,
    contract: contract::Session,
    options: SessionOptions,
    statements: Rc<StatementCache>,
    /// Serializes flushes.
    flushing: Mutex<()>,
    /// The number of running `no_autoflush` calls.
    no_autoflush: Cell<u32>,
    /// Whether a call on the session committed or rolled back the last transaction.
    has_ended: Cell<bool>,
}

/// Options for the objects of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionOptions {
    /// Whether statements first flush unwritten changes.
    pub autoflush: bool,
    /// Whether a commit expires all objects, so that the next query or `get` reads them again.
    pub expire_on_commit: bool,
    /// Whether a failed flush undoes only itself, by a savepoint. If not, the session returns [`PendingRollback`](Error::PendingRollback)
    /// until it is rolled back.
    pub flush_savepoints: bool,
    /// Whether updates, deletes and upserts by statements synchronize the session's objects of their table: these are read again, in a
    /// separate crossing, if there are any. If not, the objects stay unchanged.
    pub synchronize: bool,
}

impl Default for SessionOptions {
    /// Statements flush; a commit does not expire objects; a failed flush leaves the session usable.
    fn default() -> Self {
        Self { autoflush: true, expire_on_commit: false, flush_savepoints: true, synchronize: true }
    }
}

impl Connection {
    pub(crate) const fn new(contract: contract::Session, statements: Rc<StatementCache>) -> Self {
        Self { contract, statements }
    }

    pub(crate) const fn contract(&self) -> &contract::Session {
        &self.contract
    }

    /// Sets the isolation level of later transactions.
    ///
    /// # Errors
    /// [`Error::AlreadyBegun`] in a transaction; a level that the database does not have.
    pub async fn set_isolation(&self, level: Isolation) -> Result<()> {
        Ok(self.contract.set_isolation(level).await?)
    }

    /// Returns the isolation level in force.
    pub async fn isolation(&self) -> Result<Isolation> {
        Ok(self.contract.get_isolation().await?)
    }

    /// Rolls back an open transaction and returns the connection; completes when that is done.
    pub async fn close(self) -> Result<()> {
        Ok(contract::Session::close(self.contract).await?)
    }
}

impl Default for RunOptions {
    /// Only the host's own limits.
    fn default() -> Self {
        Self { timeout_ms: None, max_rows: None, batch_rows: None }
    }
}

impl Default for TransactionOptions {
    /// Read-write, at the isolation level that the host has set.
    fn default() -> Self {
        Self { isolation: Isolation::Default, read_only: false, timeout_ms: None }
    }
}

impl fmt::Display for Isolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Default => "default",
            Self::ReadUncommitted => "read uncommitted",
            Self::ReadCommitted => "read committed",
            Self::RepeatableRead => "repeatable read",
            Self::Serializable => "serializable",
            Self::Autocommit => "autocommit",
        })
    }
}

/// The operations of connections and sessions. Every future may be dropped at any point: the statement is then stopped in the database,
/// too. Calls on one connection or session run one after the other; concurrent work needs several.
#[allow(async_fn_in_trait, reason = "guests have one thread, so these futures need not be Send")]
pub trait Executor: ExecutorCore {
    /// Returns all rows, in however many batches they arrive.
    async fn all<Q: Query>(&self, query: &Q) -> Result<Vec<Q::Row>> {
        self.stream(query, 0).await?.collect().await
    }

    /// Returns the first row, or `None`. At most one row is requested.
    async fn first<Q: Query>(&self, query: &Q) -> Result<Option<Q::Row>> {
        Ok(self.at_most(query, 1).await?.into_iter().next())
    }

    /// Returns the only row.
    ///
    /// # Errors
    /// [`Error::NoResult`] where there is none, [`Error::MultipleResults`] where there are more.
    async fn one<Q: Query>(&self, query: &Q) -> Result<Q::Row> {
        self.one_or_none(query).await?.ok_or(Error::NoResult)
    }

    /// Returns the only row, or `None`.
    ///
    /// # Errors
    /// [`Error::MultipleResults`] where there are more.
    async fn one_or_none<Q: Query>(&self, query: &Q) -> Result<Option<Q::Row>> {
        let mut rows = self.at_most(query, 2).await?.into_iter();
        let first = rows.next();
        if rows.next().is_some() { Err(Error::MultipleResults) } else { Ok(first) }
    }

    /// Returns the rows batch by batch, each of at most `batch_rows` (0: the host decides). The connection or session is occupied until
    /// the last batch was read or the [`Rows`] are dropped.
    async fn stream<Q: Query>(&self, query: &Q, batch_rows: u32) -> Result<Rows<Q::Row>> {
        let sent = self.send(query.lower(None)?, batch_rows).await?;
        Ok(Rows::new(sent, batch_rows))
    }

    /// Runs an insert, update or delete; returns how many rows it inserted, matched or deleted. A session's objects are synchronized with
    /// updates, deletes and upserts of their table, see [`SessionOptions::synchronize`].
    async fn execute<C: Command>(&self, command: &C) -> Result<u64> {
        Ok(self.send(command.lower()?, 0).await?.answer.affected)
    }

    /// Runs an insert of one row; returns its generated key, if the driver reports one without `returning` (SQLAlchemy's `lastrowid`):
    /// SQLite, MySQL and MariaDB do, PostgreSQL does not. `None` if no row was inserted. [`insert`](Self::insert) returns the key on every
    /// database.
    async fn execute_for_key<C: Command>(&self, command: &C) -> Result<Option<i64>> {
        Ok(self.send(command.lower()?, 0).await?.answer.last_key)
    }

    /// Reads the tables of the database, including uncommitted ones of the open transaction. Undeclared tables are added to
    /// [`Database::tables`](crate::Database::tables). It needs no other connection.
    async fn reflect(&self) -> Result<Vec<Table>> {
        self.reflect_with(ReflectOptions::default()).await
    }

    /// Reads some tables, those of another schema, or views as well.
    ///
    /// # Errors
    /// [`Error::NoSuchTable`] names the requested tables that do not exist.
    async fn reflect_with(&self, options: ReflectOptions) -> Result<Vec<Table>> {
        self.before_statement(false).await?;
        self.statement_cache().set_reflected();
        Ok(self.contract_session().reflect(options).await?)
    }

    /// Counts the rows of a query, in the database.
    async fn count<Q: Subquery>(&self, query: &Q) -> Result<u64> {
        let count = self.one(&select_columns(count_all()).from_query(query, "counted")).await?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// Checks and compiles a query once. With values for its [parameters](crate::expression::parameter) it is a query like any other,
    /// which costs less the second time: neither its text nor its columns cross the sandbox again. A repeated statement that is not
    /// prepared is prepared automatically; a prepared one is not even built again.
    ///
    /// ```no_run
    /// # use sqlservice_sdk::prelude::*;
    /// # #[derive(Model)] struct User { #[model(primary_key, generated)] id: i64, name: String }
    /// # async fn example(session: &Session) -> Result<(), Error> {
    /// let by_name = session.prepare(&select::<User>().filter(User::NAME.eq(parameter::<String>(0)))).await?;
    /// let ed: User = session.one(&by_name.bind(params!["ed"])).await?;
    /// let jo: Option<User> = session.first(&by_name.bind(params!["jo"])).await?;
    /// # Ok(()) }
    /// ```
    async fn prepare<Q: Query>(&self, query: &Q) -> Result<Prepared<Q::Row>> {
        let lowered = query.lower(None)?.statement()?;
        Ok(Prepared::new(self.contract_session().prepare(lowered.statement.clone()).await?, lowered))
    }

    /// Checks and compiles an insert, update or delete once, to [execute](Self::execute) it many times.
    async fn prepare_change<C: Command>(&self, command: &C) -> Result<Prepared<()>> {
        let lowered = command.lower()?.statement()?;
        Ok(Prepared::new(self.contract_session().prepare(lowered.statement.clone()).await?, lowered))
    }

    /// Inserts a row and returns the stored row: with its generated key and defaults. A generated key of 0 is left to the database. Where
    /// the database does not return inserted rows (`insert-returning`), the row is read by its key.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where the database does not return inserted rows, and the row has no key to read it by.
    async fn insert<M: Model + Clone>(&self, row: &M) -> Result<M> {
        let statement = insert::<M>().values(std::slice::from_ref(row)).returning_all();
        match self.one(&statement).await {
            // The statement was refused before anything was sent. A bulk insert reads its rows back.
            Err(Error::Unsupported(missing)) if missing.capability == "insert-returning" => {
                self.insert_many_returning(std::slice::from_ref(row)).await?.pop().ok_or(Error::NoResult)
            }
            inserted => inserted,
        }
    }

    /// Inserts many rows in one crossing, in as few statements as the database allows, all or none; returns how many.
    /// Generated keys that are 0 are left to the database: in all of the rows or in none.
    async fn insert_many<M: Model>(&self, rows: &[M]) -> Result<u64> {
        if rows.is_empty() {
            return Ok(0);
        }
        Ok(self.send_rows(rows, Vec::new()).await?.affected)
    }

    /// Inserts many rows, and treats existing ones as `conflict` specifies; returns how many were inserted or changed. The parameter limit
    /// of a statement determines the number of statements. All are run or none.
    ///
    /// ```no_run
    /// # use sqlservice_sdk::prelude::*;
    /// # #[derive(Model)] struct Price { #[model(primary_key, length = 20)] code: String, cents: i64 }
    /// # async fn example(session: &Session, prices: Vec<Price>) -> Result<(), Error> {
    /// session.upsert_many(&prices, |insert| insert.on_conflict().do_update(Price::CENTS)).await?;
    /// # Ok(()) }
    /// ```
    async fn upsert_many<M: Model>(&self, rows: &[M], conflict: impl Fn(Insert<M>) -> Insert<M>) -> Result<u64> {
        let chunk = upsert_rows(self.statement_cache().parameters(), rows, &conflict)?;
        if rows.len() <= chunk {
            return if rows.is_empty() { Ok(0) } else { self.execute(&conflict(insert::<M>().values(rows))).await };
        }
        self.nested(async |on| {
            let mut affected = 0;
            for rows in rows.chunks(chunk) {
                affected += on.execute(&conflict(insert::<M>().values(rows))).await?;
            }
            Ok(affected)
        })
        .await
    }

    /// Like `upsert_many`, but returns each inserted or changed row as stored (`insert-returning`).
    async fn upsert_many_returning<M: Model>(
        &self,
        rows: &[M],
        conflict: impl Fn(Insert<M>) -> Insert<M>,
    ) -> Result<Vec<M>> {
        let chunk = upsert_rows(self.statement_cache().parameters(), rows, &conflict)?;
        if rows.len() <= chunk {
            let one = conflict(insert::<M>().values(rows)).returning_all();
            return if rows.is_empty() { Ok(Vec::new()) } else { self.all(&one).await };
        }
        self.nested(async |on| {
            let mut stored = Vec::new();
            for rows in rows.chunks(chunk) {
                stored.extend(on.all(&conflict(insert::<M>().values(rows)).returning_all()).await?);
            }
            Ok(stored)
        })
        .await
    }

    /// Inserts many rows as [`insert_many`](Self::insert_many) does, and returns the stored rows, in the order of `rows`. Where the
    /// database does not return inserted rows (`insert-returning`), they are read by their keys.
    async fn insert_many_returning<M: Model>(&self, rows: &[M]) -> Result<Vec<M>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let returning = M::COLUMNS.iter().map(|&name| name.to_owned()).collect();
        Rows::new(StatementResult::new(self.send_rows(rows, returning).await?), 0).collect().await
    }

    /// Begins a transaction. This is seldom needed, as the first statement begins one.
    ///
    /// # Errors
    /// [`Error::AlreadyBegun`] where one is open.
    async fn begin(&self, options: TransactionOptions) -> Result<()> {
        Ok(self.contract_session().begin(options).await?)
    }

    /// Sets a savepoint to roll back to. Savepoints nest; the innermost ends first.
    async fn begin_nested(&self) -> Result<Savepoint> {
        self.begin_savepoint().await
    }

    /// Runs work inside a savepoint, which is released if the work is `Ok` and rolled back if it is an error.
    async fn nested<T>(&self, work: impl AsyncFnOnce(&Self) -> Result<T>) -> Result<T> {
        self.try_nested(work).await
    }

    /// Like `nested`, with an error type of the work's own, as for [`try_transaction`](crate::Database::try_transaction).
    async fn try_nested<T, E: From<Error>>(&self, work: impl AsyncFnOnce(&Self) -> Result<T, E>) -> Result<T, E> {
        let savepoint = self.begin_nested().await?;
        match work(self).await {
            Ok(done) => {
                savepoint.release().await?;
                Ok(done)
            }
            Err(error) => {
                // A failed rollback would hide the reason; the transaction cannot be committed then anyway.
                let _ = savepoint.rollback().await;
                Err(error)
            }
        }
    }

    /// Commits. Does nothing if no transaction is open.
    async fn commit(&self) -> Result<()> {
        self.commit_transaction().await
    }

    /// Rolls back. Does nothing if no transaction is open.
    async fn rollback(&self) -> Result<()> {
        self.rollback_transaction().await
    }

    /// Whether a transaction is open.
    fn in_transaction(&self) -> bool {
        self.contract_session().in_transaction()
    }

    /// Returns the same connection or session, with a timeout or limits for each statement.
    ///
    /// ```no_run
    /// # use sqlservice_sdk::prelude::*;
    /// # #[derive(Model)] struct User { #[model(primary_key, generated)] id: i64 }
    /// # async fn example(session: &Session) -> Result<(), Error> {
    /// let quick = RunOptions { timeout_ms: Some(200), ..RunOptions::default() };
    /// let users = session.with(quick).all(&select::<User>()).await?;
    /// # Ok(()) }
    /// ```
    fn with(&self, options: RunOptions) -> With<'_, Self>
    where
        Self: Sized,
    {
        With { on: self, options }
    }

    /// Returns at most `rows` rows. Further rows are not read.
    #[doc(hidden)]
    async fn at_most<Q: Query>(&self, query: &Q, rows: u32) -> Result<Vec<Q::Row>> {
        let sent = self.send(query.lower(Some(rows.into()))?, 0).await?;
        let mut rows_read = Rows::new(sent, 0);
        // Without a limit in the statement (a change that returns rows) the first batch may be short; it is not empty if there are any
        // rows, but only two rows show that there is more than one.
        let mut found = Vec::new();
        while found.len() < rows as usize
            && let Some(batch) = rows_read.next_batch().await?
        {
            found.extend(batch);
        }
        Ok(found)
    }

    #[doc(hidden)]
    async fn send_rows<M: Model>(&self, rows: &[M], returning: Vec<String>) -> Result<ResultSet> {
        if M::SCHEMA.is_some() {
            // The contract's bulk insert takes no schema, and the default schema may have another table of the same name.
            return Err(Error::invalid(
                "a bulk insert fills tables of the default schema: use execute(&insert().values(&rows)) for this model",
            ));
        }
        let cells = unset::cells(rows)?;
        let names = cells.columns.iter().filter_map(|&at| M::COLUMNS.get(at)).map(|&name| name.to_owned()).collect();
        let count = u32::try_from(rows.len()).map_err(|_| Error::invalid("more than 2^32 rows in one call"))?;
        let batch = Batch { rows: count, columns: cells.data };
        self.before_statement(true).await?;
        let (table, options) = (M::TABLE.to_owned(), self.options(0));
        Ok(self.contract_session().insert_many(table, names, batch, returning, options).await?)
    }

    #[doc(hidden)]
    async fn send(&self, statement: Sendable, batch_rows: u32) -> Result<StatementResult> {
        let options = self.options(batch_rows);
        let run = match statement {
            Sendable::Prepared(run) => run,
            Sendable::Statement(lowered) if lowered.open > 0 => {
                return Err(Error::invalid("the statement has parameters: prepare it, and bind their values"));
            }
            Sendable::Statement(mut lowered) => {
                let plan = match self.statement_cache().get(&mut lowered) {
                    CacheLookup::Prepared(plan) => Some(plan),
                    // Boxed, as it runs only once for a repeated statement.
                    CacheLookup::Repeated(number) => Box::pin(self.plan_again(number, &lowered)).await,
                    CacheLookup::New => None,
                };
                match plan {
                    Some(plan) => BoundRun { plan, parameters: lowered.parameters },
                    None => {
                        return Ok(StatementResult::new(
                            self.execute_statement(lowered.statement, lowered.parameters, options).await?,
                        ));
                    }
                }
            }
        };
        let columns = Rc::clone(&run.plan.columns);
        Ok(StatementResult { answer: self.run_prepared(run, options).await?, columns })
    }

    /// Prepares a repeated statement. Returns `None` on failure: the error is reported when the statement is sent.
    #[doc(hidden)]
    #[allow(private_interfaces, reason = "only this crate calls it")]
    async fn plan_again(&self, number: u64, lowered: &Lowered) -> Option<Rc<PreparedPlan>> {
        let prepared = self.contract_session().prepare(lowered.statement.clone()).await.ok()?;
        let plan = PreparedPlan::new(prepared, &lowered.statement);
        self.statement_cache().keep(number, lowered.statement.clone(), &plan);
        Some(plan)
    }
}

impl<L: ExecutorCore> Executor for L {}

/// A connection or session with options for each statement: see [`Executor::with`].
pub struct With<'a, L> {
    pub(crate) on: &'a L,
    pub(crate) options: RunOptions,
}
