//! The history of relationships: the objects added and removed since the owner's row was read.

use rustc_hash::FxHashSet;

use crate::{
    instance::{AnyEntity, AnyRelation, Mode},
    mapping::{Direction, RelationshipMapping},
};

/// The objects of a relationship now, and when its row was read.
pub(super) struct RelationshipHistory {
    pub(super) mode: Mode,
    pub(super) now: Vec<AnyEntity>,
    pub(super) gone: Vec<AnyEntity>,
    pub(super) before: Vec<AnyEntity>,
    pub(super) is_same: bool,
}

/// A relationship of an object that changed.
pub(super) struct RelationshipChange {
    pub(super) object: AnyEntity,
    pub(super) relation: &'static RelationshipMapping,
    /// The relationship's position.
    pub(super) at: usize,
    pub(super) history: RelationshipHistory,
}

impl RelationshipChange {
    pub(super) fn is(&self, direction: Direction) -> bool {
        self.relation.direction == direction
    }
}

impl RelationshipHistory {
    pub(super) fn of(object: &AnyEntity, at: usize) -> Self {
        let mut history =
            Self { mode: Mode::Unset, now: Vec::new(), gone: Vec::new(), before: Vec::new(), is_same: true };
        object.0.with_relation(at, &mut |now: &dyn AnyRelation, stored| {
            history.mode = now.mode();
            history.is_same = stored.is_some_and(|stored| now.is_same(stored));
            if history.is_same && history.mode == Mode::Unloaded {
                return;
            }
            history.now = now.items();
            history.gone = now.gone();
            history.before = stored.map(|stored| stored.items()).unwrap_or_default();
        });
        history
    }

    /// Returns the history of a relationship, if that changed.
    pub(super) fn of_changed(object: &AnyEntity, at: usize) -> Option<Self> {
        let mut is_same = true;
        object.0.with_relation(at, &mut |now, stored| is_same = stored.is_some_and(|stored| now.is_same(stored)));
        (!is_same).then(|| Self::of(object, at))
    }

    /// Whether the relationship belongs to a new object and was never set.
    pub(super) fn is_silent(&self) -> bool {
        self.mode == Mode::Unset && self.now.is_empty() && self.gone.is_empty() && self.before.is_empty()
    }

    pub(super) fn added(&self) -> impl Iterator<Item = &AnyEntity> {
        let before: FxHashSet<usize> = self.before.iter().map(AnyEntity::address).collect();
        self.now.iter().filter(move |item| !before.contains(&item.address()))
    }

    pub(super) fn removed(&self) -> impl Iterator<Item = &AnyEntity> {
        // Many relationships held nothing before, so the set is not needed.
        let now = if self.before.is_empty() { &[] } else { self.now.as_slice() };
        let now: FxHashSet<usize> = now.iter().map(AnyEntity::address).collect();
        // For a loaded relationship, `before` and `now` already show the removed objects.
        let gone = if self.mode == Mode::Unloaded { self.gone.as_slice() } else { &[] };
        self.before.iter().filter(move |item| !now.contains(&item.address())).chain(gone)
    }
}
