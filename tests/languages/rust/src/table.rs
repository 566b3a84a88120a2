//! Tables by their names: which model is meant, and which of its columns.

use std::{cell::RefCell, collections::BTreeSet};

use sqlservice_sdk::{
    Column, Error, Field, Model, Result, SqlType,
    entity::Record,
    error::{ColumnReference, Mismatch},
    statement::ColumnList,
};

use crate::{
    model::{Account, Device, DeviceTag, Kind, Tag, User},
    value,
};

/// A model whose columns are found by their names.
pub trait Table: Record + Default {
    /// Does something with a column.
    ///
    /// # Errors
    /// [`Error::NoSuchColumn`], and those of the visitor.
    fn column<V: Visitor<Self>>(name: &str, visitor: V) -> Result<V::Output>;
}

/// An operation on a column of any type.
pub trait Visitor<M> {
    /// The result.
    type Output;

    /// Does it. The field is the column's in a row.
    fn visit<F: Cell>(self, column: Column<M, F>, field: fn(&mut M) -> &mut F) -> Result<Self::Output>;
}

/// A field's type: one that a column can have, or an `Option` of one.
pub trait Cell: Field<Base: Default> + From<Self::Base> + Default {}

impl<F: Field<Base: Default> + From<F::Base> + Default> Cell for F {}

/// Writes [`Table`]: the fields of each model, with their constants.
macro_rules! tables {
    ($($model:ident { $($field:ident $constant:ident),* })*) => {$(
        impl Table for $model {
            fn column<V: Visitor<Self>>(name: &str, visitor: V) -> Result<V::Output> {
                match name {
                    $(stringify!($field) => visitor.visit($model::$constant, |row| &mut row.$field),)*
                    _ => Err(no_column(Self::TABLE, name)),
                }
            }
        }
    )*};
}

tables! {
    User { id ID, name NAME, email EMAIL, active ACTIVE, born BORN }
    Device { id ID, user_id USER_ID, name NAME, seen SEEN }
    Tag { id ID, label LABEL }
    DeviceTag { device_id DEVICE_ID, tag_id TAG_ID }
    Account { id ID, owner OWNER, balance BALANCE, version VERSION }
    Kind {
        id ID, b B, i16 I16, i32 I32, i64 I64, f64 F64, dec DEC, t T, v V, by BY, u U, j J, d D, ti TI, ts TS, tz TZ
    }
}

/// Names the model of a table as a type in an expression; another table is [`Error::NoSuchTable`].
macro_rules! with_model {
    ($table:expr, $model:ident => $body:expr) => {
        match $table {
            "users" => {
                type $model = $crate::model::User;
                $body
            }
            "devices" => {
                type $model = $crate::model::Device;
                $body
            }
            "tags" => {
                type $model = $crate::model::Tag;
                $body
            }
            "device_tags" => {
                type $model = $crate::model::DeviceTag;
                $body
            }
            "accounts" => {
                type $model = $crate::model::Account;
                $body
            }
            "kinds" => {
                type $model = $crate::model::Kind;
                $body
            }
            other => Err(::sqlservice_sdk::Error::NoSuchTable(other.to_owned())),
        }
    };
}
pub(crate) use with_model;

/// A column that a table does not have.
pub fn no_column(table: &str, column: &str) -> Error {
    Error::NoSuchColumn(ColumnReference { table: Some(table.to_owned()), column: column.to_owned() })
}

/// Writes a field of a row.
pub struct SetField<'a, M> {
    /// The row.
    pub row: &'a mut M,
    /// The value, as the list writes it.
    pub value: &'a serde_json::Value,
}

impl<M: Model> Visitor<M> for SetField<'_, M> {
    type Output = ();

    fn visit<F: Cell>(self, column: Column<M, F>, field: fn(&mut M) -> &mut F) -> Result<()> {
        let place = field(self.row);
        *place = match value::parse::<F::Base>(self.value, column.name())? {
            Some(value) => value.into(),
            None if F::NULLABLE => F::default(),
            None => {
                let (column, got) = (column.name().to_owned(), "null".to_owned());
                return Err(Error::TypeMismatch(Mismatch { column, expected: value::name(F::Base::KIND), got }));
            }
        };
        Ok(())
    }
}

/// The name of a column as its model has it.
struct Name;

impl<M: Model> Visitor<M> for Name {
    type Output = &'static str;

    fn visit<F: Cell>(self, column: Column<M, F>, _: fn(&mut M) -> &mut F) -> Result<&'static str> {
        Ok(column.name())
    }
}

/// Columns of a model, as many as the list names.
pub struct Names(Vec<&'static str>);

impl Names {
    /// Those of these names.
    pub fn of<M: Table>(names: &[String]) -> Result<Self> {
        names.iter().map(|name| M::column(name, Name)).collect::<Result<_>>().map(Self)
    }
}

impl<M> ColumnList<M> for Names {
    fn names(self) -> Vec<&'static str> {
        self.0
    }
}

thread_local! {
    static KEPT: RefCell<BTreeSet<&'static str>> = const { RefCell::new(BTreeSet::new()) };
}

/// A text that is kept as long as the guest is, each once: an alias is a constant in a plugin.
pub fn constant(text: &str) -> &'static str {
    KEPT.with_borrow_mut(|kept| match kept.get(text) {
        Some(known) => known,
        None => {
            let new: &'static str = Box::leak(text.to_owned().into_boxed_str());
            kept.insert(new);
            new
        }
    })
}
