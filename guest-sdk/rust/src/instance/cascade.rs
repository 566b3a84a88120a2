//! The objects that are reachable by relationships.

use rustc_hash::FxHashSet;

use super::AnyEntity;
use crate::mapping::RelationshipMapping;

/// Returns all objects that are reachable by relationships which `follows` accepts, as far as they are loaded, each once and
/// without the object itself.
pub(crate) fn cascade(
    object: &AnyEntity,
    follows: impl Fn(&RelationshipMapping, &AnyEntity) -> bool,
) -> Vec<AnyEntity> {
    let mut seen = FxHashSet::from_iter([object.address()]);
    let mut found: Vec<AnyEntity> = vec![object.clone()];
    let mut at = 0;
    while let Some(object) = found.get(at).cloned() {
        at += 1;
        for (position, relation) in object.0.mapper().relations.iter().enumerate() {
            let mut items = object.0.items(position);
            items.retain(|item| follows(relation, item) && seen.insert(item.address()));
            found.append(&mut items);
        }
    }
    found.remove(0);
    found
}

impl AnyEntity {
    /// Clears the expunged mark of an object that is added or put into a relationship again, and of the objects expunged with it:
    /// cascades reach them again.
    pub(crate) fn come_back(&self) {
        let is_out = |relation: &RelationshipMapping, item: &Self| {
            relation.save_update && item.0.state().expunged_from.get() != 0
        };
        for object in cascade(self, is_out).iter().chain([self]) {
            object.0.state().expunged_from.set(0);
        }
    }
}
