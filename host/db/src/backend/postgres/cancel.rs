//! Stops a running statement through a connection of its own, so that a full pool does not keep anybody from stopping.

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

/// A server and its timeline. Not every server that speaks the protocol can answer.
pub(super) const SERVER: &str = "SELECT (SELECT system_identifier FROM pg_control_system())::text || '/' || \
                                 substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)";

/// How long the outcome of a commit is looked for.
const FINDING: Duration = Duration::from_secs(8);

/// A connection that does nothing but stop statements of the others.
pub(crate) type CancelConnection = ControlConnection<PgConnection>;

/// Two such connections at most, and few over all logins of the server; none until the first is to be stopped.
pub(crate) struct Control(Arc<ControlPool<PgConnection>>);

impl Control {
    /// No I/O.
    pub(crate) fn new(options: PgConnectOptions, all: &Controls) -> Self {
        Self(ControlPool::new(options, all))
    }

    /// The only row of a question of the host's.
    async fn ask(&self, sql: &Sql) -> Result<PgRow> {
        let mut control = self.0.ready().await?;
        let row = sqlx::raw_sql(driver::text(sql)).fetch_one(control.get()).await.map_err(error::map)?;
        control.give_back().await;
        Ok(row)
    }

    /// Stops what the backend process runs now.
    ///
    /// When this returns, the signal is pending for that process: it comes before any message that is sent to it after.
    /// A process that waits for a message ignores it.
    async fn stop(&self, control: CancelConnection, process: i32) -> Result<()> {
        signal(control, "SELECT pg_cancel_backend(", process).await
    }

    /// Ends the backend process, whatever it does: one that only computes does not notice that its client is gone.
    pub(crate) async fn terminate(&self, process: i32) -> Result<()> {
        signal(self.0.ready().await?, "SELECT pg_terminate_backend(", process).await
    }

    /// What the server says of a connection, where it tells.
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

    /// Asks what became of a transaction whose connection was lost while it committed: whether it did, where that can be known.
    pub(crate) async fn outcome(&self, server: &str, transaction: u64) -> Option<bool> {
        timeout(FINDING, self.decided(server, transaction)).await.ok().flatten()
    }

    async fn decided(&self, server: &str, transaction: u64) -> Option<bool> {
        // Where standbys confirm commits, one that is in the log is not yet safe.
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

    /// How many bytes all tables have that the login may put rows into, with their indexes and large values.
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

    /// Stops nothing any more.
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
        // No such process: the connection is lost, and so is its statement.
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
    /// Whether a stop was ever asked for.
    asked: Arc<AtomicBool>,
}

impl PostgresCancelHandle {
    pub(crate) fn new(control: Arc<Control>, process: i32) -> Self {
        Self { control, process, busy: Busy::default(), asked: Arc::default() }
    }

    /// Where others are asked about this connection.
    pub(crate) fn control(&self) -> &Control {
        &self.control
    }

    /// Whether a stop was ever asked for, or a statement may still run.
    pub(crate) fn was_used(&self) -> bool {
        self.asked.load(Ordering::Acquire) || self.busy.is_busy()
    }

    /// Whether the connection runs a statement.
    pub(crate) fn busy(&self) -> &Busy {
        &self.busy
    }

    /// A connection to ask over. May be given up at any time.
    pub(crate) async fn ready(&self) -> Result<CancelConnection> {
        self.control.0.ready().await
    }

    /// How many bytes the tables have that the login may write.
    pub(crate) async fn stored(&self) -> Result<u64> {
        self.control.stored().await
    }

    /// Asks once, for a statement that is known to run.
    pub(crate) async fn request(&self, control: CancelConnection) -> Result<()> {
        self.asked.store(true, Ordering::Release);
        self.control.stop(control, self.process).await
    }

    /// Ends the connection in the server, if it may still work there or keep locks.
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
