//! Expressions of rules: a part of SQL, parsed once into the nodes that guests' statements have.
//!
//! What there is: columns of the rule's own table (by their names, or with the table's), claims as `:name`, constants, comparisons,
//! `and`, `or`, `not`, `is null`, `is true`, `between`, `in` a list, `like`, arithmetic, `case`, `cast`, the functions that guests
//! may call but for aggregates and windows, and `exists` and `in` with a query of any tables. What has no node is an error.
//!
//! Names are taken to the letter, in double quotes or not. In the nodes, a column of the rule's own table has no table where it
//! stands outside of queries, and the table's name inside of them; a column of a query always has the name of its source.

mod call;
mod kind;
mod location;
mod operator;
mod parser;
mod query;
#[cfg(test)]
mod tests;
mod text;
mod value;

use std::collections::BTreeSet;

use self::{location::wrong, parser::ExpressionParser};
use super::{Claims, PolicyError};
use crate::{
    Scalar, Value,
    statement::{Node, NodeId},
};

/// A parsed expression. A claim is a parameter: its number is that of its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// The arena; a [`Node::Parameter`] is a claim.
    pub(super) nodes: Vec<Node>,
    /// The expression.
    pub(super) root: NodeId,
    /// The names of claims, by the number of their parameter.
    pub(super) claims: Vec<String>,
    /// The columns of the rule's own table that it names, those in queries included that have its name before them.
    pub(super) columns: BTreeSet<String>,
    /// The tables of its queries, by their last names.
    pub(super) tables: BTreeSet<String>,
}

impl Expression {
    /// Parses an expression about the rows of a table (by its last name). A text has 4 KiB at most, and 32 levels.
    ///
    /// # Errors
    /// What cannot be read, or has no node; `table` and `rule` of the error are left empty.
    pub fn parse(text: &str, table: &str) -> Result<Self, PolicyError> {
        text::parse(text, |parsed| {
            let mut reader = ExpressionParser::new(text, table);
            let root = reader.expression(parsed)?;
            Ok(reader.finish(root))
        })
    }

    /// Its nodes, each after those that it names; a [`Node::Parameter`] is a claim.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The position of the node that is the whole expression.
    #[must_use]
    pub fn root(&self) -> NodeId {
        self.root
    }

    /// The names of its claims, by the number of their parameter.
    #[must_use]
    pub fn claims(&self) -> &[String] {
        &self.claims
    }

    /// The same with each claim's value in its place, as the nodes of a condition.
    ///
    /// # Errors
    /// A claim that is not there, or is null or an array.
    pub(super) fn bind(&self, claims: &Claims) -> Result<Predicate, PolicyError> {
        let values = self.claims.iter().map(|name| claim(name, claims)).collect::<Result<Vec<_>, _>>()?;
        let bound = |node: &Node| match node {
            Node::Parameter(number) => {
                values.get(*number as usize).map_or_else(|| node.clone(), |value| Node::Literal((*value).clone()))
            }
            _ => node.clone(),
        };
        let nodes = self.nodes.iter().map(bound).collect();
        Ok(Predicate { nodes, root: self.root, columns: self.columns.clone() })
    }
}

/// The value of a claim. What is wrong with it is told without it: errors are read by more people than claims.
fn claim<'c>(name: &str, claims: &'c Claims) -> Result<&'c Value, PolicyError> {
    let problem = match claims.get(name) {
        None => "is not there",
        Some(Value::Scalar(Scalar::Null)) => "is null, which equals nothing",
        Some(Value::Scalar(Scalar::Other(..))) => "has a type of the database's own; give it a plain type",
        Some(Value::Array(_)) => "is an array; it has to be a single value",
        Some(value) => return Ok(value),
    };
    Err(wrong(0, format!("the claim {name:?} {problem}")))
}

/// An expression without claims: its constants are values that are bound.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Predicate {
    pub(crate) nodes: Vec<Node>,
    pub(crate) root: NodeId,
    pub(crate) columns: BTreeSet<String>,
}
