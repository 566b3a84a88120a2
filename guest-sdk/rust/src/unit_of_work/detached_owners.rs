//! Orphans of owners that are in no session.

use std::rc::Rc;

use super::{UnitOfWork, delete_cascade::lost_by, ownership::OrphanCandidate};

impl UnitOfWork {
    /// Returns the objects of the session that were removed from such owners.
    pub(super) fn orphans_of_detached_owners(self: &Rc<Self>) -> Vec<OrphanCandidate> {
        let mut lost = Vec::new();
        for (owner, items) in &*self.detached_owners.borrow() {
            let mut all = Vec::new();
            let owns = owner.0.mapper().relations.iter().enumerate().filter(|(_, relation)| relation.delete_orphan);
            owns.for_each(|(at, _)| lost_by(owner, at, &mut all));
            // An object that was removed before it was in the session does not concern the session.
            all.retain(|candidate| items.contains(&candidate.item) && candidate.item.0.state().is_of(self));
            lost.append(&mut all);
        }
        lost
    }
}
