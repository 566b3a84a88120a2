//! Work on a database: connections, sessions, and what both can do. It is long by the documents of one trait.

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

/// Core level: a connection of one's own, commit as you go.
///
/// The first statement begins a transaction; `commit` or `rollback` ends it, and the next statement begins another.
/// Dropping it rolls back and gives the connection back.
pub struct Connection {
    contract: contract::Session,
    statements: Rc<StatementCache>,
}

/// The unit of work. From [`Database::session`](crate::Database::session) it takes a connection and begins a transaction
/// at its first statement, and again after each `commit` or `rollback`. From [`Database::begin`](crate::Database::begin)
/// it has just the one transaction that it is in. Dropping it rolls back.
///
/// Besides what a [`Connection`] does, it keeps objects: [`Entity`](crate::Entity) is a handle of one. There is one object a row.
/// [`add`](Self::add), [`delete`](Self::delete) and edits are written by the next [`flush`](Self::flush), all of them in one
/// crossing; so does `commit`, and every statement of the session flushes first. A rollback gives objects back what they were.
///
/// [`query`](Self::query) and [`get`](Self::get) read objects; [`Executor::all`] and its sisters read plain rows that the
/// session does not keep, which is faster.
pub struct Session {
    shared: Rc<Shared>,
}

/// What a session shares with its savepoints and with streams of its objects.
struct Shared {
    // First, as it frees objects before the transaction is rolled back.
    unit: Rc<UnitOfWork>,
    contract: contract::Session,
    options: SessionOptions,
    statements: Rc<StatementCache>,
    /// One flush at a time.
    flushing: Mutex<()>,
    /// How often the caller asked for no flushes before statements.
    no_autoflush: Cell<u32>,
    /// Whether the last transaction was committed or rolled back by a call of the session's.
    has_ended: Cell<bool>,
}

/// How a session treats its objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionOptions {
    /// Whether statements flush first what was not written yet.
    pub autoflush: bool,
    /// Whether a commit expires all objects, so that the next query or `get` reads them again.
    pub expire_on_commit: bool,
    /// Whether a flush that fails undoes itself only, by a savepoint. Where not, the session says
    /// [`PendingRollback`](Error::PendingRollback) until it is rolled back.
    pub flush_savepoints: bool,
    /// Whether updates, deletes and upserts by statements keep the session's objects of their table in step: these are read again,
    /// in a crossing of their own, where there are any. Where not, they go on as if nothing had happened.
    pub synchronize: bool,
}

impl Default for SessionOptions {
    /// Statements flush; objects stay what they are after a commit; a failed flush leaves the session usable.
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

    /// Sets the isolation level of the transactions to come.
    ///
    /// # Errors
    /// [`Error::AlreadyBegun`] in a transaction; a level that the database does not have.
    pub async fn set_isolation(&self, level: Isolation) -> Result<()> {
        Ok(self.contract.set_isolation(level).await?)
    }

    /// The isolation level in force.
    pub async fn isolation(&self) -> Result<Isolation> {
        Ok(self.contract.get_isolation().await?)
    }

    /// Rolls back what is open and gives the connection back; returns when that is done.
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
    /// Reads and writes, at the isolation level that the host has set.
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

/// What connections and sessions can do. Every future may be dropped at any point: the statement is then stopped in the
/// database, too. Calls on one connection or session run one after the other; for work at the same time take several.
#[allow(async_fn_in_trait, reason = "guests have one thread, so these futures need not be Send")]
pub trait Executor: ExecutorCore {
    /// All rows, however many batches they come in.
    async fn all<Q: Query>(&self, query: &Q) -> Result<Vec<Q::Row>> {
        self.stream(query, 0).await?.collect().await
    }

    /// The first row, or nothing. At most one row is asked for.
    async fn first<Q: Query>(&self, query: &Q) -> Result<Option<Q::Row>> {
        Ok(self.at_most(query, 1).await?.into_iter().next())
    }

    /// The only row.
    ///
    /// # Errors
    /// [`Error::NoResult`] where there is none, [`Error::MultipleResults`] where there are more.
    async fn one<Q: Query>(&self, query: &Q) -> Result<Q::Row> {
        self.one_or_none(query).await?.ok_or(Error::NoResult)
    }

    /// The only row, or nothing.
    ///
    /// # Errors
    /// [`Error::MultipleResults`] where there are more.
    async fn one_or_none<Q: Query>(&self, query: &Q) -> Result<Option<Q::Row>> {
        let mut rows = self.at_most(query, 2).await?.into_iter();
        let first = rows.next();
        if rows.next().is_some() { Err(Error::MultipleResults) } else { Ok(first) }
    }

    /// The rows batch by batch, each of at most so many (0 leaves it to the host). The connection or session is occupied
    /// until the last batch was read or the [`Rows`] are dropped.
    async fn stream<Q: Query>(&self, query: &Q, batch_rows: u32) -> Result<Rows<Q::Row>> {
        let sent = self.send(query.lower(None)?, batch_rows).await?;
        Ok(Rows::new(sent, batch_rows))
    }

    /// Runs an insert, update or delete; returns how many rows it inserted, matched or deleted. The objects of a session are
    /// kept in step with updates, deletes and upserts of their table, see [`SessionOptions::synchronize`].
    async fn execute<C: Command>(&self, command: &C) -> Result<u64> {
        Ok(self.send(command.lower()?, 0).await?.answer.affected)
    }

    /// Runs an insert of one row; returns the key that the database counted up for it, where its driver tells one without
    /// `returning` (SQLAlchemy's `lastrowid`): SQLite, MySQL and MariaDB do, PostgreSQL does not. Nothing where no row was inserted.
    /// [`insert`](Self::insert) gives the key on every database.
    async fn execute_for_key<C: Command>(&self, command: &C) -> Result<Option<i64>> {
        Ok(self.send(command.lower()?, 0).await?.answer.last_key)
    }

    /// Reads the tables that the database has, with those that the open transaction made and did not commit. Those that were not
    /// declared are added to [`Database::tables`](crate::Database::tables). No other connection is needed for it.
    async fn reflect(&self) -> Result<Vec<Table>> {
        self.reflect_with(ReflectOptions::default()).await
    }

    /// Reads some tables, those of another schema, or views as well.
    ///
    /// # Errors
    /// [`Error::NoSuchTable`] names those asked for that do not exist.
    async fn reflect_with(&self, options: ReflectOptions) -> Result<Vec<Table>> {
        self.before_statement(false).await?;
        self.statement_cache().set_reflected();
        Ok(self.contract_session().reflect(options).await?)
    }

    /// How many rows a query has; they are counted in the database.
    async fn count<Q: Subquery>(&self, query: &Q) -> Result<u64> {
        let count = self.one(&select_columns(count_all()).from_query(query, "counted")).await?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// Checks and compiles a query once. With values for its [parameters](crate::expression::parameter) it is a query like
    /// any other, which costs less the second time: neither its text nor its columns cross the sandbox again. A statement that
    /// is sent as it is and comes again is prepared by itself; one that was prepared is not even built again.
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

    /// Inserts a row and returns it as it is stored: with its generated key and defaults. A generated key that is 0 is
    /// left to the database. Where the database does not return inserted rows (`insert-returning`), it is read by its key.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where the database does not return inserted rows, and this one has no key to read it by.
    async fn insert<M: Model + Clone>(&self, row: &M) -> Result<M> {
        let statement = insert::<M>().values(std::slice::from_ref(row)).returning_all();
        match self.one(&statement).await {
            // It was refused before anything was sent. A bulk insert reads its rows back.
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

    /// Inserts many rows, or does what the conflict says with those that are there already; returns how many were inserted or
    /// changed. As many statements are sent as the parameters of one allow, all or none.
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

    /// The same, and returns each row that was inserted or changed as it is stored (`insert-returning`).
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

    /// Inserts many rows as [`insert_many`](Self::insert_many) does, and returns them as they are stored, in their order. Where
    /// the database does not return inserted rows (`insert-returning`), they are read by their keys.
    async fn insert_many_returning<M: Model>(&self, rows: &[M]) -> Result<Vec<M>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let returning = M::COLUMNS.iter().map(|&name| name.to_owned()).collect();
        Rows::new(StatementResult::new(self.send_rows(rows, returning).await?), 0).collect().await
    }

    /// Begins a transaction. There is seldom a need: the first statement does.
    ///
    /// # Errors
    /// [`Error::AlreadyBegun`] where one is open.
    async fn begin(&self, options: TransactionOptions) -> Result<()> {
        Ok(self.contract_session().begin(options).await?)
    }

    /// Sets a savepoint: a point to go back to. They nest; the innermost ends first.
    async fn begin_nested(&self) -> Result<Savepoint> {
        self.begin_savepoint().await
    }

    /// Runs work inside a savepoint: kept when the work is `Ok`, undone when it is an error.
    async fn nested<T>(&self, work: impl AsyncFnOnce(&Self) -> Result<T>) -> Result<T> {
        self.try_nested(work).await
    }

    /// The same with an error of the work's own, as for [`try_transaction`](crate::Database::try_transaction).
    async fn try_nested<T, E: From<Error>>(&self, work: impl AsyncFnOnce(&Self) -> Result<T, E>) -> Result<T, E> {
        let savepoint = self.begin_nested().await?;
        match work(self).await {
            Ok(done) => {
                savepoint.release().await?;
                Ok(done)
            }
            Err(error) => {
                // A failure to go back would hide the reason; the transaction cannot be committed then anyway.
                let _ = savepoint.rollback().await;
                Err(error)
            }
        }
    }

    /// Commits. Nothing happens where no transaction is open.
    async fn commit(&self) -> Result<()> {
        self.commit_transaction().await
    }

    /// Rolls back. Nothing happens where no transaction is open.
    async fn rollback(&self) -> Result<()> {
        self.rollback_transaction().await
    }

    /// Whether a transaction is open.
    fn in_transaction(&self) -> bool {
        self.contract_session().in_transaction()
    }

    /// The same connection or session, with a timeout or limits for each statement.
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

    /// At most so many rows; what else comes is not read.
    #[doc(hidden)]
    async fn at_most<Q: Query>(&self, query: &Q, rows: u32) -> Result<Vec<Q::Row>> {
        let sent = self.send(query.lower(Some(rows.into()))?, 0).await?;
        let mut rows_read = Rows::new(sent, 0);
        // Without a limit in the statement (a change that returns rows) the first batch may be short; it is not empty
        // where there are rows at all, but two are needed to know that there are more than one.
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
            // The contract's bulk insert names no schema, and the same name may be another table in the default one.
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
                    // Boxed: once for a statement that comes often.
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

    /// Prepares a statement that came before. Nothing where that fails: what is wrong with it is told when it is sent.
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
