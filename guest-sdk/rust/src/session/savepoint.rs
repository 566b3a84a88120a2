//! Savepoints.

use super::Session;
use crate::{Result, bindings::sqlservice::database::sessions as contract};

/// A point inside a transaction to roll back to. Savepoints nest; the innermost ends first. Dropping one rolls back to it before
/// the next call on its connection or session. A session's objects are restored with it.
pub struct Savepoint {
    contract: Option<contract::Savepoint>,
    /// The session, and the savepoint's number in its unit of work.
    session: Option<(Session, u64)>,
}

impl Savepoint {
    pub(crate) const fn new(savepoint: contract::Savepoint) -> Self {
        Self { contract: Some(savepoint), session: None }
    }

    pub(crate) fn of_session(savepoint: contract::Savepoint, session: &Session) -> Self {
        let serial = session.unit().begin_nested();
        Self { contract: Some(savepoint), session: Some((session.share(), serial)) }
    }

    /// Keeps the changes since it was set; a session flushes first.
    pub async fn release(mut self) -> Result<()> {
        if let Some((session, _)) = &self.session {
            session.flush_all().await?;
        }
        if let Some(savepoint) = self.contract.take() {
            contract::Savepoint::release(savepoint).await?;
        }
        if let Some((session, serial)) = self.session.take() {
            session.unit().release(serial);
        }
        Ok(())
    }

    /// Undoes the changes since it was set. It also makes a transaction usable again that returns
    /// [`PendingRollback`](crate::Error::PendingRollback) because of a failure since.
    pub async fn rollback(mut self) -> Result<()> {
        // First, so that objects are restored even if the caller drops the future before the database responds.
        if let Some((session, serial)) = self.session.take() {
            session.unit().rollback_to(serial);
        }
        match self.contract.take() {
            Some(savepoint) => Ok(contract::Savepoint::rollback(savepoint).await?),
            None => Ok(()),
        }
    }
}

impl Drop for Savepoint {
    fn drop(&mut self) {
        if let Some((session, serial)) = self.session.take() {
            session.unit().rollback_to(serial);
        }
    }
}
