//! One checked-out connection to MySQL or MariaDB.
//!
//! Transactions are begun and ended by plain text, not through the driver: what it believes about them can be wrong.

use std::{sync::Arc, time::Instant};

use sqlx::{AssertSqlSafe, Connection, Row};
use tokio::time::timeout;

use super::{
    connect::{Connected, MysqlPool},
    error, run,
    stop::{Control, MysqlStopper},
};
use crate::{
    Error, Result,
    backend::{Begin, Job, Link, idle::CLOSING, verb},
    feed::Feed,
    settings::Isolation,
};

/// What a borrower's own SQL may have kept beyond its transaction.
const TIDY: &str = "ROLLBACK; DO RELEASE_ALL_LOCKS(); SELECT CAST(CONNECTION_ID() AS CHAR)";

/// The same for a borrower that only ran compiled statements, which change nothing but data.
const ROLL_BACK: &str = "ROLLBACK; SELECT CAST(CONNECTION_ID() AS CHAR)";

/// One checked-out connection. Dropping it closes it.
pub(crate) struct MysqlLink {
    pool: Arc<MysqlPool>,
    born: Instant,
    connected: Connected,
    stopper: MysqlStopper,
    state: State,
    /// The level of the open transaction, where it is not the session's: no variable tells it.
    level: Option<Isolation>,
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

impl MysqlLink {
    pub(super) fn new(pool: Arc<MysqlPool>, born: Instant, connected: Connected, control: Arc<Control>) -> Self {
        let stopper = MysqlStopper::new(control, connected.id);
        Self { pool, born, connected, stopper, state: State::Clean, level: None }
    }

    /// Makes sure that a stop that came too late hits nothing: it either hits a statement that does nothing, or is
    /// forgotten with it.
    async fn settle(&mut self) -> Result<()> {
        if !self.stopper.take_pending() {
            return Ok(());
        }
        match sqlx::raw_sql("SELECT 1").execute(&mut self.connected.connection).await.map_err(error::map) {
            Ok(_) | Err(Error::Cancelled) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Runs text of the host's own, which may be several statements.
    async fn say(&mut self, sql: String) -> Result<()> {
        self.settle().await?;
        let said = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.connected.connection).await;
        said.map(drop).map_err(error::map)
    }

    /// The first column of the last row that text of the host's own returns.
    async fn ask(&mut self, sql: &'static str) -> Result<String> {
        self.settle().await?;
        let rows = sqlx::raw_sql(sql).fetch_all(&mut self.connected.connection).await.map_err(error::map)?;
        let last = rows.last().ok_or(Error::Disconnected(None))?;
        last.try_get_unchecked::<String, _>(0).map_err(error::map)
    }

    /// Remembers what SQL of the borrower's own can have done: variables, temporary tables and prepared statements stay,
    /// and nothing that the driver can send takes them away.
    fn watch(&mut self, job: &Job) {
        if !job.guest_text {
            return;
        }
        let state = match verb::verb(&job.sql).as_str() {
            "SELECT" | "INSERT" | "UPDATE" | "DELETE" | "REPLACE" | "VALUES" | "SHOW" | "EXPLAIN" | "DESCRIBE"
            | "DESC" | "ANALYZE" | "OPTIMIZE" | "CHECK" | "TRUNCATE" | "RENAME" | "ALTER" => State::Touched,
            "CREATE" | "DROP" if !job.sql.to_ascii_uppercase().contains("TEMPORARY") => State::Touched,
            _ => State::Spoiled,
        };
        self.state = self.state.max(state);
    }
}

impl Link for MysqlLink {
    type Stopper = MysqlStopper;

    fn stopper(&self) -> MysqlStopper {
        self.stopper.clone()
    }

    async fn begin(&mut self, begin: Begin) -> Result<()> {
        let level = match begin.isolation {
            Isolation::Default => String::new(),
            Isolation::Autocommit => return Err(Error::Setting("a transaction cannot be in AUTOCOMMIT".into())),
            level => format!("SET TRANSACTION ISOLATION LEVEL {level}; "),
        };
        let access = if begin.read_only { " READ ONLY" } else { "" };
        self.say(format!("{level}START TRANSACTION{access}")).await?;
        self.level = (begin.isolation != Isolation::Default).then_some(begin.isolation);
        Ok(())
    }

    async fn commit(&mut self) -> Result<()> {
        self.level = None;
        self.say("COMMIT".into()).await
    }

    async fn rollback(&mut self) -> Result<()> {
        self.level = None;
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
        if let Some(level) = self.level {
            return Ok(level);
        }
        let sql = if self.connected.is_mariadb { "SELECT @@tx_isolation" } else { "SELECT @@transaction_isolation" };
        self.ask(sql).await?.parse()
    }

    async fn run(&mut self, job: Job, feed: &mut Feed) -> Result<u64> {
        self.settle().await?;
        self.watch(&job);
        let work = run::run(&mut self.connected, &self.stopper, &job, feed);
        self.stopper.busy().during(work).await
    }

    fn transaction_lost(&self, error: &Error) -> bool {
        // The server has rolled all of it back, and would commit each further statement by itself.
        matches!(error, Error::Deadlock(_) | Error::SerializationFailure(_))
    }

    async fn ping(&mut self) -> Result<()> {
        self.settle().await?;
        self.connected.connection.ping().await.map_err(error::map)
    }

    async fn reset(&mut self) -> Result<()> {
        self.level = None;
        let sql = match self.state {
            State::Clean => ROLL_BACK,
            State::Touched => TIDY,
            State::Spoiled => return Err(Error::Disconnected(None)),
        };
        // The answer is our own number only if question and answer still belong together.
        let id = self.ask(sql).await?;
        if id.parse() != Ok(self.connected.id) {
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
