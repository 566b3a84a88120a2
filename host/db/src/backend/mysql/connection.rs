//! One checked-out connection to MySQL or MariaDB.
//!
//! Transactions are begun and ended by SQL text, not through the driver, whose own transaction state can be wrong. Each message
//! waits for its response, so unneeded ones are not sent: with `autocommit` off a transaction begins with its first statement, and
//! its first read takes its snapshot, as after `START TRANSACTION`.

use std::{sync::Arc, time::Instant};

use sqlservice_sql::{Dialect, Error as StatementError, Sql, SqlWriter};
use sqlx::{Connection, Row};
use tokio::time::timeout;

use super::{
    cancel::MysqlCancelHandle,
    connect::{Connected, MysqlPool},
    error, run,
};
use crate::{
    Error, Result,
    backend::{
        BackendConnection, Begin, Done, Effect, Execution, driver,
        idle::CLOSING,
        liveness,
        server_transaction::{SavepointRollback, ServerTransaction},
        verb,
    },
    row_sink::RowSink,
    settings::Isolation,
};

/// Rolls back a transaction that a borrower of compiled statements may have left open, and reads the connection's id.
const ROLL_BACK: &str = "ROLLBACK; SELECT CAST(CONNECTION_ID() AS CHAR)";

/// End a transaction whatever the server's `completion_type` is.
const COMMIT: &str = "COMMIT AND NO CHAIN NO RELEASE";
const UNDO: &str = "ROLLBACK AND NO CHAIN NO RELEASE";

const LOST: &str = "the connection was lost while the database committed";

/// One checked-out connection. Dropping it closes it.
pub(crate) struct MysqlBackendConnection {
    pool: Arc<MysqlPool>,
    born: Instant,
    connected: Connected,
    cancel_handle: MysqlCancelHandle,
    /// Whether the borrower ran SQL of its own. Its variables, temporary tables, modes and prepared statements remain then, also
    /// those of functions and triggers, and no command of the driver's removes them.
    ran_text: bool,
    /// Whether the borrower ran a compiled statement.
    ran_compiled: bool,
    /// Whether rows were changed in the open transaction.
    has_changes: bool,
    transaction: ServerTransaction,
    /// Whether every response since the connection was proved idle was read to its end.
    is_proved: bool,
}

impl MysqlBackendConnection {
    /// Takes a connection from a pool. Returns it and whether it is new.
    pub(crate) async fn acquire(pool: &Arc<MysqlPool>) -> Result<(Self, bool)> {
        let (connected, born, is_new) = pool.take().await?;
        let cancel_handle = MysqlCancelHandle::new(Arc::clone(pool.control()), connected.id);
        let connection = Self {
            pool: Arc::clone(pool),
            born,
            connected,
            cancel_handle,
            ran_text: false,
            ran_compiled: false,
            has_changes: false,
            transaction: ServerTransaction::new(Dialect::Mysql),
            is_proved: true,
        };
        Ok((connection, is_new))
    }

    /// Absorbs a cancel request that arrived too late, by a statement that does nothing: the request hits that statement or expires
    /// with it.
    async fn settle(&mut self) -> Result<()> {
        if !self.cancel_handle.take_pending() {
            return Ok(());
        }
        match sqlx::raw_sql(driver::text(&Sql::fixed("SELECT 1")))
            .execute(&mut self.connected.connection)
            .await
            .map_err(error::map)
        {
            Ok(_) | Err(Error::Cancelled) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Runs SQL of the host's own, which may be several statements.
    async fn execute_own(&mut self, sql: impl Into<Sql>) -> Result<()> {
        self.settle().await?;
        let proved = std::mem::replace(&mut self.is_proved, false);
        let result = sqlx::raw_sql(driver::text(&sql.into())).execute(&mut self.connected.connection).await;
        result.map_err(error::map)?;
        self.is_proved = proved;
        Ok(())
    }

    /// Runs SQL of the host's own and returns the first column of its last row.
    async fn query_own(&mut self, sql: impl Into<Sql>) -> Result<String> {
        self.settle().await?;
        let proved = std::mem::replace(&mut self.is_proved, false);
        let rows = sqlx::raw_sql(driver::text(&sql.into()))
            .fetch_all(&mut self.connected.connection)
            .await
            .map_err(error::map)?;
        self.is_proved = proved;
        let last = rows.last().ok_or(Error::Disconnected(None))?;
        last.try_get_unchecked::<String, _>(0).map_err(error::map)
    }

    /// Records that SQL of the borrower's own runs. Refuses a statement that would implicitly commit changes: a later rollback
    /// would seem to undo them.
    fn watch(&mut self, job: &Execution) -> Result<()> {
        if !job.sql.is_guest() {
            return Ok(());
        }
        if verb::commits(&job.sql) {
            if self.has_changes && self.transaction.is_open() {
                let what = "a statement that commits the transaction's changes: commit first";
                return Err(StatementError::Denied(what.to_owned()).into());
            }
            self.transaction.forget_savepoints();
        }
        self.ran_text = true;
        self.connected.step = None;
        Ok(())
    }

    /// Begins the requested transaction, or turns `autocommit` on where the statement needs none.
    async fn open(&mut self, effect: Effect) -> Result<()> {
        let Some(begin) = self.transaction.requested() else { return Ok(()) };
        if begin.single && effect == Effect::Reads && begin.isolation == Isolation::Default && !begin.read_only {
            return self.set_autocommit(true).await;
        }
        let level = match begin.isolation {
            Isolation::Default => None,
            Isolation::Autocommit => return Err(Error::Setting("a transaction cannot be in AUTOCOMMIT".into())),
            level => Some(level),
        };
        let access = if begin.read_only { " READ ONLY" } else { "" };
        // Before anything is sent, so that a failure halfway is rolled back.
        self.transaction.open();
        // A single change begins by `START TRANSACTION`, so that single reads after it still find `autocommit` on.
        let by_word = begin.single && effect == Effect::Writes && self.connected.is_autocommit;
        if level.is_none() && !begin.read_only && !by_word {
            return self.set_autocommit(false).await;
        }
        let mut text = SqlWriter::new(Dialect::Mysql);
        if let Some(level) = level {
            text.push("SET TRANSACTION ISOLATION LEVEL ").push(level.as_str()).push("; ");
        }
        text.push("START TRANSACTION").push(access);
        self.execute_own(text.finish()).await
    }

    async fn work(&mut self, job: &Execution, sink: &mut RowSink) -> Result<Done> {
        if self.transaction.begin().is_none() {
            // No transaction was requested: the statement keeps no snapshot and cannot be rolled back.
            self.set_autocommit(true).await?;
        }
        self.transaction.wrote |= job.effect != Effect::Reads;
        self.has_changes |= job.effect == Effect::Writes;
        self.open(job.effect).await?;
        run::run(&mut self.connected, &self.cancel_handle, job, sink).await
    }

    /// Commits the open transaction. Where no response will come, the connection is lost.
    async fn commit_watched(&mut self) -> Result<()> {
        let cancel_handle = self.cancel_handle.clone();
        liveness::wait_for_answer(self.execute_own(COMMIT), &cancel_handle)
            .await
            .unwrap_or(Err(Error::Disconnected(None)))
    }

    fn end(&mut self) {
        self.transaction.end();
        self.has_changes = false;
    }

    fn cleaned(&mut self) {
        self.end();
        self.is_proved = true;
    }

    /// Sets whether each statement commits itself, or begins a transaction where none is open.
    async fn set_autocommit(&mut self, on: bool) -> Result<()> {
        if self.connected.is_autocommit != on {
            self.execute_own(if on { "SET autocommit = 1" } else { "SET autocommit = 0" }).await?;
            self.connected.is_autocommit = on;
        }
        Ok(())
    }
}

impl BackendConnection for MysqlBackendConnection {
    type CancelHandle = MysqlCancelHandle;

    fn cancel_handle(&self) -> MysqlCancelHandle {
        self.cancel_handle.clone()
    }

    async fn begin(&mut self, begin: Begin) -> Result<()> {
        self.transaction.request(begin);
        Ok(())
    }

    async fn commit(&mut self) -> Result<()> {
        if self.transaction.is_open() {
            match self.commit_watched().await {
                Err(Error::Disconnected(_)) if self.transaction.wrote => return Err(Error::OutcomeUnknown(LOST)),
                result => result?,
            }
        }
        self.end();
        Ok(())
    }

    async fn rollback(&mut self) -> Result<()> {
        if self.transaction.is_open() {
            self.execute_own(UNDO).await?;
        }
        self.end();
        Ok(())
    }

    async fn savepoint(&mut self, name: &str) -> Result<()> {
        match self.transaction.savepoint(name) {
            Some(text) => self.execute_own(text).await,
            None => Ok(()),
        }
    }

    async fn release(&mut self, name: &str) -> Result<()> {
        match self.transaction.release(name, !self.ran_text) {
            Some(text) => self.execute_own(text).await,
            None => Ok(()),
        }
    }

    async fn rollback_to(&mut self, name: &str) -> Result<()> {
        match self.transaction.rollback_to(name) {
            SavepointRollback::Nothing => {}
            SavepointRollback::Text(text) => self.execute_own(text).await?,
            SavepointRollback::All => {
                self.execute_own(UNDO).await?;
                self.transaction.restart();
                self.has_changes = false;
            }
        }
        Ok(())
    }

    async fn isolation(&mut self) -> Result<Isolation> {
        // No variable holds the level of a single transaction.
        if let Some(begin) = self.transaction.begin().filter(|begin| begin.isolation != Isolation::Default) {
            return Ok(begin.isolation);
        }
        let sql = if self.connected.is_mariadb { "SELECT @@tx_isolation" } else { "SELECT @@transaction_isolation" };
        self.query_own(sql).await?.parse()
    }

    async fn run(&mut self, job: Execution, sink: &mut RowSink) -> Result<Done> {
        self.settle().await?;
        self.watch(&job)?;
        if !job.sql.is_guest() {
            (self.ran_compiled, self.connected.was_used) = (true, true);
        } else if self.connected.was_used && !self.ran_compiled {
            // Resets the last generated key of earlier borrowers; that of this borrower's own statements stays.
            self.query_own("SELECT CAST(LAST_INSERT_ID(0) AS CHAR)").await?;
            self.connected.was_used = false;
        }
        let proved = std::mem::replace(&mut self.is_proved, false);
        let busy = self.cancel_handle.busy().clone();
        let result = busy.during(self.work(&job, sink)).await;
        self.is_proved = proved && result.is_ok() && !sink.was_left();
        result
    }

    fn transaction_lost(&self, error: &Error) -> bool {
        // The server has rolled the whole transaction back.
        matches!(error, Error::Deadlock(_) | Error::SerializationFailure(_))
    }

    async fn ping(&mut self) -> Result<()> {
        self.settle().await?;
        self.connected.connection.ping().await.map_err(error::map)
    }

    async fn reset(&mut self) -> Result<()> {
        if self.ran_text {
            // Its changes and locks are gone before another borrower comes, not only when the server notices the close.
            if self.transaction.is_open() {
                self.execute_own(UNDO).await?;
            }
            return Err(Error::Disconnected(None));
        }
        if self.is_proved && !self.cancel_handle.was_used() {
            // Only transactions that the host began can be open.
            if self.transaction.is_open() {
                self.execute_own(UNDO).await?;
            }
            self.cleaned();
            return Ok(());
        }
        // The id is this connection's only if requests and responses still match.
        let id = self.query_own(ROLL_BACK).await?;
        if id.parse() != Ok(self.connected.id) {
            return Err(Error::Disconnected(None));
        }
        self.cleaned();
        Ok(())
    }

    async fn put_back(self) {
        self.pool.put_back(self.born, self.connected).await;
    }

    async fn discard(self) {
        drop(timeout(CLOSING, self.connected.connection.close_hard()).await);
        self.cancel_handle.terminate_if_busy().await;
    }
}
