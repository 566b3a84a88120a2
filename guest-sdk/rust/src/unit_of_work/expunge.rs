//! Expunging objects from a session, and the cascade of it.

use std::rc::Rc;

use super::UnitOfWork;
use crate::instance::{AnyEntity, Status, cascade};

impl UnitOfWork {
    /// Notes that the session does not find an object by what leads to it.
    pub(super) fn mark_expunged(&self, object: &AnyEntity) {
        object.0.state().expunged_from.set(self.id);
        self.has_expunged.set(true);
    }

    /// Whether the session goes on without an object that something in it leads to.
    pub(super) fn is_without(&self, object: &AnyEntity) -> bool {
        object.0.state().expunged_from.get() == self.id
            && matches!(object.status(), Status::Transient | Status::Detached)
    }

    /// An object is added by name: what was taken out with it comes back.
    pub(crate) fn come_back(&self, object: &AnyEntity) {
        if self.has_expunged.get() {
            object.come_back();
        }
    }

    /// Takes an object out of the session, and what its relationships take along; nothing of it is written.
    pub(crate) fn expunge(self: &Rc<Self>, object: &AnyEntity) {
        let all = cascade(object, |relation, _| relation.cascades.expunge);
        for object in all.iter().chain([object]).filter(|object| object.0.state().is_of(self)) {
            self.expunge_one(object);
        }
        self.sweep();
    }

    /// Takes one object out; the lists are swept afterwards.
    pub(super) fn expunge_one(&self, object: &AnyEntity) {
        self.unregister(object);
        let status = if object.status() == Status::Pending { Status::Transient } else { Status::Detached };
        object.0.state().leave(status);
        self.mark_expunged(object);
    }

    /// Takes all objects out of the session.
    pub(crate) fn expunge_all(self: &Rc<Self>) {
        let all = self.all().into_iter().chain(self.pending()).chain(self.deleted());
        all.filter(|object| object.0.state().is_of(self)).for_each(|object| self.expunge_one(&object));
        self.sweep();
    }

    /// Takes objects off the lists that are not of them any more.
    pub(super) fn sweep(self: &Rc<Self>) {
        let is = |object: &AnyEntity, status| object.0.state().is_of(self) && object.status() == status;
        self.pending.borrow_mut().retain(|object| is(object, Status::Pending));
        self.deleted.borrow_mut().retain(|object| is(object, Status::Deleted));
        self.changed.borrow_mut().retain(|object| object.0.state().is_of(self) && object.0.state().is_queued.get());
    }

    /// What is to be read again with an object. What has no row yet is taken out of the session instead, as its owner forgets it.
    pub(crate) fn refreshed_along(self: &Rc<Self>, object: &AnyEntity) -> Vec<AnyEntity> {
        let has_row = |item: &AnyEntity| item.status() != Status::Pending;
        let mut all = cascade(object, |relation, item| {
            relation.cascades.refresh_expire && (relation.save_update || has_row(item))
        });
        all.retain(|object| object.0.state().is_of(self));
        let (rows, new): (Vec<_>, Vec<_>) = all.into_iter().partition(has_row);
        if !new.is_empty() {
            new.iter().for_each(|object| self.expunge_one(object));
            self.sweep();
        }
        rows.into_iter().filter(|object| object.status() == Status::Persistent).collect()
    }
}
