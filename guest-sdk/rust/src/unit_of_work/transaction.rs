//! What objects go back to: the state in which a transaction or savepoint found them.

use std::rc::Rc;

use super::{UnitOfWork, flush_plan};
use crate::{
    instance::{AnyEntity, Mode, Snapshot, StateSnapshot, Status},
    mapping::Key,
};

/// What was changed since a transaction or a savepoint began.
pub(super) struct SessionTransaction {
    /// Names the savepoint that began it.
    serial: u64,
    /// What those have that it remembers: no other level has it, of whichever session.
    mark: u64,
    objects: Vec<Remembered>,
}

/// An object, what it was, and the level around that remembered something of it before.
struct Remembered {
    object: AnyEntity,
    snapshot: (StateSnapshot, Snapshot),
    outer: u64,
}

impl SessionTransaction {
    /// That of a transaction, or of a savepoint by its number.
    pub(super) fn new(serial: u64) -> Self {
        Self { serial, mark: flush_plan::serial(), objects: Vec::new() }
    }

    fn remember(&mut self, object: &AnyEntity) {
        let outer = object.0.life().level.replace(self.mark);
        if outer != self.mark {
            self.objects.push(Remembered {
                object: object.clone(),
                snapshot: (object.0.life().snapshot(), object.0.snapshot()),
                outer,
            });
        }
    }

    /// What a level inside of it remembers, which is kept.
    fn take_over(&mut self, inner: Self) {
        for remembered in inner.objects {
            remembered.object.0.life().level.set(self.mark);
            // What this level remembers of it itself is earlier.
            if remembered.outer != self.mark {
                self.objects.push(remembered);
            }
        }
    }
}

impl UnitOfWork {
    /// An object is about to become what it was not when the transaction or savepoint began.
    pub(super) fn remember(&self, object: &AnyEntity) {
        if let Some(level) = self.transactions.borrow_mut().last_mut() {
            level.remember(object);
        }
    }

    /// A row was read again, or what an object is related to: what was read may be the transaction's own.
    pub(super) fn remember_read(&self, object: &AnyEntity) {
        if self.has_written.get() || self.transactions.borrow().len() > 1 {
            self.remember(object);
        }
    }

    /// A savepoint begins; its name, which no other one of the session has: one that outlived its transaction is nobody's.
    pub(crate) fn begin_nested(&self) -> u64 {
        let serial = self.savepoints.get() + 1;
        self.savepoints.set(serial);
        self.transactions.borrow_mut().push(SessionTransaction::new(serial));
        serial
    }

    /// Whether a savepoint is still there.
    fn is_open(&self, serial: u64) -> bool {
        self.transactions.borrow().iter().any(|level| level.serial == serial)
    }

    /// A savepoint is kept: what it changed belongs to the one around it.
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

    /// Everything since a savepoint is undone.
    pub(crate) fn rollback_to(self: &Rc<Self>, serial: u64) {
        if !self.is_open(serial) {
            return;
        }
        // What a flush is about that tells its objects was there before its handlers set a savepoint.
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

    /// The transaction was rolled back.
    pub(crate) fn rolled_back(self: &Rc<Self>) {
        self.drop_unwritten();
        let levels = std::mem::take(&mut *self.transactions.borrow_mut());
        for level in levels.into_iter().rev() {
            self.undo(level);
        }
        self.transactions.borrow_mut().push(SessionTransaction::new(0));
        // What was read in the transaction may have been its own.
        self.expire_all();
        self.failed.set(false);
        self.has_written.set(false);
    }

    /// The transaction was committed.
    pub(crate) fn committed(&self, expire: bool) {
        let levels = std::mem::replace(&mut *self.transactions.borrow_mut(), vec![SessionTransaction::new(0)]);
        for Remembered { object, .. } in levels.into_iter().flat_map(|level| level.objects) {
            let life = object.0.life();
            if life.is_gone.get() {
                life.leave(Status::Detached);
                // For good.
                life.is_gone.set(true);
            }
        }
        if expire {
            self.expire_all();
        }
        self.has_written.set(false);
    }

    /// The session ended without a commit: rows that it deleted are there.
    pub(super) fn keep_rows(&self) {
        for Remembered { object, .. } in self.transactions.take().into_iter().flat_map(|level| level.objects) {
            object.0.life().is_gone.set(false);
        }
    }

    /// Forgets what no flush wrote.
    fn drop_unwritten(&self) {
        self.forget_attempt();
        for object in self.pending.take() {
            object.0.life().leave(Status::Transient);
        }
        self.forget_listed();
        self.outside.take();
        for object in self.deleted.take() {
            if object.0.life().tracker().is_some() {
                object.0.life().set_status(Status::Persistent);
            }
        }
        for object in self.changed.take() {
            object.0.life().is_queued.set(false);
            object.0.revert();
        }
    }

    fn undo(self: &Rc<Self>, level: SessionTransaction) {
        let mut restored = Vec::with_capacity(level.objects.len());
        // Keys may have been exchanged.
        level.objects.iter().for_each(|remembered| self.unregister(&remembered.object));
        for Remembered { object, snapshot: (state, row), outer } in level.objects.into_iter().rev() {
            object.0.life().level.set(outer);
            // What was taken out of the session is not the session's to undo.
            if object.0.life().taken_out_of.get() == self.id {
                continue;
            }
            object.0.restore(&row);
            object.0.life().restore(state, self);
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
    /// An object that was read meanwhile leaves the session: its row was there in the place of one that is there again.
    fn give_way(self: &Rc<Self>, object: &AnyEntity, key: &Key) {
        if let Some(other) = self.find(object.0.mapper().of, key).filter(|other| other != object) {
            other.0.life().leave(Status::Detached);
            self.sweep();
        }
    }
}

/// A relationship that goes back to an object which left the session meanwhile is not known any more: another object may stand for
/// that row by now.
fn unload_left(object: &AnyEntity) {
    for at in 0..object.0.mapper().relations.len() {
        let mut has_left = false;
        object.0.look(at, &mut |now, _| has_left = now.items().iter().any(|item| item.status() == Status::Detached));
        if has_left {
            object.0.learn_relation(at, &mut |relation| relation.set(Mode::Unloaded, &[], &[]));
        }
    }
}
