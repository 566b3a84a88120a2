//! Stops a running statement through a connection of its own, so that a full pool does not keep anybody from stopping.

use std::{sync::Arc, time::Duration};

use sqlx::{
    Row,
    postgres::{PgConnectOptions, PgPool, PgPoolOptions},
};
use tokio::time::timeout;

use crate::{
    Error, Result,
    backend::{Stop, busy::Busy},
};

/// How long stopping may take; after that the connection is given up.
const STOPPING: Duration = Duration::from_secs(5);

/// Two connections at most that do nothing but stop statements of the others; none until the first is to be stopped.
pub(crate) struct Control(PgPool);

impl Control {
    /// No I/O.
    pub(crate) fn new(options: PgConnectOptions) -> Self {
        let pool = PgPoolOptions::new().max_connections(2).idle_timeout(Duration::from_secs(60));
        Self(pool.acquire_timeout(STOPPING).test_before_acquire(true).connect_lazy_with(options))
    }

    /// Stops what the backend process runs now.
    ///
    /// When this returns, the signal is pending for that process: it comes before any message that is sent to it after.
    /// A process that waits for a message ignores it.
    async fn stop(&self, process: i32) -> Result<()> {
        self.signal("pg_cancel_backend", process).await
    }

    /// Ends the backend process, whatever it does: one that only computes does not notice that nobody is there any more.
    pub(crate) async fn terminate(&self, process: i32) -> Result<()> {
        self.signal("pg_terminate_backend", process).await
    }

    async fn signal(&self, function: &str, process: i32) -> Result<()> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT {function}({process})::text"));
        let answer = timeout(STOPPING, sqlx::raw_sql(sql).fetch_one(&self.0)).await;
        match answer.map(|row| row.and_then(|row| row.try_get::<String, _>(0))) {
            Ok(Ok(sent)) if sent == "true" => Ok(()),
            // No such process: the connection is lost, and so is its statement.
            Ok(Ok(_)) => Err(Error::Disconnected(None)),
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
pub(crate) struct PostgresStopper {
    control: Arc<Control>,
    process: i32,
    busy: Busy,
}

impl PostgresStopper {
    pub(crate) fn new(control: Arc<Control>, process: i32) -> Self {
        Self { control, process, busy: Busy::default() }
    }

    /// Whether the link runs a statement.
    pub(crate) fn busy(&self) -> &Busy {
        &self.busy
    }

    /// Asks once, for a statement that is known to run.
    pub(crate) async fn request(&self) -> Result<()> {
        self.control.stop(self.process).await
    }

    /// Ends the connection in the server, if a statement may still run there.
    pub(crate) async fn end_if_busy(&self) {
        if self.busy.is_busy() {
            drop(self.control.terminate(self.process).await);
        }
    }
}

impl Stop for PostgresStopper {
    async fn stop(&self) -> Result<()> {
        let stopped = timeout(STOPPING, self.busy.end(|| self.request())).await;
        stopped.unwrap_or_else(|elapsed| Err(Error::Disconnected(Some(elapsed.into()))))
    }
}
