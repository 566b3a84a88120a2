//! Compounds of queries: `union`, `intersect` and `except`.

use std::marker::PhantomData;

use super::{Query, QueryNode, Sendable, Subquery, bound::Count};
use crate::{
    Result,
    bindings::sqlservice::database::statements::{self, Node as Form, SetOp},
    expression::{Arena, Children, Node, Order, OrderBy},
    row::FromRow,
};

/// A compound of queries: `a.union(b)`.
pub struct Compound<T> {
    op: SetOp,
    parts: Vec<Node>,
    order: Vec<Order>,
    limit: Option<Count>,
    offset: Option<Count>,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Compound<T> {
    fn clone(&self) -> Self {
        let Self { op, parts, order, limit, offset, of } = self;
        Self {
            op: *op,
            parts: parts.clone(),
            order: order.clone(),
            limit: limit.clone(),
            offset: offset.clone(),
            of: *of,
        }
    }
}

impl<T: FromRow> Compound<T> {
    pub(crate) fn new(op: SetOp, first: &impl Subquery<Row = T>, second: &impl Subquery<Row = T>) -> Self {
        let parts = vec![first.query_node().0, second.query_node().0];
        Self { op, parts, order: Vec::new(), limit: None, offset: None, of: PhantomData }
    }

    /// Rows of this compound and of another query, without duplicates.
    pub fn union(self, other: impl Subquery<Row = T>) -> Self {
        self.joined(SetOp::Union, &other)
    }

    /// Rows of this compound and of another query, with duplicates.
    pub fn union_all(self, other: impl Subquery<Row = T>) -> Self {
        self.joined(SetOp::UnionAll, &other)
    }

    /// Rows of this compound that another query returns, too.
    pub fn intersect(self, other: impl Subquery<Row = T>) -> Self {
        self.joined(SetOp::Intersect, &other)
    }

    /// Rows of this compound that another query does not return.
    pub fn except(self, other: impl Subquery<Row = T>) -> Self {
        self.joined(SetOp::Except, &other)
    }

    /// Adds a part to a union of the same operator without order and limits; else this compound becomes the first part of a new one.
    fn joined(mut self, op: SetOp, other: &impl Subquery<Row = T>) -> Self {
        let plain = self.order.is_empty() && self.limit.is_none() && self.offset.is_none();
        if op == self.op && plain && matches!(op, SetOp::Union | SetOp::UnionAll) {
            self.parts.push(other.query_node().0);
            return self;
        }
        Self::new(op, &self, other)
    }

    /// Orders the rows of all parts together, by columns or labels of the first part.
    pub fn order_by(mut self, keys: impl OrderBy) -> Self {
        keys.keys(&mut self.order);
        self
    }

    /// Returns at most `rows` rows.
    pub fn limit(mut self, rows: u64) -> Self {
        self.limit = Some(Count::Known(rows));
        self
    }

    /// Skips the first `rows` rows.
    pub fn offset(mut self, rows: u64) -> Self {
        self.offset = Some(Count::Known(rows));
        self
    }

    fn node(&self, at_most: Option<u64>) -> Node {
        let mut children = Children::default();
        let compound = statements::Compound {
            ctes: Vec::new(),
            op: self.op,
            parts: children.all(self.parts.iter().cloned()),
            order_by: self.order.iter().map(|order| order.unqualified().key(&mut children)).collect(),
            limit: children.maybe(Count::limit(self.limit.as_ref(), at_most)),
            offset: children.maybe(self.offset.as_ref().map(Count::node)),
        };
        children.node(Form::Compound(compound))
    }
}

impl<T: FromRow> Query for Compound<T> {
    type Row = T;

    fn lower(&self, at_most: Option<u64>) -> Result<Sendable> {
        Ok(Sendable::Statement(Arena::query(&self.node(at_most))))
    }
}

impl<T: FromRow> Subquery for Compound<T> {
    fn query_node(&self) -> QueryNode {
        QueryNode(self.node(None))
    }
}
