//! Queries.

use std::marker::PhantomData;

use super::{Compound, Query, QueryNode, Sendable, Subquery};
use crate::{
    Alias, Model, Result,
    bindings::sqlservice::database::statements::{
        self, Cte, Join, JoinKind, Locking, Node as Form, SetOp, SourceQuery,
    },
    expression::{Arena, Kids, Node, Operand, Order, OrderBy, Selection, Source, entity, nodes, operand_node},
    row::FromRow,
    value::{Scalar, Value},
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
    limit: Option<u64>,
    offset: Option<u64>,
    lock: Option<Lock>,
    of: PhantomData<fn() -> T>,
}

/// All columns of a model's rows.
pub fn select<M: Model>() -> Select<M> {
    Select::new(entity::<M>())
}

/// Some columns and expressions. Its source is the table of the first column among them; [`Select::from`] and its
/// sisters say otherwise.
pub fn select_columns<S: Selection>(selection: S) -> Select<S::Row> {
    Select::new(selection)
}

/// How strongly a query locks the rows that it returns, and how long it waits for others' locks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lock {
    /// Whether others may read the rows with the same lock.
    pub share: bool,
    /// Whether a lock that somebody holds is an error at once.
    pub no_wait: bool,
    /// Whether locked rows are passed over.
    pub skip_locked: bool,
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
            limit: self.limit,
            offset: self.offset,
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
        self.filter = both(self.filter, operand_node(condition));
        self
    }

    /// Equal rows come once.
    pub fn distinct(mut self) -> Self {
        self.distinct = true;
        self
    }

    /// One row a group.
    pub fn group_by(mut self, selection: impl Selection) -> Self {
        self.groups.extend(nodes(selection));
        self
    }

    /// Only groups for which this is true.
    pub fn having(mut self, condition: impl Operand<bool>) -> Self {
        self.having = both(self.having, operand_node(condition));
        self
    }

    /// The order of the rows; more keys come after those that are there.
    pub fn order_by(mut self, keys: impl OrderBy) -> Self {
        keys.keys(&mut self.order);
        self
    }

    /// At most so many rows.
    pub fn limit(mut self, rows: u64) -> Self {
        self.limit = Some(rows);
        self
    }

    /// So many rows are passed over first.
    pub fn offset(mut self, rows: u64) -> Self {
        self.offset = Some(rows);
        self
    }

    /// Locks the rows until the transaction ends, where the database can (`row-locking`).
    pub fn for_update(self) -> Self {
        self.lock(Lock::default())
    }

    /// Locks the rows in another way.
    pub fn lock(mut self, lock: Lock) -> Self {
        self.lock = Some(lock);
        self
    }

    /// Selects from a model's table; it takes the place of the source so far.
    pub fn from<M: Model>(mut self) -> Self {
        self.source = Some(Source::of::<M>(None).node());
        self
    }

    /// Selects from a table under another name.
    pub fn from_alias<M: Model>(mut self, alias: Alias<M>) -> Self {
        self.source = Some(Source::of::<M>(Some(alias.name)).node());
        self
    }

    /// Selects from a table by its name: one that was reflected, or a common table expression of this query.
    /// Its columns are written `column::<T>("name", "column")`.
    pub fn from_table(mut self, name: impl Into<String>) -> Self {
        self.source = Some(named(name.into()));
        self
    }

    /// Selects from another query under a name. Its columns are written `column::<T>("name", "column")`.
    pub fn from_query(mut self, query: &impl Subquery, alias: impl Into<String>) -> Self {
        self.source = Some(subquery(query, alias.into()));
        self
    }

    /// A common table expression: a query with a name that this one can select from and join.
    pub fn with(mut self, name: impl Into<String>, query: &impl Subquery) -> Self {
        self.ctes.push((name.into(), false, query.query_node().0));
        self
    }

    /// A common table expression whose query may use its own name.
    pub fn with_recursive(mut self, name: impl Into<String>, query: &impl Subquery) -> Self {
        self.ctes.push((name.into(), true, query.query_node().0));
        self
    }

    /// Joins a model's table: rows with a partner.
    pub fn join<M: Model>(self, on: impl Operand<bool>) -> Self {
        self.joined(JoinKind::Inner, Source::of::<M>(None).node(), Some(operand_node(on)))
    }

    /// Joins a table under another name.
    pub fn join_alias<M: Model>(self, alias: Alias<M>, on: impl Operand<bool>) -> Self {
        self.joined(JoinKind::Inner, Source::of::<M>(Some(alias.name)).node(), Some(operand_node(on)))
    }

    /// Joins a table or a common table expression by its name.
    pub fn join_table(self, name: impl Into<String>, on: impl Operand<bool>) -> Self {
        self.joined(JoinKind::Inner, named(name.into()), Some(operand_node(on)))
    }

    /// Joins another query under a name.
    pub fn join_query(self, query: &impl Subquery, alias: impl Into<String>, on: impl Operand<bool>) -> Self {
        self.joined(JoinKind::Inner, subquery(query, alias.into()), Some(operand_node(on)))
    }

    /// Joins a model's table and keeps rows of this side without a partner; read the other side as an `Option`.
    pub fn left_join<M: Model>(self, on: impl Operand<bool>) -> Self {
        self.joined(JoinKind::Left, Source::of::<M>(None).node(), Some(operand_node(on)))
    }

    /// The same with a table under another name.
    pub fn left_join_alias<M: Model>(self, alias: Alias<M>, on: impl Operand<bool>) -> Self {
        self.joined(JoinKind::Left, Source::of::<M>(Some(alias.name)).node(), Some(operand_node(on)))
    }

    /// Joins another query under a name and keeps rows of this side without a partner.
    pub fn left_join_query(self, query: &impl Subquery, alias: impl Into<String>, on: impl Operand<bool>) -> Self {
        self.joined(JoinKind::Left, subquery(query, alias.into()), Some(operand_node(on)))
    }

    /// Joins a model's table and keeps its rows without a partner.
    pub fn right_join<M: Model>(self, on: impl Operand<bool>) -> Self {
        self.joined(JoinKind::Right, Source::of::<M>(None).node(), Some(operand_node(on)))
    }

    /// Joins a model's table and keeps rows of both sides without a partner, where the database can (`full-join`).
    pub fn full_join<M: Model>(self, on: impl Operand<bool>) -> Self {
        self.joined(JoinKind::Full, Source::of::<M>(None).node(), Some(operand_node(on)))
    }

    /// Pairs every row with every row of a model's table.
    pub fn cross_join<M: Model>(self) -> Self {
        self.joined(JoinKind::Cross, Source::of::<M>(None).node(), None)
    }

    fn joined(mut self, kind: JoinKind, right: Node, on: Option<Node>) -> Self {
        let Some(left) = self.source.take() else {
            // Without a source there is nothing to join to, and the other side is all there is.
            self.source = Some(right);
            return match on {
                Some(on) => Self { filter: both(self.filter.clone(), on), ..self },
                None => self,
            };
        };
        let mut kids = Kids::default();
        let (left, right) = (kids.add(left), kids.add(right));
        let on = kids.maybe(on);
        self.source = Some(kids.node(Form::Join(Join { kind, left, right, on })));
        self
    }

    /// Rows of this query or of another one; equal ones come once.
    pub fn union(self, other: impl Subquery<Row = T>) -> Compound<T>
    where
        T: FromRow,
    {
        Compound::new(SetOp::Union, &self, &other)
    }

    /// Rows of this query and of another one.
    pub fn union_all(self, other: impl Subquery<Row = T>) -> Compound<T>
    where
        T: FromRow,
    {
        Compound::new(SetOp::UnionAll, &self, &other)
    }

    /// Rows of both queries.
    pub fn intersect(self, other: impl Subquery<Row = T>) -> Compound<T>
    where
        T: FromRow,
    {
        Compound::new(SetOp::Intersect, &self, &other)
    }

    /// Rows of this query that another one has not.
    pub fn except(self, other: impl Subquery<Row = T>) -> Compound<T>
    where
        T: FromRow,
    {
        Compound::new(SetOp::Except, &self, &other)
    }

    fn node(&self, at_most: Option<u64>) -> Node {
        let mut kids = Kids::default();
        let ctes = self.ctes.iter().map(|(name, recursive, query)| Cte {
            name: name.clone(),
            columns: Vec::new(),
            query: kids.add(query.clone()),
            recursive: *recursive,
        });
        let select = statements::Select {
            ctes: ctes.collect(),
            columns: kids.all(self.columns.iter().cloned()),
            distinct: self.distinct,
            source: kids.maybe(self.source.clone()),
            where_: kids.maybe(self.filter.clone()),
            group_by: kids.all(self.groups.iter().cloned()),
            having: kids.maybe(self.having.clone()),
            order_by: self.order.iter().map(|order| order.key(&mut kids)).collect(),
            limit: kids.maybe(self.limit.into_iter().chain(at_most).min().map(rows)),
            offset: kids.maybe(self.offset.map(rows)),
            lock: self.lock.as_ref().map(Lock::contract),
        };
        kids.node(Form::Select(select))
    }
}

impl Lock {
    fn contract(&self) -> Locking {
        let Self { share, no_wait, skip_locked } = *self;
        Locking { for_share: share, no_wait, skip_locked, tables: Vec::new() }
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

/// A count of rows as a node. No table has 2^63 rows.
pub(super) fn rows(count: u64) -> Node {
    Node::value(Value::Scalar(Scalar::Integer(i64::try_from(count).unwrap_or(i64::MAX))))
}

/// Two conditions, or the one that is there.
pub(super) fn both(first: Option<Node>, second: Node) -> Option<Node> {
    Some(match first {
        Some(first) => Node::listed(statements::ListOp::And, first, second),
        None => second,
    })
}

fn named(name: String) -> Node {
    Source { table: name.into(), schema: None, alias: None }.node()
}

fn subquery(query: &impl Subquery, alias: String) -> Node {
    let form = |[query]: [u32; 1]| Form::Subquery(SourceQuery { query, alias, lateral: false });
    Node::with([query.query_node().0], form)
}
