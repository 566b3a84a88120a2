//! Stops a running statement over a control connection, so that a full pool cannot prevent it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sqlservice_sql::{Dialect, Sql, SqlWriter};
use sqlx::{
    Row,
    postgres::{PgConnectOptions, PgConnection, PgRow},
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

/// The server's identifier and its timeline. Not every server of the protocol can report them.
pub(super) const SERVER: &str = "SELECT (SELECT system_identifier FROM pg_control_system())::text || '/' || \
                                 substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)";

/// How long to look for the outcome of a commit.
const FINDING: Duration = Duration::from_secs(8);

/// A connection that stops statements of other connections, and queries the server about them.
pub(crate) type CancelConnection = ControlConnection<PgConnection>;

/// The control connections of one login: two at most, and few over all logins of the server. None is opened before the first is
/// needed.
pub(crate) struct Control(Arc<ControlPool<PgConnection>>);

impl Control {
    /// Makes a pool without I/O.
    pub(crate) fn new(options: PgConnectOptions, all: &Controls) -> Self {
        Self(ControlPool::new(options, all))
    }

    /// Returns the only row of a query of the host's own.
    async fn ask(&self, sql: &Sql) -> Result<PgRow> {
        let mut control = self.0.ready().await?;
        let row = sqlx::raw_sql(driver::text(sql)).fetch_one(control.get()).await.map_err(error::map)?;
        control.give_back().await;
        Ok(row)
    }

    /// Stops the running statement of a backend process.
    ///
    /// When this returns, the signal is pending for that process. It arrives before any message that is sent to the process
    /// afterwards. A process that waits for a message ignores it.
    async fn stop(&self, control: CancelConnection, process: i32) -> Result<()> {
        signal(control, "SELECT pg_cancel_backend(", process).await
    }

    /// Ends a backend process in any state: one that only computes does not notice that its client is gone.
    pub(crate) async fn terminate(&self, process: i32) -> Result<()> {
        signal(self.0.ready().await?, "SELECT pg_terminate_backend(", process).await
    }

    /// Returns the server's report on a connection, where it has one.
    async fn activity(&self, process: i32) -> Option<ServerActivity> {
        let mut sql = SqlWriter::new(Dialect::Postgres);
        sql.push("SELECT count(*)::text, coalesce(max(state), '') FROM pg_stat_activity WHERE pid = ").number(process);
        let row = self.ask(&sql.finish()).await.ok()?;
        let cell = |at: usize| row.try_get::<String, _>(at).ok();
        match (cell(0)?.as_str(), cell(1)?.as_str()) {
            ("0", _) => Some(ServerActivity::Gone),
            (_, "" | "disabled") => None,
            (_, state) if state.starts_with("idle") => Some(ServerActivity::Waiting),
            _ => Some(ServerActivity::Working),
        }
    }

    /// Finds out whether a transaction committed whose connection was lost meanwhile; `None` where that cannot be known.
    pub(crate) async fn outcome(&self, server: &str, transaction: u64) -> Option<bool> {
        timeout(FINDING, self.decided(server, transaction)).await.ok().flatten()
    }

    async fn decided(&self, server: &str, transaction: u64) -> Option<bool> {
        // Where standbys confirm commits, one that is in the log may still be lost.
        let mut sql = SqlWriter::new(Dialect::Postgres);
        sql.push("SELECT (").push(SERVER).push("), txid_status(").number(transaction).push(
            "), (current_setting('synchronous_standby_names') = '' \
             OR current_setting('synchronous_commit') IN ('off', 'local'))::text",
        );
        let sql = sql.finish();
        loop {
            let row = self.ask(&sql).await.ok()?;
            let cell = |at: usize| row.try_get::<Option<String>, _>(at).ok().flatten();
            if cell(0)? != server {
                return None;
            }
            match cell(1)?.as_str() {
                "committed" => return (cell(2)? == "true").then_some(true),
                "aborted" => return Some(false),
                // The server has not noticed yet that the connection is lost.
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    /// Returns the size in bytes of all tables that the login may insert into, with their indexes and large values.
    async fn stored(&self) -> Result<u64> {
        const SUM: &str = "SELECT COALESCE(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class \
             WHERE relkind IN ('r', 'm') AND relpersistence <> 't' AND has_table_privilege(oid, 'INSERT') \
             AND relnamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname IN ('pg_catalog', 'information_schema'))";
        let mut sql = SqlWriter::new(Dialect::Postgres);
        sql.push(SUM);
        let _one_at_a_time = self.0.question().await?;
        let row = self.ask(&sql.finish()).await?;
        let bytes: i64 = row.try_get_unchecked(0).map_err(error::map)?;
        Ok(u64::try_from(bytes).unwrap_or(0))
    }

    /// Closes the pool: no statement can be stopped afterwards.
    pub(crate) async fn close(&self) {
        self.0.close().await;
    }
}

async fn signal(mut control: CancelConnection, call: &'static str, process: i32) -> Result<()> {
    let mut sql = SqlWriter::new(Dialect::Postgres);
    sql.push(call).number(process).push(")::text");
    let answer = timeout(STOPPING, sqlx::raw_sql(driver::text(&sql.finish())).fetch_one(control.get())).await;
    if matches!(answer, Ok(Ok(_))) {
        control.give_back().await;
    }
    match answer.map(|row: Result<PgRow, _>| row.and_then(|row| row.try_get::<String, _>(0))) {
        Ok(Ok(sent)) if sent == "true" => Ok(()),
        // The process does not exist: the connection is lost, and so is its statement.
        Ok(Ok(_)) => Err(Error::Disconnected(None)),
        Ok(Err(cause)) => Err(Error::Disconnected(Some(cause.into()))),
        Err(elapsed) => Err(Error::Disconnected(Some(elapsed.into()))),
    }
}

/// Stops the statements of one connection.
#[derive(Clone)]
pub(crate) struct PostgresCancelHandle {
    control: Arc<Control>,
    process: i32,
    busy: Busy,
    /// Whether a cancel request was ever sent.
    asked: Arc<AtomicBool>,
}

impl PostgresCancelHandle {
    pub(crate) fn new(control: Arc<Control>, process: i32) -> Self {
        Self { control, process, busy: Busy::default(), asked: Arc::default() }
    }

    /// Returns the control connections that query the server about this connection.
    pub(crate) fn control(&self) -> &Control {
        &self.control
    }

    /// Whether a cancel request was ever sent, or a statement may still run.
    pub(crate) fn was_used(&self) -> bool {
        self.asked.load(Ordering::Acquire) || self.busy.is_busy()
    }

    /// Returns the state of the connection's statement and steps.
    pub(crate) fn busy(&self) -> &Busy {
        &self.busy
    }

    /// Returns a control connection. Cancel safe.
    pub(crate) async fn ready(&self) -> Result<CancelConnection> {
        self.control.0.ready().await
    }

    /// Returns the size in bytes of the tables that the login may insert into.
    pub(crate) async fn stored(&self) -> Result<u64> {
        self.control.stored().await
    }

    /// Sends one cancel request for a statement that is known to run.
    pub(crate) async fn request(&self, control: CancelConnection) -> Result<()> {
        self.asked.store(true, Ordering::Release);
        self.control.stop(control, self.process).await
    }

    /// Ends the connection in the server if it may still work there or hold locks.
    pub(crate) async fn terminate_if_busy(&self) {
        if self.busy.was_given_up() {
            self.terminate().await;
        }
    }
}

impl ActivityProbe for PostgresCancelHandle {
    async fn activity(&self) -> Option<ServerActivity> {
        self.control.activity(self.process).await
    }

    async fn terminate(&self) {
        drop(self.control.terminate(self.process).await);
    }
}

impl StopStatement for PostgresCancelHandle {
    async fn stop(&self) -> Result<()> {
        let ended = self.busy.end(|| self.ready(), |control| self.request(control));
        let stopped = timeout(STOPPING, ended).await;
        stopped.unwrap_or_else(|elapsed| Err(Error::Disconnected(Some(elapsed.into()))))
    }
}
