//! Shared by the three databases: the trait of one checked-out connection, and the statements that run over it.

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
    /// The result's columns as the compiler knows them; `None` for SQL text.
    pub expected: Option<Arc<[Output]>>,
    /// Whether the text is several statements of the host's own, without bind values and results. Set only for PostgreSQL.
    pub is_script: bool,
    /// The statement's known effect on its transaction.
    pub effect: Effect,
    /// The compiler's summary of the statement, for observers; `None` for SQL text.
    pub summary: Option<Summary>,
}

/// The known effect of a statement on its transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Reads and leaves nothing behind: it locks no rows and does not read the transaction's time.
    Reads,
    /// Changes rows.
    Writes,
    /// May do anything.
    Unknown,
}

impl Effect {
    /// Returns the effect of a compiled statement.
    pub(crate) fn of(compiled: &Compiled) -> Self {
        match compiled {
            Compiled { writes: true, .. } => Self::Writes,
            Compiled { locks: false, clock: false, .. } => Self::Reads,
            _ => Self::Unknown,
        }
    }
}

/// The outcome of a statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Done {
    /// How many rows a change matched; 0 for a query.
    pub affected: u64,
    /// The key of the row that an insert without a result created, where the database reports it.
    pub last_key: Option<i64>,
}

impl Done {
    /// The outcome of a change of this many rows, without a key.
    pub(crate) fn changed(affected: u64) -> Self {
        Self { affected, last_key: None }
    }
}

/// The options of a transaction's begin.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Begin {
    pub isolation: Isolation,
    pub read_only: bool,
    /// Whether it may write. SQLite takes the write lock at the begin then.
    pub writes: bool,
    /// Whether it is for a single statement, so that isolation between two of its statements does not matter.
    pub single: bool,
}

/// One checked-out connection.
///
/// Its futures run in host-owned tasks and are polled to their end, never dropped halfway; a statement is stopped from
/// outside through [`BackendConnection::cancel_handle`]. After an error the owner either rolls back or discards the connection.
pub(crate) trait BackendConnection: Send + Sized + 'static {
    /// Stops this connection's running statement from another task.
    type CancelHandle: StopStatement;

    /// Returns a handle that stops the running statement.
    fn cancel_handle(&self) -> Self::CancelHandle;

    /// Begins a transaction. May defer the begin to the first statement.
    fn begin(&mut self, begin: Begin) -> impl Future<Output = Result<()>> + Send;
    /// Commits. Never stopped. Returns [`Error::OutcomeUnknown`] where it cannot be known whether the commit happened. After any
    /// other error but [`Error::Disconnected`] the caller has to roll back.
    fn commit(&mut self) -> impl Future<Output = Result<()>> + Send;
    /// Rolls back. No error where no transaction is open.
    fn rollback(&mut self) -> impl Future<Output = Result<()>> + Send;
    /// Sets a savepoint. The host makes the names: `s1`, `s2`, …
    fn savepoint(&mut self, name: &str) -> impl Future<Output = Result<()>> + Send;
    /// Releases a savepoint and keeps the changes since. May defer that to the next message.
    fn release(&mut self, name: &str) -> impl Future<Output = Result<()>> + Send;
    /// Rolls back to a savepoint, then releases it.
    fn rollback_to(&mut self, name: &str) -> impl Future<Output = Result<()>> + Send;
    /// Returns the isolation level in force, read from the database where that is possible.
    fn isolation(&mut self) -> impl Future<Output = Result<Isolation>> + Send;

    /// Runs one statement through the prepared protocol and sends its rows to the sink. Stops early, without an error, when the
    /// sink asks for no more.
    fn run(&mut self, job: Execution, sink: &mut RowSink) -> impl Future<Output = Result<Done>> + Send;

    /// Whether an error of `run` ended the whole transaction, so that its savepoints are gone too. The session sends a rollback all
    /// the same.
    fn transaction_lost(&self, _error: &Error) -> bool {
        false
    }

    /// Whether the connection was lost, although the last call on it succeeded.
    fn is_lost(&self) -> bool {
        false
    }

    /// Checks that the database responds.
    fn ping(&mut self) -> impl Future<Output = Result<()>> + Send;

    /// Rolls back an open transaction, restores the settings that a borrower may have changed, and proves the connection idle. That
    /// takes a query, unless each response since the last proof was read to its end and the last one left nothing open. After an
    /// error the connection must be discarded.
    fn reset(&mut self) -> impl Future<Output = Result<()>> + Send;

    /// Returns the connection to its pool. Only after a `reset` that succeeded.
    fn put_back(self) -> impl Future<Output = ()> + Send;

    /// Closes the connection without a graceful shutdown, and frees its place in the pool.
    fn discard(self) -> impl Future<Output = ()> + Send;
}

/// Stops a running statement from outside.
pub(crate) trait StopStatement: Clone + Send + Sync + 'static {
    /// Asks the database to stop the running statement, if there is one. Returns when the request has arrived, so that it cannot
    /// hit a later statement. After an error the connection must be discarded.
    fn stop(&self) -> impl Future<Output = Result<()>> + Send;
}
