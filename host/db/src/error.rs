//! What a database, a pool or a connection can fail with.

use std::time::Duration;

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Which kind of constraint a change broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "SQL's own words")]
pub enum ConstraintKind {
    Unique,
    ForeignKey,
    NotNull,
    Check,
    Other,
}

/// A constraint that a change broke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Its kind.
    pub kind: ConstraintKind,
    /// Its name, where the database tells it.
    pub constraint: Option<String>,
    /// The table whose row was refused.
    pub table: Option<String>,
    /// The constraint's columns, where the database tells them.
    pub columns: Vec<String>,
}

/// What a database said, in a form that a guest may see; the source is for the host's log only.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct DatabaseError {
    /// The SQLSTATE of five characters.
    pub sqlstate: Option<String>,
    /// What happened, without hosts, paths, roles or other people's values.
    pub message: String,
    /// What the driver said.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the contract, documented there")]
pub enum LimitKind {
    Rows,
    Bytes,
    Sessions,
    Cursors,
    TransactionTime,
}

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The statement, model or argument was wrong; nothing was sent.
    #[error(transparent)]
    Statement(#[from] sqlservice_sql::Error),
    /// A database URL that makes no sense. The text never holds the URL's secrets. For the host, not for guests.
    #[error("{0}")]
    Url(String),
    /// A setting that makes no sense. For the host, not for guests.
    #[error("{0}")]
    Setting(String),
    /// A broken constraint.
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
    /// The database refused for lack of rights, or the host to drop a table that is not its owner's.
    #[error("{0}")]
    Denied(#[source] DatabaseError),
    /// A table that the database does not have, or tables that were to be reflected and are not there.
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
        /// How many connections there may be: of the share or the pool, or of all pools of its server.
        size: u32,
        /// How long the call waited.
        waited: Duration,
    },
    /// A statement took too long and was stopped.
    #[error("the statement took too long and was stopped")]
    Timeout,
    /// A statement was stopped because its caller went away.
    #[error("cancelled")]
    Cancelled,
    /// The connection was lost or cannot be made.
    #[error("the database cannot be reached")]
    Disconnected(#[source] Option<Box<dyn std::error::Error + Send + Sync>>),
    /// The database was asked to commit, and nothing says whether it did.
    #[error("outcome unknown: {0}; look whether the changes are there before they are made again")]
    OutcomeUnknown(&'static str),
    /// A limit was reached.
    #[error("the limit of {allowed} {kind:?} is reached")]
    Limit {
        /// What is limited.
        kind: LimitKind,
        /// The limit.
        allowed: u64,
    },
    /// A host task ended without an answer: a bug of the host's.
    #[error("the host lost the answer")]
    Lost,
}
