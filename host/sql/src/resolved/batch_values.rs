//! The rows of a batch in a statement. Each of these nodes represents as many expressions as the batch has values.

use super::Typed;
use crate::schema::{self, TypeKind};

/// Columns of a batch, value by value: each value is a parameter, and the parameters are numbered row by row.
#[derive(Clone, Debug)]
pub(crate) struct BatchValues<'a> {
    /// The columns of the table that the values are for.
    pub(crate) columns: Vec<&'a schema::Column>,
    /// The position of the first of them among the columns of the batch.
    pub(crate) first: usize,
    /// The number of columns of the batch.
    pub(crate) width: usize,
    /// The number of rows that the text spells out.
    pub(crate) rows: usize,
}

/// The columns of a batch as arrays, each one parameter.
#[derive(Clone, Debug)]
pub(crate) struct BatchArrays {
    /// The kind of each column, and the type of its items.
    pub(crate) columns: Vec<(TypeKind, &'static str)>,
    pub(crate) planned: JoinEstimate,
}

/// The estimate by which a server plans a join with the rows of arrays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JoinEstimate {
    /// By the number of rows: the server may read the whole table to find them.
    ByLength,
    /// As for a few rows, whatever their number: each is looked up by its key. The arrays are subqueries, whose length is
    /// unknown before they run.
    ByKey,
}

/// The keys to find rows by.
#[derive(Clone, Debug)]
pub(crate) enum KeySet<'a> {
    Values(BatchValues<'a>),
    Arrays(BatchArrays),
}

/// A value chosen by the key of a row of a batch.
#[derive(Clone, Debug)]
pub(crate) struct CaseByKey<'a> {
    /// The columns that are compared with the key.
    pub(crate) columns: Vec<Typed<'a>>,
    pub(crate) keys: BatchValues<'a>,
    pub(crate) then: CaseResult,
    /// The value where no row of the batch has the key.
    pub(crate) otherwise: Option<Typed<'a>>,
}

/// The value chosen for a row of a batch.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CaseResult {
    /// The position of the row.
    Position,
    /// The row's value in this column of the batch.
    Value { column: usize, kind: TypeKind },
}
