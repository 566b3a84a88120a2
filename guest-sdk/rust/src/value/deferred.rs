//! Columns that are read only where a query requests them.

use std::fmt;

use super::{Field, NativeValue, Scalar, Value, column::Unexpected, columns::Columns};
use crate::{
    Error, Result,
    bindings::sqlservice::database::rows::{ColumnData, Vector},
};

/// A column of a model that queries of objects do not load by default: `body: Deferred<String>`.
/// [`EntityQuery::undefer`](crate::session::EntityQuery::undefer) loads it with a query, and
/// [`Session::load_deferred`](crate::Session::load_deferred) loads it for existing objects. Until then it is
/// [`Error::UnloadedColumn`], never a value that the row does not have. An unloaded column is not written either. Plain rows
/// ([`Executor::all`](crate::Executor::all)) always have it.
#[derive(Clone)]
pub struct Deferred<T>(State<T>);

#[derive(Clone)]
enum State<T> {
    Loaded(T),
    /// The column's name.
    Unloaded(&'static str),
}

impl<T> Deferred<T> {
    /// The value.
    ///
    /// # Errors
    /// [`Error::UnloadedColumn`] where the column was neither read nor set.
    pub fn get(&self) -> Result<&T> {
        match &self.0 {
            State::Loaded(value) => Ok(value),
            State::Unloaded(column) => Err(Error::UnloadedColumn((*column).to_owned())),
        }
    }

    /// Replaces the value, whether or not it was read.
    pub fn set(&mut self, value: impl Into<T>) {
        self.0 = State::Loaded(value.into());
    }

    /// Whether the value was read or set.
    pub const fn is_loaded(&self) -> bool {
        matches!(self.0, State::Loaded(_))
    }
}

impl<T> From<T> for Deferred<T> {
    fn from(value: T) -> Self {
        Self(State::Loaded(value))
    }
}

impl From<&str> for Deferred<String> {
    fn from(value: &str) -> Self {
        value.to_owned().into()
    }
}

/// The column of a new row, which counts as loaded.
impl<T: Default> Default for Deferred<T> {
    fn default() -> Self {
        T::default().into()
    }
}

/// Equal where both are loaded and equal, and where neither is loaded.
impl<T: PartialEq> PartialEq for Deferred<T> {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (State::Loaded(one), State::Loaded(other)) => one == other,
            (one, other) => matches!((one, other), (State::Unloaded(_), State::Unloaded(_))),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Deferred<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            State::Loaded(value) => value.fmt(f),
            State::Unloaded(_) => f.write_str("unloaded"),
        }
    }
}

/// The native type of the value that replaces an unloaded column. It equals no value of a database, and every database refuses it.
const UNLOADED: &str = "an unloaded column";

fn unloaded() -> Value {
    Value::Scalar(Scalar::Other(NativeValue { native_type: UNLOADED.to_owned(), text: String::new() }))
}

/// Whether this value replaces an unloaded column.
pub(crate) fn is_unloaded(value: &Value) -> bool {
    matches!(value, Value::Scalar(Scalar::Other(NativeValue { native_type, .. })) if native_type == UNLOADED)
}

fn all<T>(values: Vec<T>) -> Vec<Deferred<T>> {
    values.into_iter().map(Deferred::from).collect()
}

impl<T: Field> Field for Deferred<T> {
    type Base = T::Base;

    const NULLABLE: bool = T::NULLABLE;

    fn to_value(&self) -> Value {
        self.get().map_or_else(|_| unloaded(), T::to_value)
    }

    fn encode(cells: &mut dyn Iterator<Item = &Self>) -> ColumnData {
        let cells: Vec<&Self> = cells.collect();
        let loaded: Vec<&T> = cells.iter().filter_map(|cell| cell.get().ok()).collect();
        if loaded.len() == cells.len() {
            return T::encode(&mut loaded.into_iter());
        }
        ColumnData { validity: None, values: Vector::Mixed(cells.into_iter().map(Self::to_value).collect()) }
    }

    fn decode(column: ColumnData, rows: usize) -> Result<Vec<Self>, Unexpected> {
        T::decode(column, rows).map(all)
    }

    fn decode_outer(column: ColumnData, rows: usize) -> Result<Vec<Option<Self>>, Unexpected> {
        Ok(T::decode_outer(column, rows)?.into_iter().map(|cell| cell.map(Self::from)).collect())
    }

    fn read(columns: &mut Columns<'_>) -> Result<std::vec::IntoIter<Self>> {
        match columns.unread() {
            Some(name) => Ok(vec![Self(State::Unloaded(name)); columns.rows()].into_iter()),
            None => columns.next::<Self>(),
        }
    }

    fn copy(&mut self, other: &Self) {
        if other.is_loaded() {
            self.clone_from(other);
        }
    }

    fn unfit(&self) -> Option<&'static str> {
        match &self.0 {
            State::Loaded(value) => value.unfit(),
            State::Unloaded(_) => Some(UNLOADED),
        }
    }

    fn same(&self, other: &Self) -> bool {
        match (self.get(), other.get()) {
            (Ok(one), Ok(other)) => one.same(other),
            (one, other) => one.is_err() && other.is_err(),
        }
    }

    fn from_value(value: Value, column: &str) -> Result<Self> {
        T::from_value(value, column).map(Self::from)
    }

    fn has_value(&self) -> bool {
        self.is_loaded()
    }
}
