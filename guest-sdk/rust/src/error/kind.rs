//! What the cases of [`Error`](super::Error) tell.

use std::fmt;

/// Which kind of constraint a change broke.
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

/// A constraint that a change broke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The kind of the constraint.
    pub kind: ConstraintKind,
    /// The constraint's name, where the database tells it.
    pub constraint: Option<String>,
    /// The table whose row was refused, where the database tells it.
    pub table: Option<String>,
    /// The columns of the constraint, where the database tells them or the declared models do.
    pub columns: Vec<String>,
    /// The position of the failing change in a flush.
    pub change: Option<u32>,
}

/// What a database said, made safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseError {
    /// The SQLSTATE of five characters, where the database has one.
    pub sqlstate: Option<String>,
    /// What happened and what to do.
    pub message: String,
    /// Whether the same transaction, begun again, can succeed.
    pub retryable: bool,
}

/// A statement or an argument that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong and what to do.
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

/// Something that this database cannot do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingCapability {
    /// A word of [`Capabilities`](crate::Capabilities), or another one for it.
    pub capability: String,
    /// What was asked and what to do instead.
    pub message: String,
}

/// A value of the wrong type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The column or parameter.
    pub column: String,
    /// What it takes.
    pub expected: String,
    /// What it was given.
    pub got: String,
}

/// Rows that were expected to match and did not: others changed or deleted them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stale {
    /// The table.
    pub table: String,
    /// How many rows were expected.
    pub expected: u64,
    /// How many rows matched.
    pub matched: u64,
    /// The position of the failing change in a flush.
    pub change: Option<u32>,
}

/// No connection became free in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolExhausted {
    /// How many connections the pool may have.
    pub size: u32,
    /// How long the call waited, in milliseconds.
    pub waited_ms: u64,
}

/// A limit that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitReached {
    /// What is limited.
    pub kind: LimitKind,
    /// The limit.
    pub allowed: u64,
}

/// Writes the enum, and the words of the contract for it, once.
macro_rules! limits {
    ($($(#[$doc:meta])* $case:ident = $word:literal $text:literal,)*) => {
        /// What a limit counts.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum LimitKind {
            $($(#[$doc])* $case,)*
            /// Something that this SDK does not know: the host is newer.
            Other,
        }

        impl LimitKind {
            /// The contract's word.
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
    /// How deep expressions nest.
    Depth = "depth" "how deep expressions nest",
    /// Memory.
    Memory = "memory" "memory",
    /// Stored bytes.
    Storage = "storage" "stored bytes",
}
