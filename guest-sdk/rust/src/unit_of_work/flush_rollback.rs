//! What a flush does to objects before anything is written, and what it takes back where nothing is.

use std::rc::Rc;

use super::UnitOfWork;
use crate::{
    Result,
    instance::{AnyEntity, Status},
    value::Value,
};

/// Something that a flush did to an object.
pub(super) enum Attempted {
    /// It left the session before it had a row.
    Left(AnyEntity),
    /// Its row is to be deleted, since that of another one is.
    Deleted(AnyEntity),
    /// A column was set to what a relationship says.
    Assigned { object: AnyEntity, column: usize, before: Value, after: Value },
    /// Columns follow a key that changes: what its row had there, and what it said itself.
    Followed { object: AnyEntity, stored: Vec<(usize, Value)>, newest: Vec<(usize, Value)> },
}

/// A flush that is not written yet. Where it goes, for whatever reason, objects are what they were: what follows from them is
/// found again by the next flush, and may be something else by then.
pub(crate) struct FlushRollback<'a>(Option<&'a Rc<UnitOfWork>>);

impl<'a> FlushRollback<'a> {
    pub(crate) fn begin(unit: &'a Rc<UnitOfWork>) -> Self {
        unit.forget_attempt();
        Self(Some(unit))
    }

    /// It is written.
    pub(crate) fn keep(mut self) {
        if let Some(unit) = self.0.take() {
            unit.forget_attempt();
        }
    }
}

impl Drop for FlushRollback<'_> {
    fn drop(&mut self) {
        let Some(unit) = self.0 else { return };
        unit.take_back_all(unit.attempted.take());
        unit.take_back_joined();
    }
}

impl UnitOfWork {
    /// Remembers what a flush did, until it is written.
    pub(super) fn attempt(&self, attempted: Attempted) {
        self.attempted.borrow_mut().push(attempted);
    }

    /// Sets a column to what a relationship says.
    pub(super) fn assign(&self, object: &AnyEntity, column: usize, after: Value) -> Result<()> {
        let before = object.0.value(column);
        if before != after {
            object.0.assign(column, after.clone())?;
            self.attempt(Attempted::Assigned { object: object.clone(), column, before, after });
        }
        Ok(())
    }

    /// There is nothing to take back: the flush was written, or more than it was undone.
    pub(super) fn forget_attempt(&self) {
        self.attempted.borrow_mut().clear();
    }

    /// Objects that came into the session with others leave it again.
    fn take_back_joined(self: &Rc<Self>) {
        let mut any = false;
        for object in self.pending.borrow().iter().filter(|object| object.0.life().has_joined.replace(false)) {
            object.0.life().leave(Status::Transient);
            any = true;
        }
        if any {
            self.sweep();
        }
    }

    /// Takes back what followed from deletes and lost owners. What joined the session stays.
    pub(crate) fn take_back_followers(self: &Rc<Self>) {
        let follows = |attempted: &Attempted| matches!(attempted, Attempted::Left(_) | Attempted::Deleted(_));
        if !self.attempted.borrow().iter().any(follows) {
            return;
        }
        let (followers, others) = self.attempted.take().into_iter().partition(follows);
        self.attempted.replace(others);
        self.take_back_all(followers);
    }

    /// Takes back the last first.
    fn take_back_all(self: &Rc<Self>, attempted: Vec<Attempted>) {
        if attempted.is_empty() {
            return;
        }
        attempted.into_iter().rev().for_each(|attempted| self.take_back(attempted));
        // Once for all of them.
        self.sweep();
    }

    fn take_back(self: &Rc<Self>, attempted: Attempted) {
        match attempted {
            Attempted::Left(object) if object.status() == Status::Transient => {
                object.0.life().taken_out_of.set(0);
                object.0.life().set(Status::Pending, self);
                self.pending.borrow_mut().push(object);
            }
            Attempted::Deleted(object) if object.status() == Status::Deleted => {
                let life = object.0.life();
                // One that a handler deleted as well stays so.
                if life.is_following.replace(false) && !life.is_gone.get() {
                    life.set(Status::Persistent, self);
                }
            }
            Attempted::Assigned { object, column, before, after } if object.0.value(column) == after => {
                // What it was fits.
                let _ = object.0.assign(column, before);
            }
            Attempted::Followed { object, stored, newest } => {
                // What it was fits.
                let _ = set_stored(&object, &stored);
                for (column, value) in newest {
                    let _ = object.0.assign(column, value);
                }
            }
            Attempted::Left(_) | Attempted::Deleted(_) | Attempted::Assigned { .. } => {}
        }
    }
}

/// Sets what an object's row has; what was edited stays.
pub(super) fn set_stored(object: &AnyEntity, values: &[(usize, Value)]) -> Result<()> {
    let edits: Vec<(usize, Value)> =
        object.0.changed().into_iter().map(|column| (column, object.0.value(column))).collect();
    object.0.learn_values(values)?;
    edits.into_iter().try_for_each(|(column, value)| object.0.assign(column, value))
}
