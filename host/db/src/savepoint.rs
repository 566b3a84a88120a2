//! Savepoints: points inside a transaction to roll back to.

use std::sync::Arc;

use crate::{error::Result, guard::ScopeGuard};

/// A point inside a transaction to roll back to. Savepoints nest; the innermost ends first.
///
/// Dropping it, or a call on it that fails, rolls back to it before the session's next call.
pub struct Savepoint {
    claim: ScopeGuard,
}

impl Savepoint {
    pub(crate) fn new(claim: ScopeGuard) -> Self {
        Self { claim }
    }

    /// Keeps the changes since the savepoint.
    ///
    /// # Errors
    ///
    /// Another savepoint was set after this one and is still open, or a statement has failed since.
    pub async fn release(self) -> Result<()> {
        let core = Arc::clone(self.claim.core());
        let claim = self.claim;
        core.call(async move |mut guard| {
            let result = guard.release(claim.serial()).await;
            if result.is_ok() {
                claim.keep();
            }
            result
        })
        .await
    }

    /// Undoes the changes since the savepoint. It also repairs a transaction in which a statement has failed since.
    ///
    /// # Errors
    ///
    /// Another savepoint was set after this one and is still open, or the database has rolled back the whole transaction.
    pub async fn rollback(self) -> Result<()> {
        let core = Arc::clone(self.claim.core());
        let claim = self.claim;
        core.call(async move |mut guard| {
            let result = guard.rollback_to(claim.serial()).await;
            if result.is_ok() {
                claim.keep();
            }
            result
        })
        .await
    }
}
