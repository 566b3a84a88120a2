//! Stops a running statement through a connection of its own, so that a full pool does not keep anybody from stopping.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sqlx::mysql::{MySqlConnectOptions, MySqlPool, MySqlPoolOptions};
use tokio::time::timeout;

use crate::{Error, Result, backend::Stop};

/// How long stopping may take; after that the connection is given up.
const STOPPING: Duration = Duration::from_secs(5);

/// Two connections at most that do nothing but stop statements of the others; none until the first is to be stopped.
pub(crate) struct Control(MySqlPool);

impl Control {
    /// No I/O.
    pub(crate) fn new(options: MySqlConnectOptions) -> Self {
        let pool = MySqlPoolOptions::new().max_connections(2).idle_timeout(Duration::from_secs(60));
        Self(pool.acquire_timeout(STOPPING).test_before_acquire(true).connect_lazy_with(options))
    }

    /// Stops what the connection runs now.
    async fn stop(&self, id: u64) -> Result<()> {
        let sql = sqlx::AssertSqlSafe(format!("KILL QUERY {id}"));
        match timeout(STOPPING, sqlx::raw_sql(sql).execute(&self.0)).await {
            Ok(Ok(_)) => Ok(()),
            // No such connection: it is lost, and so is its statement.
            Ok(Err(cause)) => Err(Error::Disconnected(Some(cause.into()))),
            Err(elapsed) => Err(Error::Disconnected(Some(elapsed.into()))),
        }
    }

    /// Stops nothing any more.
    pub(crate) async fn close(&self) {
        drop(timeout(STOPPING, self.0.close()).await);
    }
}

/// Stops the statements of one link.
#[derive(Clone)]
pub(crate) struct MysqlStopper {
    control: Arc<Control>,
    id: u64,
    /// Whether a stop was asked for that may still hit the connection's next statement.
    pending: Arc<AtomicBool>,
}

impl MysqlStopper {
    pub(crate) fn new(control: Arc<Control>, id: u64) -> Self {
        Self { control, id, pending: Arc::default() }
    }

    /// Whether a stop may still hit a statement; the link makes sure, with one that does nothing, that it hits no other.
    pub(crate) fn take_pending(&self) -> bool {
        self.pending.swap(false, Ordering::AcqRel)
    }
}

impl Stop for MysqlStopper {
    async fn stop(&self) -> Result<()> {
        self.pending.store(true, Ordering::Release);
        self.control.stop(self.id).await
    }
}
