//! What objects say of their relationships that their rows do not.

use rustc_hash::FxHashSet;

use crate::{
    instance::{AnyEntity, AnyRelation, Mode},
    mapping::{Direction, Mapped},
};

/// What an object says of its relationship, and what its row says.
pub(super) struct Seen {
    pub(super) mode: Mode,
    pub(super) now: Vec<AnyEntity>,
    pub(super) gone: Vec<AnyEntity>,
    pub(super) before: Vec<AnyEntity>,
    pub(super) is_same: bool,
}

/// An object, and what it says of one of its relationships.
pub(super) struct Says {
    pub(super) object: AnyEntity,
    pub(super) relation: &'static Mapped,
    /// The relationship's position.
    pub(super) at: usize,
    pub(super) seen: Seen,
}

impl Says {
    pub(super) fn is(&self, direction: Direction) -> bool {
        self.relation.direction == direction
    }
}

impl Seen {
    pub(super) fn of(object: &AnyEntity, at: usize) -> Self {
        let mut seen = Self { mode: Mode::Unset, now: Vec::new(), gone: Vec::new(), before: Vec::new(), is_same: true };
        object.0.look(at, &mut |now: &dyn AnyRelation, stored| {
            seen.mode = now.mode();
            seen.is_same = stored.is_some_and(|stored| now.is_same(stored));
            if seen.is_same && seen.mode == Mode::Unloaded {
                return;
            }
            seen.now = now.items();
            seen.gone = now.gone();
            seen.before = stored.map(|stored| stored.items()).unwrap_or_default();
        });
        seen
    }

    /// Whether a new object says nothing.
    pub(super) fn is_silent(&self) -> bool {
        self.mode == Mode::Unset && self.now.is_empty() && self.gone.is_empty() && self.before.is_empty()
    }

    pub(super) fn added(&self) -> impl Iterator<Item = &AnyEntity> {
        let before: FxHashSet<usize> = self.before.iter().map(AnyEntity::address).collect();
        self.now.iter().filter(move |item| !before.contains(&item.address()))
    }

    pub(super) fn removed(&self) -> impl Iterator<Item = &AnyEntity> {
        // Many had nothing.
        let now = if self.before.is_empty() { &[] } else { self.now.as_slice() };
        let now: FxHashSet<usize> = now.iter().map(AnyEntity::address).collect();
        // What is known says by itself what is not there any more.
        let gone = if self.mode == Mode::Unloaded { self.gone.as_slice() } else { &[] };
        self.before.iter().filter(move |item| !now.contains(&item.address())).chain(gone)
    }
}
