//! Makes connections to a PostgreSQL server, and keeps those that no borrower uses.

use std::{
    sync::{
        Arc, OnceLock, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use sqlservice_sql::{Dialect, Sql, SqlWriter};
use sqlx::{
    ConnectOptions, PgConnection, Row,
    postgres::{PgConnectOptions, PgSslMode},
};
use tokio::time::timeout;

use super::{
    cancel::{Control, SERVER},
    error,
};
use crate::{
    Error, Result, Settings,
    backend::{
        connect_retry::connect_with_retry,
        driver,
        idle::{Idle, Listing, Slotted},
        server::{Server, Tls},
    },
    limit::{CONNECTING, Closing, Evict, ServerLimit, Slot, Slots},
    settings::Isolation,
};

/// A connection, what the server calls it, and how its transactions are by default.
pub(crate) struct Connected {
    pub connection: PgConnection,
    pub process: i32,
    /// The level of transactions that ask for none.
    pub level: Isolation,
    /// Whether transactions, and so each statement outside of one, only read unless they say that they write: what looks like a
    /// query and changes something, by a view's or a policy's function, is refused where no rollback could undo it.
    pub is_guarded: bool,
    /// Whether transactions have to say that they write.
    pub says_write: bool,
    /// Which server it is and on which timeline, where it says so: elsewhere a transaction's number means another one.
    pub server: Option<String>,
    /// Where names are looked for. It is the same for all connections of a pool, whatever is said of the role meanwhile.
    pub path: Arc<str>,
    /// Whether it may keep what compiled statements left since it was made or reset: their texts, and the last numbers of sequences.
    pub was_used: bool,
    /// The number of the schema for which its cached statements were made.
    pub schema: u64,
    /// Free when the connection is closed.
    pub slot: Slot,
}

/// What a connection is asked first, before the path is set. On a standby nothing else is set: it may be promoted. All names are
/// those of the server's own schema, whatever the role's path says.
const FACTS: &str = "SELECT pg_catalog.pg_backend_pid()::pg_catalog.text, \
                     pg_catalog.current_setting('default_transaction_isolation'), \
                     pg_catalog.current_setting('default_transaction_read_only'), \
                     CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'off' ELSE \
                     pg_catalog.set_config('default_transaction_read_only', 'on', false) END, \
                     pg_catalog.set_config('search_path', ";

/// The path of the role's, with the schema of temporary tables last: a server looks there first where it is not named. A role
/// without any schema makes no tables: the first one of a path is where they would go.
const PATH: &str = "CASE WHEN pg_catalog.current_schema() IS NULL THEN 'pg_catalog, pg_temp' ELSE \
                    pg_catalog.concat(pg_catalog.current_setting('search_path'), ', pg_temp') END";

/// Where links to one database come from. How many there may be is decided by the caller.
pub(crate) struct PostgresPool {
    options: PgConnectOptions,
    /// The path of the first connection.
    path: OnceLock<Arc<str>>,
    slots: Arc<Slots>,
    idle: Idle<Connected>,
    control: Arc<Control>,
    /// Grows with each statement of this pool's borrowers that changes the schema.
    schema: AtomicU64,
}

impl PostgresPool {
    /// No I/O.
    pub(crate) fn new(server: &Server, settings: &Settings, limit: &ServerLimit) -> Arc<Self> {
        let options = options(server, settings);
        // Its names are the server's own, whatever is said of the role.
        let control = options.clone().application_name("sqlservice control").options([("search_path", "pg_catalog")]);
        let control = Arc::new(Control::new(control, limit.controls()));
        Arc::new_cyclic(|me: &Weak<Self>| {
            let listing = Listing { slots: Arc::clone(limit.slots()), pool: Weak::clone(me) as Weak<dyn Evict> };
            let idle = Idle::new(settings.pool_size, settings.pool_recycle, Some(listing));
            Self {
                options,
                path: OnceLock::new(),
                slots: Arc::clone(limit.slots()),
                idle,
                control,
                schema: AtomicU64::new(0),
            }
        })
    }

    /// An idle connection, or a new one: when it was made, and whether that was for this. Takes [`CONNECTING`] at most.
    pub(super) async fn take(&self) -> Result<(Connected, Instant, bool)> {
        match self.idle.take_young().await {
            Some((born, connected)) => Ok((connected, born, false)),
            None => Ok((self.connect().await?, Instant::now(), true)),
        }
    }

    /// What stops statements of its connections.
    pub(super) fn control(&self) -> &Arc<Control> {
        &self.control
    }

    /// A new connection. Whatever goes wrong, the error says neither where nor who.
    async fn connect(&self) -> Result<Connected> {
        let slot = self.slots.take_in_time().await?;
        match timeout(CONNECTING, open(&self.options, &self.path, slot)).await {
            Ok(Ok(connected)) => connected.ok_or(Error::Disconnected(None)),
            Ok(Err(cause)) => Err(error::connecting(cause)),
            Err(elapsed) => Err(Error::Disconnected(Some(elapsed.into()))),
        }
    }

    /// Takes a connection back that is clean.
    pub(crate) async fn put_back(&self, born: Instant, connected: Connected) {
        self.idle.put_or_close(born, connected).await;
    }

    /// The number of the schema. What was cached for another one may be stale.
    pub(super) fn schema(&self) -> u64 {
        self.schema.load(Ordering::Acquire)
    }

    /// A borrower changed the schema, or may have.
    pub(super) fn schema_changed(&self) {
        self.schema.fetch_add(1, Ordering::AcqRel);
    }

    /// How many connections no borrower uses.
    pub(crate) fn idle(&self) -> u32 {
        self.idle.count()
    }

    /// Closes the connections that no borrower uses, and each other one when it is given back.
    pub(crate) async fn close(&self) {
        self.idle.close_all().await;
        self.control.close().await;
    }
}

impl Evict for PostgresPool {
    fn evict(&self, number: u64) -> Option<Closing> {
        self.idle.evict(number)
    }
}

async fn open(
    options: &PgConnectOptions,
    path: &OnceLock<Arc<str>>,
    slot: Slot,
) -> Result<Option<Connected>, sqlx::Error> {
    let mut connection = connect_with_retry(error::is_full, || options.connect()).await?;
    let mut asked = SqlWriter::new(Dialect::Postgres);
    asked.push(FACTS);
    match path.get() {
        Some(path) => asked.text(path),
        None => asked.push(PATH),
    };
    asked.push(", false)");
    let facts = sqlx::raw_sql(driver::text(&asked.finish())).fetch_one(&mut connection).await?;
    let fact = |at| facts.try_get::<String, _>(at);
    let (Ok(process), Ok(level)) = (fact(0)?.parse(), fact(1)?.parse()) else { return Ok(None) };
    let (was_guarded, is_guarded) = (fact(2)? == "on", fact(3)? == "on");
    let path = Arc::clone(path.get_or_init(|| facts.try_get::<String, _>(4).unwrap_or_default().into()));
    let server = match sqlx::raw_sql(driver::text(&Sql::fixed(SERVER))).fetch_one(&mut connection).await {
        Ok(row) => row.try_get(0).ok(),
        Err(sqlx::Error::Database(_)) => None,
        Err(lost) => return Err(lost),
    };
    let says_write = is_guarded && !was_guarded;
    Ok(Some(Connected {
        connection,
        process,
        level,
        is_guarded,
        says_write,
        server,
        path,
        was_used: false,
        schema: 0,
        slot,
    }))
}

impl Slotted for Connected {
    type Connection = PgConnection;

    fn into_parts(self) -> (PgConnection, Slot) {
        (self.connection, self.slot)
    }
}

/// Options with what a session needs so that values are read the same way everywhere. What is set here is also what
/// `RESET ALL` goes back to.
fn options(server: &Server, settings: &Settings) -> PgConnectOptions {
    let mut options = PgConnectOptions::new_without_pgpass()
        .host(&server.host)
        .port(server.port)
        .username(&server.user)
        .database(&server.database)
        .ssl_mode(ssl_mode(server.tls))
        .application_name(server.application.as_deref().unwrap_or("sqlservice"))
        .statement_cache_capacity(100)
        .options([
            ("lock_timeout", milliseconds(settings.lock_timeout).as_str()),
            ("standard_conforming_strings", "on"),
            ("bytea_output", "hex"),
            ("IntervalStyle", "postgres"),
            ("lc_monetary", "C"),
            // Notices would only be logged, and a rollback outside of a transaction makes one.
            ("client_min_messages", "error"),
        ])
        .disable_statement_logging();
    if let Some(password) = &server.password {
        options = options.password(password);
    }
    if let Some(socket) = &server.socket {
        options = options.socket(socket);
    }
    if let Some(file) = &server.authority {
        options = options.ssl_root_cert(file);
    }
    if let (Some(certificate), Some(key)) = (&server.certificate, &server.key) {
        options = options.ssl_client_cert(certificate).ssl_client_key(key);
    }
    options
}

/// A time for the server; zero, which the server takes for endless, becomes the shortest.
fn milliseconds(time: Duration) -> String {
    time.as_millis().clamp(1, i32::MAX as u128).to_string()
}

fn ssl_mode(tls: Tls) -> PgSslMode {
    match tls {
        Tls::Disabled => PgSslMode::Disable,
        Tls::Preferred => PgSslMode::Prefer,
        Tls::Required => PgSslMode::Require,
        Tls::VerifyAuthority => PgSslMode::VerifyCa,
        Tls::VerifyHost => PgSslMode::VerifyFull,
    }
}
