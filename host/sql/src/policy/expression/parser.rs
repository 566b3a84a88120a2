//! Converts the library's tree into nodes: the parser's state, and the dispatch by kind of expression.

use std::collections::BTreeSet;

use sqlparser::{
    ast::{Expr, Ident},
    tokenizer::Location,
};

use super::{
    Expression,
    location::{offset, start, wrong},
};
use crate::{
    policy::PolicyError,
    statement::{BinaryOp, ColumnName, Node, NodeId, UnaryOp},
};

/// The most levels of nodes, and of the recursion that reads them.
pub(super) const DEPTH: usize = 32;
/// The message for deeper nesting.
pub(super) const TOO_DEEP: &str = "it nests more than 32 levels deep; write it in a flatter way";

pub(super) type Result<T> = std::result::Result<T, PolicyError>;

/// The class of an operator, which decides whether an operand needs parentheses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// A comparison, or `not`.
    Comparison,
    /// Arithmetic with numbers.
    Arithmetic,
    /// Concatenation of texts.
    Concat,
}

/// The sources of a query.
pub(super) struct Sources {
    /// The sources' names, in join order.
    pub(super) names: Vec<String>,
    /// The number of sources joined so far.
    pub(super) joined: usize,
}

/// The state of parsing one expression.
pub(super) struct ExpressionParser<'t> {
    text: &'t str,
    /// The rule's own table.
    table: &'t str,
    nodes: Vec<Node>,
    /// The depth of each node.
    depths: Vec<usize>,
    pub(super) claims: Vec<String>,
    columns: BTreeSet<String>,
    pub(super) tables: BTreeSet<String>,
    /// The sources of the queries around the current expression, the innermost last.
    pub(super) queries: Vec<Sources>,
    /// The number of expressions around the current one.
    level: usize,
    /// The byte offset of the current expression.
    at: usize,
}

impl<'t> ExpressionParser<'t> {
    pub(super) fn new(text: &'t str, table: &'t str) -> Self {
        Self {
            text,
            table,
            nodes: Vec::new(),
            depths: Vec::new(),
            claims: Vec::new(),
            columns: BTreeSet::new(),
            tables: BTreeSet::new(),
            queries: Vec::new(),
            level: 0,
            at: 0,
        }
    }

    pub(super) fn finish(self, root: NodeId) -> Expression {
        let Self { nodes, claims, columns, tables, .. } = self;
        Expression { nodes, root, claims, columns, tables }
    }

    /// Whether a name is that of the rule's own table.
    pub(super) fn is_own(&self, name: &str) -> bool {
        self.table == name
    }

    /// The rule's own table.
    pub(super) fn own(&self) -> &'t str {
        self.table
    }

    /// Adds a node, whose depth follows from these operands.
    pub(super) fn push(&mut self, node: Node, operands: &[NodeId]) -> Result<NodeId> {
        let depth = |id: &NodeId| self.depths.get(*id as usize).copied().unwrap_or(DEPTH);
        let depth = operands.iter().map(depth).max().unwrap_or(0) + 1;
        if depth > DEPTH {
            return Err(self.refuse(TOO_DEEP));
        }
        let id = NodeId::try_from(self.nodes.len()).map_err(|_| self.refuse("it has too many parts"))?;
        self.nodes.push(node);
        self.depths.push(depth);
        Ok(id)
    }

    /// An error at the start of the current expression.
    pub(super) fn refuse(&self, message: impl Into<String>) -> PolicyError {
        wrong(self.at, message)
    }

    /// An error at a location; where it is unknown, at the start of the current expression.
    pub(super) fn refuse_at(&self, place: Location, message: impl Into<String>) -> PolicyError {
        wrong(offset(self.text, place).unwrap_or(self.at), message)
    }

    /// Converts an expression. An error ends the whole parse, so it leaves the state unrestored.
    pub(super) fn expression(&mut self, expression: &Expr) -> Result<NodeId> {
        let expression = bare(expression);
        let around = self.at;
        self.at = start(expression).and_then(|place| offset(self.text, place)).unwrap_or(around);
        if self.level >= DEPTH {
            return Err(self.refuse(TOO_DEEP));
        }
        self.level += 1;
        let id = self.read(expression)?;
        self.level -= 1;
        self.at = around;
        Ok(id)
    }

    /// Converts several expressions.
    pub(super) fn each<'e>(&mut self, expressions: impl IntoIterator<Item = &'e Expr>) -> Result<Vec<NodeId>> {
        expressions.into_iter().map(|expression| self.expression(expression)).collect()
    }

    fn read(&mut self, expression: &Expr) -> Result<NodeId> {
        match expression {
            Expr::Identifier(name) => self.column(std::slice::from_ref(name)),
            Expr::CompoundIdentifier(names) => self.column(names),
            Expr::Value(value) => self.constant(&value.value),
            Expr::UnaryOp { op, expr } => self.unary(*op, expr),
            Expr::BinaryOp { left, op, right } => self.binary(expression, left, op, right),
            Expr::IsNull(operand) | Expr::IsUnknown(operand) => self.is_null(UnaryOp::IsNull, operand),
            Expr::IsNotNull(operand) | Expr::IsNotUnknown(operand) => self.is_null(UnaryOp::IsNotNull, operand),
            Expr::IsTrue(operand) => self.truth(operand, true, true),
            Expr::IsNotTrue(operand) => self.truth(operand, true, false),
            Expr::IsFalse(operand) => self.truth(operand, false, true),
            Expr::IsNotFalse(operand) => self.truth(operand, false, false),
            Expr::IsDistinctFrom(left, right) => self.operator(BinaryOp::IsDistinct, Class::Comparison, left, right),
            Expr::IsNotDistinctFrom(left, right) => {
                self.operator(BinaryOp::IsNotDistinct, Class::Comparison, left, right)
            }
            Expr::Between { .. } | Expr::InList { .. } | Expr::Like { .. } | Expr::ILike { .. } => {
                self.range(expression)
            }
            Expr::Case { .. } | Expr::Cast { .. } => self.choice(expression),
            Expr::InSubquery { expr, subquery, negated } => self.membership(expr, subquery, *negated),
            Expr::Exists { subquery, negated } => self.exists(subquery, *negated),
            Expr::Function(function) => self.function(function),
            _ => self.special_call(expression),
        }
    }

    /// Converts a column of the rule's own table, or of a query around the current expression.
    fn column(&mut self, names: &[Ident]) -> Result<NodeId> {
        let (table, name) = match names {
            [name] => (None, name),
            [table, name] => (Some(table), name),
            _ => return Err(self.refuse("a column is written with its table's name or without; leave the schema away")),
        };
        let table = match self.source_of(table)? {
            Some(source) => Some(source),
            None => {
                self.columns.insert(name.value.clone());
                (!self.queries.is_empty()).then(|| self.table.to_owned())
            }
        };
        self.push(Node::Column(ColumnName { table, name: name.value.clone() }), &[])
    }
}

/// Strips the parentheses around an expression.
pub(super) fn bare(expression: &Expr) -> &Expr {
    let mut expression = expression;
    while let Expr::Nested(inner) = expression {
        expression = inner;
    }
    expression
}
