//! Conversions between the contract's failures and [`Error`].

use super::{
    ColumnReference, ConstraintKind, DatabaseError, Detail, Error, Failure, LimitKind, LimitReached, Mismatch,
    MissingCapability, PoolExhausted, Problem, Stale, Violation,
};

/// The prefix of the message of a `denied` failure.
const DENIED: &str = "not granted: ";

/// A failure, from which each variant of the error takes the parts that it needs.
struct Parts(Failure);

impl Parts {
    /// The value of the detail of this name; empty without one.
    fn detail(&self, name: &str) -> &str {
        self.0.details.iter().find(|detail| detail.name == name).map_or("", |detail| detail.value.as_str())
    }

    fn number(&self, name: &str) -> u64 {
        self.detail(name).parse().unwrap_or_default()
    }

    fn table(&mut self) -> String {
        self.0.table.take().unwrap_or_default()
    }

    fn column(&mut self) -> String {
        self.0.columns.pop().unwrap_or_default()
    }

    fn violation(self, kind: ConstraintKind) -> Error {
        let Failure { constraint, table, columns, position, .. } = self.0;
        Error::Integrity(Violation { kind, constraint, table, columns, change: position })
    }

    fn said(self) -> DatabaseError {
        let Failure { sqlstate, message, retryable, .. } = self.0;
        DatabaseError { sqlstate, message, retryable }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let code = failure.code.clone();
        let mut parts = Parts(failure);
        match code.as_str() {
            "no-such-database" => Self::NoSuchDatabase,
            "denied" => Self::Denied(parts.0.message.strip_prefix(DENIED).unwrap_or(&parts.0.message).to_owned()),
            "no-such-table" => Self::NoSuchTable(parts.table()),
            "no-such-column" => Self::NoSuchColumn(ColumnReference { column: parts.column(), table: parts.0.table }),
            "unsupported" => Self::Unsupported(MissingCapability {
                capability: parts.detail("capability").to_owned(),
                message: parts.0.message,
            }),
            "invalid" => Self::Invalid(Problem { message: parts.0.message, node: parts.0.position }),
            "type-mismatch" => Self::TypeMismatch(Mismatch {
                column: parts.column(),
                expected: parts.detail("expected").to_owned(),
                got: parts.detail("got").to_owned(),
            }),
            "unique-violation" => parts.violation(ConstraintKind::Unique),
            "foreign-key-violation" => parts.violation(ConstraintKind::ForeignKey),
            "not-null-violation" => parts.violation(ConstraintKind::NotNull),
            "check-violation" => parts.violation(ConstraintKind::Check),
            "constraint-violation" => parts.violation(ConstraintKind::Other),
            "stale-data" => Self::StaleData(Stale {
                table: parts.table(),
                expected: parts.number("expected"),
                matched: parts.number("matched"),
                change: parts.0.position,
            }),
            "stale-plan" => Self::StalePlan(parts.said()),
            "circular-dependency" => {
                Self::CircularDependency(parts.0.details.into_iter().map(|detail| detail.value).collect())
            }
            "no-result" => Self::NoResult,
            "multiple-results" => Self::MultipleResults,
            "serialization-failure" => Self::SerializationFailure(parts.said()),
            "deadlock" => Self::Deadlock(parts.said()),
            "lock-not-available" => Self::LockNotAvailable(parts.said()),
            "data" => Self::Data(parts.said()),
            "operational" => Self::Operational(parts.said()),
            "pending-rollback" => Self::PendingRollback,
            "transaction-closed" => Self::TransactionClosed,
            "already-begun" => Self::AlreadyBegun,
            "busy" => Self::Busy,
            "closed" => Self::Closed,
            "pool-timeout" => Self::PoolTimeout(PoolExhausted {
                size: u32::try_from(parts.number("size")).unwrap_or(u32::MAX),
                waited_ms: parts.number("waited-ms"),
            }),
            "timeout" => Self::Timeout,
            "cancelled" => Self::Cancelled,
            "disconnected" => Self::Disconnected,
            "outcome-unknown" => Self::OutcomeUnknown(parts.0.message),
            "limit" => Self::Limit(LimitReached {
                kind: LimitKind::of_word(parts.detail("limit")),
                allowed: parts.number("allowed"),
            }),
            "other" => Self::Other(parts.0.message),
            _ => Self::Unknown(Box::new(parts.0)),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let blank = Self {
            code: error.code().to_owned(),
            message: error.to_string(),
            sqlstate: None,
            retryable: error.is_retryable(),
            constraint: None,
            table: None,
            columns: Vec::new(),
            position: None,
            details: Vec::new(),
        };
        match error {
            Error::Unknown(failure) => *failure,
            Error::NoSuchTable(table) => Self { table: Some(table), ..blank },
            Error::NoSuchColumn(of) => Self { table: of.table, columns: vec![of.column], ..blank },
            Error::Unsupported(missing) => {
                Self { message: missing.message, details: details([("capability", missing.capability)]), ..blank }
            }
            Error::Invalid(problem) => Self { message: problem.message, position: problem.node, ..blank },
            Error::TypeMismatch(wrong) => Self {
                columns: vec![wrong.column],
                details: details([("expected", wrong.expected), ("got", wrong.got)]),
                ..blank
            },
            Error::Integrity(Violation { constraint, table, columns, change, .. }) => {
                Self { constraint, table, columns, position: change, ..blank }
            }
            Error::StaleData(Stale { table, expected, matched, change }) => Self {
                table: Some(table),
                position: change,
                details: details([("expected", expected.to_string()), ("matched", matched.to_string())]),
                ..blank
            },
            Error::CircularDependency(tables) => {
                Self { details: tables.into_iter().map(|table| detail("table", table)).collect(), ..blank }
            }
            Error::StalePlan(said)
            | Error::SerializationFailure(said)
            | Error::Deadlock(said)
            | Error::LockNotAvailable(said)
            | Error::Data(said)
            | Error::Operational(said) => {
                Self { message: said.message, sqlstate: said.sqlstate, retryable: said.retryable, ..blank }
            }
            Error::PoolTimeout(pool) => Self {
                details: details([("size", pool.size.to_string()), ("waited-ms", pool.waited_ms.to_string())]),
                ..blank
            },
            Error::Limit(limit) => Self {
                details: details([("limit", limit.kind.word().to_owned()), ("allowed", limit.allowed.to_string())]),
                ..blank
            },
            _ => blank,
        }
    }
}

fn detail(name: &str, value: String) -> Detail {
    Detail { name: name.to_owned(), value }
}

fn details<const N: usize>(all: [(&str, String); N]) -> Vec<Detail> {
    all.map(|(name, value)| detail(name, value)).into()
}

impl Error {
    /// The contract's code of the error, the same in every language: `unique-violation`. Errors of this SDK alone have `other`.
    pub fn code(&self) -> &str {
        match self {
            Self::NoSuchDatabase => "no-such-database",
            Self::Denied(_) => "denied",
            Self::NoSuchTable(_) => "no-such-table",
            Self::NoSuchColumn(_) => "no-such-column",
            Self::Unsupported(_) => "unsupported",
            Self::Invalid(_) => "invalid",
            Self::TypeMismatch(_) => "type-mismatch",
            Self::Integrity(violation) => match violation.kind {
                ConstraintKind::Unique => "unique-violation",
                ConstraintKind::ForeignKey => "foreign-key-violation",
                ConstraintKind::NotNull => "not-null-violation",
                ConstraintKind::Check => "check-violation",
                ConstraintKind::Other => "constraint-violation",
            },
            Self::StaleData(_) => "stale-data",
            Self::StalePlan(_) => "stale-plan",
            Self::CircularDependency(_) => "circular-dependency",
            Self::NoResult => "no-result",
            Self::MultipleResults => "multiple-results",
            Self::SerializationFailure(_) => "serialization-failure",
            Self::Deadlock(_) => "deadlock",
            Self::LockNotAvailable(_) => "lock-not-available",
            Self::Data(_) => "data",
            Self::Operational(_) => "operational",
            Self::PendingRollback => "pending-rollback",
            Self::TransactionClosed => "transaction-closed",
            Self::AlreadyBegun => "already-begun",
            Self::Busy => "busy",
            Self::Closed => "closed",
            Self::PoolTimeout(_) => "pool-timeout",
            Self::Timeout => "timeout",
            Self::Cancelled => "cancelled",
            Self::Disconnected => "disconnected",
            Self::OutcomeUnknown(_) => "outcome-unknown",
            Self::Limit(_) => "limit",
            Self::Unknown(failure) => &failure.code,
            Self::Other(_)
            | Self::Unloaded(_)
            | Self::UnloadedColumn(_)
            | Self::Detached
            | Self::AlreadyAttached
            | Self::NotPersisted
            | Self::EndlessFlush(_) => "other",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors() -> Vec<Error> {
        let said = || DatabaseError { sqlstate: Some("40001".to_owned()), message: "so".to_owned(), retryable: true };
        let kinds = [
            ConstraintKind::Unique,
            ConstraintKind::ForeignKey,
            ConstraintKind::NotNull,
            ConstraintKind::Check,
            ConstraintKind::Other,
        ];
        let mut all: Vec<Error> = kinds
            .map(|kind| {
                let (constraint, table) = (Some("c".to_owned()), Some("t".to_owned()));
                Error::Integrity(Violation { kind, constraint, table, columns: vec!["a".to_owned()], change: Some(3) })
            })
            .into();
        all.extend([
            Error::NoSuchDatabase,
            Error::Denied("raw SQL".to_owned()),
            Error::NoSuchTable("t".to_owned()),
            Error::NoSuchColumn(ColumnReference { table: Some("t".to_owned()), column: "a".to_owned() }),
            Error::Unsupported(MissingCapability { capability: "arrays".to_owned(), message: "no".to_owned() }),
            Error::Invalid(Problem { message: "wrong".to_owned(), node: Some(7) }),
            Error::TypeMismatch(Mismatch { column: "a".to_owned(), expected: "i".to_owned(), got: "t".to_owned() }),
            Error::StaleData(Stale { table: "t".to_owned(), expected: 2, matched: 1, change: Some(0) }),
            Error::CircularDependency(vec!["a".to_owned(), "b".to_owned()]),
            Error::NoResult,
            Error::MultipleResults,
            Error::PendingRollback,
            Error::TransactionClosed,
            Error::AlreadyBegun,
            Error::Busy,
            Error::Closed,
            Error::Timeout,
            Error::Cancelled,
            Error::Disconnected,
            Error::OutcomeUnknown("lost".to_owned()),
            Error::PoolTimeout(PoolExhausted { size: 3, waited_ms: 30_000 }),
            Error::Limit(LimitReached { kind: LimitKind::TransactionTime, allowed: 9 }),
            Error::Other("a reason".to_owned()),
        ]);
        let told = [
            Error::StalePlan,
            Error::SerializationFailure,
            Error::Deadlock,
            Error::LockNotAvailable,
            Error::Data,
            Error::Operational,
        ];
        all.extend(told.map(|case| case(said())));
        all
    }

    #[test]
    fn errors_cross_the_contract_and_come_back_as_they_were() {
        for error in errors() {
            assert_eq!(Error::from(Failure::from(error.clone())), error);
        }
    }

    #[test]
    fn codes_are_those_of_the_contract() {
        let contract = include_str!("../../../../wit/errors.wit");
        let told: Vec<&str> =
            contract.lines().filter_map(|line| line.trim().strip_prefix("/// | `")?.split('`').next()).collect();
        let known = errors();
        for code in &told {
            assert!(known.iter().any(|error| error.code() == *code), "{code} has no case");
        }
        for error in &known {
            assert!(told.contains(&error.code()), "{} is not in the contract", error.code());
        }
    }

    #[test]
    fn a_code_of_a_newer_host_is_kept_whole() {
        let new = Failure { code: "quota-exceeded".to_owned(), retryable: true, ..Failure::from(Error::Busy) };
        let error = Error::from(new.clone());
        assert_eq!((error.code(), error.is_retryable()), ("quota-exceeded", true));
        assert!(error.to_string().contains("quota-exceeded"), "{error}");
        assert_eq!(Failure::from(error), new);
    }
}
