//! Savepoints: points inside a transaction to go back to.

use std::sync::Arc;

use crate::{error::Result, guard::ScopeGuard};

/// A point inside a transaction to go back to. They nest; the innermost ends first.
///
/// Dropping it, or a call on it that fails, rolls back to it before the session's next call.
pub struct Savepoint {
    claim: ScopeGuard,
}

impl Savepoint {
    pub(crate) fn new(claim: ScopeGuard) -> Self {
        Self { claim }
    }

    /// Keeps what was done since.
    ///
    /// # Errors
    ///
    /// Another savepoint was set after this one and is still there, or a statement failed in the meantime.
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

    /// Undoes what was done since. It also mends a transaction in which a statement failed since.
    ///
    /// # Errors
    ///
    /// Another savepoint was set after this one and is still there, or the database gave up the whole transaction.
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
