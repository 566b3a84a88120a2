//! Savepoints.

use crate::{Result, bindings::sqlservice::database::sessions as contract};

/// A point inside a transaction to go back to. They nest; the innermost ends first. Dropping it goes back to it before
/// the next call on its connection or session.
pub struct Savepoint(contract::Savepoint);

impl Savepoint {
    pub(crate) const fn new(savepoint: contract::Savepoint) -> Self {
        Self(savepoint)
    }

    /// Keeps what was done since.
    pub async fn release(self) -> Result<()> {
        Ok(contract::Savepoint::release(self.0).await?)
    }

    /// Undoes what was done since. It also mends a transaction that says [`PendingRollback`](crate::Error::PendingRollback)
    /// for a failure since.
    pub async fn rollback(self) -> Result<()> {
        Ok(contract::Savepoint::rollback(self.0).await?)
    }
}
