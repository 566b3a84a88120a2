//! What a query of entities makes of its select: the same rows by key, their keys alone, their number, one page of them.

use std::marker::PhantomData;

use super::{Select, subquery};
use crate::{
    Model, Value,
    bindings::sqlservice::database::statements::{BinaryOp, Labelled, Node as Form},
    expression::{Node, Order, count_all},
    row::FromRow,
    statement::bound::Count,
};

impl<T> Select<T> {
    /// The same rows, of which something else is read.
    fn read_as<U>(self, columns: Vec<Node>) -> Select<U> {
        let Self { ctes, columns: _, distinct, source, filter, groups, having, order, limit, offset, lock, of: _ } =
            self;
        Select { ctes, columns, distinct, source, filter, groups, having, order, limit, offset, lock, of: PhantomData }
    }

    /// Whether each row of its sources is one of its own: other columns can be read of them.
    pub(crate) fn is_plain(&self) -> bool {
        !self.distinct && self.groups.is_empty() && self.having.is_none()
    }

    pub(crate) const fn is_grouped(&self) -> bool {
        !self.groups.is_empty() || self.having.is_some()
    }

    pub(crate) const fn is_cut(&self) -> bool {
        self.limit.is_some() || self.offset.is_some()
    }

    pub(crate) fn order(&self) -> &[Order] {
        &self.order
    }

    /// In this order, and no other.
    pub(crate) fn ordered(mut self, order: Vec<Order>) -> Self {
        self.order = order;
        self
    }

    /// Only rows for which this holds.
    pub(crate) fn only(mut self, condition: Option<Node>) -> Self {
        if let Some(condition) = condition {
            self.filter = Node::and(self.filter, condition);
        }
        self
    }

    pub(crate) fn at_most(mut self, rows: u64) -> Self {
        self.limit = Some(Count::Known(rows));
        self
    }

    /// Where a node is among its columns; it is added under a name where it is not.
    pub(crate) fn position_of(&mut self, node: &Node) -> usize {
        if let Some(at) = self.columns.iter().position(|column| column.is_same_column(node)) {
            return at;
        }
        let label = format!("page_{}", self.columns.len());
        self.columns.push(Node::with([node.clone()], |[value]| Form::Label(Labelled { value, label })));
        self.columns.len() - 1
    }

    /// The same without some of its columns.
    pub(crate) fn without(mut self, omitted: &[usize]) -> Self {
        let mut at = 0;
        self.columns.retain(|_| {
            at += 1;
            !omitted.contains(&(at - 1))
        });
        self
    }

    /// How many rows it has.
    pub(crate) fn counted(mut self) -> Select<i64>
    where
        T: FromRow,
    {
        self.lock = None;
        if self.is_cut() || !self.is_plain() {
            if !self.is_cut() {
                self.order.clear();
            }
            return super::select_columns(count_all()).source(subquery(&self, "counted".to_owned()));
        }
        self.order.clear();
        self.read_as(vec![count_all().node])
    }

    fn source(mut self, source: Node) -> Self {
        self.source = Some(source);
        self
    }
}

impl<M: Model> Select<M> {
    /// The columns of the primary key.
    pub(crate) fn key_columns(&self) -> Vec<Node> {
        M::KEY_AT.iter().filter_map(|&at| self.columns.get(at).cloned()).collect()
    }

    /// The row of this key, where it is one of its rows.
    pub(crate) fn with_key(self, key: &[Value]) -> Self {
        let pairs = self.key_columns().into_iter().zip(key);
        let equal = pairs.map(|(column, value)| Node::binary(BinaryOp::Equal, column, Node::value(value.clone())));
        let equal = Node::all(equal.collect());
        self.only(Some(equal))
    }

    /// The keys of its rows; the rows themselves where a key alone would be something else.
    pub(crate) fn keys(self) -> Select<Vec<Value>> {
        let columns = if self.is_plain() { self.key_columns() } else { self.columns.clone() };
        self.read_as(columns)
    }

    /// Something of one of its rows, where it has any.
    pub(crate) fn any_row(mut self) -> Select<Vec<Value>> {
        self.lock = None;
        if !self.is_cut() {
            self.order.clear();
        }
        self.keys()
    }
}
