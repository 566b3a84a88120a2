//! The `save-update` cascade into the session, and the hooks that run before a flush.

use std::rc::Rc;

use rustc_hash::FxHashSet;

use super::{Event, UnitOfWork, flush_plan::serial};
use crate::{
    Error, Result,
    instance::{AnyEntity, Status},
    mapping::{Direction, Mapper, RelationshipMapping, mappers},
};

/// Addresses of objects whose before-flush hooks ran, and whether that was for a delete.
pub(crate) type Fired = FxHashSet<(usize, bool)>;

impl UnitOfWork {
    /// Assigns the insert order (the turn) of an object that is added explicitly and of all new objects related to it, each once.
    /// The object comes after all objects so far, then its related objects, depth first: generated keys follow that order.
    pub(super) fn take_turns(&self, object: &AnyEntity) {
        let mut left = vec![object.clone()];
        while let Some(object) = left.pop() {
            if object.status() != Status::Transient || !object.0.state().take_turn(self.id) {
                continue;
            }
            let first = left.len();
            let relations = object.0.mapper().relations.iter().enumerate();
            for (at, _) in relations.filter(|(_, relation)| relation.save_update) {
                left.extend(object.0.items(at));
            }
            // The stack pops the last one first.
            left[first..].reverse();
        }
    }

    /// Begins a flush: no hook has added an object again yet.
    pub(crate) fn begin_flush(&self) {
        self.rescued.borrow_mut().clear();
    }

    /// Adds the objects that are related to objects of the session.
    pub(crate) fn reach(self: &Rc<Self>) -> Result<()> {
        self.reach_all()?;
        self.sort_pending();
        Ok(())
    }

    /// Sorts pending objects by their turns.
    fn sort_pending(&self) {
        let turn = |object: &AnyEntity| object.0.state().turn();
        let mut pending = self.pending.borrow_mut();
        if !pending.is_sorted_by_key(turn) {
            pending.sort_by_cached_key(turn);
        }
    }

    fn reach_all(self: &Rc<Self>) -> Result<()> {
        let mut left: Vec<AnyEntity> = self.changed.borrow().iter().rev().cloned().collect();
        left.extend(self.pending.borrow().iter().rev().cloned());
        let serial = serial();
        left.iter().for_each(|object| object.0.state().mark.set(serial));
        let mut items = Vec::new();
        while let Some(object) = left.pop() {
            let mapper = object.0.mapper();
            for (at, relation) in mapper.relations.iter().enumerate() {
                let mut is_assigned = true;
                object.0.with_relation(at, &mut |relation, stored| {
                    relation.list(&mut items);
                    is_assigned = items.is_empty() || !stored.is_some_and(|stored| relation.is_same(stored));
                });
                for item in items.drain(..) {
                    let before = item.status();
                    self.join(&item, mapper, relation, is_assigned)?;
                    let is_joined = item.status() == Status::Pending || item.status() != before;
                    if is_joined && item.0.state().mark.replace(serial) != serial {
                        left.push(item);
                    }
                }
            }
        }
        Ok(())
    }

    /// Adds an object to which an object of the session is related (cascade `save-update`).
    fn join(
        self: &Rc<Self>,
        item: &AnyEntity,
        mapper: &Mapper,
        relation: &RelationshipMapping,
        is_assigned: bool,
    ) -> Result<()> {
        let state = item.0.state();
        let is_expunged = state.expunged_from.get() == self.id;
        match item.status() {
            // Collections skip an expunged object. A newly assigned foreign key to a transient one fails below, as it has no value.
            Status::Detached if is_expunged => Ok(()),
            Status::Transient if is_expunged && !(is_assigned && relation.direction == Direction::ManyToOne) => Ok(()),
            Status::Transient if relation.save_update && !is_expunged => {
                self.attach(item)?;
                state.has_joined.set(true);
                Ok(())
            }
            Status::Detached if relation.save_update => self.attach(item),
            Status::Transient => {
                let (name, table) = (&relation.name, mapper.table);
                let why = if is_expunged { "was taken out of it" } else { "does not cascade" };
                Err(Error::invalid(format!(
                    "{name:?} of a row of {table:?} has an object that is in no session, and {why}: add it"
                )))
            }
            Status::Pending | Status::Persistent | Status::Deleted if !state.is_of(self) => Err(Error::AlreadyAttached),
            _ => Ok(()),
        }
    }

    /// Returns the events of the objects to write whose hooks did not run yet.
    pub(crate) fn before_events(&self, fired: &mut Fired) -> Vec<(AnyEntity, Event)> {
        if !mappers().iter().any(|mapper| mapper.hooks.is_some()) {
            return Vec::new();
        }
        let deleted = self.deleted().into_iter().map(|object| (object, Event::BeforeDelete));
        let dirty = self.dirty().into_iter().filter(|object| !object.0.changed().is_empty());
        let dirty = dirty.map(|object| (object, Event::BeforeUpdate));
        let pending = self.pending().into_iter().map(|object| (object, Event::BeforeInsert));
        let all = pending.chain(dirty).chain(deleted).filter(|(object, _)| object.0.mapper().hooks.is_some());
        all.filter(|(object, event)| fired.insert((object.address(), *event == Event::BeforeDelete))).collect()
    }
}
