//! Makes connections to a MySQL or MariaDB server, and keeps those that no borrower uses.

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

/// Values of each type that the driver gives us no name for, and who answers.
const FACTS: &str = "SELECT CAST(0 AS DECIMAL(1)), CAST('2000-01-01' AS DATE), CAST('00:00:00' AS TIME), \
                     CAST('2000-01-01' AS DATETIME), CONNECTION_ID(), VERSION(), \
                     CAST(@@SESSION.auto_increment_increment AS UNSIGNED)";

/// A connection and what the server calls it.
pub(crate) struct Connected {
    pub connection: MySqlConnection,
    pub id: u64,
    pub is_mariadb: bool,
    /// Whether each statement commits itself where no transaction was begun; else it begins one.
    pub is_autocommit: bool,
    /// How far apart keys are that the server counts up, as far as it is known: a guest's own SQL may change it.
    pub step: Option<u64>,
    pub kinds: Arc<Kinds>,
    /// Whether it may keep the last key that compiled statements of an earlier borrower counted up.
    pub was_used: bool,
    /// Free when the connection is closed.
    pub slot: Slot,
}

/// Where links to one database come from. How many there may be is decided by the caller.
pub(crate) struct MysqlPool {
    options: MySqlConnectOptions,
    session: Sql,
    kind: Kind,
    slots: Arc<Slots>,
    idle: Idle<Connected>,
    control: Arc<Control>,
}

impl MysqlPool {
    /// No I/O. The kind is what the URL and earlier connections say.
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

    /// Takes a connection back that is clean.
    pub(crate) async fn put_back(&self, born: Instant, connected: Connected) {
        self.idle.put_or_close(born, connected).await;
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

impl Evict for MysqlPool {
    fn evict(&self, number: u64) -> Option<Closing> {
        self.idle.evict(number)
    }
}

async fn open(options: &MySqlConnectOptions, session: &Sql, slot: Slot) -> Result<Connected, sqlx::Error> {
    let mut connection = connect_with_retry(error::is_full, || options.connect()).await?;
    sqlx::raw_sql(driver::text(session)).execute(&mut connection).await?;
    // It stays prepared. To close it is a message without an answer, and the driver's sockets hold the next one back until that is
    // acknowledged: 40 milliseconds.
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

/// What a session needs so that statements mean the same, and values are read the same way, everywhere.
///
/// Identifiers are in backticks and backslashes escape in constants, as `sqlservice-sql` renders them: neither `ANSI_QUOTES`
/// nor `NO_BACKSLASH_ESCAPES`. Constants and bound values compare with each other as columns of our tables do, case and blanks at
/// their end counted: the latter have the collation of the client's character set, which `SET NAMES` names, each server's in a
/// comment that the other does not read. What does not fit a column is an error, never cut. MariaDB's `ONLY_FULL_GROUP_BY` knows nothing of columns that depend on a
/// key, so only MySQL has it. A quotient of decimals has 20 more digits after the point than its dividend, not 4, as it has
/// at least 16 that count elsewhere.
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
        // All of this is said once, by `session`.
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
