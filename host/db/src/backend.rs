//! What the three databases have in common: the trait of one checked-out connection, and what is run over it.

pub(crate) mod any;
pub(crate) mod bind;
pub(crate) mod busy;
pub(crate) mod column_writer;
pub(crate) mod connect_retry;
pub(crate) mod control;
pub(crate) mod driver;
pub(crate) mod idle;
pub(crate) mod liveness;
pub(crate) mod mysql;
pub(crate) mod postgres;
pub(crate) mod reading;
pub(crate) mod row_buffer;
pub(crate) mod server;
pub(crate) mod server_transaction;
pub(crate) mod sqlite;
pub(crate) mod verb;
pub(crate) mod warning;

use std::sync::Arc;

use sqlservice_sql::{Compiled, Sql, Summary, compiled::Output};

pub(crate) use self::bind::{Bind, Binds};
use crate::{Error, Result, row_sink::RowSink, settings::Isolation};

/// One statement to run.
#[derive(Clone, Debug)]
pub(crate) struct Execution {
    pub sql: Sql,
    pub binds: Binds,
    /// What the compiler knows of the result's columns; none for a statement that came as text.
    pub expected: Option<Arc<[Output]>>,
    /// Whether the text is several statements of the host's own, without values and results. Only PostgreSQL is asked so.
    pub is_script: bool,
    /// What is known of what it does.
    pub effect: Effect,
    /// What its compiler says that it does, for observers; none for text.
    pub summary: Option<Summary>,
}

/// What is known of what a statement does to its transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It reads and leaves nothing behind: no lock on rows, and it does not ask for the transaction's time.
    Reads,
    /// It changes rows.
    Writes,
    /// Anything.
    Unknown,
}

impl Effect {
    /// Of a compiled statement.
    pub(crate) fn of(compiled: &Compiled) -> Self {
        match compiled {
            Compiled { writes: true, .. } => Self::Writes,
            Compiled { locks: false, clock: false, .. } => Self::Reads,
            _ => Self::Unknown,
        }
    }
}

/// What a statement did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Done {
    /// How many rows a change matched; 0 for a query.
    pub affected: u64,
    /// The key of the row that an insert without a result made, where the database tells one.
    pub last_key: Option<i64>,
}

impl Done {
    /// A change of so many rows that tells no key.
    pub(crate) fn changed(affected: u64) -> Self {
        Self { affected, last_key: None }
    }
}

/// How a transaction begins.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Begin {
    pub isolation: Isolation,
    pub read_only: bool,
    /// Whether it may write; SQLite takes the write lock at once then.
    pub writes: bool,
    /// Whether it is for one statement, so that its isolation from others makes no difference between two.
    pub single: bool,
}

/// One checked-out connection.
///
/// Its futures run in host-owned tasks and are polled to their end, never dropped halfway; a statement is stopped from
/// outside through [`BackendConnection::cancel_handle`]. After an error the owner either rolls back or discards the connection.
pub(crate) trait BackendConnection: Send + Sized + 'static {
    /// What stops this connection's running statement from another task.
    type CancelHandle: StopStatement;

    /// A handle that stops whatever statement runs.
    fn cancel_handle(&self) -> Self::CancelHandle;

    /// Begins a transaction. It may wait with that for the first statement.
    fn begin(&mut self, begin: Begin) -> impl Future<Output = Result<()>> + Send;
    /// Commits. Never stopped; [`Error::OutcomeUnknown`] where nothing says whether it happened, and after any other error but
    /// [`Error::Disconnected`] the transaction is to be rolled back.
    fn commit(&mut self) -> impl Future<Output = Result<()>> + Send;
    /// Rolls back; no error where no transaction is open.
    fn rollback(&mut self) -> impl Future<Output = Result<()>> + Send;
    /// Sets a savepoint. The host makes the names: `s1`, `s2`, …
    fn savepoint(&mut self, name: &str) -> impl Future<Output = Result<()>> + Send;
    /// Keeps what was done since a savepoint. It may wait with that for the next message.
    fn release(&mut self, name: &str) -> impl Future<Output = Result<()>> + Send;
    /// Undoes what was done since a savepoint, and forgets it.
    fn rollback_to(&mut self, name: &str) -> impl Future<Output = Result<()>> + Send;
    /// The isolation level in force, read from the database where it can be.
    fn isolation(&mut self) -> impl Future<Output = Result<Isolation>> + Send;

    /// Runs one statement through the prepared protocol and feeds its rows.
    /// Stops early, without an error, when the feed says so.
    fn run(&mut self, job: Execution, sink: &mut RowSink) -> impl Future<Output = Result<Done>> + Send;

    /// Whether an error of `run` took the whole transaction with it, so that its savepoints are gone too. The session asks
    /// for a rollback all the same.
    fn transaction_lost(&self, _error: &Error) -> bool {
        false
    }

    /// Whether the connection was lost, although what was done with it last succeeded.
    fn is_lost(&self) -> bool {
        false
    }

    /// Asks the database for an answer.
    fn ping(&mut self) -> impl Future<Output = Result<()>> + Send;

    /// Rolls back what is open, restores what a borrower may have changed, and proves the connection idle: by a question, or
    /// without one where each answer since it was proved last came to its end and the last one left nothing open.
    /// An error means that the connection must be discarded.
    fn reset(&mut self) -> impl Future<Output = Result<()>> + Send;

    /// Gives the connection back to its pool. Only after a `reset` that succeeded.
    fn put_back(self) -> impl Future<Output = ()> + Send;

    /// Closes the connection without ceremony and frees its place in the pool.
    fn discard(self) -> impl Future<Output = ()> + Send;
}

/// Stops a running statement from outside.
pub(crate) trait StopStatement: Clone + Send + Sync + 'static {
    /// Asks the database to stop the statement that runs now, if one does. Returns when the request has arrived, so
    /// that it cannot hit a later statement; an error means that the connection must be discarded.
    fn stop(&self) -> impl Future<Output = Result<()>> + Send;
}
