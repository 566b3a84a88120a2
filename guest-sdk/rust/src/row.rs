//! Rows from column batches: a model, a value, or a tuple of these.

use crate::{
    Error, Model, Result,
    bindings::sqlservice::database::{
        rows::{Batch, ColumnData},
        sessions::ResultColumn,
        values::Value,
    },
    error::Mismatch,
    value::{Field, SqlType, Unexpected, column},
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

/// What a query's rows can be read as: models, columns' types, `Option`s of both, tuples of up to twelve of these, and
/// `Vec<Value>` for whatever comes.
#[diagnostic::on_unimplemented(
    message = "a row cannot be read as `{Self}`",
    note = "rows are models (`#[derive(Model)]`), columns' types, Options of these, tuples of up to twelve of these, or Vec<Value>"
)]
pub trait FromRow: Sized + 'static {
    /// The names of its columns, where it has names of its own: a model's.
    const NAMES: Option<&'static [&'static str]> = None;

    /// All rows of a batch.
    fn decode(columns: &mut Columns<'_>) -> Result<Vec<Self>>;

    /// All rows of a batch in which an outer join may have left nulls instead.
    fn decode_outer(columns: &mut Columns<'_>) -> Result<Vec<Option<Self>>>;
}

impl<T: SqlType> FromRow for T {
    fn decode(columns: &mut Columns<'_>) -> Result<Vec<Self>> {
        columns.next::<T>().map(Iterator::collect)
    }

    fn decode_outer(columns: &mut Columns<'_>) -> Result<Vec<Option<Self>>> {
        columns.next::<Option<T>>().map(Iterator::collect)
    }
}

impl<T: FromRow> FromRow for Option<T> {
    const NAMES: Option<&'static [&'static str]> = T::NAMES;

    fn decode(columns: &mut Columns<'_>) -> Result<Vec<Self>> {
        T::decode_outer(columns)
    }

    fn decode_outer(columns: &mut Columns<'_>) -> Result<Vec<Option<Self>>> {
        Ok(T::decode_outer(columns)?.into_iter().map(Some).collect())
    }
}

impl FromRow for () {
    fn decode(columns: &mut Columns<'_>) -> Result<Vec<Self>> {
        Ok(vec![(); columns.rows])
    }

    fn decode_outer(columns: &mut Columns<'_>) -> Result<Vec<Option<Self>>> {
        Ok(vec![Some(()); columns.rows])
    }
}

/// Whatever columns there are, as the contract's values.
impl FromRow for Vec<Value> {
    fn decode(columns: &mut Columns<'_>) -> Result<Vec<Self>> {
        let mut rows = vec![Vec::with_capacity(columns.data.len()); columns.rows];
        for data in columns.data.by_ref() {
            let malformed = |_| Error::other("the host sent a malformed batch");
            let mut cells = column::scalars(data.values, data.validity.as_deref()).map_err(malformed)?;
            for row in &mut rows {
                row.push(cells.next().ok_or_else(|| malformed(Unexpected::Malformed))?);
            }
        }
        Ok(rows)
    }

    fn decode_outer(columns: &mut Columns<'_>) -> Result<Vec<Option<Self>>> {
        Ok(Self::decode(columns)?.into_iter().map(Some).collect())
    }
}

macro_rules! tuples {
    ($($first:ident $($name:ident)*;)*) => {$(
        impl<$first: FromRow, $($name: FromRow),*> FromRow for ($first, $($name,)*) {
            #[allow(non_snake_case)]
            fn decode(columns: &mut Columns<'_>) -> Result<Vec<Self>> {
                let $first = $first::decode(columns)?;
                $(let mut $name = $name::decode(columns)?.into_iter();)*
                Ok($first.into_iter().map_while(|$first| Some(($first, $($name.next()?,)*))).collect())
            }

            #[allow(non_snake_case)]
            fn decode_outer(columns: &mut Columns<'_>) -> Result<Vec<Option<Self>>> {
                let $first = $first::decode_outer(columns)?;
                $(let mut $name = $name::decode_outer(columns)?.into_iter();)*
                let row = |$first: Option<$first>| Some($first.and_then(|$first| Some(($first, $($name.next()??,)*))));
                Ok($first.into_iter().map_while(row).collect())
            }
        }
    )*};
}

tuples! {
    A; A B; A B C; A B C D; A B C D E; A B C D E F; A B C D E F G; A B C D E F G H; A B C D E F G H I;
    A B C D E F G H I J; A B C D E F G H I J K; A B C D E F G H I J K L;
}

/// All rows of a batch.
pub(crate) fn decode<T: FromRow>(about: &[ResultColumn], batch: Batch) -> Result<Vec<T>> {
    T::decode(&mut Columns::new(about, batch))
}

/// All rows of a batch of a model, some of whose columns were not read.
pub(crate) fn decode_without<M: Model>(about: &[ResultColumn], batch: Batch, omitted: &[usize]) -> Result<Vec<M>> {
    M::decode(&mut Columns { omitted, names: M::COLUMNS, ..Columns::new(about, batch) })
}

/// The rows of one model: built by its derive from a column a field.
#[doc(hidden)]
pub fn next_cell<T>(cells: &mut std::vec::IntoIter<T>) -> Result<T> {
    // Each column was proved to have as many values as there are rows; a guest must not fall over if that were wrong.
    cells.next().ok_or_else(|| Error::other("the host sent columns of different lengths"))
}

/// A cell of a row that an outer join did find.
pub(crate) fn found<T: Field>(cell: Option<T>, column: &str) -> Result<T> {
    cell.ok_or_else(|| mismatch::<T>(column, &Unexpected::Null))
}

#[cfg(test)]
mod tests;
