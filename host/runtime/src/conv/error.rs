//! From the host's errors to the contract's: the one place where a cause is logged and what a guest may see is decided.

use std::sync::atomic::{AtomicU64, Ordering};

use sqlservice_db::error as db;
use sqlservice_sql::error as sql;

use super::same_cases;
use crate::bindings::sqlservice::database::errors as wit;

same_cases!(wit::ConstraintKind, db::ConstraintKind, { Unique, ForeignKey, NotNull, Check, Other });

/// The guest's view of an error. The cause goes to the log, never to the guest.
pub(crate) fn to_guest(error: db::Error) -> wit::Error {
    if let Some(cause) = std::error::Error::source(&error) {
        tracing::debug!(target: "sqlservice", error = %error, %cause, "a database call failed");
    }
    match error {
        db::Error::Statement(error) => statement(error),
        db::Error::Integrity(violation) => wit::Error::Integrity(violation.into()),
        db::Error::StalePlan(error) => wit::Error::StalePlan(said(error, true)),
        db::Error::SerializationFailure(error) => wit::Error::SerializationFailure(said(error, true)),
        db::Error::Deadlock(error) => wit::Error::Deadlock(said(error, true)),
        db::Error::LockNotAvailable(error) => wit::Error::LockNotAvailable(said(error, true)),
        db::Error::Data(error) => wit::Error::Data(said(error, false)),
        db::Error::Operational(error) => wit::Error::Operational(said(error, false)),
        db::Error::Denied(error) => wit::Error::Denied(error.message),
        db::Error::NoSuchTable(name) => wit::Error::NoSuchTable(name),
        db::Error::NoSuchColumn(column) => wit::Error::NoSuchColumn(wit::ColumnReference { table: None, column }),
        db::Error::PendingRollback => wit::Error::PendingRollback,
        db::Error::TransactionClosed => wit::Error::TransactionClosed,
        db::Error::AlreadyBegun => wit::Error::AlreadyBegun,
        db::Error::Busy => wit::Error::Busy,
        db::Error::Closed => wit::Error::Closed,
        db::Error::PoolTimeout { size, waited } => wit::Error::PoolTimeout(wit::PoolExhausted {
            size,
            waited_ms: u64::try_from(waited.as_millis()).unwrap_or(u64::MAX),
        }),
        db::Error::Timeout => wit::Error::Timeout,
        db::Error::Cancelled => wit::Error::Cancelled,
        db::Error::Disconnected(_) => wit::Error::Disconnected,
        db::Error::Limit { kind, allowed } => wit::Error::Limit(wit::LimitReached { kind: limited(kind), allowed }),
        // It has no case of its own in the contract.
        db::Error::OutcomeUnknown(_) => wit::Error::Other(error.to_string()),
        // Settings and URLs are the host's own; a guest learns only that the host must be mended.
        error => wit::Error::Other(logged(&error)),
    }
}

/// Names the change of a flush that failed, where the case has a place for it.
pub(crate) fn of_change(error: wit::Error, change: Option<usize>) -> wit::Error {
    let change = change.and_then(|change| u32::try_from(change).ok());
    match error {
        wit::Error::Integrity(violation) => wit::Error::Integrity(wit::Violation { change, ..violation }),
        wit::Error::StaleData(stale) => wit::Error::StaleData(wit::Stale { change, ..stale }),
        error => error,
    }
}

/// Logs an error that a guest must not see, and gives the text that names its entry.
fn logged(error: &dyn std::error::Error) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    tracing::error!(target: "sqlservice", id, %error, "an error that the guest was not shown");
    format!("the host failed; its log says more under error {id}")
}

fn said(error: db::DatabaseError, retryable: bool) -> wit::DatabaseError {
    wit::DatabaseError { sqlstate: error.sqlstate, message: error.message, retryable, statement: None }
}

impl From<db::Violation> for wit::Violation {
    fn from(violation: db::Violation) -> Self {
        Self {
            kind: violation.kind.into(),
            constraint: violation.constraint,
            table: violation.table,
            columns: violation.columns,
            change: None,
        }
    }
}

fn statement(error: sql::Error) -> wit::Error {
    match error {
        sql::Error::Invalid { message, node } => wit::Error::Invalid(wit::Problem { message, node }),
        sql::Error::NoSuchTable(name) => wit::Error::NoSuchTable(name),
        sql::Error::NoSuchColumn { table, column } => wit::Error::NoSuchColumn(wit::ColumnReference { table, column }),
        sql::Error::Unsupported { capability, message } => {
            wit::Error::Unsupported(wit::MissingCapability { capability: capability.to_owned(), message })
        }
        sql::Error::TypeMismatch { column, expected, got } => {
            wit::Error::TypeMismatch(wit::Mismatch { column, expected, got })
        }
        sql::Error::Stale { table, expected, matched } => {
            wit::Error::StaleData(wit::Stale { table, expected, matched, change: None })
        }
        sql::Error::CircularDependency(tables) => wit::Error::CircularDependency(tables),
        sql::Error::Denied(what) => wit::Error::Denied(what),
        sql::Error::Limit { what, allowed } => {
            let kind = match what {
                sql::Limited::StatementSize => wit::LimitKind::StatementSize,
                sql::Limited::Depth => wit::LimitKind::Depth,
                sql::Limited::Parameters => wit::LimitKind::Parameters,
                sql::Limited::Bytes => wit::LimitKind::Bytes,
                sql::Limited::Rows => wit::LimitKind::Rows,
            };
            wit::Error::Limit(wit::LimitReached { kind, allowed })
        }
        error => wit::Error::Other(logged(&error)),
    }
}

fn limited(kind: db::LimitKind) -> wit::LimitKind {
    match kind {
        db::LimitKind::Rows => wit::LimitKind::Rows,
        db::LimitKind::Bytes => wit::LimitKind::Bytes,
        db::LimitKind::Sessions => wit::LimitKind::Sessions,
        db::LimitKind::Cursors => wit::LimitKind::Cursors,
        db::LimitKind::TransactionTime => wit::LimitKind::TransactionTime,
    }
}
