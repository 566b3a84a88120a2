//! Makes connections to a PostgreSQL server, and keeps those that nobody has taken.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use sqlservice_sql::Sql;
use sqlx::{
    ConnectOptions, Connection, PgConnection, Row,
    postgres::{PgConnectOptions, PgSslMode},
};
use tokio::time::timeout;

use super::{error, link::PostgresLink, stop::Control};
use crate::{
    Error, Result, Settings,
    backend::{
        driver,
        idle::{CLOSING, CONNECTING, Idle},
        server::{Server, Tls},
    },
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
}

/// What a connection is asked first. On a standby nothing is set: it may be promoted.
const FACTS: &str = "SELECT pg_backend_pid()::text, current_setting('default_transaction_isolation'), \
                     current_setting('default_transaction_read_only'), \
                     CASE WHEN pg_is_in_recovery() THEN 'off' ELSE \
                     set_config('default_transaction_read_only', 'on', false) END";

/// A server and its timeline. Not every server that speaks the protocol can answer.
pub(super) const SERVER: &str = "SELECT (SELECT system_identifier FROM pg_control_system())::text || '/' || \
                                 substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)";

/// Where links to one database come from. How many there may be is decided by the caller.
pub(crate) struct PostgresPool {
    options: PgConnectOptions,
    idle: Idle<Connected>,
    control: Arc<Control>,
}

impl PostgresPool {
    /// No I/O.
    pub(crate) fn new(server: &Server, settings: &Settings) -> Self {
        let options = options(server, settings);
        let control = Arc::new(Control::new(options.clone().application_name("sqlservice control")));
        Self { options, idle: Idle::new(settings.pool_size, settings.pool_recycle), control }
    }

    /// An idle connection, or a new one. Takes [`CONNECTING`] at most.
    pub(crate) async fn acquire(self: &Arc<Self>) -> Result<(PostgresLink, bool)> {
        let (idle, stale) = self.idle.take();
        for connected in stale {
            close(connected).await;
        }
        let is_new = idle.is_none();
        let (born, connected) = match idle {
            Some(idle) => idle,
            None => (Instant::now(), connect(&self.options).await?),
        };
        Ok((PostgresLink::new(Arc::clone(self), born, connected, Arc::clone(&self.control)), is_new))
    }

    /// Takes a connection back that is clean.
    pub(crate) async fn put_back(&self, born: Instant, connected: Connected) {
        if let Some(surplus) = self.idle.put(born, connected) {
            close(surplus).await;
        }
    }

    /// How many connections nobody has taken.
    pub(crate) fn idle(&self) -> u32 {
        self.idle.count()
    }

    /// Closes the connections that nobody has taken, and each other one when it is given back.
    pub(crate) async fn close(&self) {
        for connected in self.idle.close() {
            close(connected).await;
        }
        self.control.close().await;
    }
}

/// A new connection. Whatever goes wrong, the error says neither where nor who.
pub(crate) async fn connect(options: &PgConnectOptions) -> Result<Connected> {
    match timeout(CONNECTING, open(options)).await {
        Ok(Ok(connected)) => connected.ok_or(Error::Disconnected(None)),
        Ok(Err(cause)) => Err(error::connecting(cause)),
        Err(elapsed) => Err(Error::Disconnected(Some(elapsed.into()))),
    }
}

async fn open(options: &PgConnectOptions) -> Result<Option<Connected>, sqlx::Error> {
    let mut connection = options.connect().await?;
    let facts = sqlx::raw_sql(driver::text(&Sql::fixed(FACTS))).fetch_one(&mut connection).await?;
    let fact = |at| facts.try_get::<String, _>(at);
    let (Ok(process), Ok(level)) = (fact(0)?.parse(), fact(1)?.parse()) else { return Ok(None) };
    let (was_guarded, is_guarded) = (fact(2)? == "on", fact(3)? == "on");
    let server = match sqlx::raw_sql(driver::text(&Sql::fixed(SERVER))).fetch_one(&mut connection).await {
        Ok(row) => row.try_get(0).ok(),
        Err(sqlx::Error::Database(_)) => None,
        Err(lost) => return Err(lost),
    };
    Ok(Some(Connected { connection, process, level, is_guarded, says_write: is_guarded && !was_guarded, server }))
}

/// Says goodbye, but does not wait for ever.
pub(crate) async fn close(connected: Connected) {
    drop(timeout(CLOSING, connected.connection.close()).await);
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
