//! Statements: `select`, `insert`, `update` and `delete` of models, as data.

mod bound;
mod cache;
mod changed;
mod compound;
mod delete;
mod insert;
mod prepared;
mod select;
mod update;

pub use self::{
    compound::Compound,
    delete::{Delete, delete},
    insert::{ColumnList, Conflict, Insert, Upsert, insert},
    prepared::{Bound, Prepared},
    select::{Lock, Select, select, select_columns},
    update::{Update, update},
};

pub(crate) use self::{
    cache::{CacheLookup, StatementCache},
    changed::ChangedTable,
    prepared::{BoundRun, PreparedPlan},
};

use std::marker::PhantomData;

use crate::{
    Error, Result,
    expression::{Lowered, Node},
    row::FromRow,
};

/// A statement that returns rows: a select, a compound, or a change with `returning`.
pub trait Query {
    /// The type that its rows are read as.
    type Row: FromRow;

    /// Builds the statement, limited to `at_most` rows where its kind has a limit.
    #[doc(hidden)]
    fn lower(&self, at_most: Option<u64>) -> Result<Sendable>;
}

/// A statement that changes rows and returns how many.
pub trait Command {
    /// Builds the statement.
    #[doc(hidden)]
    fn lower(&self) -> Result<Sendable>;
}

/// A query that can be nested in another statement.
pub trait Subquery: Query {
    /// Returns its node.
    #[doc(hidden)]
    fn query_node(&self) -> QueryNode;
}

/// A statement, opaque to callers.
#[doc(hidden)]
pub enum Sendable {
    #[allow(private_interfaces, reason = "only this crate makes and reads them")]
    Statement(Lowered),
    Prepared(BoundRun),
}

impl Sendable {
    /// Returns the statement; fails if it is prepared already.
    pub(crate) fn statement(self) -> Result<Lowered> {
        match self {
            Self::Statement(lowered) => Ok(lowered),
            Self::Prepared(_) => Err(Error::invalid("the statement is prepared already")),
        }
    }
}

/// A node, opaque to callers.
#[doc(hidden)]
pub struct QueryNode(pub(crate) Node);

/// A change that returns columns of the rows it made, changed or deleted.
pub struct Returning<S, T> {
    change: S,
    nodes: Vec<Node>,
    of: PhantomData<fn() -> T>,
}

/// A change that can return columns.
pub(crate) trait Change {
    fn lower_returning(&self, returning: &[Node]) -> Result<Lowered>;
}

impl<S, T> Returning<S, T> {
    pub(crate) const fn new(change: S, nodes: Vec<Node>) -> Self {
        Self { change, nodes, of: PhantomData }
    }
}

#[allow(private_bounds, reason = "only this crate's changes can return")]
impl<S: Change, T: FromRow> Query for Returning<S, T> {
    type Row = T;

    fn lower(&self, _at_most: Option<u64>) -> Result<Sendable> {
        self.change.lower_returning(&self.nodes).map(Sendable::Statement)
    }
}

#[allow(private_bounds, reason = "only this crate's changes can be run")]
impl<S: Change> Command for S {
    fn lower(&self) -> Result<Sendable> {
        self.lower_returning(&[]).map(Sendable::Statement)
    }
}

#[cfg(test)]
mod tests;
