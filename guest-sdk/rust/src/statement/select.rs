//! Queries.

mod entity;
mod join;

use std::marker::PhantomData;

use self::join::named;
pub(super) use self::join::subquery;
use super::{Compound, Query, QueryNode, Sendable, Subquery, bound::Count};
use crate::{
    Alias, Model, Result,
    bindings::sqlservice::database::statements::{self, Cte, Locking, Node as Form, SetOp},
    expression::{
        Arena, Children, Expr, FromTable, Node, Operand, Order, OrderBy, Selection, entity, nodes, operand_node,
    },
    row::FromRow,
};

/// A query whose rows are read as `T`.
pub struct Select<T> {
    ctes: Vec<(String, bool, Node)>,
    columns: Vec<Node>,
    distinct: bool,
    source: Option<Node>,
    filter: Option<Node>,
    groups: Vec<Node>,
    having: Option<Node>,
    order: Vec<Order>,
    limit: Option<Count>,
    offset: Option<Count>,
    lock: Option<Lock>,
    of: PhantomData<fn() -> T>,
}

/// Selects all columns of a model.
pub fn select<M: Model>() -> Select<M> {
    Select::new(entity::<M>())
}

/// Selects columns and expressions. The source is the table of the first column among them, unless [`Select::from`] or one
/// of its variants sets another.
pub fn select_columns<S: Selection>(selection: S) -> Select<S::Row> {
    Select::new(selection)
}

impl<M: Model> Alias<M> {
    /// Selects all columns of the alias.
    pub fn select(self) -> Select<M> {
        Select::new(self.entity())
    }
}

/// The strength of the lock on the rows that a query returns, and how it treats rows that other transactions have locked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lock {
    /// Whether other transactions may lock the rows with a shared lock, too.
    pub share: bool,
    /// Whether a lock that another transaction holds is an error at once.
    pub no_wait: bool,
    /// Whether locked rows are skipped.
    pub skip_locked: bool,
    /// The sources whose rows are locked, by their aliases or the names of their tables; all where empty (`lock-tables`).
    pub of: Vec<String>,
}

impl<T> Clone for Select<T> {
    fn clone(&self) -> Self {
        Self {
            ctes: self.ctes.clone(),
            columns: self.columns.clone(),
            distinct: self.distinct,
            source: self.source.clone(),
            filter: self.filter.clone(),
            groups: self.groups.clone(),
            having: self.having.clone(),
            order: self.order.clone(),
            limit: self.limit.clone(),
            offset: self.offset.clone(),
            lock: self.lock.clone(),
            of: PhantomData,
        }
    }
}

impl<T> Select<T> {
    pub(crate) fn new(selection: impl Selection) -> Self {
        let columns = nodes(selection);
        let source = columns.iter().find_map(Node::first_source).map(|source| source.node());
        Self {
            ctes: Vec::new(),
            columns,
            distinct: false,
            source,
            filter: None,
            groups: Vec::new(),
            having: None,
            order: Vec::new(),
            limit: None,
            offset: None,
            lock: None,
            of: PhantomData,
        }
    }

    /// Only rows for which this is true. Several filters must all be true.
    pub fn filter(mut self, condition: impl Operand<bool>) -> Self {
        self.filter = Node::and(self.filter, operand_node(condition));
        self
    }

    /// Removes duplicate rows.
    pub fn distinct(mut self) -> Self {
        self.distinct = true;
        self
    }

    /// Groups the rows, and returns one row per group.
    pub fn group_by(mut self, selection: impl Selection) -> Self {
        self.groups.extend(nodes(selection).into_iter().map(Node::unlabelled));
        self
    }

    /// Only groups for which this is true.
    pub fn having(mut self, condition: impl Operand<bool>) -> Self {
        self.having = Node::and(self.having, operand_node(condition));
        self
    }

    /// Orders the rows; further keys are appended to the existing ones.
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

    /// Limits the rows by a [`parameter`](crate::expression::parameter) of the prepared statement.
    pub fn limit_to(mut self, parameter: Expr<i64>) -> Self {
        self.limit = Some(Count::open(parameter));
        self
    }

    /// Skips as many rows as a [`parameter`](crate::expression::parameter) of the prepared statement holds.
    pub fn offset_by(mut self, parameter: Expr<i64>) -> Self {
        self.offset = Some(Count::open(parameter));
        self
    }

    /// Locks the rows until the transaction ends, where the database can (`row-locking`).
    pub fn for_update(self) -> Self {
        self.lock(Lock::default())
    }

    /// Locks the rows with these options.
    pub fn lock(mut self, lock: Lock) -> Self {
        self.lock = Some(lock);
        self
    }

    /// Selects from a model's table, which replaces the previous source.
    pub fn from<M: Model>(mut self) -> Self {
        self.source = Some(FromTable::of::<M>(None).node());
        self
    }

    /// Selects from a table under an alias.
    pub fn from_alias<M: Model>(mut self, alias: Alias<M>) -> Self {
        self.source = Some(FromTable::of::<M>(Some(alias.name)).node());
        self
    }

    /// Selects from a table by its name: one that was reflected, or a common table expression of this query.
    /// Its columns are written `column::<T>("name", "column")`.
    pub fn from_table(mut self, name: impl Into<String>) -> Self {
        self.source = Some(named(name.into()));
        self
    }

    /// Selects from another query under an alias. Its columns are written `column::<T>("name", "column")`; where they are those of a
    /// model and the name is an [`alias`](crate::alias) of it, also `Device::KIND.of(recent)` and `recent.entity()`.
    pub fn from_query(mut self, query: &impl Subquery, alias: impl Into<String>) -> Self {
        self.source = Some(subquery(query, alias.into()));
        self
    }

    /// Adds a common table expression, which this query can select from and join by its name. The name may be an
    /// [`alias`](crate::alias) of a model whose columns the query has.
    pub fn with(mut self, name: impl Into<String>, query: &impl Subquery) -> Self {
        self.ctes.push((name.into(), false, query.query_node().0));
        self
    }

    /// Adds a common table expression whose query may refer to its own name.
    pub fn with_recursive(mut self, name: impl Into<String>, query: &impl Subquery) -> Self {
        self.ctes.push((name.into(), true, query.query_node().0));
        self
    }

    /// Rows of this query and of another one, without duplicates.
    pub fn union(self, other: impl Subquery<Row = T>) -> Compound<T>
    where
        T: FromRow,
    {
        Compound::new(SetOp::Union, &self, &other)
    }

    /// Rows of this query and of another one, with duplicates.
    pub fn union_all(self, other: impl Subquery<Row = T>) -> Compound<T>
    where
        T: FromRow,
    {
        Compound::new(SetOp::UnionAll, &self, &other)
    }

    /// Rows that both queries return.
    pub fn intersect(self, other: impl Subquery<Row = T>) -> Compound<T>
    where
        T: FromRow,
    {
        Compound::new(SetOp::Intersect, &self, &other)
    }

    /// Rows of this query that another one does not return.
    pub fn except(self, other: impl Subquery<Row = T>) -> Compound<T>
    where
        T: FromRow,
    {
        Compound::new(SetOp::Except, &self, &other)
    }

    fn node(&self, at_most: Option<u64>) -> Node {
        let mut children = Children::default();
        let ctes = self.ctes.iter().map(|(name, recursive, query)| Cte {
            name: name.clone(),
            columns: Vec::new(),
            query: children.add(query.clone()),
            recursive: *recursive,
        });
        let select = statements::Select {
            ctes: ctes.collect(),
            columns: children.all(self.columns.iter().cloned()),
            distinct: self.distinct,
            source: children.maybe(self.source.clone()),
            where_: children.maybe(self.filter.clone()),
            group_by: children.all(self.groups.iter().cloned()),
            having: children.maybe(self.having.clone()),
            order_by: self.order.iter().map(|order| order.key(&mut children)).collect(),
            limit: children.maybe(Count::limit(self.limit.as_ref(), at_most)),
            offset: children.maybe(self.offset.as_ref().map(Count::node)),
            lock: self.lock.as_ref().map(Lock::contract),
        };
        children.node(Form::Select(select))
    }
}

impl Lock {
    fn contract(&self) -> Locking {
        let Self { share, no_wait, skip_locked, of } = self.clone();
        Locking { for_share: share, no_wait, skip_locked, tables: of }
    }
}

impl<T: FromRow> Query for Select<T> {
    type Row = T;

    fn lower(&self, at_most: Option<u64>) -> Result<Sendable> {
        Ok(Sendable::Statement(Arena::query(&self.node(at_most))))
    }
}

impl<T: FromRow> Subquery for Select<T> {
    fn query_node(&self) -> QueryNode {
        QueryNode(self.node(None))
    }
}
