//! What became of a call, in a form that can be compared.

use sqlservice_db::{Error, LoadedRows};
use sqlservice_sql::{Batch, Error as StatementError, Scalar, Value};

/// What a call returned.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Batches, row by row, and how many rows changed.
    Done { rows: Vec<Vec<Vec<Value>>>, affected: u64, last_key: Option<i64> },
    /// A failure, by what is the same on both databases.
    Failed(String),
    /// It was refused before anything was sent, and why.
    Refused(String),
}

/// A batch row by row; in an order of its own where the database has none.
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
            // Which constraint it was is told to no guest under rules.
            Error::Integrity(violation) => Self::Failed(format!("{:?}", violation.kind)),
            Error::Data(error) => Self::Failed(format!("data {:?}", error.sqlstate)),
            Error::Operational(error) => Self::Failed(format!("operational {:?}", error.sqlstate)),
            // Which one it was is another where a rule masks a column.
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

/// Rows as texts to be read.
pub fn lines(rows: &[Vec<Value>]) -> String {
    let cell = |value: &Value| match value {
        Value::Scalar(Scalar::Integer(value)) => value.to_string(),
        Value::Scalar(Scalar::Text(value)) => format!("{value:?}"),
        Value::Scalar(Scalar::Null) => "-".to_owned(),
        other => format!("{other:?}"),
    };
    rows.iter().map(|row| format!("  {}\n", row.iter().map(cell).collect::<Vec<_>>().join(" | "))).collect()
}

/// An outcome as a text to be read.
pub fn short(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done { rows, affected, last_key } => {
            let tables: Vec<String> = rows.iter().map(|rows| lines(rows)).collect();
            format!("{affected} affected, key {last_key:?}\n{}", tables.join("  ---\n"))
        }
        other => format!("{other:?}\n"),
    }
}
