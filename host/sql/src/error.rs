//! What is wrong with what a guest sent, found before a database sees it.

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What is wrong. Names and positions are the guest's own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A malformed statement, model or argument.
    #[error("{message}")]
    Invalid {
        /// What is wrong and what to do.
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
    /// The database cannot do it.
    #[error("{message}")]
    Unsupported {
        /// The capability, as in [`crate::Capabilities`], in kebab case.
        capability: &'static str,
        /// What was asked and what to do instead.
        message: String,
    },
    /// A value of the wrong type.
    #[error("{column} takes {expected}, not {got}")]
    TypeMismatch {
        /// The column or parameter.
        column: String,
        /// What it takes.
        expected: String,
        /// What it was given.
        got: String,
    },
    /// Tables that depend on each other in a circle.
    #[error("tables depend on each other in a circle: {}", .0.join(", "))]
    CircularDependency(Vec<String>),
    /// Rows that were expected to match and did not: another transaction changed or deleted them.
    #[error("{matched} of {expected} rows of {table:?} matched; another transaction changed or deleted the others")]
    Stale {
        /// The table.
        table: String,
        /// How many rows were expected.
        expected: u64,
        /// How many rows matched.
        matched: u64,
    },
    /// Not granted.
    #[error("{0} is not granted")]
    Denied(String),
    /// A limit.
    #[error("the limit of {allowed} {what} is reached")]
    Limit {
        /// What is limited.
        what: Limited,
        /// The limit.
        allowed: u64,
    },
}

/// What a [`Error::Limit`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limited {
    /// Nodes or bytes of a statement.
    StatementSize,
    /// How deep nodes nest.
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
