//! Updates by criteria.

use std::marker::PhantomData;

use super::{Change, Returning, Subquery, insert::assignments, select::subquery};
use crate::{
    Alias, Column, Error, Model, Result,
    bindings::sqlservice::database::statements::{self, Root},
    expression::{Arena, Children, FromTable, Lowered, Node, Operand, Selection, entity, nodes, operand_node},
    value::Field,
};

/// An update of a model's rows.
pub struct Update<M> {
    set: Vec<(&'static str, Node)>,
    source: Option<Node>,
    filter: Option<Node>,
    of: PhantomData<fn() -> M>,
}

impl<M> Clone for Update<M> {
    fn clone(&self) -> Self {
        Self { set: self.set.clone(), source: self.source.clone(), filter: self.filter.clone(), of: PhantomData }
    }
}

/// Begins an update of a model's table. Without a filter it changes all rows.
pub fn update<M: Model>() -> Update<M> {
    Update { set: Vec::new(), source: None, filter: None, of: PhantomData }
}

impl<M: Model> Update<M> {
    /// Sets a column's new value: a Rust value or an expression of the row's columns.
    pub fn set<T: Field>(mut self, column: Column<M, T>, value: impl Operand<T::Base>) -> Self {
        self.set.push((column.name(), operand_node(value)));
        self
    }

    /// Only rows for which this is true. Several filters must all be true.
    pub fn filter(mut self, condition: impl Operand<bool>) -> Self {
        self.filter = Node::and(self.filter, operand_node(condition));
        self
    }

    /// Adds a table whose columns the values and the filter may use (`update-source`).
    pub fn from<S: Model>(mut self) -> Self {
        self.source = Some(FromTable::of::<S>(None).node());
        self
    }

    /// Adds a table under an alias; it may be the changed table once more.
    pub fn from_alias<S: Model>(mut self, alias: Alias<S>) -> Self {
        self.source = Some(FromTable::of::<S>(Some(alias.name)).node());
        self
    }

    /// Adds a query whose columns the values and the filter may use as `column::<T>("name", "column")` (`update-source`).
    pub fn from_query(mut self, query: &impl Subquery, alias: impl Into<String>) -> Self {
        self.source = Some(subquery(query, alias.into()));
        self
    }

    /// Returns this selection of each row that was changed (`update-returning`).
    pub fn returning<S: Selection>(self, selection: S) -> Returning<Self, S::Row> {
        Returning::new(self, nodes(selection))
    }

    /// Returns each changed row with its new values (`update-returning`).
    pub fn returning_all(self) -> Returning<Self, M> {
        self.returning(entity::<M>())
    }
}

impl<M: Model> Change for Update<M> {
    fn lower_returning(&self, returning: &[Node]) -> Result<Lowered> {
        if self.set.is_empty() {
            return Err(Error::invalid("an update sets nothing: say what with `set`"));
        }
        let mut children = Children::default();
        let root = Root::Update(statements::Update {
            table: M::TABLE.to_owned(),
            schema: M::SCHEMA.map(str::to_owned),
            assignments: assignments(&self.set, &mut children),
            source: children.maybe(self.source.clone()),
            where_: children.maybe(self.filter.clone()),
            returning: children.all(returning.iter().cloned()),
        });
        Ok(Arena::statement(root, &children))
    }
}
