//! A statement and its outcome, as observers see them.

use std::{fmt, sync::Arc};

use sqlservice_sql::Compiled;

use crate::error::Error;

/// The author of a statement's text.
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

/// A statement as an observer sees it. It is displayed as OpenTelemetry's `db.query.summary`: `SELECT users devices`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Statement<'a> {
    /// Its operation, in upper case: a keyword of SQL such as `SELECT`. For text it is found by the first words; `OTHER` where they are
    /// not among the usual ones.
    pub operation: &'static str,
    /// The tables that a compiled statement names, the changed one first; 16 at most.
    pub tables: &'a [Arc<str>],
    /// Its SQL text, without bind values.
    pub sql: &'a str,
    /// The author of its text.
    pub origin: Origin,
}

impl<'a> Statement<'a> {
    /// Describes a compiled statement, for the layer that caches compiled statements.
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
    /// It succeeded.
    Ok,
    /// Its caller, its reader or its session was dropped before its end.
    Cancelled,
    /// Its time limit, or that of its transaction, was exceeded.
    Timeout,
    /// It failed. The error's text contains no values; its sources are for the host's log only, as they contain the driver's messages.
    Failed(&'a Error),
}

impl<'a> Outcome<'a> {
    /// Returns the outcome for an error, or for none.
    #[must_use]
    pub const fn of(error: Option<&'a Error>) -> Self {
        match error {
            None => Self::Ok,
            Some(Error::Cancelled | Error::Closed) => Self::Cancelled,
            Some(Error::Timeout | Error::TransactionClosed) => Self::Timeout,
            Some(error) => Self::Failed(error),
        }
    }

    /// Returns its name: `ok`, `cancelled`, `timeout` or `failed`.
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
