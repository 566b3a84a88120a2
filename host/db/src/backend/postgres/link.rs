//! One checked-out connection to PostgreSQL.
//!
//! Transactions are begun and ended by plain text, not through the driver: what it believes about them can be wrong.

use std::{sync::Arc, time::Instant};

use sqlx::{AssertSqlSafe, Connection, Row};
use tokio::time::timeout;

use super::{
    connect::{Connected, PostgresPool},
    error, run,
    stop::{Control, PostgresStopper},
};
use crate::{
    Error, Result,
    backend::{Begin, Job, Link, idle::CLOSING, verb},
    feed::Feed,
    settings::Isolation,
};

/// What a borrower's own SQL may have changed beyond its transaction, in one round trip. `DISCARD ALL` would do it too, but
/// throws the prepared statements away that the driver remembers.
const TIDY: &str = "ROLLBACK; SET SESSION AUTHORIZATION DEFAULT; RESET ROLE; RESET ALL; CLOSE ALL; UNLISTEN *; \
                    SELECT pg_advisory_unlock_all()::text; DISCARD TEMP; DISCARD SEQUENCES; SELECT pg_backend_pid()::text";

/// The same for a borrower that only ran compiled statements, which change nothing but data.
const ROLL_BACK: &str = "ROLLBACK; SELECT pg_backend_pid()::text";

/// One checked-out connection. Dropping it closes it.
pub(crate) struct PostgresLink {
    pool: Arc<PostgresPool>,
    born: Instant,
    connected: Connected,
    stopper: PostgresStopper,
    state: State,
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

impl PostgresLink {
    pub(super) fn new(pool: Arc<PostgresPool>, born: Instant, connected: Connected, control: Arc<Control>) -> Self {
        let stopper = PostgresStopper::new(control, connected.process);
        Self { pool, born, connected, stopper, state: State::Clean }
    }

    /// Runs text of the host's own, which may be several statements.
    async fn say(&mut self, sql: String) -> Result<()> {
        let said = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.connected.connection).await;
        said.map(drop).map_err(error::map)
    }

    /// The first column of the last row that text of the host's own returns.
    async fn ask(&mut self, sql: &'static str) -> Result<String> {
        let rows = sqlx::raw_sql(sql).fetch_all(&mut self.connected.connection).await.map_err(error::map)?;
        let last = rows.last().ok_or(Error::Disconnected(None))?;
        last.try_get::<String, _>(0).map_err(error::map)
    }

    /// Remembers what SQL of the borrower's own can have done.
    fn watch(&mut self, job: &Job) {
        if !job.guest_text {
            return;
        }
        let state = match verb::verb(&job.sql).as_str() {
            // The driver's cache would be wrong about what the server has, or the words hide what is done.
            "" | "DEALLOCATE" | "DISCARD" | "PREPARE" | "LOAD" | "DO" | "CALL" => State::Spoiled,
            _ => State::Touched,
        };
        self.state = self.state.max(state);
    }
}

impl Link for PostgresLink {
    type Stopper = PostgresStopper;

    fn stopper(&self) -> PostgresStopper {
        self.stopper.clone()
    }

    async fn begin(&mut self, begin: Begin) -> Result<()> {
        let level = match begin.isolation {
            Isolation::Default => String::new(),
            Isolation::Autocommit => return Err(Error::Setting("a transaction cannot be in AUTOCOMMIT".into())),
            level => format!(" ISOLATION LEVEL {level}"),
        };
        let access = if begin.read_only { " READ ONLY" } else { "" };
        self.say(format!("BEGIN{level}{access}")).await
    }

    async fn commit(&mut self) -> Result<()> {
        // A failed transaction answers COMMIT with a rollback that looks like success; the first statement fails in it.
        self.say("SELECT 1; COMMIT".into()).await
    }

    async fn rollback(&mut self) -> Result<()> {
        self.say("ROLLBACK".into()).await
    }

    async fn savepoint(&mut self, name: &str) -> Result<()> {
        self.say(format!("SAVEPOINT {name}")).await
    }

    async fn release(&mut self, name: &str) -> Result<()> {
        self.say(format!("RELEASE SAVEPOINT {name}")).await
    }

    async fn rollback_to(&mut self, name: &str) -> Result<()> {
        self.say(format!("ROLLBACK TO SAVEPOINT {name}; RELEASE SAVEPOINT {name}")).await
    }

    async fn isolation(&mut self) -> Result<Isolation> {
        self.ask("SHOW transaction_isolation").await?.parse()
    }

    async fn run(&mut self, job: Job, feed: &mut Feed) -> Result<u64> {
        self.watch(&job);
        let work = run::run(&mut self.connected.connection, &self.stopper, &job, feed);
        self.stopper.busy().during(work).await
    }

    async fn ping(&mut self) -> Result<()> {
        self.connected.connection.ping().await.map_err(error::map)
    }

    async fn reset(&mut self) -> Result<()> {
        let sql = match self.state {
            State::Clean => ROLL_BACK,
            State::Touched => TIDY,
            State::Spoiled => return Err(Error::Disconnected(None)),
        };
        // The answer is our own process only if question and answer still belong together.
        let process = self.ask(sql).await?;
        if process.parse() != Ok(self.connected.process) {
            return Err(Error::Disconnected(None));
        }
        self.state = State::Clean;
        Ok(())
    }

    async fn put_back(self) {
        self.pool.put_back(self.born, self.connected).await;
    }

    async fn discard(self) {
        drop(timeout(CLOSING, self.connected.connection.close_hard()).await);
        self.stopper.end_if_busy().await;
    }
}
