//! Structs that are rows of tables: [`Model`], its columns and its aliases.

use std::marker::PhantomData;

pub use sqlservice_sdk_macros::Model;

use crate::{
    Result,
    bindings::sqlservice::database::{rows::ColumnData, schema::Table, values::Value},
    expression::{Entity, Source},
    row::FromRow,
    statement::Select,
    value::Field,
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
    /// The position of the column that the database counts up.
    const GENERATED: Option<usize>;

    /// The table, as it is declared to the host.
    fn table() -> Table;

    /// One row, in the order of the columns.
    fn to_values(&self) -> Vec<Value>;

    /// Many rows, column by column. An error names the column with a value that the contract cannot carry.
    fn encode(rows: &[Self]) -> Result<Vec<ColumnData>>;

    /// Whether the generated key is 0: the database is to make one.
    fn wants_key(&self) -> bool;
}

/// A column of a model: `User::NAME`. Its methods are those of [`Expression`](crate::expression::Expression).
pub struct Column<M, T> {
    name: &'static str,
    alias: Option<&'static str>,
    of: PhantomData<fn() -> (M, T)>,
}

impl<M, T> Clone for Column<M, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, T> Copy for Column<M, T> {}

impl<M, T> Column<M, T> {
    /// The column of this name. The derive makes these.
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

    /// The same column of the table under another name.
    pub const fn of(self, alias: Alias<M>) -> Self {
        Self { alias: Some(alias.name), ..self }
    }

    pub(crate) fn source(self) -> Source {
        Source::of::<M>(self.alias)
    }
}

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
    /// A column of the alias, also written `User::NAME.of(boss)`.
    pub const fn column<T: Field>(self, column: Column<M, T>) -> Column<M, T> {
        column.of(self)
    }

    /// All columns of the alias, as one model of a result's row.
    pub const fn entity(self) -> Entity<M> {
        Entity::new(Some(self.name))
    }

    /// A query of the alias.
    pub fn select(self) -> Select<M> {
        Select::new(self.entity())
    }
}

/// Names a model's table anew within a statement.
pub const fn alias<M: Model>(name: &'static str) -> Alias<M> {
    Alias { name, of: PhantomData }
}

/// The models that a plugin declares, for [`Database::open`](crate::Database::open): `models![User, Device]`. None
/// where only what is there already is reflected: `models![]`.
#[macro_export]
macro_rules! models {
    ($($model:ty),* $(,)?) => {
        $crate::schema::Models {
            tables: ::std::vec![$($crate::__private::declare::<$model>()),*],
            relationships: ::std::vec::Vec::new(),
        }
    };
}
