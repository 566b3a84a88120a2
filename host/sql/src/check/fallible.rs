//! Fallible expressions, which a value can make fail: a division by zero, an overflow, a text that is no number.
//!
//! A database evaluates conditions in any order, and an error for a row that a rule hides would reveal the row. So a statement with a
//! fallible expression in a position that may be evaluated for hidden rows is fenced: it is written so that rows are hidden first.

use super::{function, validate};
use crate::statement::{
    BinaryOp, Conflict, ConflictAction, Insert, InsertSource, Node, NodeId, Root, Select, Statement, UnaryOp,
};

/// The nodes of an arena that are fallible or contain a fallible node. Each node is visited once, however often it is used.
pub(super) struct Fallible<'s> {
    nodes: &'s [Node],
    /// Whether a node can fail.
    fails: Vec<bool>,
    /// Whether a query inside of a node can fail.
    queries: Vec<bool>,
}

impl<'s> Fallible<'s> {
    /// Analyses an arena whose nodes come after their operands.
    pub(super) fn new(nodes: &'s [Node]) -> Self {
        let (fails, queries) = (Vec::with_capacity(nodes.len()), Vec::with_capacity(nodes.len()));
        let mut all = Self { nodes, fails, queries };
        for node in nodes {
            let (mut fails, mut queries) = (is_fallible(node), false);
            validate::children(node, &mut |child, role| {
                fails |= all.can_fail(child);
                queries |= if role == validate::Role::Query { all.can_fail(child) } else { all.in_queries(child) };
            });
            all.fails.push(fails);
            all.queries.push(queries);
        }
        all
    }

    /// Whether a value can make an expression or a query fail, or any part of it.
    pub(super) fn can_fail(&self, id: NodeId) -> bool {
        self.fails.get(id as usize).copied().unwrap_or(true)
    }

    /// Whether a query inside of an expression can fail. Such a query selects rows of its own.
    fn in_queries(&self, id: NodeId) -> bool {
        self.queries.get(id as usize).copied().unwrap_or(true)
    }

    fn any_fails<'i>(&self, ids: impl IntoIterator<Item = &'i NodeId>) -> bool {
        ids.into_iter().any(|id| self.can_fail(*id))
    }

    fn any_in_queries<'i>(&self, ids: impl IntoIterator<Item = &'i NodeId>) -> bool {
        ids.into_iter().any(|id| self.in_queries(*id))
    }

    /// Whether a statement has a fallible expression in a position that may be evaluated for hidden rows. Results of the outermost query,
    /// and values that a change writes and returns, are computed for selected rows only.
    pub(super) fn is_exposed(&self, statement: &Statement) -> bool {
        match &statement.root {
            Root::Select(query) => self.outermost(*query),
            Root::Insert(insert) => self.inserts(insert),
            Root::Update(update) => {
                self.any_in_queries(update.assignments.iter().map(|assignment| &assignment.value))
                    || self.any_fails(update.source.iter().chain(&update.filter))
                    || self.any_in_queries(&update.returning)
            }
            Root::Delete(delete) => {
                self.any_fails(delete.source.iter().chain(&delete.filter)) || self.any_in_queries(&delete.returning)
            }
        }
    }

    fn inserts(&self, insert: &Insert) -> bool {
        let is_exposed = match &insert.source {
            InsertSource::Query(query) => self.outermost(*query),
            InsertSource::Values(rows) => self.any_fails(rows.iter().flatten()),
            InsertSource::Defaults => false,
        };
        is_exposed
            || insert.conflict.as_ref().is_some_and(|at| self.resolves(at))
            || self.any_in_queries(&insert.returning)
    }

    fn resolves(&self, conflict: &Conflict) -> bool {
        let set = match &conflict.action {
            ConflictAction::Nothing => &[][..],
            ConflictAction::Update(set) => set,
        };
        self.any_in_queries(set.iter().map(|assignment| &assignment.value)) || self.any_fails(&conflict.filter)
    }

    /// Whether an outermost query, whose result rows no other query selects from, exposes a fallible expression.
    fn outermost(&self, query: NodeId) -> bool {
        match self.nodes.get(query as usize) {
            Some(Node::Select(select)) => self.chooses(select),
            Some(Node::Compound(compound)) => {
                self.any_fails(compound.ctes.iter().map(|cte| &cte.query))
                    || compound.parts.iter().any(|part| self.outermost(*part))
            }
            _ => true,
        }
    }

    fn chooses(&self, select: &Select) -> bool {
        let queries = select.ctes.iter().map(|cte| &cte.query);
        let conditions = select.source.iter().chain(&select.filter).chain(&select.having);
        let orders = select.order_by.iter().map(|order| &order.expression);
        let mut results = select.columns.iter().chain(&select.group_by).chain(orders);
        // Sort and group keys may be computed before rows are joined, with the query's other sources or with a rule's tables. Keys may
        // refer to result columns by their labels.
        let is_sorted = select.distinct || !select.group_by.is_empty() || !select.order_by.is_empty();
        let is_exposed = |id: &NodeId| if is_sorted { self.can_fail(*id) } else { self.in_queries(*id) };
        self.any_fails(queries.chain(conditions)) || results.any(is_exposed)
    }
}

fn is_fallible(node: &Node) -> bool {
    match node {
        Node::Binary(binary) => matches!(
            binary.op,
            BinaryOp::Add
                | BinaryOp::Subtract
                | BinaryOp::Multiply
                | BinaryOp::Divide
                | BinaryOp::Modulo
                | BinaryOp::JsonGet
                | BinaryOp::JsonGetText
        ),
        Node::Unary((op, _)) => *op == UnaryOp::Negate,
        // A pattern that ends with its escape is an error for texts that match up to there; a scalar query may return two rows.
        Node::Matching(_) | Node::Cast(_) | Node::ScalarQuery(_) | Node::Window(_) => true,
        Node::Call(call) => !function::never_fails(&call.function),
        _ => false,
    }
}
