//! Reads the library's tree into nodes: what is known meanwhile, and which expression is read where.

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

/// How deep nodes and the functions that read them nest.
pub(super) const DEPTH: usize = 32;
/// What is said of more.
pub(super) const TOO_DEEP: &str = "it nests more than 32 levels deep; write it in a flatter way";

pub(super) type Result<T> = std::result::Result<T, PolicyError>;

/// What an operator is, as far as two side by side may need parentheses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// It compares, or is `not`.
    Comparison,
    /// It computes with numbers.
    Arithmetic,
    /// It puts texts together.
    Concat,
}

/// The sources of a query.
pub(super) struct Sources {
    /// Their names, in the order in which they are joined.
    pub(super) names: Vec<String>,
    /// How many of them are joined so far.
    pub(super) joined: usize,
}

/// What is known while an expression is read.
pub(super) struct ExpressionParser<'t> {
    text: &'t str,
    /// The rule's own table.
    table: &'t str,
    nodes: Vec<Node>,
    /// How deep each node is.
    depths: Vec<usize>,
    pub(super) claims: Vec<String>,
    columns: BTreeSet<String>,
    pub(super) tables: BTreeSet<String>,
    /// The sources of the queries around what is read, the innermost last.
    pub(super) queries: Vec<Sources>,
    /// How many expressions are around what is read.
    level: usize,
    /// Where what is read begins.
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

    /// Adds a node with these operands.
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

    /// An error where what is read begins.
    pub(super) fn refuse(&self, message: impl Into<String>) -> PolicyError {
        wrong(self.at, message)
    }

    /// An error at a place, where that is known.
    pub(super) fn refuse_at(&self, place: Location, message: impl Into<String>) -> PolicyError {
        wrong(offset(self.text, place).unwrap_or(self.at), message)
    }

    /// Reads an expression. An error ends everything, so nothing is put back then.
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

    /// Reads expressions.
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

    /// A column: of the rule's own table, or of a query around it.
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

/// An expression without the parentheses around it.
pub(super) fn bare(expression: &Expr) -> &Expr {
    let mut expression = expression;
    while let Expr::Nested(inner) = expression {
        expression = inner;
    }
    expression
}
