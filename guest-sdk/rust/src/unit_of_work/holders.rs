//! The owners whose one-to-many relationships set foreign keys in a flush, so that both sides are found without a search.

use crate::{
    instance::{AnyEntity, InstanceState},
    mapping::{Direction, RelationshipMapping},
};

/// An owner, and the relationship by which it holds an object.
type Holder = (AnyEntity, &'static RelationshipMapping);

/// The owner to which each object of a flush was added last, indexed by the object's place there.
#[derive(Default)]
pub(super) struct Holders {
    flush: u64,
    of: Vec<Option<Holder>>,
}

impl Holders {
    pub(super) fn new(flush: u64) -> Self {
        Self { flush, of: Vec::new() }
    }

    /// Records that an object was added to an owner's collection, which sets its foreign key.
    pub(super) fn put(&mut self, object: &AnyEntity, owner: &AnyEntity, relation: &'static RelationshipMapping) {
        let Some(place) = object.0.state().place(self.flush) else { return };
        if self.of.len() <= place {
            self.of.resize(place + 1, None);
        }
        if let Some(of) = self.of.get_mut(place) {
            *of = Some((owner.clone(), relation));
        }
    }

    /// Removes an object's owner, as another change sets its foreign key.
    pub(super) fn forget(&mut self, object: &AnyEntity) {
        let place = object.0.state().place(self.flush);
        if let Some(of) = place.and_then(|place| self.of.get_mut(place)) {
            *of = None;
        }
    }

    fn of(&self, object: &InstanceState) -> Option<&Holder> {
        self.of.get(object.place(self.flush)?)?.as_ref()
    }

    /// Returns the owner that holds an object by this one-to-many relationship.
    pub(super) fn by(&self, object: &InstanceState, relation: &RelationshipMapping) -> Option<&AnyEntity> {
        self.of(object).filter(|(_, by)| std::ptr::eq(*by, relation)).map(|(owner, _)| owner)
    }

    /// Returns the owner that an object's own many-to-one relationship refers to.
    pub(super) fn by_inverse(&self, object: &InstanceState, relation: &RelationshipMapping) -> Option<&AnyEntity> {
        let is_inverse = |(owner, by): &&Holder| {
            by.direction == Direction::OneToMany
                && by.remote == relation.local
                && by.local == relation.remote
                && (relation.target)().of == owner.0.mapper().of
        };
        self.of(object).filter(is_inverse).map(|(owner, _)| owner)
    }
}
