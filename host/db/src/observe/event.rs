//! What an observer is told.

use std::time::Duration;

use super::{Outcome, Scope, Statement};
use crate::Error;

/// Something that happened.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A statement is about to be sent. A query that takes microseconds in an embedded database is told when it has run.
    StatementStarted(StatementStarted<'a>),
    /// A statement that was started has ended, its last row was read or its reader went away. Every one that was started ends once.
    StatementFinished(StatementFinished<'a>),
    /// A connection was taken from the pool.
    ConnectionAcquired(ConnectionAcquired<'a>),
    /// A connection was wanted, and there was none in time or none could be made.
    ConnectionFailed(ConnectionFailed<'a>),
    /// A connection was closed and not given back, as it was lost or could not be proved clean; on MySQL and MariaDB always after SQL text.
    ConnectionDiscarded(ConnectionDiscarded<'a>),
    /// A transaction has ended. One of the host's own, around a single statement in autocommit, is part of that statement.
    TransactionFinished(TransactionFinished<'a>),
    /// Tables were created or dropped, or could not be. Where there was no connection for it, only that is told.
    SchemaChanged(SchemaChanged<'a>),
    /// Tables were read from the database, or could not be. Where there was no connection for it, only that is told.
    Reflected(Reflected<'a>),
    /// A statement was compiled, or was found compiled. The layer that keeps compiled statements tells it.
    StatementCompiled(StatementCompiled<'a>),
    /// A call of a plugin has ended. The layer that runs plugins tells it.
    CallFinished(CallFinished<'a>),
    /// A guest was refused something: it was not granted, or a limit was reached. The layer that runs plugins tells it.
    Refused(Refused<'a>),
    /// An instance of a plugin was not made: there was no place for it, it trapped or it took too long. The layer that runs plugins tells it.
    InstanceFailed(InstanceFailed<'a>),
    /// A plugin printed more than it may, and the rest was dropped. Told once a call. The layer that runs plugins tells it.
    OutputDropped(OutputDropped<'a>),
}

impl<'a> Event<'a> {
    /// Whose work it belongs to.
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
    /// Whose it is.
    pub scope: &'a Scope,
    /// The statement.
    pub statement: Statement<'a>,
}

/// See [`Event::StatementFinished`]. One that runs again and again for the rows of a batch is one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StatementFinished<'a> {
    /// Whose it is.
    pub scope: &'a Scope,
    /// The statement.
    pub statement: Statement<'a>,
    /// How many rows it returned.
    pub rows: u64,
    /// How many bytes these rows have as columns, as limits count them.
    pub bytes: u64,
    /// How many rows it changed; 0 for a query.
    pub affected: u64,
    /// How long its call waited for a connection before it began; zero where the session had one.
    pub waited: Duration,
    /// The time from its start to its first batch of rows; nothing where it returned none.
    pub first_batch: Option<Duration>,
    /// The time from its start to its end, in which its reader may have thought about earlier rows.
    pub duration: Duration,
    /// How it ended.
    pub outcome: Outcome<'a>,
}

/// See [`Event::ConnectionAcquired`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConnectionAcquired<'a> {
    /// Whose it is.
    pub scope: &'a Scope,
    /// How long it took, opening included.
    pub waited: Duration,
    /// Whether it was opened for this; an idle one was taken otherwise.
    pub is_new: bool,
}

/// See [`Event::ConnectionFailed`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConnectionFailed<'a> {
    /// Who wanted it.
    pub scope: &'a Scope,
    /// How long it was waited for.
    pub waited: Duration,
    /// Why there is none.
    pub error: &'a Error,
}

/// See [`Event::ConnectionDiscarded`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConnectionDiscarded<'a> {
    /// Who had it last.
    pub scope: &'a Scope,
}

/// How a transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransactionOutcome {
    /// It was committed.
    Committed,
    /// It was rolled back: by its caller, at its end of time, or because it was dropped or its connection lost.
    RolledBack,
    /// The commit was sent, and nothing says whether it happened.
    Unknown,
}

/// See [`Event::TransactionFinished`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TransactionFinished<'a> {
    /// Whose it is.
    pub scope: &'a Scope,
    /// How it ended.
    pub outcome: TransactionOutcome,
    /// How long it was open.
    pub duration: Duration,
}

/// What was done to tables.
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
    /// Who changed it.
    pub scope: &'a Scope,
    /// What was done.
    pub change: SchemaChange,
    /// The names of the tables that were created or dropped, in order; none after an error.
    pub tables: &'a [String],
    /// How long it took, waiting for a connection included.
    pub duration: Duration,
    /// How it ended.
    pub outcome: Outcome<'a>,
}

/// See [`Event::Reflected`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Reflected<'a> {
    /// Who read them.
    pub scope: &'a Scope,
    /// How many tables were read; 0 after an error.
    pub tables: usize,
    /// How long it took, waiting for a connection included.
    pub duration: Duration,
    /// How it ended.
    pub outcome: Outcome<'a>,
}

/// See [`Event::StatementCompiled`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StatementCompiled<'a> {
    /// Whose it is.
    pub scope: &'a Scope,
    /// The statement; nothing where it was refused.
    pub statement: Option<Statement<'a>>,
    /// Whether it was found compiled.
    pub is_hit: bool,
    /// How long it took.
    pub duration: Duration,
}

impl<'a> StatementCompiled<'a> {
    /// An event of the layer that keeps compiled statements.
    #[must_use]
    pub const fn new(scope: &'a Scope, statement: Option<Statement<'a>>, is_hit: bool, duration: Duration) -> Self {
        Self { scope, statement, is_hit, duration }
    }
}

/// How a call of a plugin ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallOutcome {
    /// It returned, a value or an error of the plugin's own.
    Returned,
    /// The plugin trapped or the host could not go on.
    Failed,
    /// It took too long.
    Timeout,
    /// Its caller went away.
    Cancelled,
}

/// See [`Event::CallFinished`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CallFinished<'a> {
    /// Whose it is.
    pub scope: &'a Scope,
    /// The name of the export, as `name` or `interface#name`; empty where the embedder called several by its own types.
    pub function: &'a str,
    /// How long its instance took to be made, waiting for a place included; zero where the instance was called before.
    pub waited: Duration,
    /// How long it ran after that.
    pub duration: Duration,
    /// How it ended.
    pub outcome: CallOutcome,
}

impl<'a> CallFinished<'a> {
    /// An event of the layer that runs plugins.
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

/// See [`Event::Refused`]. It has no word of the guest's.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Refused<'a> {
    /// Whose it is; the database is not told.
    pub scope: &'a Scope,
    /// The contract's code: `denied`, `limit`, `pool-timeout`, `timeout`, `transaction-closed`, `no-such-database`.
    pub code: &'a str,
    /// Of a limit, which one: `rows`, `bytes`, `sessions` and so on; `memory` and `table-elements` once an instance.
    pub limit: Option<&'a str>,
}

impl<'a> Refused<'a> {
    /// An event of the layer that runs plugins.
    #[must_use]
    pub const fn new(scope: &'a Scope, code: &'a str, limit: Option<&'a str>) -> Self {
        Self { scope, code, limit }
    }
}

/// See [`Event::InstanceFailed`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct InstanceFailed<'a> {
    /// Whose it is.
    pub scope: &'a Scope,
    /// Why: `no-place` where it was waited for one in vain, `queue-full` where too many wait, `no-room`, `timeout`, `processor-time`,
    /// `trap`, or `other`.
    pub reason: &'static str,
    /// How long it took until then, waiting for a place included.
    pub waited: Duration,
}

impl<'a> InstanceFailed<'a> {
    /// An event of the layer that runs plugins.
    #[must_use]
    pub const fn new(scope: &'a Scope, reason: &'static str, waited: Duration) -> Self {
        Self { scope, reason, waited }
    }
}

/// See [`Event::OutputDropped`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct OutputDropped<'a> {
    /// Whose it is.
    pub scope: &'a Scope,
    /// Bytes that were dropped since the last event of this instance.
    pub bytes: u64,
}

impl<'a> OutputDropped<'a> {
    /// An event of the layer that runs plugins.
    #[must_use]
    pub const fn new(scope: &'a Scope, bytes: u64) -> Self {
        Self { scope, bytes }
    }
}
