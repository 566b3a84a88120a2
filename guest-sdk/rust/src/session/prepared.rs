//! Statements that are checked and compiled once.

use std::marker::PhantomData;

use crate::{
    Error, Result,
    bindings::sqlservice::database::{sessions as contract, values::Value},
    expression::Lowered,
};

/// A statement that was checked and compiled once, to be run many times on connections and sessions of the same database:
/// see [`Executor::prepare`](crate::Executor::prepare).
pub struct Prepared<T> {
    prepared: contract::Prepared,
    open: u32,
    values: Vec<Value>,
    of: PhantomData<fn() -> T>,
}

impl<T> Prepared<T> {
    pub(crate) fn new(prepared: contract::Prepared, lowered: Lowered) -> Self {
        Self { prepared, open: lowered.open, values: lowered.parameters, of: PhantomData }
    }

    pub(crate) const fn contract(&self) -> &contract::Prepared {
        &self.prepared
    }

    /// The names of the columns that it returns.
    pub fn columns(&self) -> Vec<String> {
        self.prepared.columns().into_iter().map(|column| column.name).collect()
    }

    /// The caller's parameters and then the statement's own values.
    pub(crate) fn parameters(&self, mut parameters: Vec<Value>) -> Result<Vec<Value>> {
        if parameters.len() != self.open as usize {
            let message = format!("the statement takes {} parameters, not {}", self.open, parameters.len());
            return Err(Error::invalid(message));
        }
        parameters.extend(self.values.iter().cloned());
        Ok(parameters)
    }
}
