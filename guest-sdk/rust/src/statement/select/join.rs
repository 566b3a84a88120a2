//! Joins of a select's sources.

use super::Select;
use crate::{
    bindings::sqlservice::database::statements::{Join, JoinKind, Node as Form, SourceQuery},
    entity::mapper,
    expression::{Children, FromTable, Node, Operand, RelationshipEnds, operand_node},
    model::{Alias, Model, Record},
    relation::Related,
    statement::Subquery,
};

impl<T> Select<T> {
    /// Joins a model's table and keeps only rows with a match.
    pub fn join<M: Model>(self, on: impl Operand<bool>) -> Self {
        self.joined(JoinKind::Inner, FromTable::of::<M>(None).node(), Some(operand_node(on)))
    }

    /// Joins a table under an alias.
    pub fn join_alias<M: Model>(self, alias: Alias<M>, on: impl Operand<bool>) -> Self {
        self.joined(JoinKind::Inner, FromTable::of::<M>(Some(alias.name)).node(), Some(operand_node(on)))
    }

    /// Joins a table or a common table expression by its name.
    pub fn join_table(self, name: impl Into<String>, on: impl Operand<bool>) -> Self {
        self.joined(JoinKind::Inner, named(name.into()), Some(operand_node(on)))
    }

    /// Joins another query under an alias, which may be an [`alias`](crate::alias) of a model: its columns are then
    /// `Device::KIND.of(recent)`.
    pub fn join_query(self, query: &impl Subquery, alias: impl Into<String>, on: impl Operand<bool>) -> Self {
        self.joined(JoinKind::Inner, subquery(query, alias.into()), Some(operand_node(on)))
    }

    /// Joins a model's table and keeps rows of this side without a match; read the other side as an `Option`.
    pub fn left_join<M: Model>(self, on: impl Operand<bool>) -> Self {
        self.joined(JoinKind::Left, FromTable::of::<M>(None).node(), Some(operand_node(on)))
    }

    /// Joins a table under an alias and keeps rows of this side without a match.
    pub fn left_join_alias<M: Model>(self, alias: Alias<M>, on: impl Operand<bool>) -> Self {
        self.joined(JoinKind::Left, FromTable::of::<M>(Some(alias.name)).node(), Some(operand_node(on)))
    }

    /// Joins a table or a common table expression by its name and keeps rows of this side without a match.
    pub fn left_join_table(self, name: impl Into<String>, on: impl Operand<bool>) -> Self {
        self.joined(JoinKind::Left, named(name.into()), Some(operand_node(on)))
    }

    /// Joins a query that may use columns of the sources before it, where the database can (`lateral`).
    pub fn join_lateral(self, query: &impl Subquery, alias: impl Into<String>, on: impl Operand<bool>) -> Self {
        self.joined(JoinKind::Inner, lateral(query, alias.into()), Some(operand_node(on)))
    }

    /// Joins like `join_lateral` and keeps rows of this side without a match.
    pub fn left_join_lateral(self, query: &impl Subquery, alias: impl Into<String>, on: impl Operand<bool>) -> Self {
        self.joined(JoinKind::Left, lateral(query, alias.into()), Some(operand_node(on)))
    }

    /// Joins another query under an alias and keeps rows of this side without a match.
    pub fn left_join_query(self, query: &impl Subquery, alias: impl Into<String>, on: impl Operand<bool>) -> Self {
        self.joined(JoinKind::Left, subquery(query, alias.into()), Some(operand_node(on)))
    }

    /// Joins a model's table and keeps its rows without a match.
    pub fn right_join<M: Model>(self, on: impl Operand<bool>) -> Self {
        self.joined(JoinKind::Right, FromTable::of::<M>(None).node(), Some(operand_node(on)))
    }

    /// Joins a model's table and keeps rows of both sides without a match, where the database can (`full-join`).
    pub fn full_join<M: Model>(self, on: impl Operand<bool>) -> Self {
        self.joined(JoinKind::Full, FromTable::of::<M>(None).node(), Some(operand_node(on)))
    }

    /// Pairs every row with every row of a model's table.
    pub fn cross_join<M: Model>(self) -> Self {
        self.joined(JoinKind::Cross, FromTable::of::<M>(None).node(), None)
    }

    /// Pairs every row with every row of a table under an alias.
    pub fn cross_join_alias<M: Model>(self, alias: Alias<M>) -> Self {
        self.joined(JoinKind::Cross, FromTable::of::<M>(Some(alias.name)).node(), None)
    }

    /// Pairs every row with every row of a table or a common table expression by its name.
    pub fn cross_join_table(self, name: impl Into<String>) -> Self {
        self.joined(JoinKind::Cross, named(name.into()), None)
    }

    /// Pairs every row with every row of another query under an alias.
    pub fn cross_join_query(self, query: &impl Subquery, alias: impl Into<String>) -> Self {
        self.joined(JoinKind::Cross, subquery(query, alias.into()), None)
    }

    /// Joins the other side of a relationship and keeps only rows with a related row: `select::<User>().join_related(User::DEVICES)`.
    /// A filter of the join is written `User::DEVICES.filter(…)`; a self-referential or repeated table needs an alias, as in
    /// `Employee::BOSS.to(boss)`. A secondary table is joined, too, and its columns can be used.
    pub fn join_related<O: Record, R: Record>(self, relation: impl Into<Related<O, R>>) -> Self {
        self.related(JoinKind::Inner, &relation.into())
    }

    /// Joins like `join_related` and keeps rows of the owner without a related row; read the other side as an `Option`
    /// ([`optional`](crate::expression::AllColumns::optional), [`nullable`](crate::Expression::nullable)).
    pub fn left_join_related<O: Record, R: Record>(self, relation: impl Into<Related<O, R>>) -> Self {
        self.related(JoinKind::Left, &relation.into())
    }

    fn related<O: Record, R: Record>(mut self, kind: JoinKind, relation: &Related<O, R>) -> Self {
        // A model's own constants name its relationships.
        let Ok(ends) = RelationshipEnds::new(mapper::<O>(), relation.position, relation.owner, relation.target) else {
            return self;
        };
        let is_other_side = |source: &Node| source.provides(ends.target.name()) && source.is_table();
        let has_owner = self.source.as_ref().is_some_and(|source| source.provides(ends.owner.name()));
        if !has_owner && self.source.as_ref().is_none_or(is_other_side) {
            // Only columns of the other side are selected, so it became the source; the join still begins with the owner.
            self.source = Some(ends.owner.node());
        }
        let (of_owner, filter) = (ends.of_owner(), relation.filter.clone());
        match (&ends.between, ends.of_between()) {
            (Some(between), Some(on)) if kind == JoinKind::Inner => {
                let between = between.source.node();
                self.joined(kind, between, Some(of_owner)).joined(kind, ends.target.node(), Node::and(filter, on))
            }
            (Some(between), Some(on)) => {
                // A row of the secondary table whose related row the filter excludes must not add a row of nulls.
                let leads = filter.map(|filter| ends.leads_to(on.clone(), filter));
                let of_owner = Node::all(std::iter::once(of_owner).chain(leads).collect());
                self.joined(kind, between.source.node(), Some(of_owner)).joined(kind, ends.target.node(), Some(on))
            }
            _ => self.joined(kind, ends.target.node(), Node::and(filter, of_owner)),
        }
    }

    fn joined(mut self, kind: JoinKind, right: Node, on: Option<Node>) -> Self {
        let Some(left) = self.source.take() else {
            // Without a source to join to, the other side is the only source.
            self.source = Some(right);
            return match on {
                Some(on) => Self { filter: Node::and(self.filter.clone(), on), ..self },
                None => self,
            };
        };
        let mut children = Children::default();
        let (left, right) = (children.add(left), children.add(right));
        let on = children.maybe(on);
        self.source = Some(children.node(Form::Join(Join { kind, left, right, on })));
        self
    }
}

pub(in crate::statement) fn named(name: String) -> Node {
    FromTable { table: name.into(), schema: None, alias: None }.node()
}

pub(in crate::statement) fn subquery(query: &impl Subquery, alias: String) -> Node {
    let form = |[query]: [u32; 1]| Form::Subquery(SourceQuery { query, alias, lateral: false });
    Node::with([query.query_node().0], form)
}

fn lateral(query: &impl Subquery, alias: String) -> Node {
    let form = |[query]: [u32; 1]| Form::Subquery(SourceQuery { query, alias, lateral: true });
    Node::with([query.query_node().0], form)
}
