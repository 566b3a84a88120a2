//! New values of columns, by their models' constants.

use serde_json::{Map, Value as Json};
use sqlservice_sdk::{
    Column, Expr, Field, Model, Result, SqlType,
    expression::literal,
    statement::{Insert, Update, Upsert},
};

use crate::{
    expression::hinted,
    scope::Scope,
    table::{Cell, Table, Visitor},
    value,
};

/// Gives a column of a statement its value.
pub type Set<S> = Box<dyn FnOnce(S) -> S>;

/// A statement that gives columns values.
pub trait Assigns<M>: Sized + 'static {
    /// The column and its value.
    fn assign<F: Field>(self, column: Column<M, F>, value: Expr<Option<F::Base>>) -> Self;
}

macro_rules! assigns {
    ($($statement:ident)*) => {$(
        impl<M: Model> Assigns<M> for $statement<M> {
            fn assign<F: Field>(self, column: Column<M, F>, value: Expr<Option<F::Base>>) -> Self {
                self.set(column, value)
            }
        }
    )*};
}

assigns! { Insert Update Upsert }

/// The assignments of these values, which are expressions of the list, to columns.
pub fn assignments<M: Table, S: Assigns<M>>(set: &Map<String, Json>, scope: &Scope<'_>) -> Result<Vec<Set<S>>> {
    set.iter().map(|(name, value)| M::column(name, Given { value, scope, of: std::marker::PhantomData })).collect()
}

/// A column's value.
struct Given<'a, S> {
    value: &'a Json,
    scope: &'a Scope<'a>,
    of: std::marker::PhantomData<S>,
}

impl<M: Model, S: Assigns<M>> Visitor<M> for Given<'_, S> {
    type Output = Set<S>;

    fn visit<F: Cell>(self, column: Column<M, F>, _: fn(&mut M) -> &mut F) -> Result<Set<S>> {
        let value = match self.value.get("v") {
            Some(given) => literal(value::parse::<F::Base>(given, column.name())?),
            None => hinted(self.value, Some(F::Base::KIND), self.scope)?.typed::<F::Base>(),
        };
        Ok(Box::new(move |statement: S| statement.assign(column, value)))
    }
}
