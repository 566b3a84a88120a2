//! What objects go back to: the state in which a transaction or savepoint found them.

use std::rc::Rc;

use rustc_hash::FxHashSet;

use super::Unit;
use crate::entity::{AnyEntity, Memento, Status};

/// What was changed since a transaction or a savepoint began.
#[derive(Default)]
pub(super) struct Level {
    /// Names the savepoint that began it.
    serial: u64,
    objects: Vec<(AnyEntity, Memento)>,
    seen: FxHashSet<usize>,
}

impl Level {
    fn remember(&mut self, object: &AnyEntity, memento: impl FnOnce() -> Memento) {
        if self.seen.insert(object.address()) {
            self.objects.push((object.clone(), memento()));
        }
    }
}

impl Unit {
    /// An object is about to become what it was not when the transaction or savepoint began.
    pub(super) fn remember(&self, object: &AnyEntity) {
        if let Some(level) = self.levels.borrow_mut().last_mut() {
            level.remember(object, || object.0.memento());
        }
    }

    /// A row was read again, or what an object is related to: what was read may be the transaction's own.
    pub(super) fn remember_read(&self, object: &AnyEntity) {
        if self.has_written.get() || self.levels.borrow().len() > 1 {
            self.remember(object);
        }
    }

    /// A savepoint begins; its name, which no other one of the session has: one that outlived its transaction is nobody's.
    pub(crate) fn begin_nested(&self) -> u64 {
        let serial = self.savepoints.get() + 1;
        self.savepoints.set(serial);
        self.levels.borrow_mut().push(Level { serial, ..Level::default() });
        serial
    }

    /// Whether a savepoint is still there.
    fn is_open(&self, serial: u64) -> bool {
        self.levels.borrow().iter().any(|level| level.serial == serial)
    }

    /// A savepoint is kept: what it changed belongs to the one around it.
    pub(crate) fn release(&self, serial: u64) {
        if !self.is_open(serial) {
            return;
        }
        let mut levels = self.levels.borrow_mut();
        while levels.len() > 1 && levels.last().is_some_and(|level| level.serial >= serial) {
            let (Some(inner), Some(outer)) = (levels.pop(), levels.last_mut()) else { return };
            for (object, memento) in inner.objects {
                outer.remember(&object, || memento);
            }
        }
    }

    /// Everything since a savepoint is undone.
    pub(crate) fn rollback_to(self: &Rc<Self>, serial: u64) {
        if !self.is_open(serial) {
            return;
        }
        // What a flush is about that tells its objects was there before its handlers set a savepoint.
        if !self.is_telling.get() {
            self.drop_unwritten();
        }
        loop {
            let level = {
                let mut levels = self.levels.borrow_mut();
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
        let levels = std::mem::take(&mut *self.levels.borrow_mut());
        for level in levels.into_iter().rev() {
            self.undo(level);
        }
        self.levels.borrow_mut().push(Level::default());
        // What was read in the transaction may have been its own.
        self.expire_all();
        self.failed.set(false);
        self.has_written.set(false);
    }

    /// The transaction was committed.
    pub(crate) fn committed(&self) {
        let levels = std::mem::replace(&mut *self.levels.borrow_mut(), vec![Level::default()]);
        for (object, _) in levels.into_iter().flat_map(|level| level.objects) {
            let life = object.0.life();
            if life.is_gone.get() {
                life.leave(Status::Detached);
                // For good.
                life.is_gone.set(true);
            }
        }
        if self.options.expire_on_commit {
            self.expire_all();
        }
        self.has_written.set(false);
    }

    /// The session ended without a commit: rows that it deleted are there.
    pub(super) fn keep_rows(&self) {
        for (object, _) in self.levels.take().into_iter().flat_map(|level| level.objects) {
            object.0.life().is_gone.set(false);
        }
    }

    /// Forgets what no flush wrote.
    fn drop_unwritten(&self) {
        self.forget_attempt();
        for object in self.pending.take() {
            object.0.life().leave(Status::Transient);
        }
        for object in self.deleted.take() {
            if let Some(unit) = object.0.life().unit() {
                object.0.life().set(Status::Persistent, &unit);
            }
        }
        for object in self.changed.take() {
            object.0.life().is_queued.set(false);
            object.0.revert();
        }
    }

    fn undo(self: &Rc<Self>, level: Level) {
        for (object, memento) in level.objects.into_iter().rev() {
            self.unregister(&object);
            object.0.restore(memento, self);
            if object.status() == Status::Persistent {
                let key = object.0.stored_key();
                self.register(&object, key);
            }
        }
    }
}
