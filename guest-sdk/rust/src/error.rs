//! Errors, as an enum to branch on, with messages that suggest a remedy.

use std::fmt;

mod failure;
mod kind;

pub use self::kind::{
    ColumnReference, ConstraintKind, DatabaseError, LimitKind, LimitReached, Mismatch, MissingCapability,
    PoolExhausted, Problem, Stale, Violation,
};
/// The contract's record of a failed call. A plugin's exports can return it as `result<_, failure>`, and it holds an error of a
/// code that this SDK does not know.
pub use crate::bindings::sqlservice::database::errors::{Detail, Failure};

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// All errors: the codes of the contract's `errors` interface, and those that only this SDK raises.
///
/// [`Display`](fmt::Display) describes the error and a remedy; `?` makes it a `String`, for exports that return
/// `result<_, string>`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// No database of that name was granted, whether or not one exists.
    NoSuchDatabase,
    /// Access that was not granted, as a text.
    Denied(String),
    /// A table that was neither declared nor reflected, or that the database does not have.
    NoSuchTable(String),
    /// A column that its table does not have.
    NoSuchColumn(ColumnReference),
    /// The database lacks a capability; nothing was sent.
    Unsupported(MissingCapability),
    /// A malformed statement, model or argument.
    Invalid(Problem),
    /// A value of the wrong type.
    TypeMismatch(Mismatch),
    /// A broken constraint. The transaction is usable only after a rollback.
    Integrity(Violation),
    /// Rows that another session changed or deleted.
    StaleData(Stale),
    /// The schema changed under a cached statement; try again.
    StalePlan(DatabaseError),
    /// Rows or tables that depend on each other in a circle.
    CircularDependency(Vec<String>),
    /// One row was required and there was none.
    NoResult,
    /// At most one row was allowed and there were more.
    MultipleResults,
    /// The transaction cannot be serialized with another one; try it again.
    SerializationFailure(DatabaseError),
    /// The transaction was chosen to end a deadlock; try it again.
    Deadlock(DatabaseError),
    /// A lock was not free at once or in time.
    LockNotAvailable(DatabaseError),
    /// A value that the database cannot hold or compute.
    Data(DatabaseError),
    /// Another failure of the database.
    Operational(DatabaseError),
    /// A statement failed before in this transaction.
    PendingRollback,
    /// The only transaction of this session has ended.
    TransactionClosed,
    /// A transaction has already begun.
    AlreadyBegun,
    /// The connection is occupied by an unread cursor, or too many calls wait for it.
    Busy,
    /// The resource was closed.
    Closed,
    /// No connection became free in time.
    PoolTimeout(PoolExhausted),
    /// The statement or the call took too long and was stopped.
    Timeout,
    /// The statement was stopped because its caller dropped the call.
    Cancelled,
    /// The connection to the database was lost. An open transaction is gone.
    Disconnected,
    /// Whether the transaction was committed is unknown, for this reason: read its writes before they are written again.
    OutcomeUnknown(String),
    /// A limit was reached.
    Limit(LimitReached),
    /// Another error: a guest's own reason, or an id under which the host logged the cause.
    Other(String),
    /// An error of a code that this SDK does not know: the host is newer. [`is_retryable`](Self::is_retryable) applies to it.
    Unknown(Box<Failure>),
    /// A relationship was read that is not loaded. No statement was sent.
    Unloaded(Unloaded),
    /// The name of a [`Deferred`](crate::value::Deferred) column that was read and is not loaded. No statement was sent.
    UnloadedColumn(String),
    /// The object is in no session any more, or its row is gone.
    Detached,
    /// The object is in another session.
    AlreadyAttached,
    /// The object has no row yet, so there is none to delete or to read.
    NotPersisted,
    /// A commit flushed a hundred times, and event handlers still left changes to rows of these tables. The flushed changes are
    /// written, in a transaction that is still open.
    EndlessFlush(Vec<String>),
}

/// A relationship of an object that was not loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unloaded {
    /// The relationship's name.
    pub relation: &'static str,
    /// The table of the other side.
    pub target: &'static str,
}

impl Error {
    /// Creates an error with the guest's own reason, such as to abort a transaction: a text, or any error
    /// (`map_err(Error::other)?`), whose message is kept.
    pub fn other(reason: impl fmt::Display) -> Self {
        Self::Other(reason.to_string())
    }

    /// Creates an error for an invalid call of this crate.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid(Problem { message: message.into(), node: None })
    }

    /// Whether the same transaction, begun again, can succeed.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::SerializationFailure(_) | Self::Deadlock(_) | Self::StalePlan(_) => true,
            Self::LockNotAvailable(error) | Self::Operational(error) | Self::Data(error) => error.retryable,
            Self::Unknown(failure) => failure.retryable,
            _ => false,
        }
    }

    /// Returns the broken constraint, if this is a violation of one.
    pub fn violation(&self) -> Option<&Violation> {
        match self {
            Self::Integrity(violation) => Some(violation),
            _ => None,
        }
    }

    /// Whether a unique constraint, a unique index or a primary key was broken.
    pub fn is_unique_violation(&self) -> bool {
        self.breaks(ConstraintKind::Unique)
    }

    /// Whether a foreign key was broken, from either side.
    pub fn is_foreign_key_violation(&self) -> bool {
        self.breaks(ConstraintKind::ForeignKey)
    }

    /// Whether a null was written to a column that cannot be null.
    pub fn is_not_null_violation(&self) -> bool {
        self.breaks(ConstraintKind::NotNull)
    }

    /// Whether a check constraint was broken.
    pub fn is_check_violation(&self) -> bool {
        self.breaks(ConstraintKind::Check)
    }

    /// Whether it took too long: a statement, a call, or waiting for a connection or a lock.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout | Self::PoolTimeout(_))
            || matches!(self, Self::Limit(limit) if matches!(limit.kind, LimitKind::Time | LimitKind::TransactionTime))
    }

    fn breaks(&self, kind: ConstraintKind) -> bool {
        self.violation().is_some_and(|violation| violation.kind == kind)
    }
}

impl std::error::Error for Error {}

/// Errors that `?` converts into a reason of the guest's own.
macro_rules! others {
    ($($(#[$when:meta])* $other:ty,)*) => {$(
        $(#[$when])*
        impl From<$other> for Error {
            fn from(other: $other) -> Self {
                Self::other(other)
            }
        }
    )*};
}

others! {
    String,
    &str,
    Box<dyn std::error::Error>,
    Box<dyn std::error::Error + Send + Sync>,
    std::char::ParseCharError,
    std::env::VarError,
    std::fmt::Error,
    std::io::Error,
    std::num::ParseFloatError,
    std::num::ParseIntError,
    std::num::TryFromIntError,
    std::str::ParseBoolError,
    std::str::Utf8Error,
    std::string::FromUtf8Error,
    std::time::SystemTimeError,
    #[cfg(feature = "bigdecimal")]
    bigdecimal::ParseBigDecimalError,
    #[cfg(feature = "jiff")]
    jiff::Error,
    #[cfg(feature = "rust_decimal")]
    rust_decimal::Error,
    #[cfg(feature = "serde_json")]
    serde_json::Error,
    uuid::Error,
}

impl From<Error> for String {
    fn from(error: Error) -> Self {
        error.to_string()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchDatabase => f.write_str("no database of that name was granted to this guest"),
            Self::Denied(what) => write!(f, "not granted: {what}"),
            Self::NoSuchTable(table) => write!(f, "there is no table {table:?} among the declared and reflected ones"),
            Self::NoSuchColumn(ColumnReference { table: Some(table), column }) => {
                write!(f, "there is no column {column:?} in {table:?}")
            }
            Self::NoSuchColumn(reference) => write!(f, "there is no column {:?}", reference.column),
            Self::Unsupported(missing) => write!(f, "{} (the database lacks {})", missing.message, missing.capability),
            Self::Invalid(Problem { message, node: Some(node) }) => write!(f, "{message} (node {node})"),
            Self::Invalid(problem) => f.write_str(&problem.message),
            Self::TypeMismatch(Mismatch { column, expected, got }) => write!(f, "{column} takes {expected}, not {got}"),
            Self::Integrity(violation) => display_violation(violation, f),
            Self::StaleData(Stale { table, expected, matched, .. }) => {
                write!(
                    f,
                    "another transaction changed or deleted rows of {table:?}: expected {expected}, matched {matched}"
                )
            }
            Self::CircularDependency(tables) => {
                write!(f, "these depend on each other in a circle: {}", tables.join(", "))
            }
            Self::StalePlan(error)
            | Self::SerializationFailure(error)
            | Self::Deadlock(error)
            | Self::LockNotAvailable(error)
            | Self::Data(error)
            | Self::Operational(error) => display_database(error, f),
            Self::PoolTimeout(PoolExhausted { size, waited_ms }) => {
                write!(f, "none of {size} connections became free within {waited_ms} ms")
            }
            Self::Limit(LimitReached { kind, allowed }) => {
                write!(f, "the limit of {allowed} for {kind} is reached")
            }
            Self::Other(reason) | Self::OutcomeUnknown(reason) => f.write_str(reason),
            Self::Unknown(failure) => write!(f, "{} ({})", failure.message, failure.code),
            Self::Unloaded(Unloaded { relation, target }) => write!(
                f,
                "the relationship {relation:?} to {target:?} was not loaded: ask for it with the query, or load it"
            ),
            Self::EndlessFlush(tables) => write!(
                f,
                "after a hundred flushes handlers of events still leave something to be written, to {}: let them stop, or flush by hand",
                tables.join(", ")
            ),
            Self::UnloadedColumn(column) => {
                write!(f, "the column {column:?} was not loaded: undefer it in the query, or load what is deferred")
            }
            plain => f.write_str(plain.fixed_text()),
        }
    }
}

impl Error {
    /// Returns the message of a variant without data.
    fn fixed_text(&self) -> &'static str {
        match self {
            Self::NoResult => "one row was required and there was none",
            Self::MultipleResults => "at most one row was allowed and there were more",
            Self::PendingRollback => "a statement failed before in this transaction: roll it back first",
            Self::TransactionClosed => "this session's transaction has ended: begin another one",
            Self::AlreadyBegun => "a transaction has already begun: end it first, or set a savepoint",
            Self::Busy => "an unread cursor or too many calls occupy the connection: read or drop the cursor first",
            Self::Closed => "it was closed",
            Self::Timeout => "it took too long and was stopped",
            Self::Cancelled => "it was stopped because its caller went away",
            Self::Disconnected => "the connection to the database was lost, and with it what was not committed",
            Self::Detached => "the object is in no session any more, or its row is gone",
            Self::AlreadyAttached => "the object is in another session: expunge it there, or merge it here",
            Self::NotPersisted => "the object has no row yet: flush it first, or expunge it",
            _ => "an error",
        }
    }
}

fn display_violation(violation: &Violation, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(match violation.kind {
        ConstraintKind::Unique => "a row with the same unique key is there already",
        ConstraintKind::ForeignKey => "a foreign key is broken: the referred row is missing, or is still referred to",
        ConstraintKind::NotNull => "a value is missing where null is not allowed",
        ConstraintKind::Check => "a check constraint is broken",
        ConstraintKind::Other => "a constraint is broken",
    })?;
    if let Some(table) = &violation.table {
        write!(f, ", table {table:?}")?;
    }
    if !violation.columns.is_empty() {
        write!(f, ", columns {}", violation.columns.join(", "))?;
    }
    match &violation.constraint {
        Some(constraint) => write!(f, ", constraint {constraint:?}"),
        None => Ok(()),
    }
}

fn display_database(error: &DatabaseError, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(&error.message)?;
    match &error.sqlstate {
        Some(state) => write!(f, " [{state}]"),
        None => Ok(()),
    }
}
