//! Runs several statements as one: all or none.

use crate::{
    error::Result,
    guard::{ScopeGuard, SessionGuard},
    transaction::state::AutocommitScope,
};

/// The scope that is undone if one of the statements fails.
pub(crate) enum AtomicScope {
    /// A transaction of the host's own, in autocommit, and the autocommit scope that it replaces meanwhile.
    Own(Option<AutocommitScope>),
    /// The changes since a savepoint.
    Savepoint(ScopeGuard),
    /// Nothing: the transaction needs a rollback.
    Transaction,
}

/// Begins a scope. In a transaction, a failure undoes the changes of the scope alone where `mends` is set.
pub(crate) async fn begin(guard: &mut SessionGuard, mends: bool) -> Result<AtomicScope> {
    guard.enter().await?;
    if guard.is_autocommit() {
        let outer = guard.take_hollow();
        guard.connect().await?;
        guard.open_own(true, false).await?;
        return Ok(AtomicScope::Own(outer));
    }
    if mends { guard.begin_nested().await.map(AtomicScope::Savepoint) } else { Ok(AtomicScope::Transaction) }
}

/// Ends a scope: keeps its changes, or undoes them after a failure.
pub(crate) async fn end<T>(guard: &mut SessionGuard, atomic: AtomicScope, result: Result<T>) -> Result<T> {
    match atomic {
        AtomicScope::Transaction => result,
        AtomicScope::Own(outer) => {
            let result = match result {
                Ok(value) => guard.commit_own().await.map(|()| value),
                Err(error) => Err(error),
            };
            guard.end_own(outer).await;
            result
        }
        AtomicScope::Savepoint(claim) => {
            let ended = match &result {
                Ok(_) => guard.release(claim.serial()).await,
                Err(_) => guard.rollback_to(claim.serial()).await,
            };
            claim.keep();
            match (result, ended) {
                (Ok(value), ended) => ended.map(|()| value),
                // If the rollback failed too, the next call gets the transaction's error.
                (Err(error), _) => Err(error),
            }
        }
    }
}
