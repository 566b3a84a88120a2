//! Owners that are in no session, and lost objects of one.

use std::rc::Rc;

use super::{Unit, claim::Candidate, follow::lost_by};
use crate::entity::AnyEntity;

impl Unit {
    /// An owner that is in no session lost an object of this one, which may be nothing without it.
    pub(crate) fn lost_outside(&self, owner: AnyEntity, item: AnyEntity) {
        let mut outside = self.outside.borrow_mut();
        match outside.iter_mut().find(|(known, _)| *known == owner) {
            Some((_, lost)) => lost.push(item),
            None => outside.push((owner, vec![item])),
        }
    }

    /// Objects of the session that such owners lost.
    pub(super) fn orphans_outside(self: &Rc<Self>) -> Vec<Candidate> {
        let mut lost = Vec::new();
        for (owner, items) in &*self.outside.borrow() {
            let mut all = Vec::new();
            let owns = owner.0.mapper().relations.iter().enumerate().filter(|(_, relation)| relation.delete_orphan);
            owns.for_each(|(at, _)| lost_by(owner, at, &mut all));
            // What it lost before the session had it is nothing to the session.
            all.retain(|candidate| items.contains(&candidate.item) && candidate.item.0.life().is_of(self));
            lost.append(&mut all);
        }
        lost
    }
}
