//! The columns of a batch as a row's fields take them, and what is wrong where one does not fit.

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
    /// How many columns of a model were read or passed over.
    at: usize,
    /// Those that are not there, and the names of all.
    omitted: &'a [usize],
    names: &'static [&'static str],
}

impl<'a> Columns<'a> {
    pub(crate) fn new(about: &'a [ResultColumn], batch: Batch) -> Self {
        let (data, rows) = (batch.columns.into_iter(), batch.rows as usize);
        Self { about: about.iter(), data, rows, at: 0, omitted: &[], names: &[] }
    }

    /// Columns of which some were not read, with the names of all.
    pub(crate) fn without(
        about: &'a [ResultColumn],
        batch: Batch,
        omitted: &'a [usize],
        names: &'static [&'static str],
    ) -> Self {
        Self { omitted, names, ..Self::new(about, batch) }
    }

    /// The name of the next column where it was not read, which is then passed over.
    pub(crate) fn unread(&mut self) -> Option<&'static str> {
        let name = self.omitted.contains(&self.at).then(|| self.names.get(self.at)).flatten();
        self.at += usize::from(name.is_some());
        name.copied()
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns are left.
    pub(crate) fn left(&self) -> usize {
        self.data.len()
    }

    /// The next column as it came.
    pub(crate) fn next_data(&mut self) -> Option<ColumnData> {
        self.data.next()
    }

    /// The next column.
    #[allow(clippy::should_implement_trait, reason = "each column has a type of its own")]
    pub fn next<T: Field>(&mut self) -> Result<std::vec::IntoIter<T>> {
        self.read::<T, T>(T::decode)
    }

    /// The next column of an outer join: nothing where it is null.
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

/// What was wrong with a column, in the words of the contract.
pub(crate) fn mismatch<T: Field>(column: &str, why: &Unexpected) -> Error {
    let got = match why {
        Unexpected::Null => "null: use an Option",
        Unexpected::Value(name) => name,
        Unexpected::Malformed => return Error::other(format!("the host sent a malformed batch for column {column:?}")),
    };
    misfit::<T>(column, got)
}

/// A value that does not fit its column, whichever way it goes.
pub(crate) fn misfit<T: Field>(column: &str, got: &str) -> Error {
    let expected = short(std::any::type_name::<T::Base>());
    Error::TypeMismatch(Mismatch { column: column.to_owned(), expected, got: got.to_owned() })
}

/// A type's name without the modules that it lies in, also between angle brackets.
fn short(name: &str) -> String {
    let last = |part: &str| part.rsplit("::").next().unwrap_or(part).to_owned();
    name.split('<').map(last).collect::<Vec<_>>().join("<")
}

/// A cell of a row that an outer join did find.
pub(crate) fn found<T: Field>(cell: Option<T>, column: &str) -> Result<T> {
    cell.ok_or_else(|| mismatch::<T>(column, &Unexpected::Null))
}
