//! Connects to a MySQL or MariaDB server, and keeps the idle connections.

use std::{
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use sqlservice_sql::{Dialect, Sql, SqlWriter};
use sqlx::{
    ConnectOptions, MySqlConnection, Row,
    mysql::{MySqlConnectOptions, MySqlSslMode},
};
use tokio::time::timeout;

use super::{cancel::Control, error, types::Kinds};
use crate::{
    Error, Result, Settings,
    backend::{
        connect_retry::connect_with_retry,
        driver,
        idle::{Idle, Listing, Slotted},
        server::{Server, Tls},
    },
    error::DatabaseError,
    limit::{CONNECTING, Closing, Evict, ServerLimit, Slot, Slots},
    url::Kind,
};

/// A value of each type that the driver gives no name for, then the connection's id, the server's version and the step of generated
/// keys.
const FACTS: &str = "SELECT CAST(0 AS DECIMAL(1)), CAST('2000-01-01' AS DATE), CAST('00:00:00' AS TIME), \
                     CAST('2000-01-01' AS DATETIME), CONNECTION_ID(), VERSION(), \
                     CAST(@@SESSION.auto_increment_increment AS UNSIGNED)";

/// A connection and its session state.
pub(crate) struct Connected {
    pub connection: MySqlConnection,
    pub id: u64,
    pub is_mariadb: bool,
    /// Whether `autocommit` is on: each statement outside of a transaction commits itself. Else it begins a transaction.
    pub is_autocommit: bool,
    /// The step between generated keys, `auto_increment_increment`; `None` after a guest's own SQL, which may have changed it.
    pub step: Option<u64>,
    pub kinds: Arc<Kinds>,
    /// Whether it may still hold the last generated key of an earlier borrower's compiled statements.
    pub was_used: bool,
    /// Freed when the connection is closed.
    pub slot: Slot,
}

/// A pool of connections to one database. The caller decides how many there may be.
pub(crate) struct MysqlPool {
    options: MySqlConnectOptions,
    session: Sql,
    kind: Kind,
    slots: Arc<Slots>,
    idle: Idle<Connected>,
    control: Arc<Control>,
}

impl MysqlPool {
    /// Makes a pool without I/O. The kind is that of the URL and of earlier connections.
    pub(crate) fn new(server: &Server, kind: Kind, settings: &Settings, limit: &ServerLimit) -> Arc<Self> {
        let options = options(server);
        let control = Arc::new(Control::new(options.clone(), limit.controls()));
        Arc::new_cyclic(|me: &Weak<Self>| {
            let listing = Listing { slots: Arc::clone(limit.slots()), pool: Weak::clone(me) as Weak<dyn Evict> };
            let idle = Idle::new(settings.pool_size, settings.pool_recycle, Some(listing));
            let (session, slots) = (session(settings.lock_timeout), Arc::clone(limit.slots()));
            Self { options, session, kind, slots, idle, control }
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
        let connected = match timeout(CONNECTING, open(&self.options, &self.session, slot)).await {
            Ok(Ok(connected)) => connected,
            Ok(Err(cause)) => return Err(error::connecting(cause)),
            Err(elapsed) => return Err(Error::Disconnected(Some(elapsed.into()))),
        };
        let server = if connected.is_mariadb { Dialect::Mariadb } else { Dialect::Mysql };
        if !self.kind.meets(server) {
            let message = if connected.is_mariadb {
                "the server is MariaDB, but the one before was MySQL: one URL has servers of one kind"
            } else {
                "the server is MySQL, but the URL or the server before said MariaDB: a URL of MySQL's says mysql"
            };
            drop(connected.close().await);
            return Err(Error::Operational(DatabaseError { sqlstate: None, message: message.into(), source: None }));
        }
        Ok(connected)
    }

    /// Returns a clean connection to the pool.
    pub(crate) async fn put_back(&self, born: Instant, connected: Connected) {
        self.idle.put_or_close(born, connected).await;
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

impl Evict for MysqlPool {
    fn evict(&self, number: u64) -> Option<Closing> {
        self.idle.evict(number)
    }
}

async fn open(options: &MySqlConnectOptions, session: &Sql, slot: Slot) -> Result<Connected, sqlx::Error> {
    let mut connection = connect_with_retry(error::is_full, || options.connect()).await?;
    sqlx::raw_sql(driver::text(session)).execute(&mut connection).await?;
    // It stays prepared. Closing it is a message without a response, and the driver's sockets delay the next message until that one
    // is acknowledged: 40 milliseconds.
    let facts = sqlx::query(driver::text(&Sql::fixed(FACTS))).fetch_one(&mut connection).await?;
    let id = facts.try_get_unchecked(4)?;
    let version: String = facts.try_get_unchecked(5)?;
    let kinds = Arc::new(Kinds::of(facts.columns())?);
    let step = Some(facts.try_get_unchecked(6)?);
    let is_mariadb = version.contains("MariaDB");
    Ok(Connected { connection, id, is_mariadb, is_autocommit: false, step, kinds, was_used: false, slot })
}

impl Slotted for Connected {
    type Connection = MySqlConnection;

    fn into_parts(self) -> (MySqlConnection, Slot) {
        (self.connection, self.slot)
    }
}

/// The session settings that give statements the same meaning, and values the same form, on every server.
///
/// Identifiers are in backticks and backslashes escape in literals, as `sqlservice-sql` renders them: neither `ANSI_QUOTES` nor
/// `NO_BACKSLASH_ESCAPES`. Literals and bind values compare with each other as columns of our tables do: case and trailing blanks
/// count. Bind values have the collation of the client's character set, which `SET NAMES` names, each server's in a comment that
/// the other server skips. A value that does not fit its column is an error, never cut. MariaDB's `ONLY_FULL_GROUP_BY` does not
/// recognise columns that depend on a key, so only MySQL has it. A quotient of decimals has 20 more digits after the point than its
/// dividend, not 4, because other databases give it at least 16 significant digits.
fn session(lock_timeout: Duration) -> Sql {
    let seconds = lock_timeout.as_secs() + u64::from(lock_timeout.subsec_nanos() > 0);
    let seconds = seconds.clamp(1, 31_536_000);
    let (mariadb, mysql) = (Dialect::Mariadb.collation(), Dialect::Mysql.collation());
    let mut sql = SqlWriter::new(Dialect::Mysql);
    sql.push("SET NAMES utf8mb4 /*M! COLLATE ").push(mariadb).push(" */ /*!80000 COLLATE ").push(mysql);
    sql.push(" */, SESSION collation_connection = IF(VERSION() LIKE '%MariaDB%', ");
    sql.text(mariadb).push(", ").text(mysql).push(
        "), SESSION sql_mode = CONCAT('STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,\
         ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,PIPES_AS_CONCAT', \
         IF(VERSION() LIKE '%MariaDB%', '', ',ONLY_FULL_GROUP_BY')), SESSION time_zone = '+00:00', \
         SESSION lc_messages = 'en_US', SESSION autocommit = 0, SESSION div_precision_increment = 20, \
         SESSION innodb_lock_wait_timeout = ",
    );
    sql.number(seconds).push(", SESSION lock_wait_timeout = ").number(seconds);
    sql.finish()
}

fn options(server: &Server) -> MySqlConnectOptions {
    let mut options = MySqlConnectOptions::new()
        .host(&server.host)
        .port(server.port)
        .username(&server.user)
        .database(&server.database)
        .ssl_mode(ssl_mode(server.tls))
        .statement_cache_capacity(100)
        // `session` sets all of this.
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .timezone(None)
        .set_names(false)
        .disable_statement_logging();
    if let Some(password) = &server.password {
        options = options.password(password);
    }
    if let Some(socket) = &server.socket {
        options = options.socket(socket);
    }
    if let Some(file) = &server.authority {
        options = options.ssl_ca(file);
    }
    if let (Some(certificate), Some(key)) = (&server.certificate, &server.key) {
        options = options.ssl_client_cert(certificate).ssl_client_key(key);
    }
    options
}

fn ssl_mode(tls: Tls) -> MySqlSslMode {
    match tls {
        Tls::Disabled => MySqlSslMode::Disabled,
        Tls::Preferred => MySqlSslMode::Preferred,
        Tls::Required => MySqlSslMode::Required,
        Tls::VerifyAuthority => MySqlSslMode::VerifyCa,
        Tls::VerifyHost => MySqlSslMode::VerifyIdentity,
    }
}
