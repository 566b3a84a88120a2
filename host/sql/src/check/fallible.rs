//! Expressions that a value can make fail: a quotient by zero, a sum that is too large, a text that is no number.
//!
//! A database evaluates conditions in any order. Where one fails for a row that a rule hides, the error tells of the row. So a statement
//! that has such an expression where rows are still being chosen is written in a way that hides them first.

use super::{function, shape};
use crate::statement::{BinaryOp, Node, NodeId, Root, Select, Statement, UnaryOp};

/// Whether a statement has such an expression at a place where it is evaluated before it is known which rows there are. What the
/// outermost query returns, and what a change writes, is computed of rows that were chosen.
pub(super) fn is_exposed(statement: &Statement) -> bool {
    let nodes = &statement.nodes;
    let mut walk = Walk { nodes, seen: vec![false; nodes.len()] };
    match &statement.root {
        Root::Select(query) => walk.outermost(*query),
        Root::Insert(insert) => match &insert.source {
            crate::statement::InsertSource::Query(query) => walk.outermost(*query),
            _ => walk.roots(&statement.root),
        },
        // What they set is written for chosen rows, but queries in it choose rows of their own.
        Root::Update(update) => {
            let set = update.assignments.iter().any(|assignment| walk.queries_in(assignment.value));
            set || update.source.iter().chain(&update.filter).any(|id| walk.has(*id))
        }
        Root::Delete(delete) => delete.source.iter().chain(&delete.filter).any(|id| walk.has(*id)),
    }
}

/// Whether a value can make an expression fail, or one inside of it.
pub(super) fn can_fail(nodes: &[Node], id: NodeId) -> bool {
    Walk { nodes, seen: vec![false; nodes.len()] }.has(id)
}

/// A walk that looks at each node once.
struct Walk<'s> {
    nodes: &'s [Node],
    seen: Vec<bool>,
}

impl Walk<'_> {
    /// Whether there is one in a node or below it.
    fn has(&mut self, id: NodeId) -> bool {
        let Some(seen) = self.seen.get_mut(id as usize).filter(|seen| !**seen) else { return false };
        *seen = true;
        let Some(node) = self.nodes.get(id as usize) else { return false };
        if is_fallible(node) {
            return true;
        }
        let mut below = Vec::new();
        shape::children(node, &mut |child, _| below.push(child));
        below.into_iter().any(|child| self.has(child))
    }

    fn roots(&mut self, root: &Root) -> bool {
        let mut all = Vec::new();
        shape::roots(root, &mut |child, _| all.push(child));
        all.into_iter().any(|child| self.has(child))
    }

    /// Whether there is one in a query whose result nothing chooses among.
    fn outermost(&mut self, query: NodeId) -> bool {
        match self.nodes.get(query as usize) {
            Some(Node::Select(select)) => self.chooses(select),
            Some(Node::Compound(compound)) => {
                let (ctes, parts) = (&compound.ctes, &compound.parts);
                ctes.iter().any(|cte| self.has(cte.query)) || parts.iter().any(|part| self.outermost(*part))
            }
            _ => self.has(query),
        }
    }

    fn chooses(&mut self, select: &Select) -> bool {
        let queries = select.ctes.iter().map(|cte| cte.query);
        let conditions = select.source.iter().chain(&select.filter).chain(&select.having).copied();
        let orders = select.order_by.iter().map(|order| order.expression);
        let results = select.columns.iter().chain(&select.group_by).copied().chain(orders);
        // What rows are sorted or grouped by is computed before they are joined: with others of the query, or with those of a rule. A
        // result may be meant by its label.
        let is_sorted = select.distinct || !select.group_by.is_empty() || !select.order_by.is_empty();
        let look = if is_sorted { Self::has } else { Self::queries_in };
        queries.chain(conditions).any(|id| self.has(id)) || results.into_iter().any(|id| look(self, id))
    }

    /// Whether there is one in the queries that an expression has.
    fn queries_in(&mut self, id: NodeId) -> bool {
        let Some(node) = self.nodes.get(id as usize) else { return false };
        match node {
            Node::Exists(query) | Node::ScalarQuery(query) => self.has(*query),
            Node::Membership(membership) => self.has(membership.query) || self.queries_in(membership.value),
            node => {
                let mut below = Vec::new();
                shape::children(node, &mut |child, _| below.push(child));
                below.into_iter().any(|child| self.queries_in(child))
            }
        }
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
        // A pattern may end with its escape, which is an error for the texts that match so far; a query may return two rows.
        Node::Matching(_) | Node::Cast(_) | Node::ScalarQuery(_) | Node::Window(_) => true,
        Node::Call(call) => !function::never_fails(&call.function),
        _ => false,
    }
}
