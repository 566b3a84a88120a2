//! Statements that are checked and compiled once.

use std::{marker::PhantomData, rc::Rc};

use super::{ChangedTable, Command, Query, Sendable};
use crate::{
    Error, Result,
    bindings::sqlservice::database::{
        sessions::{self as contract, ResultColumn},
        statements::{Root, Statement},
        values::Value,
    },
    expression::Lowered,
    row::FromRow,
};

/// A statement that was checked and compiled once, to be run many times on connections and sessions of the same database:
/// see [`Executor::prepare`](crate::Executor::prepare).
pub struct Prepared<T> {
    plan: Rc<PreparedPlan>,
    open: u32,
    values: Vec<Value>,
    of: PhantomData<fn() -> T>,
}

/// A prepared statement with the values of its parameters, returned by [`Prepared::bind`].
pub struct Bound<'a, T> {
    prepared: &'a Prepared<T>,
    parameters: Vec<Value>,
}

/// The prepared statement and the bind values that a bound statement sends.
#[doc(hidden)]
pub struct BoundRun {
    pub(crate) plan: Rc<PreparedPlan>,
    pub(crate) parameters: Vec<Value>,
}

/// A statement that the host compiled, with its columns and effects.
#[doc(hidden)]
pub struct PreparedPlan {
    pub(crate) prepared: contract::Prepared,
    pub(crate) columns: Rc<[ResultColumn]>,
    /// The table whose existing rows it changes.
    pub(crate) changed: Option<ChangedTable>,
    /// Whether it does anything but read.
    pub(crate) writes: bool,
}

impl PreparedPlan {
    pub(crate) fn new(prepared: contract::Prepared, statement: &Statement) -> Rc<Self> {
        let columns = prepared.columns().into();
        let writes = !matches!(statement.root, Root::Select(_));
        Rc::new(Self { prepared, columns, changed: ChangedTable::by(statement), writes })
    }
}

impl<T> Prepared<T> {
    pub(crate) fn new(prepared: contract::Prepared, lowered: Lowered) -> Self {
        let plan = PreparedPlan::new(prepared, &lowered.statement);
        Self { plan, open: lowered.open, values: lowered.parameters, of: PhantomData }
    }

    /// The names of the columns that the statement returns.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.plan.columns.iter().map(|column| column.name.as_str())
    }

    /// Binds values to the statement's [parameters](crate::expression::parameter) and returns a statement that can run.
    pub fn bind(&self, parameters: Vec<Value>) -> Bound<'_, T> {
        Bound { prepared: self, parameters }
    }
}

impl<T> Bound<'_, T> {
    /// Passes the caller's parameters, followed by the statement's own bind values.
    fn run(&self) -> Result<Sendable> {
        let Prepared { plan, open, values, of: _ } = self.prepared;
        if self.parameters.len() != *open as usize {
            let message = format!("the statement takes {open} parameters, not {}", self.parameters.len());
            return Err(Error::invalid(message));
        }
        let parameters = self.parameters.iter().chain(values).cloned().collect();
        Ok(Sendable::Prepared(BoundRun { plan: Rc::clone(plan), parameters }))
    }
}

impl<T: FromRow> Query for Bound<'_, T> {
    type Row = T;

    fn lower(&self, _at_most: Option<u64>) -> Result<Sendable> {
        self.run()
    }
}

impl Command for Bound<'_, ()> {
    fn lower(&self) -> Result<Sendable> {
        self.run()
    }
}
