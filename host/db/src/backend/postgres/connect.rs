//! Connects to a PostgreSQL server, and keeps the idle connections.

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

/// A connection, its backend process, and its session defaults.
pub(crate) struct Connected {
    pub connection: PgConnection,
    pub process: i32,
    /// The isolation level of transactions that set none.
    pub level: Isolation,
    /// Whether transactions, and statements outside of one, are read-only by default. A query that changes something through a
    /// view's or a policy's function is refused then, where no rollback could undo it.
    pub is_guarded: bool,
    /// Whether a transaction that writes has to begin as `READ WRITE`.
    pub says_write: bool,
    /// The server and its timeline, where it reports them. On another one a transaction's id means another transaction.
    pub server: Option<String>,
    /// The search path. It is the same for all connections of a pool, even if the role's setting changes meanwhile.
    pub path: Arc<str>,
    /// Whether compiled statements ran since it was made or reset: it may still hold their texts, and the last values of sequences.
    pub was_used: bool,
    /// The version of the schema for which its cached statements were prepared.
    pub schema: u64,
    /// Freed when the connection is closed.
    pub slot: Slot,
}

/// The first query of a connection, up to the search path that it sets. On a standby it does not make transactions read-only: the
/// standby may be promoted. All names are qualified with `pg_catalog`, whatever the role's search path is.
const FACTS: &str = "SELECT pg_catalog.pg_backend_pid()::pg_catalog.text, \
                     pg_catalog.current_setting('default_transaction_isolation'), \
                     pg_catalog.current_setting('default_transaction_read_only'), \
                     CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'off' ELSE \
                     pg_catalog.set_config('default_transaction_read_only', 'on', false) END, \
                     pg_catalog.set_config('search_path', ";

/// The role's search path, with `pg_temp` last: a server searches it first where the path does not name it. A role without any
/// schema gets `pg_catalog` first and so creates no tables: they would go to the first schema of the path.
const PATH: &str = "CASE WHEN pg_catalog.current_schema() IS NULL THEN 'pg_catalog, pg_temp' ELSE \
                    pg_catalog.concat(pg_catalog.current_setting('search_path'), ', pg_temp') END";

/// A pool of connections to one database. The caller decides how many there may be.
pub(crate) struct PostgresPool {
    options: PgConnectOptions,
    /// The search path of the first connection.
    path: OnceLock<Arc<str>>,
    slots: Arc<Slots>,
    idle: Idle<Connected>,
    control: Arc<Control>,
    /// Counts the statements of this pool's borrowers that may have changed the schema.
    schema: AtomicU64,
}

impl PostgresPool {
    /// Makes a pool without I/O.
    pub(crate) fn new(server: &Server, settings: &Settings, limit: &ServerLimit) -> Arc<Self> {
        let options = options(server, settings);
        // Its names resolve in the server's own schema, whatever the role's search path is.
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

    /// Takes an idle connection or makes a new one. Returns it, the time at which it was made, and whether it is new. Waits
    /// [`CONNECTING`] at most for a slot, and as long for the server.
    pub(super) async fn take(&self) -> Result<(Connected, Instant, bool)> {
        match self.idle.take_young().await {
            Some((born, connected)) => Ok((connected, born, false)),
            None => Ok((self.connect().await?, Instant::now(), true)),
        }
    }

    /// The control connections that stop statements of this pool.
    pub(super) fn control(&self) -> &Arc<Control> {
        &self.control
    }

    /// Makes a new connection. Its errors contain neither the server's address nor the user.
    async fn connect(&self) -> Result<Connected> {
        let slot = self.slots.take_in_time().await?;
        match timeout(CONNECTING, open(&self.options, &self.path, slot)).await {
            Ok(Ok(connected)) => connected.ok_or(Error::Disconnected(None)),
            Ok(Err(cause)) => Err(error::connecting(cause)),
            Err(elapsed) => Err(Error::Disconnected(Some(elapsed.into()))),
        }
    }

    /// Returns a clean connection to the pool.
    pub(crate) async fn put_back(&self, born: Instant, connected: Connected) {
        self.idle.put_or_close(born, connected).await;
    }

    /// The current version of the schema. Statements cached for another one may be stale.
    pub(super) fn schema(&self) -> u64 {
        self.schema.load(Ordering::Acquire)
    }

    /// Records that a borrower changed the schema, or may have.
    pub(super) fn schema_changed(&self) {
        self.schema.fetch_add(1, Ordering::AcqRel);
    }

    /// The number of idle connections.
    pub(crate) fn idle(&self) -> u32 {
        self.idle.count()
    }

    /// Closes the idle connections now, and each borrowed one when it is returned.
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

/// The driver's options, with the session settings that give values the same form on every server. `RESET ALL` restores these
/// settings.
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
            // Notices would only be logged, and a rollback outside of a transaction causes one.
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

/// A timeout in milliseconds. Zero, which the server takes for no timeout, becomes 1.
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
