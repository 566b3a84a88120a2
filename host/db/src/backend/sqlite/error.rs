//! Maps SQLite's result codes and messages to the host's errors.

use std::ffi::c_int;

use libsqlite3_sys as ffi;
use sqlservice_sql::Error as StatementError;

use super::decimal;
use crate::{
    Error,
    error::{ConstraintKind, DatabaseError, Violation},
};

/// An error of SQLite.
#[derive(Debug)]
pub(super) struct Failure {
    /// The extended result code.
    pub code: c_int,
    /// SQLite's message, which can name tables, columns and, for I/O, files.
    pub message: String,
}

impl Failure {
    /// An error that the host detects itself.
    pub(super) fn misuse(message: &str) -> Self {
        Self { code: ffi::SQLITE_MISUSE, message: message.to_owned() }
    }
}

/// SQLite's own code and message, for the host's log.
#[derive(Debug, thiserror::Error)]
#[error("SQLite error {code}: {message}")]
struct SqliteFailure {
    code: c_int,
    message: String,
}

/// Whether another connection's lock caused the failure, so that a retry can succeed.
pub(super) fn is_busy(failure: &Failure) -> bool {
    primary(failure.code) == ffi::SQLITE_BUSY && failure.code != ffi::SQLITE_BUSY_SNAPSHOT
}

/// Whether a connection could not be opened because another one has the file locked exclusively: it recovers the log, or deletes
/// it as the last connection that closes.
pub(super) fn is_occupied(error: &Error) -> bool {
    match error {
        Error::LockNotAvailable(_) => true,
        Error::Disconnected(Some(source)) => {
            let code = source.downcast_ref::<sqlx::Error>().and_then(sqlx::Error::as_database_error);
            let code = code.and_then(|error| error.code()?.parse().ok());
            code.is_some_and(|code| primary(code) == ffi::SQLITE_BUSY)
        }
        _ => false,
    }
}

/// Whether the statement was interrupted.
pub(super) fn is_interrupted(failure: &Failure) -> bool {
    primary(failure.code) == ffi::SQLITE_INTERRUPT
}

/// Whether a value exceeded the length limit.
pub(super) fn is_too_long(failure: &Failure) -> bool {
    primary(failure.code) == ffi::SQLITE_TOOBIG
}

/// Converts a failure to an error. I/O errors get messages of the host's own, since SQLite's can name files.
pub(super) fn error(failure: Failure) -> Error {
    let code = failure.code;
    match primary(code) {
        ffi::SQLITE_CONSTRAINT if code != ffi::SQLITE_CONSTRAINT_DATATYPE => {
            Error::Integrity(violation(code, &failure.message))
        }
        ffi::SQLITE_CONSTRAINT | ffi::SQLITE_MISMATCH => Error::Data(said(failure, Some("22005"), None)),
        ffi::SQLITE_BUSY if code == ffi::SQLITE_BUSY_SNAPSHOT => Error::SerializationFailure(said(
            failure,
            Some("40001"),
            Some("another transaction changed the database since this one began to read"),
        )),
        ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => {
            Error::LockNotAvailable(said(failure, Some("55P03"), Some("the database is locked by another transaction")))
        }
        ffi::SQLITE_TOOBIG => Error::Data(said(
            failure,
            Some("22001"),
            Some("a value is too long for the database, or for so long a statement"),
        )),
        ffi::SQLITE_RANGE => Error::Data(said(failure, Some("22003"), None)),
        ffi::SQLITE_INTERRUPT => Error::Cancelled,
        ffi::SQLITE_AUTH => denied(failure),
        ffi::SQLITE_PERM | ffi::SQLITE_READONLY => {
            Error::Denied(said(failure, Some("25006"), Some("the database cannot be written")))
        }
        ffi::SQLITE_SCHEMA => Error::StalePlan(said(failure, None, Some("the schema changed"))),
        ffi::SQLITE_FULL => Error::Operational(said(failure, Some("53100"), Some("the database is full"))),
        ffi::SQLITE_NOMEM => Error::Operational(said(failure, Some("53200"), Some("the database ran out of memory"))),
        ffi::SQLITE_CORRUPT | ffi::SQLITE_NOTADB => {
            Error::Operational(said(failure, Some("XX001"), Some("the database file is damaged or is no database")))
        }
        ffi::SQLITE_CANTOPEN | ffi::SQLITE_IOERR | ffi::SQLITE_NOLFS | ffi::SQLITE_PROTOCOL => {
            Error::Operational(said(failure, Some("58030"), Some("the database file cannot be read or written")))
        }
        ffi::SQLITE_MISUSE => Error::Statement(StatementError::invalid(failure.message)),
        ffi::SQLITE_ERROR => plain(failure),
        _ => Error::Operational(said(failure, None, Some("SQLite failed"))),
    }
}

/// Converts an error of sqlx: a file that could not be opened, or a failed worker thread.
pub(super) fn driver(error: sqlx::Error) -> Error {
    Error::Disconnected(Some(Box::new(error)))
}

/// The error for a value that SQLite cannot store.
pub(super) fn unfit(message: &str) -> Error {
    Error::Data(DatabaseError { sqlstate: Some("22003".into()), message: message.into(), source: None })
}

fn primary(code: c_int) -> c_int {
    code & 0xff
}

/// Converts an `SQLITE_ERROR`, which only its message classifies.
fn plain(failure: Failure) -> Error {
    if let Some(table) = failure.message.strip_prefix("no such table: ") {
        return Error::NoSuchTable(unqualified(table).to_owned());
    }
    if let Some(column) = failure.message.strip_prefix("no such column: ") {
        return Error::NoSuchColumn(column.to_owned());
    }
    if let Some((_, column)) = failure.message.split_once(" has no column named ") {
        return Error::NoSuchColumn(column.to_owned());
    }
    if failure.message.starts_with("not authorized") {
        return denied(failure);
    }
    if let Some((state, what)) = failure.message.strip_prefix(decimal::MARK).and_then(|told| told.split_once(": ")) {
        let (state, what) = (state.to_owned(), what.to_owned());
        return Error::Data(said(failure, Some(&state), Some(&what)));
    }
    // Functions report these at run time about their arguments; all other messages concern the statement's text.
    let about_values = ["integer overflow", "malformed JSON", "JSON path error", "string or blob too big"];
    if about_values.iter().any(|message| failure.message.starts_with(message)) {
        return Error::Data(said(failure, Some("22000"), None));
    }
    let state = if failure.message.contains("syntax error") { Some("42601") } else { None };
    Error::Operational(said(failure, state, None))
}

/// The error for an action that the authorizer denied.
fn denied(failure: Failure) -> Error {
    Error::Denied(said(failure, Some("42501"), Some("the statement does what is not allowed")))
}

/// Builds the error that a guest sees; with SQLite's own message where none is given.
fn said(failure: Failure, sqlstate: Option<&str>, message: Option<&str>) -> DatabaseError {
    DatabaseError {
        sqlstate: sqlstate.map(str::to_owned),
        message: message.map_or_else(|| failure.message.clone(), str::to_owned),
        source: Some(Box::new(SqliteFailure { code: failure.code, message: failure.message })),
    }
}

/// Parses messages such as `UNIQUE constraint failed: t.a, t.b`.
fn violation(code: c_int, message: &str) -> Violation {
    let kind = match code {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
            ConstraintKind::Unique
        }
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => ConstraintKind::ForeignKey,
        ffi::SQLITE_CONSTRAINT_NOTNULL => ConstraintKind::NotNull,
        ffi::SQLITE_CONSTRAINT_CHECK => ConstraintKind::Check,
        _ => ConstraintKind::Other,
    };
    let mut violation = Violation { kind, constraint: None, table: None, columns: Vec::new() };
    let Some((_, what)) = message.split_once(" constraint failed: ") else { return violation };
    if kind == ConstraintKind::Check {
        violation.constraint = Some(what.to_owned());
        return violation;
    }
    if let Some(index) = what.strip_prefix("index '").and_then(|index| index.strip_suffix('\'')) {
        violation.constraint = Some(index.to_owned());
        return violation;
    }
    // The table's name ends at the first dot. The same prefix is cut off the other columns.
    let mut parts = what.split(", ");
    let Some((table, column)) = parts.next().and_then(|first| first.split_once('.')) else { return violation };
    violation.table = Some(table.to_owned());
    violation.columns.push(column.to_owned());
    let prefix = format!("{table}.");
    violation.columns.extend(parts.map(|part| part.strip_prefix(&prefix).unwrap_or(part).to_owned()));
    violation
}

fn unqualified(table: &str) -> &str {
    table.strip_prefix("main.").or_else(|| table.strip_prefix("temp.")).unwrap_or(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: c_int, message: &str) -> Error {
        error(Failure { code, message: message.into() })
    }

    #[test]
    fn constraints_tell_table_and_columns() {
        let Error::Integrity(violation) = of(ffi::SQLITE_CONSTRAINT_UNIQUE, "UNIQUE constraint failed: t.a, t.b")
        else {
            panic!("not an integrity error")
        };
        assert_eq!(violation.kind, ConstraintKind::Unique);
        assert_eq!(violation.table.as_deref(), Some("t"));
        assert_eq!(violation.columns, ["a", "b"]);
        let Error::Integrity(violation) = of(ffi::SQLITE_CONSTRAINT_UNIQUE, "UNIQUE constraint failed: index 'ix'")
        else {
            panic!("not an integrity error")
        };
        assert_eq!(violation.constraint.as_deref(), Some("ix"));
        let Error::Integrity(violation) = of(ffi::SQLITE_CONSTRAINT_CHECK, "CHECK constraint failed: positive") else {
            panic!("not an integrity error")
        };
        assert_eq!((violation.kind, violation.constraint.as_deref()), (ConstraintKind::Check, Some("positive")));
        let Error::Integrity(violation) = of(ffi::SQLITE_CONSTRAINT_FOREIGNKEY, "FOREIGN KEY constraint failed") else {
            panic!("not an integrity error")
        };
        assert_eq!(violation.kind, ConstraintKind::ForeignKey);
    }

    #[test]
    fn t74_messages_of_files_stay_with_the_host() {
        let error = of(ffi::SQLITE_CANTOPEN, "unable to open database file: /srv/tenants/7.db").to_string();
        assert!(!error.contains("/srv"), "{error}");
        let error = of(ffi::SQLITE_IOERR_WRITE, "disk I/O error /srv/tenants/7.db").to_string();
        assert!(!error.contains("/srv"), "{error}");
    }

    #[test]
    fn names_are_found() {
        assert!(matches!(of(ffi::SQLITE_ERROR, "no such table: main.t"), Error::NoSuchTable(t) if t == "t"));
        assert!(matches!(of(ffi::SQLITE_ERROR, "no such column: t.c"), Error::NoSuchColumn(c) if c == "t.c"));
        assert!(matches!(of(ffi::SQLITE_ERROR, "table t has no column named c"), Error::NoSuchColumn(c) if c == "c"));
        assert!(matches!(of(ffi::SQLITE_BUSY_SNAPSHOT, ""), Error::SerializationFailure(_)));
        assert!(matches!(of(ffi::SQLITE_BUSY, ""), Error::LockNotAvailable(_)));
    }
}
