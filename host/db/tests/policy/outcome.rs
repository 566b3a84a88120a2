//! The outcome of a call, in a comparable form.

use sqlservice_db::{Error, LoadedRows};
use sqlservice_sql::{Batch, Error as StatementError, Scalar, Value};

/// The outcome of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The batches row by row, the number of affected rows and the last key.
    Done { rows: Vec<Vec<Vec<Value>>>, affected: u64, last_key: Option<i64> },
    /// A failure, reduced to the properties that are equal on both databases.
    Failed(String),
    /// A refusal before anything was sent, and its reason.
    Refused(String),
}

/// Returns a batch row by row; sorted where the database defines no order.
pub fn rows_of(batch: &Batch, is_ordered: bool) -> Vec<Vec<Value>> {
    let value = |row: usize| (0..batch.columns.len()).map(move |column| batch.value(row, column));
    let mut rows: Vec<Vec<Value>> = (0..batch.rows as usize).map(|row| value(row).collect()).collect();
    if !is_ordered {
        rows.sort_by_cached_key(|row| format!("{row:?}"));
    }
    rows
}

impl Outcome {
    pub fn of_batches(batches: &[Batch], is_ordered: bool) -> Self {
        let rows = batches.iter().map(|batch| rows_of(batch, is_ordered)).collect();
        Self::Done { rows, affected: 0, last_key: None }
    }

    pub fn of_load((_, root, loaded): &LoadedRows) -> Self {
        let batches: Vec<Batch> = std::iter::once(root).chain(loaded.iter().map(|load| &load.rows)).cloned().collect();
        Self::of_batches(&batches, true)
    }

    pub fn of_error(error: &Error) -> Self {
        match error {
            Error::Statement(error) => Self::refused(error),
            Error::Disconnected(_) => panic!("the server went away"),
            // A guest under rules never learns the constraint's name.
            Error::Integrity(violation) => Self::Failed(format!("{:?}", violation.kind)),
            Error::Data(error) => Self::Failed(format!("data {:?}", error.sqlstate)),
            Error::Operational(error) => Self::Failed(format!("operational {:?}", error.sqlstate)),
            // The reported column differs where a rule masks a column.
            Error::NoSuchColumn(_) => Self::Failed("no such column".to_owned()),
            other => Self::Failed(format!("{other:?}").chars().take(60).collect()),
        }
    }

    pub fn refused(error: &StatementError) -> Self {
        match error {
            StatementError::Denied(what) => Self::Refused(format!("denied: {what}")),
            StatementError::Unsupported { capability, .. } => Self::Refused(format!("unsupported: {capability}")),
            StatementError::Stale { expected, matched, .. } => Self::Failed(format!("stale {matched} of {expected}")),
            other => Self::Failed(format!("{other:?}")),
        }
    }
}

/// Formats rows for people.
pub fn lines(rows: &[Vec<Value>]) -> String {
    let cell = |value: &Value| match value {
        Value::Scalar(Scalar::Integer(value)) => value.to_string(),
        Value::Scalar(Scalar::Text(value)) => format!("{value:?}"),
        Value::Scalar(Scalar::Null) => "-".to_owned(),
        other => format!("{other:?}"),
    };
    rows.iter().map(|row| format!("  {}\n", row.iter().map(cell).collect::<Vec<_>>().join(" | "))).collect()
}

/// Formats an outcome for people.
pub fn short(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done { rows, affected, last_key } => {
            let tables: Vec<String> = rows.iter().map(|rows| lines(rows)).collect();
            format!("{affected} affected, key {last_key:?}\n{}", tables.join("  ---\n"))
        }
        other => format!("{other:?}\n"),
    }
}
