//! Transactions and savepoints of a session: the snapshots of objects that a rollback restores.

use std::rc::Rc;

use super::{UnitOfWork, flush_plan};
use crate::{
    instance::{AnyEntity, Mode, Snapshot, StateSnapshot, Status},
    mapping::Key,
};

/// A transaction or a savepoint, with snapshots of the objects that changed since it began.
pub(super) struct SessionTransaction {
    /// The number of the savepoint that began it; 0 for the transaction.
    serial: u64,
    /// The mark of the objects that it has a snapshot of, unique among the transactions of all sessions.
    mark: u64,
    objects: Vec<ObjectSnapshot>,
}

/// An object, its snapshot, and the mark of the outer transaction that has an older one.
struct ObjectSnapshot {
    object: AnyEntity,
    snapshot: (StateSnapshot, Snapshot),
    outer: u64,
}

impl SessionTransaction {
    /// Begins a transaction, or a savepoint with its number.
    pub(super) fn new(serial: u64) -> Self {
        Self { serial, mark: flush_plan::serial(), objects: Vec::new() }
    }

    fn snapshot(&mut self, object: &AnyEntity) {
        let outer = object.0.state().level.replace(self.mark);
        if outer != self.mark {
            self.objects.push(ObjectSnapshot {
                object: object.clone(),
                snapshot: (object.0.state().snapshot(), object.0.snapshot()),
                outer,
            });
        }
    }

    /// Takes over the snapshots of an inner savepoint, which is released.
    fn take_over(&mut self, inner: Self) {
        for remembered in inner.objects {
            remembered.object.0.state().level.set(self.mark);
            // The outer transaction's own snapshot is older, and stays.
            if remembered.outer != self.mark {
                self.objects.push(remembered);
            }
        }
    }
}

impl UnitOfWork {
    /// Takes a snapshot of an object before it changes, once a transaction or savepoint.
    pub(super) fn snapshot(&self, object: &AnyEntity) {
        if let Some(level) = self.transactions.borrow_mut().last_mut() {
            level.snapshot(object);
        }
    }

    /// Takes a snapshot before an object is populated from rows, which the open transaction may have written.
    pub(super) fn snapshot_read(&self, object: &AnyEntity) {
        if self.has_written.get() || self.transactions.borrow().len() > 1 {
            self.snapshot(object);
        }
    }

    /// Begins a savepoint. Returns its number, which the session never reuses, so that a savepoint handle which outlives its
    /// transaction matches none.
    pub(crate) fn begin_nested(&self) -> u64 {
        let serial = self.savepoints.get() + 1;
        self.savepoints.set(serial);
        self.transactions.borrow_mut().push(SessionTransaction::new(serial));
        serial
    }

    /// Whether a savepoint is still open.
    fn is_open(&self, serial: u64) -> bool {
        self.transactions.borrow().iter().any(|level| level.serial == serial)
    }

    /// Releases a savepoint: the enclosing transaction takes over its snapshots.
    pub(crate) fn release(&self, serial: u64) {
        if !self.is_open(serial) {
            return;
        }
        let mut levels = self.transactions.borrow_mut();
        while levels.len() > 1 && levels.last().is_some_and(|level| level.serial >= serial) {
            let (Some(inner), Some(outer)) = (levels.pop(), levels.last_mut()) else { return };
            outer.take_over(inner);
        }
    }

    /// Rolls back to a savepoint: restores the state that objects had when it began.
    pub(crate) fn rollback_to(self: &Rc<Self>, serial: u64) {
        if !self.is_open(serial) {
            return;
        }
        // While hooks run, the unwritten changes of the flush are older than a hook's savepoint, so they stay.
        if !self.is_firing.get() {
            self.drop_unwritten();
        }
        loop {
            let level = {
                let mut levels = self.transactions.borrow_mut();
                let is_inside = levels.len() > 1 && levels.last().is_some_and(|level| level.serial >= serial);
                if is_inside { levels.pop() } else { None }
            };
            match level {
                Some(level) => self.undo(level),
                None => break,
            }
        }
        self.failed.set(false);
    }

    /// Restores the state that objects had when the transaction began, which was rolled back.
    pub(crate) fn rolled_back(self: &Rc<Self>) {
        self.drop_unwritten();
        let levels = std::mem::take(&mut *self.transactions.borrow_mut());
        for level in levels.into_iter().rev() {
            self.undo(level);
        }
        self.transactions.borrow_mut().push(SessionTransaction::new(0));
        // Rows that were read in the transaction may contain its own writes.
        self.expire_all();
        self.failed.set(false);
        self.has_written.set(false);
    }

    /// Completes a commit: objects whose rows the transaction deleted are detached.
    pub(crate) fn committed(&self, expire: bool) {
        let levels = std::mem::replace(&mut *self.transactions.borrow_mut(), vec![SessionTransaction::new(0)]);
        for ObjectSnapshot { object, .. } in levels.into_iter().flat_map(|level| level.objects) {
            let state = object.0.state();
            if state.is_gone.get() {
                state.leave(Status::Detached);
                // `leave` clears the flag, but the delete is final.
                state.is_gone.set(true);
            }
        }
        if expire {
            self.expire_all();
        }
        self.has_written.set(false);
    }

    /// Marks deleted rows as existing, as the session ended without a commit.
    pub(super) fn keep_rows(&self) {
        for ObjectSnapshot { object, .. } in self.transactions.take().into_iter().flat_map(|level| level.objects) {
            object.0.state().is_gone.set(false);
        }
    }

    /// Discards everything that was not flushed.
    fn drop_unwritten(&self) {
        self.forget_steps();
        for object in self.pending.take() {
            object.0.state().leave(Status::Transient);
        }
        self.forget_collections();
        self.detached_owners.take();
        for object in self.deleted.take() {
            if object.0.state().tracker().is_some() {
                object.0.state().set_status(Status::Persistent);
            }
        }
        for object in self.changed.take() {
            object.0.state().is_queued.set(false);
            object.0.revert();
        }
    }

    fn undo(self: &Rc<Self>, level: SessionTransaction) {
        let mut restored = Vec::with_capacity(level.objects.len());
        // All are unregistered first, as objects may have exchanged keys.
        level.objects.iter().for_each(|remembered| self.unregister(&remembered.object));
        for ObjectSnapshot { object, snapshot: (state, row), outer } in level.objects.into_iter().rev() {
            object.0.state().level.set(outer);
            // An expunged object is not restored, as it left the session.
            if object.0.state().expunged_from.get() == self.id {
                continue;
            }
            object.0.restore(&row);
            object.0.state().restore(state, self);
            if object.status() == Status::Persistent {
                let key = object.0.stored_key();
                self.give_way(&object, &key);
                self.register(&object, key);
            }
            restored.push(object);
        }
        restored.iter().for_each(unload_left);
    }
}

impl UnitOfWork {
    /// Detaches an object that was read meanwhile by the key of a restored object: its row no longer exists.
    fn give_way(self: &Rc<Self>, object: &AnyEntity, key: &Key) {
        if let Some(other) = self.find(object.0.mapper().of, key).filter(|other| other != object) {
            other.0.state().leave(Status::Detached);
            self.sweep();
        }
    }
}

/// Unloads the relationships of a restored object to objects that left the session meanwhile: another object may represent that row
/// by now.
fn unload_left(object: &AnyEntity) {
    for at in 0..object.0.mapper().relations.len() {
        let has_left = object.0.items(at).iter().any(|item| item.status() == Status::Detached);
        if has_left {
            object.0.set_committed_relation(at, &mut |relation| relation.set(Mode::Unloaded, &[], &[]));
        }
    }
}
