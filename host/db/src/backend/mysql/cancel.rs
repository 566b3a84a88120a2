//! Stops a running statement over a control connection, so that a full pool cannot prevent it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use sqlservice_sql::{Dialect, Sql, SqlWriter};
use sqlx::{
    MySqlConnection, Row,
    mysql::{MySqlConnectOptions, MySqlRow},
};
use tokio::time::timeout;

use super::error;
use crate::{
    Error, Result,
    backend::{
        StopStatement,
        busy::Busy,
        control::{ControlConnection, ControlPool, STOPPING},
        driver,
        liveness::{ActivityProbe, ServerActivity},
    },
    limit::Controls,
};

/// A connection that stops statements of other connections, and queries the server about them.
pub(crate) type CancelConnection = ControlConnection<MySqlConnection>;

/// The control connections of one login: two at most, and few over all logins of the server. None is opened before the first is
/// needed.
pub(crate) struct Control(Arc<ControlPool<MySqlConnection>>);

impl Control {
    /// Makes a pool without I/O.
    pub(crate) fn new(options: MySqlConnectOptions, all: &Controls) -> Self {
        Self(ControlPool::new(options, all))
    }

    /// Returns the only row of a query of the host's own.
    async fn ask(&self, sql: &Sql) -> Result<MySqlRow> {
        let mut control = self.0.ready().await?;
        let row = sqlx::raw_sql(driver::text(sql)).fetch_one(control.get()).await.map_err(error::map)?;
        control.give_back().await;
        Ok(row)
    }

    /// Stops the running statement of a connection.
    async fn stop(&self, control: CancelConnection, id: u64) -> Result<()> {
        kill(control, "KILL QUERY ", id).await
    }

    /// Ends a connection in any state: one that only computes does not notice that its client is gone.
    async fn terminate(&self, id: u64) -> Result<()> {
        kill(self.0.ready().await?, "KILL CONNECTION ", id).await
    }

    /// Returns the size of all tables of the database in bytes, with their indexes, as the server estimates it.
    async fn stored(&self) -> Result<u64> {
        const SUM: &str = "SELECT CAST(COALESCE(SUM(data_length + index_length), 0) AS CHAR) \
             FROM information_schema.tables WHERE table_schema = DATABASE()";
        let mut sql = SqlWriter::new(Dialect::Mysql);
        sql.push(SUM);
        let _one_at_a_time = self.0.question().await?;
        let row = self.ask(&sql.finish()).await?;
        let bytes: String = row.try_get_unchecked(0).map_err(error::map)?;
        Ok(bytes.parse().unwrap_or(0))
    }

    /// Returns the server's report on a connection.
    async fn activity(&self, id: u64) -> Option<ServerActivity> {
        let mut sql = SqlWriter::new(Dialect::Mysql);
        sql.push("SELECT COALESCE(MAX(COMMAND), '') FROM information_schema.processlist WHERE ID = ").number(id);
        let row = self.ask(&sql.finish()).await.ok()?;
        match row.try_get_unchecked::<String, _>(0).ok()?.as_str() {
            "" => Some(ServerActivity::Gone),
            "Sleep" => Some(ServerActivity::Waiting),
            _ => Some(ServerActivity::Working),
        }
    }

    /// Closes the pool: no statement can be stopped afterwards.
    pub(crate) async fn close(&self) {
        self.0.close().await;
    }
}

async fn kill(mut control: CancelConnection, verb: &'static str, id: u64) -> Result<()> {
    let mut sql = SqlWriter::new(Dialect::Mysql);
    sql.push(verb).number(id);
    match timeout(STOPPING, sqlx::raw_sql(driver::text(&sql.finish())).execute(control.get())).await {
        Ok(Ok(_)) => {
            control.give_back().await;
            Ok(())
        }
        // The connection does not exist: it is lost, and so is its statement.
        Ok(Err(cause)) => Err(Error::Disconnected(Some(cause.into()))),
        Err(elapsed) => Err(Error::Disconnected(Some(elapsed.into()))),
    }
}

/// Stops the statements of one connection.
#[derive(Clone)]
pub(crate) struct MysqlCancelHandle {
    control: Arc<Control>,
    id: u64,
    /// Whether a cancel request was sent that may still hit the connection's next statement.
    pending: Arc<AtomicBool>,
    /// Whether a cancel request was ever sent.
    asked: Arc<AtomicBool>,
    busy: Busy,
}

impl MysqlCancelHandle {
    pub(crate) fn new(control: Arc<Control>, id: u64) -> Self {
        Self { control, id, pending: Arc::default(), asked: Arc::default(), busy: Busy::default() }
    }

    /// Returns the state of the connection's statement and steps.
    pub(crate) fn busy(&self) -> &Busy {
        &self.busy
    }

    /// Whether a cancel request was ever sent, or a statement may still run.
    pub(crate) fn was_used(&self) -> bool {
        self.asked.load(Ordering::Acquire) || self.busy.is_busy()
    }

    /// Returns and clears whether a cancel request may still hit a later statement. The connection then absorbs it with a statement
    /// that does nothing.
    pub(crate) fn take_pending(&self) -> bool {
        self.pending.swap(false, Ordering::AcqRel)
    }

    /// Returns a control connection. Cancel safe.
    pub(crate) async fn ready(&self) -> Result<CancelConnection> {
        self.control.0.ready().await
    }

    /// Returns the size of the database's tables in bytes.
    pub(crate) async fn stored(&self) -> Result<u64> {
        self.control.stored().await
    }

    /// Sends one cancel request for a statement that is known to run.
    pub(crate) async fn request(&self, control: CancelConnection) -> Result<()> {
        self.pending.store(true, Ordering::Release);
        self.asked.store(true, Ordering::Release);
        self.control.stop(control, self.id).await
    }

    /// Ends the connection in the server if it may still work there or hold locks.
    pub(crate) async fn terminate_if_busy(&self) {
        if self.busy.was_given_up() {
            self.terminate().await;
        }
    }
}

impl ActivityProbe for MysqlCancelHandle {
    async fn activity(&self) -> Option<ServerActivity> {
        self.control.activity(self.id).await
    }

    async fn terminate(&self) {
        drop(self.control.terminate(self.id).await);
    }
}

impl StopStatement for MysqlCancelHandle {
    async fn stop(&self) -> Result<()> {
        let ended = self.busy.end(|| self.ready(), |control| self.request(control));
        let stopped = timeout(STOPPING, ended).await;
        stopped.unwrap_or_else(|elapsed| Err(Error::Disconnected(Some(elapsed.into()))))
    }
}
