//! What follows objects inside of their session only: those that are taken out of it with another one, or come back with it.

use std::rc::Rc;

use super::{Mapped, Unit};
use crate::entity::{AnyEntity, Status};

/// Everything that an object leads to by relationships that say so, as far as it is known, each once; not the object itself.
pub(super) fn along(object: &AnyEntity, follows: impl Fn(&Mapped, &AnyEntity) -> bool) -> Vec<AnyEntity> {
    let mut seen = rustc_hash::FxHashSet::from_iter([object.address()]);
    let mut found: Vec<AnyEntity> = vec![object.clone()];
    let mut at = 0;
    while let Some(object) = found.get(at).cloned() {
        at += 1;
        for (position, relation) in object.0.mapper().relations.iter().enumerate() {
            let mut items = Vec::new();
            object.0.look(position, &mut |now, _| items = now.items());
            items.retain(|item| follows(relation, item) && seen.insert(item.address()));
            found.append(&mut items);
        }
    }
    found.remove(0);
    found
}

impl AnyEntity {
    /// The object is related to something again, or added: sessions that it was taken out of find it, and what was taken out with
    /// it, by what leads to it.
    pub(crate) fn come_back(&self) {
        let is_out = |relation: &Mapped, item: &Self| relation.save_update && item.0.life().taken_out_of.get() != 0;
        for object in along(self, is_out).iter().chain([self]) {
            object.0.life().taken_out_of.set(0);
        }
    }
}

impl Unit {
    /// Notes that the session does not find an object by what leads to it.
    pub(super) fn mark_taken_out(&self, object: &AnyEntity) {
        object.0.life().taken_out_of.set(self.id);
        self.has_taken_out.set(true);
    }

    /// Whether the session goes on without an object that something in it leads to.
    pub(super) fn is_without(&self, object: &AnyEntity) -> bool {
        object.0.life().taken_out_of.get() == self.id && matches!(object.status(), Status::Transient | Status::Detached)
    }

    /// An object is added by name: what was taken out with it comes back.
    pub(crate) fn come_back(&self, object: &AnyEntity) {
        if self.has_taken_out.get() {
            object.come_back();
        }
    }

    /// Takes an object out of the session, and what its relationships take along; nothing of it is written.
    pub(crate) fn expunge(self: &Rc<Self>, object: &AnyEntity) {
        let all = along(object, |relation, _| relation.cascades.expunge);
        for object in all.iter().chain([object]).filter(|object| object.0.life().is_of(self)) {
            self.take_out(object);
        }
        self.sweep();
    }

    /// Takes one object out; the lists are swept afterwards.
    pub(super) fn take_out(&self, object: &AnyEntity) {
        self.unregister(object);
        let status = if object.status() == Status::Pending { Status::Transient } else { Status::Detached };
        object.0.life().leave(status);
        self.mark_taken_out(object);
    }

    /// Takes all objects out of the session.
    pub(crate) fn expunge_all(self: &Rc<Self>) {
        let all = self.all().into_iter().chain(self.pending()).chain(self.deleted());
        all.filter(|object| object.0.life().is_of(self)).for_each(|object| self.take_out(&object));
        self.sweep();
    }

    /// Takes objects off the lists that are not of them any more.
    pub(super) fn sweep(self: &Rc<Self>) {
        let is = |object: &AnyEntity, status| object.0.life().is_of(self) && object.status() == status;
        self.pending.borrow_mut().retain(|object| is(object, Status::Pending));
        self.deleted.borrow_mut().retain(|object| is(object, Status::Deleted));
        self.changed.borrow_mut().retain(|object| object.0.life().is_of(self) && object.0.life().is_queued.get());
    }

    /// What is to be read again with an object. What has no row yet is taken out of the session instead, as its owner forgets it.
    pub(crate) fn refreshed_along(self: &Rc<Self>, object: &AnyEntity) -> Vec<AnyEntity> {
        let has_row = |item: &AnyEntity| item.status() != Status::Pending;
        let mut all =
            along(object, |relation, item| relation.cascades.refresh_expire && (relation.save_update || has_row(item)));
        all.retain(|object| object.0.life().is_of(self));
        let (rows, new): (Vec<_>, Vec<_>) = all.into_iter().partition(has_row);
        if !new.is_empty() {
            new.iter().for_each(|object| self.take_out(object));
            self.sweep();
        }
        rows.into_iter().filter(|object| object.status() == Status::Persistent).collect()
    }
}
