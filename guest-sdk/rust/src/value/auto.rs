//! Fields that a new row can leave to the database.

use super::{Field, Scalar, SqlType, Unexpected, Value, column, columns};
use crate::bindings::sqlservice::database::rows::ColumnData;

/// A field that a new row can leave unset: the column then gets its `default`, or the key that the database generates.
///
/// The column is never null. A nullable column is an `Option` instead: there, `None` is "not set" where the column has a default,
/// and null where it has none. A row that was read always has its value.
///
/// ```
/// # use sqlservice_sdk::prelude::*;
/// #[derive(Model, Clone, Debug, Default)]
/// #[model(table = "tasks")]
/// struct Task {
///     #[model(primary_key, generated)]
///     id: i64,
///     #[model(default = true)]
///     open: Auto<bool>,
/// }
/// // The database's default, and a value that is told apart from it.
/// let (one, other) = (Task::default(), Task { open: false.into(), ..Task::default() });
/// assert_eq!((one.open.get(), other.open.get()), (None, Some(&false)));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Auto<T> {
    /// The value is left to the database.
    #[default]
    NotSet,
    /// The value.
    Set(T),
}

impl<T> Auto<T> {
    /// The value, where it is set.
    pub const fn get(&self) -> Option<&T> {
        match self {
            Self::NotSet => None,
            Self::Set(value) => Some(value),
        }
    }

    /// The value, where it is set.
    pub fn into_option(self) -> Option<T> {
        match self {
            Self::NotSet => None,
            Self::Set(value) => Some(value),
        }
    }
}

impl<T> From<T> for Auto<T> {
    fn from(value: T) -> Self {
        Self::Set(value)
    }
}

impl<T: SqlType> Field for Auto<T> {
    type Base = T;

    const NULLABLE: bool = false;

    fn to_value(&self) -> Value {
        self.get().map_or(Value::Scalar(Scalar::Null), T::to_cell)
    }

    fn unfit(&self) -> Option<&'static str> {
        self.get().and_then(T::misfit)
    }

    fn same(&self, other: &Self) -> bool {
        match (self.get(), other.get()) {
            (Some(one), Some(other)) => one.same(other),
            (one, other) => one.is_none() && other.is_none(),
        }
    }

    fn is_zero(&self) -> bool {
        self.get().is_none_or(T::is_zero)
    }

    fn from_value(value: Value, column: &str) -> crate::Result<Self> {
        let found = column::convert(value).map_err(|why| columns::mismatch::<Self>(column, &why))?;
        Ok(found.map_or(Self::NotSet, Self::Set))
    }

    fn encode(cells: &mut dyn Iterator<Item = &Self>) -> ColumnData {
        let mut validity = column::Validity::default();
        let values = T::encode(&mut cells.map(|cell| {
            validity.push(cell.get().is_some());
            cell.get()
        }));
        ColumnData { validity: validity.finish(), values }
    }

    fn decode(column: ColumnData, rows: usize) -> Result<Vec<Self>, Unexpected> {
        Ok(column::decode(column, rows)?.into_iter().map(Self::Set).collect())
    }

    fn decode_outer(column: ColumnData, rows: usize) -> Result<Vec<Option<Self>>, Unexpected> {
        let cells = column::decode_optional(column, rows)?;
        Ok(cells.into_iter().map(|cell| cell.map(Self::Set)).collect())
    }
}
