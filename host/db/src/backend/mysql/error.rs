//! Maps errors of MySQL and MariaDB to this crate's. The error number decides; the server's message is used only where it holds
//! nothing secret.

use sqlx::mysql::MySqlDatabaseError;

use crate::{
    Error,
    error::{ConstraintKind, DatabaseError, Violation},
};

/// Maps an error of a statement.
pub(crate) fn map(cause: sqlx::Error) -> Error {
    match &cause {
        sqlx::Error::Database(database) => match database.try_downcast_ref::<MySqlDatabaseError>() {
            Some(error) => {
                let parts = ErrorParts::of(error);
                map_server_error(&parts, cause)
            }
            None => Error::Operational(database_error(None, "the database refused the statement", cause)),
        },
        sqlx::Error::Encode(_) | sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } => {
            Error::Data(database_error(None, "a value cannot be read or written", cause))
        }
        // After a message that the driver does not understand the connection's state is unknown.
        _ => Error::Disconnected(Some(cause.into())),
    }
}

/// Returns the server's error number.
fn number(cause: &sqlx::Error) -> Option<u16> {
    match cause {
        sqlx::Error::Database(database) => {
            database.try_downcast_ref::<MySqlDatabaseError>().map(|error| error.number())
        }
        _ => None,
    }
}

/// Whether the server or the login has reached its limit of connections.
pub(crate) fn is_full(cause: &sqlx::Error) -> bool {
    matches!(number(cause), Some(1040 | 1203 | 1226))
}

/// Maps an error of connecting. Guests see nothing of the server's or the driver's message.
pub(crate) fn connecting(cause: sqlx::Error) -> Error {
    let (state, message) = match number(&cause) {
        Some(1045 | 1698 | 1251 | 1862) => ("28000", "the database refused the host's login"),
        Some(1044 | 1130 | 1129 | 1227) => ("42000", "the database refused the host's login for lack of rights"),
        Some(1049) => ("42000", "the database server has no such database"),
        Some(1040 | 1203 | 1226) => ("08004", "the database server takes no more connections"),
        Some(_) => ("HY000", "the database server refused the host's connection"),
        None => return Error::Disconnected(Some(cause.into())),
    };
    Error::Operational(database_error(Some(state), message, cause))
}

/// The parts of a server's error that the mapping reads, separate from the driver's type so that tests can construct them.
struct ErrorParts {
    number: u16,
    state: Option<String>,
    message: String,
}

impl ErrorParts {
    fn of(error: &MySqlDatabaseError) -> Self {
        Self { number: error.number(), state: error.code().map(ToOwned::to_owned), message: error.message().to_owned() }
    }
}

fn map_server_error(parts: &ErrorParts, cause: sqlx::Error) -> Error {
    let told = |message: &str, cause| database_error(parts.state.as_deref(), message, cause);
    let shown = parts.message.as_str();
    if let Some(violation) = violation(parts) {
        return Error::Integrity(violation);
    }
    match parts.number {
        1213 => Error::Deadlock(told("the transaction waits for one that waits for it", cause)),
        1205 | 3572 => Error::LockNotAvailable(told("a lock was not free in time", cause)),
        // A conflict under MariaDB's snapshot isolation.
        1020 => Error::SerializationFailure(told("the transaction conflicts with another one", cause)),
        1317 => Error::Cancelled,
        1969 | 3024 => Error::Timeout,
        1615 => Error::StalePlan(told("the schema changed under a cached statement", cause)),
        1146 => Error::NoSuchTable(quoted(shown).map(unqualified).unwrap_or_default()),
        1051 => Error::NoSuchTable(quoted(shown).map(unqualified).unwrap_or_default()),
        1054 => Error::NoSuchColumn(quoted(shown).unwrap_or_default().to_owned()),
        1044 | 1045 | 1095 | 1131 | 1142 | 1143 | 1227 | 1370 | 1410 | 1419 | 1698 | 1290 => {
            Error::Denied(told("the database refused for lack of rights", cause))
        }
        1053 | 1077..=1080 | 1152..=1161 | 1184 | 1927 | 2006 | 2013 | 4031 => Error::Disconnected(Some(cause.into())),
        1264 | 1690 | 1441 | 3669 => Error::Data(told("a value is out of range", cause)),
        1406 | 1265 => Error::Data(told("a value does not fit its column", cause)),
        1365 => Error::Data(told("division by zero", cause)),
        1292 | 1366 | 1411 | 1525 => Error::Data(told("a value is malformed for its type", cause)),
        3140 | 3141 | 3146 | 4036..=4040 | 4042 => Error::Data(told("a JSON document or path is malformed", cause)),
        // These messages quote only names and words of the guest's own statement.
        1046..=1047
        | 1050
        | 1052
        | 1055..=1061
        | 1063..=1068
        | 1071
        | 1072
        | 1075
        | 1091
        | 1093
        | 1101
        | 1109..=1112
        | 1115
        | 1136
        | 1140
        | 1191
        | 1210
        | 1221
        | 1222
        | 1235
        | 1239
        | 1241
        | 1242
        | 1247
        | 1248
        | 1253
        | 1267
        | 1271
        | 1305
        | 1318
        | 1327
        | 1348
        | 1364
        | 1792
        | 3065 => Error::Operational(told(shown, cause)),
        1040 | 1041 | 1114 | 1021 | 1037 | 1038 | 1226 => {
            Error::Operational(told("the database server is out of resources", cause))
        }
        number => {
            Error::Operational(told(&format!("the database could not run the statement (error {number})"), cause))
        }
    }
}

/// Makes an error of the host's own about a value.
pub(crate) fn data(code: &str, message: impl Into<String>) -> Error {
    Error::Data(DatabaseError { sqlstate: Some(code.to_owned()), message: message.into(), source: None })
}

fn database_error(code: Option<&str>, message: &str, cause: sqlx::Error) -> DatabaseError {
    DatabaseError { sqlstate: code.map(ToOwned::to_owned), message: message.to_owned(), source: Some(cause.into()) }
}

/// Returns the violated constraint, read from the names in the message. The values in the message are not copied.
fn violation(parts: &ErrorParts) -> Option<Violation> {
    let text = parts.message.as_str();
    let mut violation = Violation { kind: ConstraintKind::Other, constraint: None, table: None, columns: Vec::new() };
    match parts.number {
        1022 | 1062 | 1169 | 1586 | 1859 => {
            violation.kind = ConstraintKind::Unique;
            // The value comes first and may contain anything, so the name is searched from the end. MySQL writes `table.key`.
            let key = text.rsplit_once(" for key '").and_then(|(_, key)| key.strip_suffix('\''));
            let (table, key) = match key.and_then(|key| key.split_once('.')) {
                Some((table, key)) => (Some(table), Some(key)),
                None => (None, key),
            };
            violation.table = table.map(ToOwned::to_owned);
            violation.constraint = key.map(ToOwned::to_owned);
        }
        1216 | 1217 | 1451 | 1452 | 1761 | 1762 => {
            violation.kind = ConstraintKind::ForeignKey;
            foreign_key(text, &mut violation);
        }
        1048 | 1263 | 1364 | 1566 => {
            violation.kind = ConstraintKind::NotNull;
            violation.columns = quoted(text).map(ToOwned::to_owned).into_iter().collect();
        }
        3819 => {
            violation.kind = ConstraintKind::Check;
            violation.constraint = quoted(text).map(ToOwned::to_owned);
        }
        // "CONSTRAINT `name` failed for `schema`.`table`"; the number means something else on MySQL.
        4025 if parts.state.as_deref() == Some("23000") => {
            violation.kind = ConstraintKind::Check;
            let names = backticked(text);
            violation.constraint = names.first().cloned();
            violation.table = names.last().filter(|_| names.len() > 1).cloned();
        }
        1557 | 1834 => {}
        _ => return None,
    }
    Some(violation)
}

/// Parses "… fails (`schema`.`table`, CONSTRAINT `name` FOREIGN KEY (`a`, `b`) REFERENCES `other` (`c`, `d`) …)".
fn foreign_key(text: &str, violation: &mut Violation) {
    let Some((before, after)) = text.split_once(", CONSTRAINT ") else { return };
    violation.table = backticked(before).pop();
    violation.constraint = backticked(after).into_iter().next();
    let columns = after.split_once("FOREIGN KEY (").and_then(|(_, rest)| rest.split_once(')'));
    violation.columns = columns.map(|(columns, _)| backticked(columns)).unwrap_or_default();
}

/// Returns the first name between single quotes.
fn quoted(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once('\'')?;
    rest.split_once('\'').map(|(name, _)| name)
}

/// Removes the database's name, which guests must not see.
fn unqualified(name: &str) -> String {
    name.split_once('.').map_or(name, |(_, table)| table).to_owned()
}

/// Returns all names between backticks.
fn backticked(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(ToOwned::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped(number: u16, state: &str, message: &str) -> Error {
        let parts = ErrorParts { number, state: Some(state.into()), message: message.into() };
        map_server_error(&parts, sqlx::Error::RowNotFound)
    }

    fn broken(number: u16, message: &str) -> Violation {
        match mapped(number, "23000", message) {
            Error::Integrity(violation) => violation,
            other => panic!("no violation: {other:?}"),
        }
    }

    #[test]
    fn h02_numbers_become_cases() {
        let cases = [
            (1213, "Deadlock"),
            (1205, "LockNotAvailable"),
            (1317, "Cancelled"),
            (1969, "Timeout"),
            (1264, "Data"),
            (1292, "Data"),
            (1142, "Denied"),
            (2013, "Disconnected"),
            (1064, "Operational"),
            (1792, "Operational"),
            (9999, "Operational"),
        ];
        for (number, case) in cases {
            let error = format!("{:?}", mapped(number, "HY000", "m"));
            assert!(error.starts_with(case), "{number}: {error}");
        }
        assert!(
            matches!(mapped(1146, "42S02", "Table 'db.nosuch' doesn't exist"), Error::NoSuchTable(t) if t == "nosuch")
        );
        assert!(
            matches!(mapped(1054, "42S22", "Unknown column 'u.x' in 'field list'"), Error::NoSuchColumn(c) if c == "u.x")
        );
    }

    #[test]
    fn h01_violations_name_columns_and_no_values() {
        let unique = broken(1062, "Duplicate entry 's3cret' for key 'fake' for key 'users.name'");
        assert_eq!((unique.kind, unique.table.as_deref()), (ConstraintKind::Unique, Some("users")));
        assert_eq!(unique.constraint.as_deref(), Some("name"));
        assert_eq!(broken(1062, "Duplicate entry '1' for key 'PRIMARY'").constraint.as_deref(), Some("PRIMARY"));
        let text = "Cannot add or update a child row: a foreign key constraint fails (`db`.`child`, CONSTRAINT `fk` \
                    FOREIGN KEY (`a`, `b`) REFERENCES `parent` (`c`, `d`) ON DELETE CASCADE)";
        let foreign = broken(1452, text);
        assert_eq!(foreign.columns, ["a", "b"]);
        assert_eq!((foreign.table.as_deref(), foreign.constraint.as_deref()), (Some("child"), Some("fk")));
        let null = broken(1048, "Column 'name' cannot be null");
        assert_eq!((null.kind, null.columns), (ConstraintKind::NotNull, vec!["name".to_owned()]));
        let check = broken(4025, "CONSTRAINT `positive` failed for `db`.`t`");
        assert_eq!((check.constraint.as_deref(), check.table.as_deref()), (Some("positive"), Some("t")));
        assert_eq!(broken(3819, "Check constraint 'positive' is violated.").kind, ConstraintKind::Check);
    }

    #[test]
    fn t74_nothing_secret_is_shown() {
        let cases = [
            (1142, "SELECT command denied to user 'boss'@'10.0.0.1' for table 't'"),
            (1366, "Incorrect integer value: 's3cret' for column `db`.`t`.`c` at row 1"),
            (9999, "boss at 10.0.0.1 reads s3cret in /var/lib"),
        ];
        for (number, message) in cases {
            let error = mapped(number, "HY000", message).to_string();
            assert!(!["boss", "10.0", "s3cret", "/var"].iter().any(|secret| error.contains(secret)), "{error}");
        }
    }
}
