//! A statement rendered for one dialect, ready to bind and run.

use std::sync::Arc;

use crate::{
    Result, Sql, Summary, Value, ValueBounds,
    policy::Predicate,
    schema::{ColumnType, TypeKind},
};

/// The source of a bound value.
#[derive(Clone, Debug, PartialEq)]
pub enum ValueSource {
    /// The call's parameter at this position.
    Parameter(u32),
    /// A constant of the statement.
    Literal(Value),
}

/// One placeholder; placeholders are in the order of the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Placeholder {
    /// The source of its value.
    pub source: ValueSource,
    /// The type kind of the column that it is compared with or assigned to, if any.
    pub kind: Option<TypeKind>,
    /// The bounds of the column that it is assigned to, where not every value fits.
    pub bounds: Option<Arc<ValueBounds>>,
}

/// A result column, as far as it can be determined before the statement runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Option<ColumnType>,
    /// Whether it can be null.
    pub nullable: Option<bool>,
}

/// A checked statement, rendered.
#[derive(Clone, Debug, PartialEq)]
pub struct Compiled {
    /// The text. Every value is bound to a placeholder.
    pub sql: Sql,
    /// The placeholders, in order.
    pub placeholders: Vec<Placeholder>,
    /// The result's columns; empty where the statement returns no rows. An insert without `RETURNING` can have one: the
    /// key that the database generates and the driver reports.
    pub outputs: Arc<[Output]>,
    /// The number of parameters that a call must bind.
    pub parameters: u32,
    /// Whether it changes data.
    pub writes: bool,
    /// Whether it locks the rows that it reads.
    pub locks: bool,
    /// Whether it reads the clock, or a view, which may do so: on some databases that is the time of its transaction.
    pub clock: bool,
    /// Its operation and tables.
    pub summary: Summary,
    /// Conditions on its values, checked before they are sent.
    pub conditions: Vec<Condition>,
}

/// A policy's condition on the values that a statement writes into a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    pub(crate) table: String,
    pub(crate) predicate: Arc<Predicate>,
    /// The columns that the predicate names, and the sources of their values.
    pub(crate) values: Vec<(String, ValueSource)>,
}

impl Condition {
    /// Refuses values that do not satisfy the condition.
    ///
    /// # Errors
    /// [`Error::Denied`](crate::Error::Denied), which names the table.
    pub fn check(&self, parameters: &[Value]) -> Result<()> {
        let value = |column: &str| {
            let (_, source) = self.values.iter().find(|(name, _)| name == column)?;
            match source {
                ValueSource::Literal(value) => Some(value.borrow()),
                ValueSource::Parameter(number) => parameters.get(*number as usize).map(Value::borrow),
            }
        };
        self.predicate.check(&self.table, &value)
    }
}
