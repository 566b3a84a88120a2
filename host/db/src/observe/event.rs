//! The events that an observer receives.

use std::time::Duration;

use super::{Outcome, Scope, Statement};
use crate::Error;

/// An event of a database or of a plugin.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A statement is about to be sent. For a query that takes microseconds in an embedded database, it comes after the query has run.
    StatementStarted(StatementStarted<'a>),
    /// A started statement has ended: its last row was read or its reader is gone. Every started statement ends once.
    StatementFinished(StatementFinished<'a>),
    /// A connection was taken from the pool.
    ConnectionAcquired(ConnectionAcquired<'a>),
    /// A connection was requested, and none became free in time or none could be opened.
    ConnectionFailed(ConnectionFailed<'a>),
    /// A connection was closed and not given back, as it was lost or could not be proved clean; on MySQL and MariaDB always after SQL
    /// text.
    ConnectionDiscarded(ConnectionDiscarded<'a>),
    /// A transaction has ended. One of the host's own, around a single statement in autocommit, counts as part of that statement.
    TransactionFinished(TransactionFinished<'a>),
    /// Tables were created or dropped, or that failed. If no connection was available for it, only that failure is reported.
    SchemaChanged(SchemaChanged<'a>),
    /// Tables were read from the database, or that failed. If no connection was available for it, only that failure is reported.
    Reflected(Reflected<'a>),
    /// A statement was compiled, or found in the cache. The layer that caches compiled statements sends it.
    StatementCompiled(StatementCompiled<'a>),
    /// A call of a plugin has ended. The layer that runs plugins sends it.
    CallFinished(CallFinished<'a>),
    /// A guest was refused: it lacked a grant, or reached a limit. The layer that runs plugins sends it.
    Refused(Refused<'a>),
    /// An instance of a plugin was not created: no permit became free, it trapped or it took too long. The layer that runs plugins sends
    /// it.
    InstanceFailed(InstanceFailed<'a>),
    /// A plugin printed more than it may, and the rest was dropped. Sent once a call, by the layer that runs plugins.
    OutputDropped(OutputDropped<'a>),
}

impl<'a> Event<'a> {
    /// Returns the scope of the work that the event belongs to.
    #[must_use]
    pub fn scope(&self) -> &'a Scope {
        match self {
            Self::StatementStarted(event) => event.scope,
            Self::StatementFinished(event) => event.scope,
            Self::ConnectionAcquired(event) => event.scope,
            Self::ConnectionFailed(event) => event.scope,
            Self::ConnectionDiscarded(event) => event.scope,
            Self::TransactionFinished(event) => event.scope,
            Self::SchemaChanged(event) => event.scope,
            Self::Reflected(event) => event.scope,
            Self::StatementCompiled(event) => event.scope,
            Self::CallFinished(event) => event.scope,
            Self::Refused(event) => event.scope,
            Self::InstanceFailed(event) => event.scope,
            Self::OutputDropped(event) => event.scope,
        }
    }
}

/// See [`Event::StatementStarted`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StatementStarted<'a> {
    /// The scope of the statement.
    pub scope: &'a Scope,
    /// The statement.
    pub statement: Statement<'a>,
}

/// See [`Event::StatementFinished`]. A statement that runs repeatedly for the rows of a batch counts as one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StatementFinished<'a> {
    /// The scope of the statement.
    pub scope: &'a Scope,
    /// The statement.
    pub statement: Statement<'a>,
    /// How many rows it returned.
    pub rows: u64,
    /// The size of these rows as columns, in bytes, as limits count them.
    pub bytes: u64,
    /// How many rows it matched, whether it altered them or not; 0 for a query.
    pub affected: u64,
    /// How long its call waited for a connection before it began; zero where the session had one.
    pub waited: Duration,
    /// The time from its start to its first batch of rows; nothing where it returned none.
    pub first_batch: Option<Duration>,
    /// The time from its start to its end, including the time in which it waited for its reader.
    pub duration: Duration,
    /// How it ended.
    pub outcome: Outcome<'a>,
}

/// See [`Event::ConnectionAcquired`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConnectionAcquired<'a> {
    /// The scope of the borrower.
    pub scope: &'a Scope,
    /// How long it took, including the time to open it.
    pub waited: Duration,
    /// Whether it was opened for this borrower; otherwise an idle one was taken.
    pub is_new: bool,
}

/// See [`Event::ConnectionFailed`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConnectionFailed<'a> {
    /// The scope of the borrower.
    pub scope: &'a Scope,
    /// How long the borrower waited.
    pub waited: Duration,
    /// The reason why there is none.
    pub error: &'a Error,
}

/// See [`Event::ConnectionDiscarded`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConnectionDiscarded<'a> {
    /// The scope of its last borrower.
    pub scope: &'a Scope,
}

/// How a transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransactionOutcome {
    /// It was committed.
    Committed,
    /// It was rolled back: by its caller, at its time limit, or because it was dropped or its connection lost.
    RolledBack,
    /// The commit was sent, and its outcome is unknown.
    Unknown,
}

/// See [`Event::TransactionFinished`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TransactionFinished<'a> {
    /// The scope of the transaction.
    pub scope: &'a Scope,
    /// How it ended.
    pub outcome: TransactionOutcome,
    /// How long it was open.
    pub duration: Duration,
}

/// A change of tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SchemaChange {
    /// They were created.
    Created,
    /// They were dropped.
    Dropped,
}

/// See [`Event::SchemaChanged`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SchemaChanged<'a> {
    /// The scope of the caller.
    pub scope: &'a Scope,
    /// The change that was made.
    pub change: SchemaChange,
    /// The names of the tables that were created or dropped, in order; none after an error.
    pub tables: &'a [String],
    /// How long it took, including the wait for a connection.
    pub duration: Duration,
    /// How it ended.
    pub outcome: Outcome<'a>,
}

/// See [`Event::Reflected`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Reflected<'a> {
    /// The scope of the caller.
    pub scope: &'a Scope,
    /// How many tables were read; 0 after an error.
    pub tables: usize,
    /// How long it took, including the wait for a connection.
    pub duration: Duration,
    /// How it ended.
    pub outcome: Outcome<'a>,
}

/// See [`Event::StatementCompiled`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StatementCompiled<'a> {
    /// The scope of the statement.
    pub scope: &'a Scope,
    /// The statement; nothing where it was refused.
    pub statement: Option<Statement<'a>>,
    /// Whether it was found in the cache.
    pub is_hit: bool,
    /// How long it took.
    pub duration: Duration,
}

impl<'a> StatementCompiled<'a> {
    /// Creates an event, for the layer that caches compiled statements.
    #[must_use]
    pub const fn new(scope: &'a Scope, statement: Option<Statement<'a>>, is_hit: bool, duration: Duration) -> Self {
        Self { scope, statement, is_hit, duration }
    }
}

/// How a call of a plugin ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallOutcome {
    /// It returned a value, or an error of the plugin's own.
    Returned,
    /// The plugin trapped or the host failed.
    Failed,
    /// It took too long.
    Timeout,
    /// Its caller was dropped.
    Cancelled,
}

/// See [`Event::CallFinished`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CallFinished<'a> {
    /// The scope of the call.
    pub scope: &'a Scope,
    /// The name of the export, as `name` or `interface#name`; empty where the embedder called several through its own types.
    pub function: &'a str,
    /// How long it took to create its instance, including the wait for a permit; zero where the instance was called before.
    pub waited: Duration,
    /// How long it ran after that.
    pub duration: Duration,
    /// How it ended.
    pub outcome: CallOutcome,
}

impl<'a> CallFinished<'a> {
    /// Creates an event, for the layer that runs plugins.
    #[must_use]
    pub const fn new(
        scope: &'a Scope,
        function: &'a str,
        waited: Duration,
        duration: Duration,
        outcome: CallOutcome,
    ) -> Self {
        Self { scope, function, waited, duration, outcome }
    }
}

/// See [`Event::Refused`]. It contains no text of the guest's.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Refused<'a> {
    /// The scope of the guest, without the database.
    pub scope: &'a Scope,
    /// The contract's code: `denied`, `limit`, `pool-timeout`, `timeout`, `transaction-closed`, `no-such-database`.
    pub code: &'a str,
    /// The kind of a limit: `rows`, `bytes`, `sessions` and so on; `memory` and `table-elements` once an instance.
    pub limit: Option<&'a str>,
}

impl<'a> Refused<'a> {
    /// Creates an event, for the layer that runs plugins.
    #[must_use]
    pub const fn new(scope: &'a Scope, code: &'a str, limit: Option<&'a str>) -> Self {
        Self { scope, code, limit }
    }
}

/// See [`Event::InstanceFailed`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct InstanceFailed<'a> {
    /// The scope of the instance.
    pub scope: &'a Scope,
    /// The reason: `no-place` where the wait for a permit was in vain, `queue-full` where too many wait, `no-room`, `timeout`,
    /// `processor-time`, `trap`, or `other`.
    pub reason: &'static str,
    /// How long it took until then, including the wait for a permit.
    pub waited: Duration,
}

impl<'a> InstanceFailed<'a> {
    /// Creates an event, for the layer that runs plugins.
    #[must_use]
    pub const fn new(scope: &'a Scope, reason: &'static str, waited: Duration) -> Self {
        Self { scope, reason, waited }
    }
}

/// See [`Event::OutputDropped`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct OutputDropped<'a> {
    /// The scope of the instance.
    pub scope: &'a Scope,
    /// The bytes that were dropped since the last event of this instance.
    pub bytes: u64,
}

impl<'a> OutputDropped<'a> {
    /// Creates an event, for the layer that runs plugins.
    #[must_use]
    pub const fn new(scope: &'a Scope, bytes: u64) -> Self {
        Self { scope, bytes }
    }
}
