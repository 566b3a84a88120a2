//! The payloads of the variants of [`Error`](super::Error).

use std::fmt;

/// The kind of a constraint that a change violated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConstraintKind {
    /// A unique constraint, a unique index or a primary key.
    Unique,
    /// A foreign key, from either side.
    ForeignKey,
    /// A column that may not be null.
    NotNull,
    /// A check constraint.
    Check,
    /// A constraint of a kind that only this database has.
    Other,
}

/// A constraint that a change violated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The kind of the constraint.
    pub kind: ConstraintKind,
    /// The constraint's name, where the database reports it.
    pub constraint: Option<String>,
    /// The table whose row was refused, where the database reports it.
    pub table: Option<String>,
    /// The columns of the constraint, where the database reports them or the declared models have them.
    pub columns: Vec<String>,
    /// The position of the failing change in a flush.
    pub change: Option<u32>,
}

/// An error of a database, made safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseError {
    /// The SQLSTATE of five characters, where the database has one.
    pub sqlstate: Option<String>,
    /// The message: what happened and what to do.
    pub message: String,
    /// Whether the same transaction, begun again, can succeed.
    pub retryable: bool,
}

/// An invalid statement or argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The message: what is wrong and what to do.
    pub message: String,
    /// The position of the offending node in the statement.
    pub node: Option<u32>,
}

/// A column that does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnReference {
    /// The table or alias that was searched; nothing when every source was.
    pub table: Option<String>,
    /// The column's name.
    pub column: String,
}

/// A capability that this database lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingCapability {
    /// The capability's name: one of [`Capabilities`](crate::Capabilities), or another name.
    pub capability: String,
    /// The message: what was requested and what to do instead.
    pub message: String,
}

/// A value of the wrong type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The column or parameter.
    pub column: String,
    /// The expected type or values.
    pub expected: String,
    /// The actual value, or its type.
    pub got: String,
}

/// Rows that were expected to match and did not, because another transaction changed or deleted them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stale {
    /// The table.
    pub table: String,
    /// The number of rows that were expected.
    pub expected: u64,
    /// The number of rows that matched.
    pub matched: u64,
    /// The position of the failing change in a flush.
    pub change: Option<u32>,
}

/// No connection became free in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolExhausted {
    /// The most connections of the pool.
    pub size: u32,
    /// The time that the call waited, in milliseconds.
    pub waited_ms: u64,
}

/// A limit that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitReached {
    /// The kind of the limit.
    pub kind: LimitKind,
    /// The limit.
    pub allowed: u64,
}

/// Defines the enum and the contract's names of its variants in one list.
macro_rules! limits {
    ($($(#[$doc:meta])* $case:ident = $word:literal $text:literal,)*) => {
        /// The quantity that a limit bounds.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum LimitKind {
            $($(#[$doc])* $case,)*
            /// A quantity that this SDK does not know: the host is newer.
            Other,
        }

        impl LimitKind {
            /// The contract's name of the kind.
            pub(super) const fn word(self) -> &'static str {
                match self {
                    $(Self::$case => $word,)*
                    Self::Other => "other",
                }
            }

            pub(super) fn of_word(word: &str) -> Self {
                match word {
                    $($word => Self::$case,)*
                    _ => Self::Other,
                }
            }
        }

        impl fmt::Display for LimitKind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$case => $text,)*
                    Self::Other => "something that only the host knows",
                })
            }
        }
    };
}

limits! {
    /// Rows of one result or argument.
    Rows = "rows" "rows of a result",
    /// Bytes of one result or argument.
    Bytes = "bytes" "bytes of a result or argument",
    /// The time of one statement.
    Time = "time" "a statement's time",
    /// Statements of one call.
    Statements = "statements" "statements of a call",
    /// The time of one transaction.
    TransactionTime = "transaction-time" "a transaction's time",
    /// Open connections of one guest.
    Connections = "connections" "open connections",
    /// Open sessions of one guest.
    Sessions = "sessions" "open sessions",
    /// Open cursors of one guest.
    Cursors = "cursors" "open cursors",
    /// Parameters of one statement.
    Parameters = "parameters" "parameters of a statement",
    /// The size of one statement, in nodes or in rendered bytes.
    StatementSize = "statement-size" "a statement's size",
    /// The nesting depth of expressions.
    Depth = "depth" "how deep expressions nest",
    /// Memory.
    Memory = "memory" "memory",
    /// Stored bytes.
    Storage = "storage" "stored bytes",
}
