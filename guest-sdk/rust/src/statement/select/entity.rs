//! Selects derived from a query of entities: one row by its key, the keys alone, the number of rows, one page of rows.

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
    /// Selects other columns of the same rows.
    fn read_as<U>(self, columns: Vec<Node>) -> Select<U> {
        let Self { ctes, columns: _, distinct, source, filter, groups, having, order, limit, offset, lock, of: _ } =
            self;
        Select { ctes, columns, distinct, source, filter, groups, having, order, limit, offset, lock, of: PhantomData }
    }

    /// Whether each row of the result set is one row of the sources, so that other columns can be selected.
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

    /// Replaces the order.
    pub(crate) fn ordered(mut self, order: Vec<Order>) -> Self {
        self.order = order;
        self
    }

    /// Adds a condition, where there is one.
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

    /// Returns the position of a node among the columns, to which it is added under a label where it is missing.
    pub(crate) fn position_of(&mut self, node: &Node) -> usize {
        if let Some(at) = self.columns.iter().position(|column| column.is_same_column(node)) {
            return at;
        }
        let label = format!("page_{}", self.columns.len());
        self.columns.push(Node::with([node.clone()], |[value]| Form::Label(Labelled { value, label })));
        self.columns.len() - 1
    }

    /// Leaves out the columns at these positions.
    pub(crate) fn without(mut self, omitted: &[usize]) -> Self {
        let mut at = 0;
        self.columns.retain(|_| {
            at += 1;
            !omitted.contains(&(at - 1))
        });
        self
    }

    /// Selects the number of rows.
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

    /// Restricts the query to the row of this primary key.
    pub(crate) fn with_key(self, key: &[Value]) -> Self {
        let pairs = self.key_columns().into_iter().zip(key);
        let equal = pairs.map(|(column, value)| Node::binary(BinaryOp::Equal, column, Node::value(value.clone())));
        let equal = Node::all(equal.collect());
        self.only(Some(equal))
    }

    /// Selects the primary keys of the rows; all columns where the keys alone would be another result (distinct, groups).
    pub(crate) fn keys(self) -> Select<Vec<Value>> {
        let columns = if self.is_plain() { self.key_columns() } else { self.columns.clone() };
        self.read_as(columns)
    }

    /// Selects the keys without a lock and without needless order, to find out whether the query has any row.
    pub(crate) fn any_row(mut self) -> Select<Vec<Value>> {
        self.lock = None;
        if !self.is_cut() {
            self.order.clear();
        }
        self.keys()
    }
}
