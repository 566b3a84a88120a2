//! What is told of a statement and of how it ended.

use std::{fmt, sync::Arc};

use sqlservice_sql::Compiled;

use crate::error::Error;

/// Who wrote a statement's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// The compiler, from a statement that is data.
    Compiled,
    /// A plugin that may send SQL text of its own.
    Raw,
    /// The host itself, to create, drop or reflect tables.
    Host,
}

/// A statement as an observer sees it. It shows itself as OpenTelemetry's `db.query.summary`: `SELECT users devices`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Statement<'a> {
    /// What it does, in upper case: a word of SQL such as `SELECT`. For text, as far as its first words tell; `OTHER` where they are
    /// none of the usual ones.
    pub operation: &'static str,
    /// The tables that a compiled statement names, the one that it changes first; 16 at most.
    pub tables: &'a [Arc<str>],
    /// Its text. Values are bound and not part of it.
    pub sql: &'a str,
    /// Who wrote it.
    pub origin: Origin,
}

impl<'a> Statement<'a> {
    /// A compiled statement, for the layer that keeps those.
    #[must_use]
    pub fn of(compiled: &'a Compiled) -> Self {
        let Compiled { sql, summary, .. } = compiled;
        Self { operation: summary.operation.as_str(), tables: &summary.tables, sql, origin: Origin::Compiled }
    }
}

impl fmt::Display for Statement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.operation)?;
        self.tables.iter().try_for_each(|table| write!(f, " {table}"))
    }
}

/// How a statement ended.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Outcome<'a> {
    /// It did what it was to do.
    Ok,
    /// Its caller, its reader or its session went away before its end.
    Cancelled,
    /// Its time, or that of its transaction, was over.
    Timeout,
    /// It failed. The error's text has no values; the errors that it was made from are for the host's log only, as they say what the
    /// driver said.
    Failed(&'a Error),
}

impl<'a> Outcome<'a> {
    /// The outcome of what ended with an error, or with none.
    #[must_use]
    pub const fn of(error: Option<&'a Error>) -> Self {
        match error {
            None => Self::Ok,
            Some(Error::Cancelled | Error::Closed) => Self::Cancelled,
            Some(Error::Timeout | Error::TransactionClosed) => Self::Timeout,
            Some(error) => Self::Failed(error),
        }
    }

    /// A word for it: `ok`, `cancelled`, `timeout` or `failed`.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Cancelled => "cancelled",
            Self::Timeout => "timeout",
            Self::Failed(_) => "failed",
        }
    }
}
