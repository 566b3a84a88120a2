//! The rows of a batch in a statement. Each of these nodes stands for as many expressions as the batch has values.

use super::Typed;
use crate::schema::{self, TypeKind};

/// Some columns of a batch, value by value: each value is a parameter, and the parameters count row by row.
#[derive(Clone, Debug)]
pub(crate) struct BatchValues<'a> {
    /// The columns of the table that the values are for.
    pub(crate) columns: Vec<&'a schema::Column>,
    /// The position of the first of them among the columns of the batch.
    pub(crate) first: usize,
    /// How many columns the batch has.
    pub(crate) width: usize,
    /// How many rows are written.
    pub(crate) rows: usize,
}

/// The columns of a batch as arrays, each one parameter.
#[derive(Clone, Debug)]
pub(crate) struct BatchArrays {
    /// The kind of each column, and the type of its items.
    pub(crate) columns: Vec<(TypeKind, &'static str)>,
    pub(crate) planned: JoinEstimate,
}

/// How a server plans what is joined with the rows of arrays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JoinEstimate {
    /// By how many there are: the whole table may be read to find them.
    ByLength,
    /// As for a few rows, whatever their number: each is looked up by its key. Nothing of a query's is known before it runs.
    ByKey,
}

/// Keys to look for.
#[derive(Clone, Debug)]
pub(crate) enum KeySet<'a> {
    Values(BatchValues<'a>),
    Arrays(BatchArrays),
}

/// A choice by the key of each row of a batch.
#[derive(Clone, Debug)]
pub(crate) struct CaseByKey<'a> {
    /// The columns that are compared with the key.
    pub(crate) columns: Vec<Typed<'a>>,
    pub(crate) keys: BatchValues<'a>,
    pub(crate) then: CaseResult,
    /// What is chosen where no row has the key.
    pub(crate) otherwise: Option<Typed<'a>>,
}

/// What is chosen for a row of a batch.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CaseResult {
    /// Its position.
    Position,
    /// Its value of this column of the batch.
    Value { column: usize, kind: TypeKind },
}
