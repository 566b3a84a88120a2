//! One checked-out connection to PostgreSQL.
//!
//! Transactions are begun and ended by SQL text, not through the driver, whose own transaction state can be wrong. Each message
//! waits for its response, so unneeded ones are not sent: where each statement has its own snapshot anyway, a transaction begins
//! with the first statement that changes or locks something. The file is long because all that may be open on a connection, and
//! what ends it, stand side by side.

use std::{sync::Arc, time::Instant};

use futures::TryStreamExt;
use sqlservice_sql::{Dialect, Sql, SqlWriter};
use sqlx::{Connection, Either, Row, postgres::PgRow};
use tokio::time::timeout;

use super::{
    cancel::PostgresCancelHandle,
    connect::{Connected, PostgresPool},
    error, run,
};
use crate::{
    Error, Result,
    backend::{
        BackendConnection, Begin, Done, Effect, Execution, driver,
        idle::CLOSING,
        liveness,
        server_transaction::{SavepointRollback, ServerTransaction},
        verb, warning,
    },
    row_sink::RowSink,
    settings::Isolation,
};

/// Undoes all that a borrower's own SQL may have changed beyond its transaction, as `DISCARD ALL` does, in one round trip. After
/// `RESET ALL` no name is looked up in the borrower's search path.
const TIDY: &str = "ROLLBACK; SET SESSION AUTHORIZATION DEFAULT; RESET ROLE; RESET ALL; CLOSE ALL; DEALLOCATE ALL; UNLISTEN *; \
                    SELECT pg_catalog.pg_advisory_unlock_all(); DISCARD PLANS; DISCARD TEMP; DISCARD SEQUENCES";

/// Cleans up after a borrower that only ran compiled statements, which change nothing but data.
const ROLL_BACK: &str = "ROLLBACK";

/// Commits. The server answers the `COMMIT` of a failed transaction with a rollback that looks like success, so a statement before
/// it fails instead. It also runs deferred constraints. So a warning of the last statement is the server's own: that it stopped
/// waiting for a standby, which otherwise looks like a success.
const COMMIT: Sql = Sql::fixed("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL client_min_messages = warning; COMMIT");

/// The number of statements in [`COMMIT`] before the last.
const BEFORE: usize = 2;

const LOCAL: &str = "the database committed, but did not wait until a standby had it";
const LOST: &str = "the connection was lost while the database committed";

/// One checked-out connection. Dropping it closes it.
pub(crate) struct PostgresBackendConnection {
    pool: Arc<PostgresPool>,
    born: Instant,
    connected: Connected,
    cancel_handle: PostgresCancelHandle,
    state: State,
    transaction: ServerTransaction,
    /// The id of the open transaction, where the server was asked for it.
    number: Option<u64>,
    /// Whether every response since the connection was proved idle was read to its end.
    is_proved: bool,
    is_lost: bool,
    /// Whether the borrower may have set the session's access mode, or the host set it for a statement.
    says_access: bool,
    /// Whether the borrower ran a compiled statement.
    ran_compiled: bool,
    /// Whether the open transaction changed the schema, or may have.
    changed_schema: bool,
}

/// The borrower's effect on the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Clean,
    /// The borrower ran SQL of its own.
    Touched,
    /// The borrower did something that cannot be undone.
    Spoiled,
}

impl PostgresBackendConnection {
    /// Takes a connection from a pool. Returns it and whether it is new.
    pub(crate) async fn acquire(pool: &Arc<PostgresPool>) -> Result<(Self, bool)> {
        let (connected, born, is_new) = pool.take().await?;
        let cancel_handle = PostgresCancelHandle::new(Arc::clone(pool.control()), connected.process);
        let connection = Self {
            pool: Arc::clone(pool),
            born,
            connected,
            cancel_handle,
            state: State::Clean,
            transaction: ServerTransaction::new(Dialect::Postgres),
            number: None,
            is_proved: true,
            is_lost: false,
            says_access: false,
            ran_compiled: false,
            changed_schema: false,
        };
        Ok((connection, is_new))
    }

    /// Runs SQL of the host's own, which may be several statements, and returns their rows.
    async fn execute_own(&mut self, sql: impl Into<Sql>) -> Result<Vec<PgRow>> {
        let proved = std::mem::replace(&mut self.is_proved, false);
        let result = sqlx::raw_sql(driver::text(&sql.into())).fetch_all(&mut self.connected.connection).await;
        let rows = result.map_err(error::map)?;
        self.is_proved = proved;
        Ok(rows)
    }

    /// Runs SQL of the host's own and returns the first column of its last row.
    async fn query_own(&mut self, sql: impl Into<Sql>) -> Result<String> {
        let rows = self.execute_own(sql).await?;
        let last = rows.last().ok_or(Error::Disconnected(None))?;
        last.try_get::<String, _>(0).map_err(error::map)
    }

    /// Records a statement's effect on the session. Returns whether it can change the schema.
    fn watch(&mut self, job: &Execution) -> bool {
        if job.effect != Effect::Unknown && !job.sql.is_guest() {
            return false;
        }
        let verb = verb::verb(&job.sql, Dialect::Postgres);
        let changes_schema = verb::changes_schema(&verb);
        self.changed_schema |= changes_schema;
        if !job.sql.is_guest() {
            return changes_schema;
        }
        let state = match verb.as_str() {
            // The statement invalidates the driver's cache, or its text does not show its effect.
            "" | "DEALLOCATE" | "DISCARD" | "PREPARE" | "LOAD" | "DO" | "CALL" => State::Spoiled,
            _ => State::Touched,
        };
        self.state = self.state.max(state);
        changes_schema
    }

    /// Discards cached statements and sequence values of earlier borrowers before the first SQL text, which could read them and the
    /// constants in them. The sequence values of this borrower's own statements stay.
    async fn forget_others(&mut self) -> Result<()> {
        self.connected.connection.clear_cached_statements().await.map_err(error::map)?;
        if !self.ran_compiled {
            self.execute_own("DISCARD SEQUENCES").await?;
        }
        self.connected.was_used = false;
        Ok(())
    }

    /// Discards cached statements of another version of the schema. The server refuses one whose result has other columns now,
    /// which fails the whole transaction.
    async fn forget_stale(&mut self) -> Result<()> {
        let schema = self.pool.schema();
        if self.connected.schema != schema {
            self.connected.connection.clear_cached_statements().await.map_err(error::map)?;
            self.connected.schema = schema;
        }
        Ok(())
    }

    /// Whether a statement has the same effect outside of the requested transaction. Each statement has its own snapshot either
    /// way, a read takes no lock that must be kept, and the server refuses it if it does change something.
    fn stands_alone(&self, job: &Execution) -> bool {
        let is_own = |level| matches!(level, Isolation::ReadCommitted | Isolation::ReadUncommitted);
        let is_exact = self.transaction.requested().is_some_and(|begin| match begin.isolation {
            Isolation::Default => begin.single || is_own(self.connected.level),
            level => is_own(level) && is_own(self.connected.level),
        });
        is_exact && job.effect == Effect::Reads && self.state == State::Clean && self.connected.is_guarded
    }

    /// Begins the requested transaction, with more SQL of the host's own in the same message. Asks for the transaction's id where
    /// it will write, because only the id later tells whether it committed.
    async fn open(&mut self, writes: bool, more: Option<Sql>) -> Result<()> {
        let mut texts: Vec<Sql> = Vec::new();
        let mut asks = false;
        if let Some(begin) = self.transaction.requested() {
            texts.push(self.beginning(begin)?);
            asks = writes && !begin.read_only && self.connected.server.is_some();
            if asks {
                texts.push(Sql::fixed("SELECT txid_current()::text"));
            }
            // Before it is sent, so that a failure halfway is rolled back.
            self.transaction.open();
        }
        texts.extend(more);
        if texts.is_empty() {
            return Ok(());
        }
        let mut text = SqlWriter::new(Dialect::Postgres);
        text.list(&texts, "; ", |text, part| {
            text.append(part);
        });
        let rows = self.execute_own(text.finish()).await?;
        if asks {
            let number = rows.first().and_then(|row| row.try_get::<String, _>(0).ok());
            self.number = number.and_then(|number| number.parse().ok());
        }
        Ok(())
    }

    fn beginning(&self, begin: Begin) -> Result<Sql> {
        let mut text = SqlWriter::new(Dialect::Postgres);
        text.push("BEGIN");
        match begin.isolation {
            Isolation::Default => {}
            Isolation::Autocommit => return Err(Error::Setting("a transaction cannot be in AUTOCOMMIT".into())),
            level => {
                text.push(" ISOLATION LEVEL ").push(level.as_str());
            }
        }
        let access = match begin.read_only {
            true => " READ ONLY",
            false if self.connected.says_write && !self.says_access => " READ WRITE",
            false => "",
        };
        text.push(access);
        Ok(text.finish())
    }

    async fn work(&mut self, job: &Execution, sink: &mut RowSink) -> Result<Done> {
        if self.stands_alone(job) {
            match run::run(&mut self.connected.connection, &self.cancel_handle, job, sink).await {
                Err(error) if error::is_for_transaction(&error) && sink.is_untouched() => {}
                result => return result,
            }
        }
        if job.sql.is_guest() && !self.says_access {
            let text = job.sql.to_ascii_lowercase();
            self.says_access = text.contains("read_only") || text.contains("characteristics");
        }
        if job.sql.is_guest() && self.transaction.begin().is_none() && self.connected.says_write && !self.says_access {
            // It cannot run in a transaction, so it cannot begin one as `READ WRITE`. Cleaning resets this.
            self.execute_own("SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE").await?;
            self.says_access = true;
        }
        let is_first = !self.transaction.is_open();
        match self.run_in_transaction(job, sink).await {
            // Another session changed the schema. The statement did not run, and no earlier work would be lost.
            Err(Error::StalePlan(_)) if is_first && sink.is_untouched() => {
                if self.transaction.is_open() {
                    self.execute_own(ROLL_BACK).await?;
                    self.transaction.restart();
                }
                self.run_in_transaction(job, sink).await
            }
            result => result,
        }
    }

    /// Runs a statement in the requested or open transaction, if there is one.
    async fn run_in_transaction(&mut self, job: &Execution, sink: &mut RowSink) -> Result<Done> {
        self.transaction.wrote |= job.effect != Effect::Reads;
        self.number = if self.transaction.is_open() { self.number } else { None };
        self.open(job.effect == Effect::Writes, None).await?;
        run::run(&mut self.connected.connection, &self.cancel_handle, job, sink).await
    }

    /// Commits the open transaction. Also returns whether the server warned at the `COMMIT`.
    async fn send_commit(&mut self) -> (Result<()>, bool) {
        let mut answers = sqlx::raw_sql(driver::text(&COMMIT)).fetch_many(&mut self.connected.connection);
        let work = async {
            let mut done = 0;
            while let Some(answer) = answers.try_next().await? {
                if matches!(answer, Either::Left(_)) && done < BEFORE {
                    done += 1;
                    warning::clear();
                }
            }
            Ok::<_, sqlx::Error>(())
        };
        let (result, warned) = warning::with_warnings(work).await;
        (result.map_err(error::map), warned)
    }

    /// Commits the open transaction. Where no response will come, the connection is lost.
    async fn commit_watched(&mut self) -> (Result<()>, bool) {
        let cancel_handle = self.cancel_handle.clone();
        let lost = (Err(Error::Disconnected(None)), false);
        liveness::wait_for_answer(self.send_commit(), &cancel_handle).await.unwrap_or(lost)
    }

    /// Finds the outcome of a commit whose connection was lost.
    async fn find_out(&mut self, lost: Error) -> Result<()> {
        self.is_lost = true;
        if !self.transaction.wrote {
            return Err(lost);
        }
        let (Some(number), Some(server)) = (self.number, &self.connected.server) else {
            return Err(Error::OutcomeUnknown(LOST));
        };
        match self.cancel_handle.control().outcome(server, number).await {
            Some(true) => Ok(()),
            Some(false) => Err(lost),
            None => Err(Error::OutcomeUnknown(LOST)),
        }
    }

    /// Writes the SQL that cleans the session after a borrower's text. A function that the text called may have prepared another
    /// statement under one of the driver's names, so no cached statement is reused.
    async fn tidy(&mut self, text: &mut SqlWriter) -> Result<()> {
        self.connected.connection.clear_cached_statements().await.map_err(error::map)?;
        text.push(TIDY).push("; SELECT pg_catalog.set_config('search_path', ").text(&self.connected.path);
        text.push(", false); ");
        if self.connected.says_write {
            text.push("SELECT pg_catalog.set_config('default_transaction_read_only', 'on', false); ");
        }
        Ok(())
    }

    fn end(&mut self) {
        self.transaction.end();
        self.number = None;
        if std::mem::take(&mut self.changed_schema) {
            self.pool.schema_changed();
        }
    }
}

impl BackendConnection for PostgresBackendConnection {
    type CancelHandle = PostgresCancelHandle;

    fn cancel_handle(&self) -> PostgresCancelHandle {
        self.cancel_handle.clone()
    }

    async fn begin(&mut self, begin: Begin) -> Result<()> {
        self.transaction.request(begin);
        self.number = None;
        Ok(())
    }

    async fn commit(&mut self) -> Result<()> {
        if self.transaction.is_open() {
            let proved = std::mem::replace(&mut self.is_proved, false);
            match self.commit_watched().await {
                // Also where the connection was lost afterwards: the server ended it after it had committed.
                (_, true) => return Err(Error::OutcomeUnknown(LOCAL)),
                (Ok(()), false) => self.is_proved = proved,
                (Err(lost @ Error::Disconnected(_)), false) => self.find_out(lost).await?,
                (Err(error), false) => return Err(error),
            }
        }
        self.end();
        Ok(())
    }

    async fn rollback(&mut self) -> Result<()> {
        if self.transaction.is_open() {
            self.execute_own(ROLL_BACK).await?;
        }
        self.end();
        Ok(())
    }

    async fn savepoint(&mut self, name: &str) -> Result<()> {
        match self.transaction.savepoint(name) {
            Some(text) => self.execute_own(text).await.map(drop),
            None => Ok(()),
        }
    }

    async fn release(&mut self, name: &str) -> Result<()> {
        match self.transaction.release(name, self.state == State::Clean) {
            Some(text) => self.execute_own(text).await.map(drop),
            None => Ok(()),
        }
    }

    async fn rollback_to(&mut self, name: &str) -> Result<()> {
        match self.transaction.rollback_to(name) {
            SavepointRollback::Nothing => {}
            SavepointRollback::Text(text) => drop(self.execute_own(text).await?),
            SavepointRollback::All => {
                self.execute_own(ROLL_BACK).await?;
                self.transaction.restart();
                self.number = None;
            }
        }
        Ok(())
    }

    async fn isolation(&mut self) -> Result<Isolation> {
        match self.transaction.requested() {
            Some(begin) if begin.isolation != Isolation::Default => Ok(begin.isolation),
            _ => self.query_own("SHOW transaction_isolation").await?.parse(),
        }
    }

    async fn run(&mut self, job: Execution, sink: &mut RowSink) -> Result<Done> {
        if !job.sql.is_guest() {
            (self.ran_compiled, self.connected.was_used) = (true, true);
        } else if self.state == State::Clean && self.connected.was_used {
            self.forget_others().await?;
        }
        let changes_schema = self.watch(&job);
        self.forget_stale().await?;
        let proved = std::mem::replace(&mut self.is_proved, false);
        let busy = self.cancel_handle.busy().clone();
        let result = busy.during(self.work(&job, sink)).await;
        if changes_schema {
            // Marks cached statements as stale now for this connection, and again when it commits for the others.
            self.pool.schema_changed();
        }
        self.is_proved = proved && result.is_ok() && !sink.was_left();
        result
    }

    fn is_lost(&self) -> bool {
        self.is_lost
    }

    async fn ping(&mut self) -> Result<()> {
        self.connected.connection.ping().await.map_err(error::map)
    }

    async fn reset(&mut self) -> Result<()> {
        // Without an open transaction the session is idle after its last response, and only the host begins transactions.
        let is_idle = self.is_proved && !self.transaction.is_open() && !self.cancel_handle.was_used() && !self.is_lost;
        if !is_idle || self.state != State::Clean {
            let mut text = SqlWriter::new(Dialect::Postgres);
            match self.state {
                State::Clean => {
                    text.push(ROLL_BACK).push("; ");
                }
                State::Touched => {
                    self.tidy(&mut text).await?;
                    self.connected.was_used = false;
                }
                State::Spoiled => return Err(Error::Disconnected(None)),
            }
            // The process is this connection's only if requests and responses still match.
            text.push("SELECT pg_catalog.pg_backend_pid()::pg_catalog.text");
            let process = self.query_own(text.finish()).await?;
            if process.parse() != Ok(self.connected.process) {
                return Err(Error::Disconnected(None));
            }
        }
        self.end();
        self.state = State::Clean;
        self.says_access = false;
        self.is_proved = true;
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
