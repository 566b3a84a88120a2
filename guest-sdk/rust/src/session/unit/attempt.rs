//! What a flush does to objects before anything is written, and what it takes back where nothing is.

use std::rc::Rc;

use super::{Unit, follow::set_stored};
use crate::{
    Result, Value,
    entity::{AnyEntity, Status},
};

/// Something that a flush did to an object.
pub(super) enum Attempted {
    /// It came into the session, since it is related to another one.
    Joined(AnyEntity),
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
pub(super) struct Attempt<'a>(Option<&'a Rc<Unit>>);

impl<'a> Attempt<'a> {
    pub(super) fn begin(unit: &'a Rc<Unit>) -> Self {
        unit.attempted.borrow_mut().clear();
        Self(Some(unit))
    }

    /// It is written.
    pub(super) fn keep(mut self) {
        if let Some(unit) = self.0.take() {
            unit.attempted.borrow_mut().clear();
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let Some(unit) = self.0 else { return };
        for attempted in unit.attempted.take().into_iter().rev() {
            unit.take_back(attempted);
        }
    }
}

impl Unit {
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

    /// Somebody undid more than the flush that runs.
    pub(super) fn forget_attempt(&self) {
        self.attempted.borrow_mut().clear();
    }

    fn take_back(self: &Rc<Self>, attempted: Attempted) {
        match attempted {
            Attempted::Joined(object) if object.status() == Status::Pending => self.expunge(&object),
            Attempted::Left(object) | Attempted::Deleted(object)
                if matches!(object.status(), Status::Transient | Status::Deleted) =>
            {
                // Nobody else has it: it was in this session a moment ago.
                let _ = self.attach(&object);
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
            Attempted::Joined(_) | Attempted::Left(_) | Attempted::Deleted(_) | Attempted::Assigned { .. } => {}
        }
    }
}
