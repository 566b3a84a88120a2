//! Maps PostgreSQL's errors to this crate's. The SQLSTATE decides; the server's message is used only where it holds nothing secret.

use sqlx::postgres::PgDatabaseError;

use crate::{
    Error,
    error::{ConstraintKind, DatabaseError, Violation},
};

/// Maps an error of a statement.
pub(crate) fn map(cause: sqlx::Error) -> Error {
    match &cause {
        sqlx::Error::Database(database) => match database.try_downcast_ref::<PgDatabaseError>() {
            Some(error) => {
                let parts = ErrorParts::of(error);
                map_server_error(&parts, cause)
            }
            None => operational(None, "the database refused the statement", cause),
        },
        sqlx::Error::TypeNotFound { .. } => {
            operational(Some("42704"), "the statement uses a type that the database does not have", cause)
        }
        sqlx::Error::Encode(_) | sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } => {
            Error::Data(database_error(None, "a value cannot be read or written", cause))
        }
        // After a message that the driver does not understand the connection's state is unknown.
        _ => Error::Disconnected(Some(cause.into())),
    }
}

/// Maps an error of connecting. Guests see nothing of the server's or the driver's message.
pub(crate) fn connecting(cause: sqlx::Error) -> Error {
    let state = match &cause {
        sqlx::Error::Database(database) => database.code().map(|code| code.into_owned()),
        _ => None,
    };
    let message = match state.as_deref() {
        Some("28P01" | "28000") => "the database refused the host's login",
        Some("3D000") => "the database server has no such database",
        Some("42501") => "the database refused the host's login for lack of rights",
        Some("53300") => "the database server takes no more connections",
        Some(code) if !code.starts_with("57P") && !code.starts_with("08") => {
            "the database server refused the host's connection"
        }
        _ => return Error::Disconnected(Some(cause.into())),
    };
    operational(state.as_deref(), message, cause)
}

/// Whether the server, the database or the login has reached its limit of connections.
pub(crate) fn is_full(cause: &sqlx::Error) -> bool {
    matches!(cause, sqlx::Error::Database(database) if database.code().as_deref() == Some("53300"))
}

/// The parts of a server's error that the mapping reads, separate from the driver's type so that tests can construct them.
#[derive(Clone, Default)]
struct ErrorParts {
    code: String,
    message: String,
    detail: Option<String>,
    routine: Option<String>,
    table: Option<String>,
    column: Option<String>,
    constraint: Option<String>,
}

impl ErrorParts {
    fn of(error: &PgDatabaseError) -> Self {
        let owned = |part: Option<&str>| part.map(ToOwned::to_owned);
        Self {
            code: error.code().to_owned(),
            message: error.message().to_owned(),
            detail: owned(error.detail()),
            routine: owned(error.routine()),
            table: owned(error.table()),
            column: owned(error.column()),
            constraint: owned(error.constraint()),
        }
    }

    fn violation(&self) -> Violation {
        let kind = match self.code.as_str() {
            "23505" => ConstraintKind::Unique,
            "23503" | "23001" => ConstraintKind::ForeignKey,
            "23502" => ConstraintKind::NotNull,
            "23514" => ConstraintKind::Check,
            _ => ConstraintKind::Other,
        };
        let columns = match (&self.column, &self.detail) {
            (Some(column), _) => vec![column.clone()],
            (None, Some(detail)) if kind != ConstraintKind::Check => key_columns(detail),
            _ => Vec::new(),
        };
        Violation { kind, constraint: self.constraint.clone(), table: self.table.clone(), columns }
    }
}

fn map_server_error(parts: &ErrorParts, cause: sqlx::Error) -> Error {
    let code = parts.code.as_str();
    let shown = parts.message.as_str();
    let told = |message: &str, cause| database_error(Some(code), message, cause);
    match code {
        "25P02" => Error::PendingRollback,
        "40001" => Error::SerializationFailure(told("the transaction conflicts with another one", cause)),
        "40P01" => Error::Deadlock(told("the transaction waits for one that waits for it", cause)),
        "55P03" => Error::LockNotAvailable(told("a lock was not free in time", cause)),
        "57014" => Error::Cancelled,
        "42501" => Error::Denied(told("the database refused for lack of rights", cause)),
        "42P01" => Error::NoSuchTable(quoted(shown).unwrap_or_default()),
        "42703" => Error::NoSuchColumn(quoted(shown).or_else(|| dotted(shown)).unwrap_or_default()),
        "0A000" if parts.routine.as_deref() == Some("RevalidateCachedQuery") => {
            Error::StalePlan(told("the schema changed under a cached statement", cause))
        }
        // The connection's prepared statements were deallocated.
        "26000" => Error::StalePlan(told("a cached statement is gone", cause)),
        "08P01" => {
            sqlservice_sql::Error::invalid("the statement has another number of parameters than it was given").into()
        }
        _ => match code.get(..2).unwrap_or_default() {
            "23" => Error::Integrity(parts.violation()),
            "22" => Error::Data(told(without_value(shown), cause)),
            "08" => Error::Disconnected(Some(cause.into())),
            "57" if code.starts_with("57P") => Error::Disconnected(Some(cause.into())),
            "28" => Error::Denied(told("the database refused for lack of rights", cause)),
            "0A" | "21" | "24" | "25" | "2B" | "2D" | "3B" | "40" | "42" | "44" | "P0" => {
                Error::Operational(told(without_value(shown), cause))
            }
            "53" => Error::Operational(told("the database server is out of resources", cause)),
            "54" => Error::Operational(told("the statement is too large or too complex", cause)),
            "55" => Error::Operational(told("an object is not in the state that the statement needs", cause)),
            _ => Error::Operational(told("the database could not run the statement", cause)),
        },
    }
}

/// Whether a statement was refused because its transaction is read-only.
fn is_read_only(error: &Error) -> bool {
    matches!(error, Error::Operational(error) if error.sqlstate.as_deref() == Some("25006"))
}

/// Whether a refused statement may run again in a transaction that has not begun yet: it did nothing.
pub(super) fn is_for_transaction(error: &Error) -> bool {
    is_read_only(error) || matches!(error, Error::StalePlan(_))
}

/// Makes an error of the host's own about a value.
pub(crate) fn data(code: &str, message: impl Into<String>) -> Error {
    Error::Data(DatabaseError { sqlstate: Some(code.to_owned()), message: message.into(), source: None })
}

fn database_error(code: Option<&str>, message: &str, cause: sqlx::Error) -> DatabaseError {
    DatabaseError { sqlstate: code.map(ToOwned::to_owned), message: message.to_owned(), source: Some(cause.into()) }
}

fn operational(code: Option<&str>, message: &str, cause: sqlx::Error) -> Error {
    Error::Operational(database_error(code, message, cause))
}

/// Returns a message up to the value that it quotes, which may be of a row that a guest must not see.
fn without_value(message: &str) -> &str {
    message.split_once(": \"").map_or(message, |(before, _)| before)
}

/// Returns the name that a message quotes, in the quotation marks of the server's language.
fn quoted(message: &str) -> Option<String> {
    let marks = [('"', '"'), ('«', '»'), ('„', '“'), ('“', '”'), ('「', '」'), ('\'', '\'')];
    marks.into_iter().find_map(|(open, close)| {
        let (_, rest) = message.split_once(open)?;
        let (name, _) = rest.split_once(close)?;
        Some(name.trim().to_owned())
    })
}

/// Returns the first word with a point in it: `column u.nosuch does not exist` is not quoted.
fn dotted(message: &str) -> Option<String> {
    message.split_whitespace().find(|word| word.contains('.')).map(ToOwned::to_owned)
}

/// Returns the columns of `Key (a, b)=(1, 2) already exists.`, never the values. Expressions yield no columns.
fn key_columns(detail: &str) -> Vec<String> {
    let Some((keys, _)) = detail.split_once(")=(") else { return Vec::new() };
    let Some((_, keys)) = keys.split_once('(') else { return Vec::new() };
    let mut columns = Vec::new();
    for key in keys.split(", ") {
        let name = match key.strip_prefix('"').and_then(|key| key.strip_suffix('"')) {
            Some(name) => name.replace("\"\"", "\""),
            None => key.to_owned(),
        };
        if key.starts_with('"') || !key.contains(['(', ')', ':', ' ', '\'', '"']) {
            columns.push(name);
        } else {
            return Vec::new();
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(code: &str, message: &str) -> ErrorParts {
        ErrorParts { code: code.into(), message: message.into(), ..ErrorParts::default() }
    }

    fn mapped(parts: &ErrorParts) -> Error {
        map_server_error(parts, sqlx::Error::RowNotFound)
    }

    #[test]
    fn h02_states_become_cases() {
        let cases = [
            ("40001", "SerializationFailure"),
            ("40P01", "Deadlock"),
            ("55P03", "LockNotAvailable"),
            ("22003", "Data"),
            ("22P02", "Data"),
            ("42501", "Denied"),
            ("57014", "Cancelled"),
            ("57P01", "Disconnected"),
            ("08006", "Disconnected"),
            ("25P02", "PendingRollback"),
            ("25006", "Operational"),
            ("42601", "Operational"),
            ("0A000", "Operational"),
            ("26000", "StalePlan"),
            ("XX000", "Operational"),
            ("23505", "Integrity"),
            ("", "Operational"),
        ];
        for (code, case) in cases {
            let error = format!("{:?}", mapped(&parts(code, "m")));
            assert!(error.starts_with(case), "{code}: {error}");
        }
        let stale = ErrorParts { routine: Some("RevalidateCachedQuery".into()), ..parts("0A000", "in any language") };
        assert!(matches!(mapped(&stale), Error::StalePlan(_)));
    }

    #[test]
    fn h01_violations_name_columns_and_no_values() {
        let unique = ErrorParts {
            detail: Some("Key (a, \"b c\")=(1, (x)=(y)) already exists.".into()),
            table: Some("t".into()),
            constraint: Some("t_key".into()),
            ..parts("23505", "duplicate key value violates unique constraint \"t_key\"")
        };
        let Error::Integrity(violation) = mapped(&unique) else { panic!("no violation") };
        assert_eq!(violation.columns, ["a", "b c"]);
        assert_eq!((violation.kind, violation.table.as_deref()), (ConstraintKind::Unique, Some("t")));
        let expression = ErrorParts { detail: Some("Key (lower(name::text))=(ed) already exists.".into()), ..unique };
        let Error::Integrity(violation) = mapped(&expression) else { panic!("no violation") };
        assert!(violation.columns.is_empty());
        let check = ErrorParts { detail: Some("Failing row contains (1, s3cret).".into()), ..parts("23514", "m") };
        let Error::Integrity(violation) = mapped(&check) else { panic!("no violation") };
        assert!(violation.columns.is_empty());
        let null = ErrorParts { column: Some("a".into()), ..parts("23502", "m") };
        let Error::Integrity(violation) = mapped(&null) else { panic!("no violation") };
        assert_eq!((violation.kind, violation.columns), (ConstraintKind::NotNull, vec!["a".to_owned()]));
    }

    #[test]
    fn h01_names_are_read_and_values_are_not_shown() {
        assert!(
            matches!(mapped(&parts("42P01", "relation \"nosuch\" does not exist")), Error::NoSuchTable(t) if t == "nosuch")
        );
        assert!(matches!(mapped(&parts("42P01", "Relation »x« … „nosuch“")), Error::NoSuchTable(t) if t == "nosuch"));
        assert!(matches!(mapped(&parts("42703", "column u.x does not exist")), Error::NoSuchColumn(c) if c == "u.x"));
        let error = mapped(&parts("22P02", "invalid input syntax for type integer: \"s3cret\""));
        assert!(!error.to_string().contains("s3cret"));
        let error = mapped(&parts("58P01", "could not open file \"/var/lib/x\""));
        assert!(!error.to_string().contains("/var"));
        let error = mapped(&parts("42501", "must be member of role \"boss\""));
        assert!(!error.to_string().contains("boss"));
    }
}
