//! Expunging objects from a session, and its cascade.

use std::rc::Rc;

use super::UnitOfWork;
use crate::instance::{AnyEntity, Status, cascade};

impl UnitOfWork {
    /// Marks an object so that the session's cascades skip it.
    pub(super) fn mark_expunged(&self, object: &AnyEntity) {
        object.0.state().expunged_from.set(self.id);
        self.has_expunged.set(true);
    }

    /// Whether the session skips an object to which objects in it are related.
    pub(super) fn is_without(&self, object: &AnyEntity) -> bool {
        object.0.state().expunged_from.get() == self.id
            && matches!(object.status(), Status::Transient | Status::Detached)
    }

    /// Clears the marks of an explicitly added object and of the objects that were expunged with it.
    pub(crate) fn come_back(&self, object: &AnyEntity) {
        if self.has_expunged.get() {
            object.come_back();
        }
    }

    /// Removes an object and its `expunge` cascade from the session. None of their changes is written.
    pub(crate) fn expunge(self: &Rc<Self>, object: &AnyEntity) {
        let all = cascade(object, |relation, _| relation.cascades.expunge);
        for object in all.iter().chain([object]).filter(|object| object.0.state().is_of(self)) {
            self.expunge_one(object);
        }
        self.sweep();
    }

    /// Removes one object. The caller sweeps the lists afterwards.
    pub(super) fn expunge_one(&self, object: &AnyEntity) {
        self.unregister(object);
        let status = if object.status() == Status::Pending { Status::Transient } else { Status::Detached };
        object.0.state().leave(status);
        self.mark_expunged(object);
    }

    /// Removes all objects from the session.
    pub(crate) fn expunge_all(self: &Rc<Self>) {
        let all = self.all().into_iter().chain(self.pending()).chain(self.deleted());
        all.filter(|object| object.0.state().is_of(self)).for_each(|object| self.expunge_one(&object));
        self.sweep();
    }

    /// Removes objects from the lists that do not belong there any more.
    pub(super) fn sweep(self: &Rc<Self>) {
        let is = |object: &AnyEntity, status| object.0.state().is_of(self) && object.status() == status;
        self.pending.borrow_mut().retain(|object| is(object, Status::Pending));
        self.deleted.borrow_mut().retain(|object| is(object, Status::Deleted));
        self.changed.borrow_mut().retain(|object| object.0.state().is_of(self) && object.0.state().is_queued.get());
    }

    /// Returns the objects to read again with an object. Related objects without a row are expunged instead, as their owner forgets
    /// them.
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
