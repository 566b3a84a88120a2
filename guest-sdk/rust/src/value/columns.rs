//! Reads the columns of a batch into a row's fields, and makes the errors for columns that do not fit.

use super::{Field, Unexpected};
use crate::{
    Error, Result,
    bindings::sqlservice::database::{
        rows::{Batch, ColumnData},
        sessions::ResultColumn,
    },
    error::Mismatch,
};

/// The columns of a batch that were not read yet, from left to right.
pub struct Columns<'a> {
    about: std::slice::Iter<'a, ResultColumn>,
    data: std::vec::IntoIter<ColumnData>,
    rows: usize,
    /// The number of a model's columns that were read or skipped.
    at: usize,
    /// The positions of the model's columns that the query omitted, and the names of all its columns.
    omitted: &'a [usize],
    names: &'static [&'static str],
}

impl<'a> Columns<'a> {
    pub(crate) fn new(about: &'a [ResultColumn], batch: Batch) -> Self {
        let (data, rows) = (batch.columns.into_iter(), batch.rows as usize);
        Self { about: about.iter(), data, rows, at: 0, omitted: &[], names: &[] }
    }

    /// Columns of which the query omitted some, with the names of all.
    pub(crate) fn without(
        about: &'a [ResultColumn],
        batch: Batch,
        omitted: &'a [usize],
        names: &'static [&'static str],
    ) -> Self {
        Self { omitted, names, ..Self::new(about, batch) }
    }

    /// Skips the next column where the query omitted it, and returns its name.
    pub(crate) fn unread(&mut self) -> Option<&'static str> {
        let name = self.omitted.contains(&self.at).then(|| self.names.get(self.at)).flatten();
        self.at += usize::from(name.is_some());
        name.copied()
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of columns that were not read yet.
    pub(crate) fn left(&self) -> usize {
        self.data.len()
    }

    /// The next column, not decoded.
    pub(crate) fn next_data(&mut self) -> Option<ColumnData> {
        self.data.next()
    }

    /// The next column.
    #[allow(clippy::should_implement_trait, reason = "each column has a type of its own")]
    pub fn next<T: Field>(&mut self) -> Result<std::vec::IntoIter<T>> {
        self.read::<T, T>(T::decode)
    }

    /// The next column of an outer join: `None` for nulls.
    pub fn next_outer<T: Field>(&mut self) -> Result<std::vec::IntoIter<Option<T>>> {
        self.read::<T, Option<T>>(T::decode_outer)
    }

    fn read<T: Field, U>(
        &mut self,
        decode: impl FnOnce(ColumnData, usize) -> Result<Vec<U>, Unexpected>,
    ) -> Result<std::vec::IntoIter<U>> {
        let (Some(about), Some(data)) = (self.about.next(), self.data.next()) else {
            return Err(Error::invalid("the result has fewer columns than its row type asks for"));
        };
        self.at += 1;
        decode(data, self.rows).map(Vec::into_iter).map_err(|why| mismatch::<T>(&about.name, &why))
    }
}

/// The error for a column that could not be read: a type mismatch, or a malformed batch.
pub(crate) fn mismatch<T: Field>(column: &str, why: &Unexpected) -> Error {
    let got = match why {
        Unexpected::Null => "null: use an Option",
        Unexpected::Value(name) => name,
        Unexpected::Malformed => return Error::other(format!("the host sent a malformed batch for column {column:?}")),
    };
    misfit::<T>(column, got)
}

/// The type mismatch of a value that does not fit its column, whether it was read or is to be written.
pub(crate) fn misfit<T: Field>(column: &str, got: &str) -> Error {
    let expected = short(std::any::type_name::<T::Base>());
    Error::TypeMismatch(Mismatch { column: column.to_owned(), expected, got: got.to_owned() })
}

/// A type's name without its module path, also between angle brackets.
fn short(name: &str) -> String {
    let last = |part: &str| part.rsplit("::").next().unwrap_or(part).to_owned();
    name.split('<').map(last).collect::<Vec<_>>().join("<")
}

/// A cell of a row that an outer join matched. A null is a type mismatch.
pub(crate) fn found<T: Field>(cell: Option<T>, column: &str) -> Result<T> {
    cell.ok_or_else(|| mismatch::<T>(column, &Unexpected::Null))
}
