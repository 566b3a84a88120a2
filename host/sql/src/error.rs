//! Errors in a guest's input, found before it is sent to a database.

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error in a guest's input. Names and positions are the guest's own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A malformed statement, model or argument.
    #[error("{message}")]
    Invalid {
        /// The problem and its correction.
        message: String,
        /// The offending node.
        node: Option<u32>,
    },
    /// A table that was neither declared nor reflected.
    #[error("there is no table {0:?} among the declared and reflected ones")]
    NoSuchTable(String),
    /// A column that its table does not have.
    #[error("there is no column {column:?}{}", .table.as_ref().map(|t| format!(" in {t:?}")).unwrap_or_default())]
    NoSuchColumn {
        /// The table or alias that was searched.
        table: Option<String>,
        /// The column.
        column: String,
    },
    /// The database does not have this capability.
    #[error("{message}")]
    Unsupported {
        /// The capability, as in [`crate::Capabilities`], in kebab case.
        capability: &'static str,
        /// The requested feature, and what to do instead.
        message: String,
    },
    /// A value of the wrong type.
    #[error("{column} takes {expected}, not {got}")]
    TypeMismatch {
        /// The column or parameter.
        column: String,
        /// The expected type.
        expected: String,
        /// The type of the given value.
        got: String,
    },
    /// Tables that depend on each other in a cycle.
    #[error("tables depend on each other in a circle: {}", .0.join(", "))]
    CircularDependency(Vec<String>),
    /// Rows that were expected to match and did not: another transaction changed or deleted them.
    #[error("{matched} of {expected} rows of {table:?} matched; another transaction changed or deleted the others")]
    Stale {
        /// The table.
        table: String,
        /// The number of expected rows.
        expected: u64,
        /// The number of rows that matched.
        matched: u64,
    },
    /// The guest has no grant for this.
    #[error("{0} is not granted")]
    Denied(String),
    /// A limit is reached.
    #[error("the limit of {allowed} {what} is reached")]
    Limit {
        /// The quantity that is limited.
        what: Limited,
        /// The limit.
        allowed: u64,
    },
}

/// The quantity that an [`Error::Limit`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limited {
    /// Nodes or bytes of a statement.
    StatementSize,
    /// Levels of nested nodes.
    Depth,
    /// Parameters.
    Parameters,
    /// Bytes of an argument.
    Bytes,
    /// Rows of an argument.
    Rows,
}

impl std::fmt::Display for Limited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::StatementSize => "nodes or bytes a statement",
            Self::Depth => "levels of nesting",
            Self::Parameters => "parameters",
            Self::Bytes => "bytes",
            Self::Rows => "rows",
        })
    }
}

impl Error {
    /// A malformed statement, model or argument, without a position.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid { message: message.into(), node: None }
    }
}
