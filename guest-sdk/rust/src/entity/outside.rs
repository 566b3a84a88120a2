//! What an owner in no session tells the sessions of objects that it lost.

use std::rc::Rc;

use super::{AnyEntity, Record, slot::Slot};

/// Tells sessions of their objects that the owner lost by an edit, where these are nothing without an owner.
pub(super) fn tell_lost<M: Record>(owner: &Rc<Slot<M>>, before: &M) {
    let newest = owner.newest();
    for (at, relation) in owner.life.mapper.relations.iter().enumerate() {
        let (Some(before), Some(now)) = (before.relation(at), newest.value.relation(at)) else { continue };
        if !relation.delete_orphan || now.is_same(before) {
            continue;
        }
        for item in before.items().into_iter().chain(now.gone()).filter(|item| !now.holds(item)) {
            if let Some(unit) = item.0.life().unit() {
                unit.lost_outside(AnyEntity(owner.clone()), item);
            }
        }
    }
}
