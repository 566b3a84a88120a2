//! Rows from column batches: a model, a value, or a tuple of these.

use crate::{
    Error, Result,
    bindings::sqlservice::database::{rows::Batch, sessions::ResultColumn, values::Value},
    value::{SqlType, column},
};

pub use crate::value::Columns;

/// The types that a query's rows can be read as: models, columns' types, `Option`s of both, tuples of up to twelve of these, and
/// `Vec<Value>` for any columns.
#[diagnostic::on_unimplemented(
    message = "a row cannot be read as `{Self}`",
    note = "rows are models (`#[derive(Model)]`), columns' types, Options of these, tuples of up to twelve of these, or Vec<Value>"
)]
pub trait FromRow: Sized + 'static {
    /// The names of its columns, if it has any: those of a model.
    const NAMES: Option<&'static [&'static str]> = None;

    /// Decodes all rows of a batch.
    fn decode(columns: &mut Columns<'_>) -> Result<Vec<Self>>;

    /// Decodes all rows of a batch in which an outer join may have left nulls instead.
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
        Ok(vec![(); columns.rows()])
    }

    fn decode_outer(columns: &mut Columns<'_>) -> Result<Vec<Option<Self>>> {
        Ok(vec![Some(()); columns.rows()])
    }
}

/// Any columns, as the contract's values.
impl FromRow for Vec<Value> {
    fn decode(columns: &mut Columns<'_>) -> Result<Vec<Self>> {
        let mut rows = vec![Vec::with_capacity(columns.left()); columns.rows()];
        while let Some(data) = columns.next_data() {
            let mut cells = column::cells(data)?;
            for row in &mut rows {
                row.push(cells.next().ok_or_else(column::malformed)?);
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

/// Decodes all rows of a batch.
pub(crate) fn decode<T: FromRow>(about: &[ResultColumn], batch: Batch) -> Result<Vec<T>> {
    T::decode(&mut Columns::new(about, batch))
}

/// Decodes all rows of a batch of a model, some of whose columns were not read.
pub(crate) fn decode_without<T: FromRow>(about: &[ResultColumn], batch: Batch, omitted: &[usize]) -> Result<Vec<T>> {
    T::decode(&mut Columns::without(about, batch, omitted, T::NAMES.unwrap_or_default()))
}

/// Returns the next cell of a column. A model's derive builds rows of these, from one column for each field.
#[doc(hidden)]
pub fn next_cell<T>(cells: &mut std::vec::IntoIter<T>) -> Result<T> {
    // Each column was checked to have as many values as there are rows; a guest must not trap if that were wrong.
    cells.next().ok_or_else(|| Error::other("the host sent columns of different lengths"))
}

#[cfg(test)]
mod tests;
