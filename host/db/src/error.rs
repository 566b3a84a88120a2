//! The errors of a database, a pool or a connection.

use std::time::Duration;

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The kind of constraint that a change violated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "SQL's own words")]
pub enum ConstraintKind {
    Unique,
    ForeignKey,
    NotNull,
    Check,
    Other,
}

/// A constraint that a change violated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Its kind.
    pub kind: ConstraintKind,
    /// Its name, where the database reports it.
    pub constraint: Option<String>,
    /// The table whose row was refused.
    pub table: Option<String>,
    /// The constraint's columns, where the database reports them.
    pub columns: Vec<String>,
}

/// A database's error, in a form that a guest may see; the source is for the host's log only.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct DatabaseError {
    /// The SQLSTATE of five characters.
    pub sqlstate: Option<String>,
    /// The message, without hosts, paths, roles or values of others.
    pub message: String,
    /// The driver's error.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The unit that a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the contract, documented there")]
pub enum LimitKind {
    Rows,
    Bytes,
    Sessions,
    Cursors,
    TransactionTime,
}

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The statement, model or argument was wrong; nothing was sent.
    #[error(transparent)]
    Statement(#[from] sqlservice_sql::Error),
    /// An invalid database URL. The text never contains the URL's secrets. For the host, not for guests.
    #[error("{0}")]
    Url(String),
    /// An invalid setting. For the host, not for guests.
    #[error("{0}")]
    Setting(String),
    /// A violated constraint.
    #[error("{:?} constraint violated", .0.kind)]
    Integrity(Violation),
    /// The schema changed under a cached statement.
    #[error("the schema changed under a cached statement")]
    StalePlan(#[source] DatabaseError),
    /// The transaction cannot be ordered with another one.
    #[error("the transaction cannot be ordered with another one")]
    SerializationFailure(#[source] DatabaseError),
    /// The transaction was chosen to end a deadlock.
    #[error("the transaction was chosen to end a deadlock")]
    Deadlock(#[source] DatabaseError),
    /// A lock was not free.
    #[error("a lock was not free")]
    LockNotAvailable(#[source] DatabaseError),
    /// A value that the database cannot hold or compute.
    #[error("{0}")]
    Data(#[source] DatabaseError),
    /// Another failure of the database.
    #[error("{0}")]
    Operational(#[source] DatabaseError),
    /// The database denied it for lack of rights, or the host denied dropping a table that is not its owner's.
    #[error("{0}")]
    Denied(#[source] DatabaseError),
    /// A table that the database does not have, or tables to reflect that do not exist.
    #[error("no such table: {0}")]
    NoSuchTable(String),
    /// A column that the database does not have.
    #[error("no such column: {0}")]
    NoSuchColumn(String),
    /// A statement failed before in this transaction.
    #[error("a statement failed before in this transaction; roll it back first")]
    PendingRollback,
    /// The only transaction of this session has ended.
    #[error("the transaction has ended; begin another session")]
    TransactionClosed,
    /// A transaction has already begun.
    #[error("a transaction has already begun")]
    AlreadyBegun,
    /// The connection is occupied by an unread cursor, or too many calls wait for it.
    #[error("the connection is busy")]
    Busy,
    /// The session or connection was closed.
    #[error("closed")]
    Closed,
    /// No connection became free in time.
    #[error("all {size} connections were taken for {waited:?}")]
    PoolTimeout {
        /// The limit of connections: of the share or the pool, or of all pools of its server.
        size: u32,
        /// How long the call waited.
        waited: Duration,
    },
    /// A statement took too long and was stopped.
    #[error("the statement took too long and was stopped")]
    Timeout,
    /// A statement was stopped because its caller was dropped.
    #[error("cancelled")]
    Cancelled,
    /// The connection was lost or cannot be opened.
    #[error("the database cannot be reached")]
    Disconnected(#[source] Option<Box<dyn std::error::Error + Send + Sync>>),
    /// A commit was sent, and its outcome is unknown.
    #[error("outcome unknown: {0}; look whether the changes are there before they are made again")]
    OutcomeUnknown(&'static str),
    /// A limit was reached.
    #[error("the limit of {allowed} {kind:?} is reached")]
    Limit {
        /// The unit that is limited.
        kind: LimitKind,
        /// The limit.
        allowed: u64,
    },
    /// A host task ended without a result: a bug of the host's.
    #[error("the host lost the answer")]
    Lost,
}
