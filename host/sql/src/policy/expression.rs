//! Expressions of rules: a subset of SQL, parsed once into the same nodes as guests' statements.
//!
//! The subset: columns of the rule's own table (with or without the table's name), claims as `:name`, constants, comparisons,
//! `and`, `or`, `not`, `is null`, `is true`, `between`, `in` a list, `like`, arithmetic, `case`, `cast`, the functions that guests
//! may call but for aggregates and windows, and `exists` and `in` with a query of any tables. All other syntax is an error.
//!
//! Names are case-sensitive, in double quotes or not. In the nodes, a column of the rule's own table has no table name outside of
//! queries, and the table's name inside of them. A column of a query's source always has the name of that source.

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
    statement::{Binary, BinaryOp, ListOp, Listed, Node, NodeId},
};

/// A parsed expression. Each claim is a parameter, whose number is the position of its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// The arena, in which a [`Node::Parameter`] is a claim.
    pub(super) nodes: Vec<Node>,
    /// The node of the whole expression.
    pub(super) root: NodeId,
    /// The claims' names, indexed by parameter number.
    pub(super) claims: Vec<String>,
    /// The columns of the rule's own table that the expression names, including those in its queries.
    pub(super) columns: BTreeSet<String>,
    /// The tables of its queries, by their names without schemas.
    pub(super) tables: BTreeSet<String>,
}

impl Expression {
    /// Parses an expression about the rows of a table, named without its schema. A text has at most 4 KiB and 32 levels.
    ///
    /// # Errors
    /// A syntax error, or syntax outside of the subset. `table` and `rule` of the error are empty.
    pub fn parse(text: &str, table: &str) -> Result<Self, PolicyError> {
        text::parse(text, |parsed| {
            let mut reader = ExpressionParser::new(text, table);
            let root = reader.expression(parsed)?;
            Ok(reader.finish(root))
        })
    }

    /// The nodes, each after its operands. A [`Node::Parameter`] is a claim.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The position of the node that is the whole expression.
    #[must_use]
    pub fn root(&self) -> NodeId {
        self.root
    }

    /// The claims' names, indexed by parameter number.
    #[must_use]
    pub fn claims(&self) -> &[String] {
        &self.claims
    }

    /// Replaces each claim by its value, as a literal.
    ///
    /// # Errors
    /// A claim that is missing, null, an array, or of a type of the database's own.
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

/// Returns the value of a claim. Errors omit the value, since more people may read errors than claims.
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

/// An expression with its claims replaced by values. Its literals become bind values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Predicate {
    pub(crate) nodes: Vec<Node>,
    pub(crate) root: NodeId,
    pub(crate) columns: BTreeSet<String>,
}

impl Predicate {
    /// The value that a column has in every row for which the predicate is true; `None` where the predicate does not say so plainly: by
    /// `column = value`, alone or as one of the conditions that `and` combines.
    pub(super) fn constant(&self, column: &str) -> Option<&Value> {
        let node = |id: NodeId| self.nodes.get(id as usize);
        let beside = |id: NodeId, other: NodeId| match (node(id), node(other)) {
            (Some(Node::Column(found)), Some(Node::Literal(value))) if found.name == column => Some(value),
            _ => None,
        };
        let mut conditions = vec![self.root];
        while let Some(id) = conditions.pop() {
            match node(id) {
                Some(Node::Listed(Listed { op: ListOp::And, items })) => conditions.extend(items),
                Some(Node::Binary(Binary { op: BinaryOp::Equal, left, right })) => {
                    if let Some(value) = beside(*left, *right).or_else(|| beside(*right, *left)) {
                        return Some(value);
                    }
                }
                _ => {}
            }
        }
        None
    }
}
