//! Structs that are rows of tables: [`Model`], its columns and its aliases.

pub(crate) mod unset;

use std::{any::Any, marker::PhantomData};

pub use sqlservice_sdk_macros::Model;

use crate::{
    Result,
    bindings::sqlservice::database::rows::ColumnData,
    instance::AnyRelation,
    mapping::RelationshipDeclaration,
    row::FromRow,
    schema::{DefaultValue, Table},
    value::{Field, IntoValue, Value},
};

/// A struct whose values are rows of a table. Derive it: see the [crate's guide](crate#models).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    note = "derive it: #[derive(Model)] struct {Self} {{ #[model(primary_key)] id: i64, .. }}"
)]
pub trait Model: FromRow + Sized + 'static {
    /// The table's name.
    const TABLE: &'static str;
    /// The table's schema, where it is not the default one.
    const SCHEMA: Option<&'static str>;
    /// The columns, in the order of the fields.
    const COLUMNS: &'static [&'static str];
    /// The columns of the primary key.
    const KEY: &'static [&'static str];
    /// The position of the generated key column, which the database counts up.
    const GENERATED: Option<usize>;
    /// The position of the column that counts a row's versions.
    const VERSION: Option<usize>;

    /// Returns the table, as it is declared to the host.
    fn table() -> Table;

    /// Returns one row's values, in the order of the columns.
    fn to_values(&self) -> Vec<Value>;

    /// Whether the generated key is 0, so that the database generates one.
    fn wants_key(&self) -> bool;

    /// Encodes many rows, column by column. An error names the column with a value that the contract cannot represent.
    fn encode(rows: &[Self]) -> Result<Vec<ColumnData>> {
        let rows: Vec<&Self> = rows.iter().collect();
        (0..Self::COLUMNS.len()).map(|column| Self::encode_column(&rows, column)).collect()
    }

    /// Returns a new row with the constant `default`s of its columns, and the `Default` of other fields:
    /// `Task { name, ..Task::initial() }`. With `Task::default()`, a plain field is written with its value: `false`, 0, an empty text.
    fn initial() -> Self
    where
        Self: Default,
    {
        let mut row = Self::default();
        for (at, column) in Self::table().columns.into_iter().enumerate() {
            if let DefaultValue::Literal(value) = column.default {
                // The derive checked that the value fits.
                let _ = row.set_column(at, value);
            }
        }
        row
    }

    // The derive generates these for sessions; not for direct use.

    #[doc(hidden)]
    const KEY_AT: &'static [usize];

    #[doc(hidden)]
    const FIELDS: &'static [&'static str];

    /// The columns that are read only on request.
    #[doc(hidden)]
    const DEFERRED: &'static [usize] = &[];

    #[doc(hidden)]
    fn has_column(&self, _column: usize) -> bool {
        true
    }

    #[doc(hidden)]
    fn encode_column(rows: &[&Self], column: usize) -> Result<ColumnData>;

    #[doc(hidden)]
    fn column_value(&self, column: usize) -> Value;

    #[doc(hidden)]
    fn same_column(&self, other: &Self, column: usize) -> bool;

    #[doc(hidden)]
    fn copy_column(&mut self, other: &Self, column: usize);

    #[doc(hidden)]
    fn set_column(&mut self, column: usize, value: Value) -> Result<()>;

    #[doc(hidden)]
    fn relations() -> Vec<RelationshipDeclaration> {
        Vec::new()
    }

    #[doc(hidden)]
    fn relation(&self, _at: usize) -> Option<&dyn AnyRelation> {
        None
    }

    #[doc(hidden)]
    fn relation_mut(&mut self, _at: usize) -> Option<&mut dyn AnyRelation> {
        None
    }

    /// The dispatcher of its hooks, whose type the session knows; `None` if it has no hooks.
    #[doc(hidden)]
    const HOOKS: Option<&'static dyn Any> = None;

    #[doc(hidden)]
    fn fire_set(&mut self, _column: &'static str) {}

    #[doc(hidden)]
    fn fire_load(&mut self) {}
}

/// A model that sessions can keep: one that can be cloned.
pub trait Record: Model + Clone {}

impl<M: Model + Clone> Record for M {}

/// A column of a model: `User::NAME`. Its methods are those of [`Expression`](crate::expression::Expression).
pub struct Column<M, T> {
    name: &'static str,
    pub(crate) alias: Option<&'static str>,
    of: PhantomData<fn() -> (M, T)>,
}

impl<M, T> Clone for Column<M, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, T> Copy for Column<M, T> {}

impl<M, T> Column<M, T> {
    /// Returns the column of this name. The derive generates calls of this.
    #[doc(hidden)]
    pub const fn new(name: &'static str) -> Self {
        Self { name, alias: None, of: PhantomData }
    }
}

impl<M: Model, T: Field> Column<M, T> {
    /// Its name in the database.
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// Returns the same column of an alias of the table.
    pub const fn of(self, alias: Alias<M>) -> Self {
        Self { alias: Some(alias.name), ..self }
    }
}

/// The primary key of an object: a value, or a tuple of them where the key has several columns.
pub trait IntoKey {
    /// Returns the values, in the order of the key's columns.
    fn into_key(self) -> Vec<Value>;
}

impl<T: IntoValue> IntoKey for T {
    fn into_key(self) -> Vec<Value> {
        vec![self.into_value()]
    }
}

macro_rules! keys {
    ($($($name:ident)*;)*) => {$(
        impl<$($name: IntoValue),*> IntoKey for ($($name,)*) {
            #[allow(non_snake_case)]
            fn into_key(self) -> Vec<Value> {
                let ($($name,)*) = self;
                vec![$($name.into_value()),*]
            }
        }
    )*};
}

keys! { A B; A B C; A B C D; A B C D E; A B C D E F; }

/// A model's table under another name, for statements that use it twice: `let boss = alias::<User>("boss")`.
pub struct Alias<M> {
    pub(crate) name: &'static str,
    of: PhantomData<fn() -> M>,
}

impl<M> Clone for Alias<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Alias<M> {}

impl<M: Model> Alias<M> {
    /// Returns a column of the alias, also written `User::NAME.of(boss)`.
    pub const fn column<T: Field>(self, column: Column<M, T>) -> Column<M, T> {
        column.of(self)
    }
}

/// An alias can name a query, too: `from_query(&busy, recent)`, and its columns are `Device::KIND.of(recent)`.
impl<M> From<Alias<M>> for String {
    fn from(alias: Alias<M>) -> Self {
        alias.name.to_owned()
    }
}

/// Gives a model's table another name within a statement.
pub const fn alias<M: Model>(name: &'static str) -> Alias<M> {
    Alias { name, of: PhantomData }
}

/// The models that a plugin declares, for [`Database::open`](crate::Database::open): `models![User, Device]`. To use only existing
/// tables, by reflection, declare none: `models![]`.
#[macro_export]
macro_rules! models {
    ($($model:ty),* $(,)?) => {
        $crate::schema::Models {
            tables: ::std::vec![$($crate::__private::declare::<$model>()),*],
            relationships: $crate::__private::relationships([$($crate::__private::relate::<$model>),*]),
        }
    };
}
