//! Converts the host's errors to the contract's: the one place that logs causes and decides what a guest may see.

use std::sync::atomic::{AtomicU64, Ordering};

use sqlservice_db::{error as db, observe::Instruments};
use sqlservice_sql::error as sql;
use tracing::Level;

use crate::bindings::sqlservice::database::errors as wit;

/// Converts an error to the guest's view of it. The cause goes to the log, never to the guest.
pub(crate) fn to_guest(error: db::Error, instruments: &Instruments) -> wit::Failure {
    if let Some(cause) = std::error::Error::source(&error) {
        instruments.log(Level::DEBUG, "a database call failed", Some(&format_args!("{error}: {cause}")));
    }
    match error {
        db::Error::Statement(error) => statement(error, instruments),
        db::Error::Integrity(violation) => violated(violation),
        db::Error::StalePlan(error) => said("stale-plan", error, "the schema changed, try again").retryable(),
        db::Error::SerializationFailure(error) => {
            said("serialization-failure", error, "try the transaction again").retryable()
        }
        db::Error::Deadlock(error) => {
            said("deadlock", error, "chosen to end a deadlock, try the transaction again").retryable()
        }
        db::Error::LockNotAvailable(error) => said("lock-not-available", error, "a lock is held elsewhere").retryable(),
        db::Error::Data(error) => said("data", error, ""),
        db::Error::Operational(error) => said("operational", error, ""),
        db::Error::Denied(error) => denied(&error.message),
        db::Error::NoSuchTable(name) => no_such_table(name),
        db::Error::NoSuchColumn(column) => no_such_column(None, column),
        db::Error::PendingRollback => {
            failure("pending-rollback", "a statement failed before in this transaction: roll it back first")
        }
        db::Error::TransactionClosed => {
            failure("transaction-closed", "this session's transaction has ended: begin another one")
        }
        db::Error::AlreadyBegun => {
            failure("already-begun", "a transaction has already begun: end it first, or set a savepoint")
        }
        db::Error::Busy => {
            failure("busy", "an unread cursor or too many calls occupy the connection: read or drop the cursor first")
        }
        db::Error::Closed => failure("closed", "it was closed"),
        db::Error::PoolTimeout { size, waited } => {
            let waited = waited.as_millis();
            failure("pool-timeout", format!("none of {size} connections became free within {waited} ms"))
                .with("size", size)
                .with("waited-ms", waited)
        }
        db::Error::Timeout => failure("timeout", "it took too long and was stopped"),
        db::Error::Cancelled => failure("cancelled", "it was stopped because its caller went away"),
        db::Error::Disconnected(_) => {
            failure("disconnected", "the connection to the database was lost, and with it what was not committed")
        }
        db::Error::Limit { kind, allowed } => limit(limited(kind), allowed),
        db::Error::OutcomeUnknown(_) => failure("outcome-unknown", error.to_string()),
        // Settings and URLs belong to the host; a guest learns only that the host failed.
        error => logged(&error, instruments),
    }
}

/// The failure for a name that was not granted to this guest. It does not reveal whether another guest has it.
pub(crate) fn no_such_database() -> wit::Failure {
    failure("no-such-database", "no database of that name was granted to this guest")
}

/// Adds the position of the failed change of a flush, where the error is the change's own.
pub(crate) fn of_change(failure: wit::Failure, change: Option<usize>) -> wit::Failure {
    let is_its_own = failure.code == "stale-data" || failure.code.ends_with("-violation");
    let position = change.filter(|_| is_its_own).and_then(|change| u32::try_from(change).ok());
    wit::Failure { position: position.or(failure.position), ..failure }
}

fn failure(code: &str, message: impl Into<String>) -> wit::Failure {
    wit::Failure {
        code: code.to_owned(),
        message: message.into(),
        sqlstate: None,
        retryable: false,
        constraint: None,
        table: None,
        columns: Vec::new(),
        position: None,
        details: Vec::new(),
    }
}

impl wit::Failure {
    fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.details.push(wit::Detail { name: name.to_owned(), value: value.to_string() });
        self
    }

    const fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }
}

/// Logs an error that a guest must not see, and returns a failure with the id of its log entry.
fn logged(error: &dyn std::error::Error, instruments: &Instruments) -> wit::Failure {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    let said = format_args!("error {id}: {error}");
    instruments.log(Level::ERROR, "an error that the guest was not shown", Some(&said));
    failure("other", format!("the host failed; its log says more under error {id}"))
}

/// A failure with the database's message, followed by advice.
fn said(code: &str, error: db::DatabaseError, advice: &str) -> wit::Failure {
    let separator = if advice.is_empty() { "" } else { ": " };
    let message = format!("{}{separator}{advice}", error.message);
    wit::Failure { sqlstate: error.sqlstate, ..failure(code, message) }
}

fn denied(what: &str) -> wit::Failure {
    failure("denied", format!("not granted: {what}"))
}

fn no_such_table(name: String) -> wit::Failure {
    let message = format!("there is no table {name:?} among the declared and reflected ones");
    wit::Failure { table: Some(name), ..failure("no-such-table", message) }
}

fn no_such_column(table: Option<String>, column: String) -> wit::Failure {
    let place = table.as_ref().map(|table| format!(" in {table:?}")).unwrap_or_default();
    let message = format!("there is no column {column:?}{place}");
    wit::Failure { table, columns: vec![column], ..failure("no-such-column", message) }
}

fn violated(violation: db::Violation) -> wit::Failure {
    let (code, what) = match violation.kind {
        db::ConstraintKind::Unique => ("unique-violation", "a row with the same unique key is there already"),
        db::ConstraintKind::ForeignKey => {
            ("foreign-key-violation", "a foreign key is broken: the referred row is missing, or is still referred to")
        }
        db::ConstraintKind::NotNull => ("not-null-violation", "a value is missing where null is not allowed"),
        db::ConstraintKind::Check => ("check-violation", "a check constraint is broken"),
        db::ConstraintKind::Other => ("constraint-violation", "a constraint is broken"),
    };
    let mut message = what.to_owned();
    if let Some(table) = &violation.table {
        message += &format!(", table {table:?}");
    }
    if !violation.columns.is_empty() {
        message += &format!(", columns {}", violation.columns.join(", "));
    }
    if let Some(constraint) = &violation.constraint {
        message += &format!(", constraint {constraint:?}");
    }
    let db::Violation { constraint, table, columns, .. } = violation;
    wit::Failure { constraint, table, columns, ..failure(code, message) }
}

fn statement(error: sql::Error, instruments: &Instruments) -> wit::Failure {
    match error {
        sql::Error::Invalid { message, node } => wit::Failure { position: node, ..failure("invalid", message) },
        sql::Error::NoSuchTable(name) => no_such_table(name),
        sql::Error::NoSuchColumn { table, column } => no_such_column(table, column),
        sql::Error::Unsupported { capability, message } => {
            failure("unsupported", message).with("capability", capability)
        }
        sql::Error::TypeMismatch { column, expected, got } => {
            let wrong = failure("type-mismatch", format!("{column} takes {expected}, not {got}"));
            wit::Failure { columns: vec![column], ..wrong }.with("expected", expected).with("got", got)
        }
        sql::Error::Stale { table, expected, matched } => {
            let message =
                format!("others changed or deleted rows of {table:?}: expected {expected}, matched {matched}");
            wit::Failure { table: Some(table), ..failure("stale-data", message) }
                .with("expected", expected)
                .with("matched", matched)
        }
        sql::Error::CircularDependency(tables) => {
            let message = format!("these depend on each other in a circle: {}", tables.join(", "));
            tables.iter().fold(failure("circular-dependency", message), |failure, table| failure.with("table", table))
        }
        sql::Error::Denied(what) => denied(&what),
        sql::Error::Limit { what, allowed } => {
            let kind = match what {
                sql::Limited::StatementSize => "statement-size",
                sql::Limited::Depth => "depth",
                sql::Limited::Parameters => "parameters",
                sql::Limited::Bytes => "bytes",
                sql::Limited::Rows => "rows",
            };
            limit(kind, allowed)
        }
        error => logged(&error, instruments),
    }
}

fn limit(kind: &str, allowed: u64) -> wit::Failure {
    let what = match kind {
        "rows" => "rows of a result",
        "bytes" => "bytes of a result or argument",
        "transaction-time" => "a transaction's time",
        "sessions" => "open sessions",
        "cursors" => "open cursors",
        "parameters" => "parameters of a statement",
        "statement-size" => "a statement's size",
        "depth" => "how deep expressions nest",
        other => other,
    };
    failure("limit", format!("the limit of {allowed} for {what} is reached"))
        .with("limit", kind)
        .with("allowed", allowed)
}

const fn limited(kind: db::LimitKind) -> &'static str {
    match kind {
        db::LimitKind::Rows => "rows",
        db::LimitKind::Bytes => "bytes",
        db::LimitKind::Sessions => "sessions",
        db::LimitKind::Cursors => "cursors",
        db::LimitKind::TransactionTime => "transaction-time",
    }
}
