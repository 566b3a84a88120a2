//! Commits: a commit that was sent is never stopped, and its caller gets its true outcome.

use std::{sync::Arc, time::Duration};

use tokio::time::timeout;
use tracing::Level;

use crate::{
    backend::BackendConnection,
    error::{Error, Result},
    guard::SessionGuard,
    observe::Instruments,
    pool::PooledConnection,
};

/// How long the caller of a commit waits for the database's response.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long the host waits for the response after that, before it takes the connection for dead.
const LAST: Duration = Duration::from_secs(3_600);

/// The error text of a commit whose response did not come in time.
pub(crate) const UNANSWERED: &str = "the database did not answer the commit in time";

impl SessionGuard {
    /// Commits in the database. A connection whose commit has no response in time moves to a host task that keeps waiting; its permit is
    /// freed when the commit has ended.
    pub(crate) async fn send_commit(&mut self) -> Result<()> {
        let Some(held) = self.lease.state.held.take() else { return Err(Error::Disconnected(None)) };
        let mut work = Box::pin(commit(held));
        let Ok((held, result)) = timeout(PATIENCE, &mut work).await else {
            let instruments = Arc::clone(&self.core.instruments);
            instruments.log(Level::WARN, "a commit takes long; the host goes on waiting for it", None);
            tokio::spawn(async move { end(&instruments, timeout(LAST, work).await.ok()).await });
            return Err(Error::OutcomeUnknown(UNANSWERED));
        };
        if is_usable(&held, &result) {
            self.lease.state.held = Some(held);
        } else {
            held.discard().await;
        }
        result
    }
}

async fn commit(mut held: PooledConnection) -> (PooledConnection, Result<()>) {
    let result = held.connection.commit().await;
    (held, result)
}

fn is_usable(held: &PooledConnection, result: &Result<()>) -> bool {
    !held.connection.is_lost() && !matches!(result, Err(Error::Disconnected(_) | Error::OutcomeUnknown(_)))
}

/// Handles a connection whose commit has ended after its caller got `Error::OutcomeUnknown`.
async fn end(instruments: &Instruments, ended: Option<(PooledConnection, Result<()>)>) {
    match ended {
        None => instruments.log(Level::WARN, "a commit was never answered", None),
        Some((held, result)) => {
            let said = format!("{result:?}");
            instruments.log(Level::INFO, "a commit whose outcome was unknown has ended", Some(&said));
            if is_usable(&held, &result) { held.give_back().await } else { held.discard().await }
        }
    }
}
