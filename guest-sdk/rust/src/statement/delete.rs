//! Deletes by criteria.

use std::marker::PhantomData;

use super::{Change, Returning, Subquery, select::subquery};
use crate::{
    Alias, Model, Result,
    bindings::sqlservice::database::statements::{self, Root},
    expression::{Arena, Children, FromTable, Lowered, Node, Operand, Selection, entity, nodes, operand_node},
};

/// A delete of a model's rows.
pub struct Delete<M> {
    source: Option<Node>,
    filter: Option<Node>,
    of: PhantomData<fn() -> M>,
}

impl<M> Clone for Delete<M> {
    fn clone(&self) -> Self {
        Self { source: self.source.clone(), filter: self.filter.clone(), of: PhantomData }
    }
}

/// Begins a delete from a model's table. Without a filter it deletes all rows.
pub fn delete<M: Model>() -> Delete<M> {
    Delete { source: None, filter: None, of: PhantomData }
}

impl<M: Model> Delete<M> {
    /// Only rows for which this is true. Several filters must all be true.
    pub fn filter(mut self, condition: impl Operand<bool>) -> Self {
        self.filter = Node::and(self.filter, operand_node(condition));
        self
    }

    /// Adds a table whose columns the filter may use (`delete-source`).
    pub fn using<S: Model>(mut self) -> Self {
        self.source = Some(FromTable::of::<S>(None).node());
        self
    }

    /// Adds a table under an alias; it may be the changed table once more.
    pub fn using_alias<S: Model>(mut self, alias: Alias<S>) -> Self {
        self.source = Some(FromTable::of::<S>(Some(alias.name)).node());
        self
    }

    /// Adds a query whose columns the filter may use as `column::<T>("name", "column")` (`delete-source`).
    pub fn using_query(mut self, query: &impl Subquery, alias: impl Into<String>) -> Self {
        self.source = Some(subquery(query, alias.into()));
        self
    }

    /// Returns this selection of each row that was deleted (`delete-returning`).
    pub fn returning<S: Selection>(self, selection: S) -> Returning<Self, S::Row> {
        Returning::new(self, nodes(selection))
    }

    /// Returns each row that was deleted (`delete-returning`).
    pub fn returning_all(self) -> Returning<Self, M> {
        self.returning(entity::<M>())
    }
}

impl<M: Model> Change for Delete<M> {
    fn lower_returning(&self, returning: &[Node]) -> Result<Lowered> {
        let mut children = Children::default();
        let root = Root::Delete(statements::Delete {
            table: M::TABLE.to_owned(),
            schema: M::SCHEMA.map(str::to_owned),
            source: children.maybe(self.source.clone()),
            where_: children.maybe(self.filter.clone()),
            returning: children.all(returning.iter().cloned()),
        });
        Ok(Arena::statement(root, &children))
    }
}
