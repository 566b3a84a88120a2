//! A statement rendered for one dialect, ready to bind and run.

use std::sync::Arc;

use crate::{
    Result, Sql, Summary, Value, ValueBounds,
    policy::Predicate,
    schema::{ColumnType, TypeKind},
};

/// Where a bound value comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum ValueSource {
    /// The call's parameter at this position.
    Parameter(u32),
    /// A constant of the statement.
    Literal(Value),
}

/// One placeholder of the text, in the order of the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Placeholder {
    /// Where its value comes from.
    pub source: ValueSource,
    /// The kind of the column that it is compared with or assigned to, where there is one.
    pub kind: Option<TypeKind>,
    /// The room of the column that it is assigned to, where not every value fits.
    pub bounds: Option<Arc<ValueBounds>>,
}

/// A result column as far as it is known before the statement runs.
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
    /// The text. Every value is a placeholder.
    pub sql: Sql,
    /// The placeholders, in order.
    pub placeholders: Vec<Placeholder>,
    /// The result's columns; empty where the statement returns no rows. One of an insert without `RETURNING` is the key that
    /// an embedded database makes.
    pub outputs: Arc<[Output]>,
    /// How many parameters a call must give.
    pub parameters: u32,
    /// Whether it changes data.
    pub writes: bool,
    /// Whether it locks the rows that it reads.
    pub locks: bool,
    /// Whether it asks for the time, or reads a view, which may: on some databases that is the time of its transaction.
    pub clock: bool,
    /// What it does, and to which tables.
    pub summary: Summary,
    /// What has to be true of its values before they are sent.
    pub conditions: Vec<Condition>,
}

/// What a policy demands of the values that a statement writes into a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    pub(crate) table: String,
    pub(crate) predicate: Arc<Predicate>,
    /// The columns that it names, and where their values come from.
    pub(crate) values: Vec<(String, ValueSource)>,
}

impl Condition {
    /// Refuses values of which it is not true.
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
