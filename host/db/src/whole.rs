//! Several statements as one: all or none.

use crate::{
    Result,
    lease::{Claim, Turn},
    transaction::Hollow,
};

/// What is undone where one of the statements fails.
pub(crate) enum Whole {
    /// A transaction of the host's own, in autocommit, and the one that is one by name only.
    Own(Option<Hollow>),
    /// What was done since a savepoint.
    Savepoint(Claim),
    /// Nothing: the transaction asks for a rollback.
    Transaction,
}

impl Turn {
    /// Begins. In a transaction that `mends`, a failure undoes what is done from here on and nothing else.
    pub(crate) async fn begin_whole(&mut self, mends: bool) -> Result<Whole> {
        self.enter().await?;
        if self.is_autocommit() {
            let outer = self.take_hollow();
            self.connect().await?;
            self.open_own(true, false).await?;
            return Ok(Whole::Own(outer));
        }
        if mends { self.begin_nested().await.map(Whole::Savepoint) } else { Ok(Whole::Transaction) }
    }

    /// Ends it: keeps what was done, or undoes it after a failure.
    pub(crate) async fn end_whole<T>(&mut self, whole: Whole, result: Result<T>) -> Result<T> {
        match whole {
            Whole::Transaction => result,
            Whole::Own(outer) => {
                let result = match result {
                    Ok(value) => self.commit_own().await.map(|()| value),
                    Err(error) => Err(error),
                };
                self.end_own(outer).await;
                result
            }
            Whole::Savepoint(claim) => {
                let ended = match &result {
                    Ok(_) => self.release(claim.serial()).await,
                    Err(_) => self.rollback_to(claim.serial()).await,
                };
                claim.keep();
                match (result, ended) {
                    (Ok(value), ended) => ended.map(|()| value),
                    // Where even that failed, the transaction says so at the next call.
                    (Err(error), _) => Err(error),
                }
            }
        }
    }
}
