//! The steps of a flush on objects before it is written, and their rollback if it is not.

use std::rc::Rc;

use super::UnitOfWork;
use crate::{
    Result,
    instance::{AnyEntity, Status},
    value::Value,
};

/// A step of a flush on an object.
pub(super) enum FlushStep {
    /// A pending object left the session.
    Left(AnyEntity),
    /// An object was marked deleted, as another one is.
    Deleted(AnyEntity),
    /// A relationship set a column.
    Assigned { object: AnyEntity, column: usize, before: Value, after: Value },
    /// Columns follow a changed key: the row's former values, and the object's own former values.
    Followed { object: AnyEntity, stored: Vec<(usize, Value)>, newest: Vec<(usize, Value)> },
}

/// Undoes the steps of a flush that is dropped before it was written. The next flush computes them anew, and may get other ones.
pub(crate) struct FlushRollback<'a>(Option<&'a Rc<UnitOfWork>>);

impl<'a> FlushRollback<'a> {
    pub(crate) fn begin(unit: &'a Rc<UnitOfWork>) -> Self {
        unit.forget_steps();
        Self(Some(unit))
    }

    /// Keeps the steps, as the flush is written.
    pub(crate) fn keep(mut self) {
        if let Some(unit) = self.0.take() {
            unit.forget_steps();
        }
    }
}

impl Drop for FlushRollback<'_> {
    fn drop(&mut self) {
        let Some(unit) = self.0 else { return };
        unit.take_back_all(unit.flush_steps.take());
        unit.take_back_joined();
    }
}

impl UnitOfWork {
    /// Records a step of a flush, until the flush is written.
    pub(super) fn record(&self, flush_steps: FlushStep) {
        self.flush_steps.borrow_mut().push(flush_steps);
    }

    /// Sets a column to the value that a relationship determines.
    pub(super) fn assign(&self, object: &AnyEntity, column: usize, after: Value) -> Result<()> {
        let before = object.0.value(column);
        if before != after {
            object.0.assign(column, after.clone())?;
            self.record(FlushStep::Assigned { object: object.clone(), column, before, after });
        }
        Ok(())
    }

    /// Discards the steps: the flush was written, or was undone along with more.
    pub(super) fn forget_steps(&self) {
        self.flush_steps.borrow_mut().clear();
    }

    /// Removes the objects from the session that joined it by cascade.
    fn take_back_joined(self: &Rc<Self>) {
        let mut any = false;
        for object in self.pending.borrow().iter().filter(|object| object.0.state().has_joined.replace(false)) {
            object.0.state().leave(Status::Transient);
            any = true;
        }
        if any {
            self.sweep();
        }
    }

    /// Undoes the cascades of deletes and orphans. Objects that joined the session stay.
    pub(crate) fn take_back_followers(self: &Rc<Self>) {
        let follows = |flush_steps: &FlushStep| matches!(flush_steps, FlushStep::Left(_) | FlushStep::Deleted(_));
        if !self.flush_steps.borrow().iter().any(follows) {
            return;
        }
        let (followers, others) = self.flush_steps.take().into_iter().partition(follows);
        self.flush_steps.replace(others);
        self.take_back_all(followers);
    }

    /// Undoes steps, the last one first.
    fn take_back_all(self: &Rc<Self>, flush_steps: Vec<FlushStep>) {
        if flush_steps.is_empty() {
            return;
        }
        flush_steps.into_iter().rev().for_each(|flush_steps| self.take_back(flush_steps));
        // Once for all steps.
        self.sweep();
    }

    fn take_back(self: &Rc<Self>, flush_steps: FlushStep) {
        match flush_steps {
            FlushStep::Left(object) if object.status() == Status::Transient => {
                object.0.state().expunged_from.set(0);
                object.0.state().set(Status::Pending, self);
                self.pending.borrow_mut().push(object);
            }
            FlushStep::Deleted(object) if object.status() == Status::Deleted => {
                let state = object.0.state();
                // An object that a handler deleted as well stays deleted.
                if state.is_cascaded.replace(false) && !state.is_gone.get() {
                    state.set(Status::Persistent, self);
                }
            }
            FlushStep::Assigned { object, column, before, after } if object.0.value(column) == after => {
                // The former values fit their columns, so this cannot fail.
                let _ = object.0.assign(column, before);
            }
            FlushStep::Followed { object, stored, newest } => {
                // The former values fit their columns, so this cannot fail.
                let _ = set_stored(&object, &stored);
                for (column, value) in newest {
                    let _ = object.0.assign(column, value);
                }
            }
            FlushStep::Left(_) | FlushStep::Deleted(_) | FlushStep::Assigned { .. } => {}
        }
    }
}

/// Sets the stored values of an object and keeps its edits.
pub(super) fn set_stored(object: &AnyEntity, values: &[(usize, Value)]) -> Result<()> {
    let edits: Vec<(usize, Value)> =
        object.0.changed().into_iter().map(|column| (column, object.0.value(column))).collect();
    object.0.set_committed_values(values)?;
    edits.into_iter().try_for_each(|(column, value)| object.0.assign(column, value))
}
