//! The contents of owners' relationships when they were deleted: a delete cascades to these objects, not to those added later.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{UnitOfWork, history::RelationshipHistory};
use crate::{instance::AnyEntity, mapping::Direction};

/// Objects in the collections of owners that are to be deleted, both as addresses.
pub(super) type CollectionsAtDelete = FxHashMap<usize, FxHashSet<usize>>;

/// Objects by the owner that their many-to-one relationships refer to, both as addresses, as of an edit.
#[derive(Default)]
pub(super) struct ManyToOneTargets {
    as_of: u64,
    of: CollectionsAtDelete,
}

impl UnitOfWork {
    /// Records the collections of an owner that is about to be deleted.
    pub(super) fn note_collections(&self, owner: &AnyEntity) {
        let relations = owner.0.mapper().relations.iter().enumerate();
        let mut lists = relations.filter(|(_, it)| it.delete && it.direction != Direction::ManyToOne).peekable();
        if lists.peek().is_none() {
            return;
        }
        let mut listed = self.pointing_to(owner);
        for (at, _) in lists {
            let history = RelationshipHistory::of_changed(owner, at);
            listed.extend(history.iter().flat_map(|history| &history.now).map(AnyEntity::address));
        }
        let mut all = self.listed.borrow_mut();
        if listed.is_empty() {
            all.remove(&owner.address());
        } else {
            all.insert(owner.address(), listed);
        }
    }

    /// Whether an object was in an owner's collections when the owner was deleted.
    pub(super) fn was_in_collection(&self, owner: &AnyEntity, item: &AnyEntity) -> bool {
        self.listed.borrow().get(&owner.address()).is_some_and(|listed| listed.contains(&item.address()))
    }

    /// Clears all records, as nothing is to be deleted.
    pub(super) fn forget_collections(&self) {
        self.listed.take();
        self.pointing.take();
    }

    /// Returns the objects whose many-to-one relationship was changed to this owner. The index is built once between two edits,
    /// however many owners are deleted in between.
    fn pointing_to(&self, owner: &AnyEntity) -> FxHashSet<usize> {
        let mut pointing = self.pointing.borrow_mut();
        if pointing.as_of != self.edits.get() {
            let mut of = CollectionsAtDelete::default();
            let (changed, pending) = (self.changed.borrow(), self.pending.borrow());
            for object in changed.iter().chain(&*pending) {
                let relations = object.0.mapper().relations.iter().enumerate();
                for (at, _) in relations.filter(|(_, relation)| relation.direction == Direction::ManyToOne) {
                    for owner in RelationshipHistory::of_changed(object, at).iter().flat_map(|history| &history.now) {
                        of.entry(owner.address()).or_default().insert(object.address());
                    }
                }
            }
            *pointing = ManyToOneTargets { as_of: self.edits.get(), of };
        }
        pointing.of.get(&owner.address()).cloned().unwrap_or_default()
    }
}
