//! Savepoints.

use std::rc::Rc;

use super::unit::Unit;
use crate::{Result, bindings::sqlservice::database::sessions as contract};

/// A point inside a transaction to go back to. They nest; the innermost ends first. Dropping it goes back to it before
/// the next call on its connection or session. A session's objects go back with it.
pub struct Savepoint {
    contract: Option<contract::Savepoint>,
    /// The session's objects, and the savepoint's name among them.
    objects: Option<(Rc<Unit>, u64)>,
}

impl Savepoint {
    pub(crate) const fn new(savepoint: contract::Savepoint) -> Self {
        Self { contract: Some(savepoint), objects: None }
    }

    pub(crate) fn of_unit(savepoint: contract::Savepoint, unit: &Rc<Unit>) -> Self {
        let serial = unit.begin_nested();
        Self { contract: Some(savepoint), objects: Some((Rc::clone(unit), serial)) }
    }

    /// Keeps what was done since; what a session has not written yet is written first.
    pub async fn release(mut self) -> Result<()> {
        if let Some((unit, _)) = &self.objects {
            unit.flush_all(&unit.session()).await?;
        }
        if let Some(savepoint) = self.contract.take() {
            contract::Savepoint::release(savepoint).await?;
        }
        if let Some((unit, serial)) = self.objects.take() {
            unit.release(serial);
        }
        Ok(())
    }

    /// Undoes what was done since. It also mends a transaction that says [`PendingRollback`](crate::Error::PendingRollback)
    /// for a failure since.
    pub async fn rollback(mut self) -> Result<()> {
        // First, so that they are what they were, too, when nobody waits for the database.
        if let Some((unit, serial)) = self.objects.take() {
            unit.rollback_to(serial);
        }
        match self.contract.take() {
            Some(savepoint) => Ok(contract::Savepoint::rollback(savepoint).await?),
            None => Ok(()),
        }
    }
}

impl Drop for Savepoint {
    fn drop(&mut self) {
        if let Some((unit, serial)) = self.objects.take() {
            unit.rollback_to(serial);
        }
    }
}
