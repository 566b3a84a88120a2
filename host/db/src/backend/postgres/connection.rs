//! One checked-out connection to PostgreSQL.
//!
//! Transactions are begun and ended by plain text, not through the driver: what it believes about them can be wrong. Each
//! message waits for its answer, so what needs none is not sent: a transaction begins with its first statement that changes
//! or locks something, where its level lets each statement see its own snapshot anyway. The file is long because all that may be open
//! on a connection, and what ends it, stand side by side.

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

/// What takes back all that a borrower's own SQL may have changed beyond its transaction, as `DISCARD ALL` does, in one round trip.
/// After `RESET ALL` no name is looked up in the search path that the borrower set.
const TIDY: &str = "ROLLBACK; SET SESSION AUTHORIZATION DEFAULT; RESET ROLE; RESET ALL; CLOSE ALL; DEALLOCATE ALL; UNLISTEN *; \
                    SELECT pg_catalog.pg_advisory_unlock_all(); DISCARD PLANS; DISCARD TEMP; DISCARD SEQUENCES";

/// The same for a borrower that only ran compiled statements, which change nothing but data.
const ROLL_BACK: &str = "ROLLBACK";

/// Commits. A failed transaction answers `COMMIT` with a rollback that looks like success; the first statement fails in it. It
/// also runs what triggers put off, so that a warning of the last one is the server's own: that it does not wait for a standby
/// any more, which it would not say in other words than a success.
const COMMIT: Sql = Sql::fixed("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL client_min_messages = warning; COMMIT");

/// How many statements of it come before the last.
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
    /// The number of the open transaction, where it was told.
    number: Option<u64>,
    /// Whether every answer since the connection was proved idle came to its end.
    is_proved: bool,
    is_lost: bool,
    /// Whether the borrower said itself whether transactions write.
    says_access: bool,
    /// Whether the borrower ran a compiled statement.
    ran_compiled: bool,
    /// Whether the open transaction changed the schema, or may have.
    changed_schema: bool,
}

/// What the borrower did to the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Clean,
    /// It ran SQL of its own.
    Touched,
    /// It did something that cannot be undone.
    Spoiled,
}

impl PostgresBackendConnection {
    /// A connection of a pool, and whether it was made for this.
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

    /// Runs text of the host's own, which may be several statements, and returns their rows.
    async fn execute_own(&mut self, sql: impl Into<Sql>) -> Result<Vec<PgRow>> {
        let proved = std::mem::replace(&mut self.is_proved, false);
        let result = sqlx::raw_sql(driver::text(&sql.into())).fetch_all(&mut self.connected.connection).await;
        let rows = result.map_err(error::map)?;
        self.is_proved = proved;
        Ok(rows)
    }

    /// The first column of the last row that text of the host's own returns.
    async fn query_own(&mut self, sql: impl Into<Sql>) -> Result<String> {
        let rows = self.execute_own(sql).await?;
        let last = rows.last().ok_or(Error::Disconnected(None))?;
        last.try_get::<String, _>(0).map_err(error::map)
    }

    /// Remembers what a statement can do beyond its rows. Whether it can change the schema.
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
            // The driver's cache would be wrong about what the server has, or the words hide what is done.
            "" | "DEALLOCATE" | "DISCARD" | "PREPARE" | "LOAD" | "DO" | "CALL" => State::Spoiled,
            _ => State::Touched,
        };
        self.state = self.state.max(state);
        changes_schema
    }

    /// Takes away what earlier borrowers left, before the first text: it could read their statements, with the constants in them. What
    /// the borrower's own sequences counted up stays.
    async fn forget_others(&mut self) -> Result<()> {
        self.connected.connection.clear_cached_statements().await.map_err(error::map)?;
        if !self.ran_compiled {
            self.execute_own("DISCARD SEQUENCES").await?;
        }
        self.connected.was_used = false;
        Ok(())
    }

    /// Throws cached statements away that were made for another schema. The server refuses one whose result has other columns now, and
    /// with it all that its transaction did.
    async fn forget_stale(&mut self) -> Result<()> {
        let schema = self.pool.schema();
        if self.connected.schema != schema {
            self.connected.connection.clear_cached_statements().await.map_err(error::map)?;
            self.connected.schema = schema;
        }
        Ok(())
    }

    /// Whether a statement is the same outside of the transaction that was asked for. Each statement has a snapshot of its own
    /// there as here, it takes nothing that has to be kept, and the server refuses it where it changes something after all.
    fn stands_alone(&self, job: &Execution) -> bool {
        let is_own = |level| matches!(level, Isolation::ReadCommitted | Isolation::ReadUncommitted);
        let is_exact = self.transaction.requested().is_some_and(|begin| match begin.isolation {
            Isolation::Default => begin.single || is_own(self.connected.level),
            level => is_own(level) && is_own(self.connected.level),
        });
        is_exact && job.effect == Effect::Reads && self.state == State::Clean && self.connected.is_guarded
    }

    /// Begins the transaction that was asked for, with more text of the host's own in the same message. Its number is asked for
    /// where it will write, as only that tells later whether it committed.
    async fn open(&mut self, writes: bool, more: Option<Sql>) -> Result<()> {
        let mut texts: Vec<Sql> = Vec::new();
        let mut asks = false;
        if let Some(begin) = self.transaction.requested() {
            texts.push(self.beginning(begin)?);
            asks = writes && !begin.read_only && self.connected.server.is_some();
            if asks {
                texts.push(Sql::fixed("SELECT txid_current()::text"));
            }
            // Before it is sent: what fails on the way is rolled back.
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
            // It cannot run in a transaction, so it cannot say there that it writes. Cleaning takes this back.
            self.execute_own("SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE").await?;
            self.says_access = true;
        }
        let is_first = !self.transaction.is_open();
        match self.run_in_transaction(job, sink).await {
            // Others changed the schema. It did not run, and there is nothing before it that would be lost.
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

    /// Runs a statement in the transaction that was asked for, if one was.
    async fn run_in_transaction(&mut self, job: &Execution, sink: &mut RowSink) -> Result<Done> {
        self.transaction.wrote |= job.effect != Effect::Reads;
        self.number = if self.transaction.is_open() { self.number } else { None };
        self.open(job.effect == Effect::Writes, None).await?;
        run::run(&mut self.connected.connection, &self.cancel_handle, job, sink).await
    }

    /// Commits what is open. Whether the server warned while it did.
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

    /// Commits what is open. Where no answer will come, the connection is lost.
    async fn commit_watched(&mut self) -> (Result<()>, bool) {
        let cancel_handle = self.cancel_handle.clone();
        let lost = (Err(Error::Disconnected(None)), false);
        liveness::wait_for_answer(self.send_commit(), &cancel_handle).await.unwrap_or(lost)
    }

    /// What became of a commit whose connection was lost.
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

    /// Writes what makes the connection one that no text was run on. A function that the text called may have prepared another
    /// statement by a name that the driver uses, so none of the driver's is used again.
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
                // Also where the connection was lost after it: the server ended it, and had committed.
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
            // What this connection has cached itself; the others' is when it commits.
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
        // What was not open is idle when its last answer is there, and nothing can be open that the host did not begin.
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
            // The answer is our own process only if question and answer still belong together.
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
