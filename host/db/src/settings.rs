//! How a database's pool behaves: sqlservice's `DatabaseSettings` as far as they have a meaning here.

use std::{fmt, str::FromStr, time::Duration};

use sqlservice_sql::setters;

use crate::ServerLimit;

/// How much transactions see of each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "SQL's own words")]
pub enum Isolation {
    #[default]
    Default,
    ReadUncommitted,
    ReadCommitted,
    RepeatableRead,
    Serializable,
    Autocommit,
}

impl fmt::Display for Isolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Isolation {
    /// SQL's words for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Default => "DEFAULT",
            Self::ReadUncommitted => "READ UNCOMMITTED",
            Self::ReadCommitted => "READ COMMITTED",
            Self::RepeatableRead => "REPEATABLE READ",
            Self::Serializable => "SERIALIZABLE",
            Self::Autocommit => "AUTOCOMMIT",
        }
    }
}

impl Isolation {
    /// All levels that any database has.
    pub(crate) const ALL: [Self; 6] = [
        Self::Default,
        Self::ReadUncommitted,
        Self::ReadCommitted,
        Self::RepeatableRead,
        Self::Serializable,
        Self::Autocommit,
    ];
}

impl FromStr for Isolation {
    type Err = crate::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wanted = text.trim().replace(['_', '-'], " ").to_uppercase();
        Self::ALL.into_iter().find(|level| level.to_string() == wanted).ok_or_else(|| {
            let valid: Vec<_> = Self::ALL.iter().map(ToString::to_string).collect();
            crate::Error::Setting(format!("{text:?} is no isolation level; there are {}", valid.join(", ")))
        })
    }
}

/// What an acknowledged commit to a SQLite file promises when the machine loses power. When only the process ends, however it
/// ends, every commit stays in both.
///
/// The file is in WAL mode, so neither lets a power failure corrupt it or leave half of a transaction. Servers have settings
/// of their own for this (`synchronous_commit`, `innodb_flush_log_at_trx_commit`), which stay as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Durability {
    /// The log is synced at each commit (`synchronous = FULL`): an acknowledged commit is there after a power failure, as far as
    /// the disk does what it is told. Loses nothing; each commit waits for the disk.
    #[default]
    Full,
    /// The log is synced only before its pages go into the file (`synchronous = NORMAL`): a power failure may lose the last
    /// commits, whole ones from the end, as many as came since the last checkpoint. Commits do not wait for the disk.
    Normal,
}

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "full",
            Self::Normal => "normal",
        })
    }
}

impl FromStr for Durability {
    type Err = crate::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim().to_lowercase().as_str() {
            "full" => Ok(Self::Full),
            "normal" => Ok(Self::Normal),
            _ => Err(crate::Error::Setting(format!("{text:?} is no durability; there are full and normal"))),
        }
    }
}

/// The settings of one database.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// Connections kept open. 5 by default; an in-memory SQLite database always has exactly one.
    pub pool_size: u32,
    /// Connections opened beyond that when all are taken. 10 by default.
    pub max_overflow: u32,
    /// How long a call waits for a connection. 30 seconds by default; zero fails at once.
    pub pool_timeout: Duration,
    /// The age at which a connection is replaced, when it is taken the next time. 30 minutes by default: what a server keeps for a connection
    /// grows with the tables that it was used for, and goes with it.
    pub pool_recycle: Option<Duration>,
    /// Whether a connection is tested before it is handed out, and replaced where it is lost. Off by default.
    pub pool_pre_ping: bool,
    /// How many connections all pools of this database's server have together, with those of other logins and databases. The one of the
    /// URL's address where nothing is given ([`ServerLimit::of`]), so 80 by default. Nothing to a SQLite database.
    pub server_limit: Option<ServerLimit>,
    /// The isolation level of transactions that ask for none.
    pub isolation_level: Isolation,
    /// What a commit to a SQLite file promises when the machine loses power. Full by default.
    pub durability: Durability,
    /// How many bytes the database may have; what goes beyond fails as where the disk is full (SQLSTATE 53100). None by default.
    ///
    /// A SQLite file is bounded itself, in whole pages; its log beside it (`-wal`) grows with the largest transaction and is not counted.
    /// On a server the host asks what the tables have, every five seconds while rows are changed, and refuses to put rows in or change
    /// them once there is more: so it is gone beyond by what is written in that time. On PostgreSQL these are all tables that the login
    /// may put rows into, with what was deleted and not yet given back (`VACUUM`); on MySQL and MariaDB all tables of the URL's database,
    /// as the server estimates them.
    pub storage_bytes: Option<u64>,
    /// How long one statement may take. None by default.
    pub statement_timeout: Option<Duration>,
    /// How long a statement waits for another's lock. 5 seconds by default.
    pub lock_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            pool_size: 5,
            max_overflow: 10,
            pool_timeout: Duration::from_secs(30),
            pool_recycle: Some(Duration::from_secs(30 * 60)),
            pool_pre_ping: false,
            server_limit: None,
            isolation_level: Isolation::Default,
            durability: Durability::Full,
            storage_bytes: None,
            statement_timeout: None,
            lock_timeout: Duration::from_secs(5),
        }
    }
}

setters!(Settings {
    pool_size: u32,
    max_overflow: u32,
    pool_timeout: Duration,
    pool_recycle? Duration,
    pool_pre_ping: bool,
    server_limit? ServerLimit,
    isolation_level: Isolation,
    durability: Durability,
    storage_bytes? u64,
    statement_timeout? Duration,
    lock_timeout: Duration,
});

/// How a transaction runs.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct TransactionOptions {
    /// Its isolation level.
    pub isolation: Isolation,
    /// Whether changes are refused.
    pub read_only: bool,
    /// How long it may stay open. After that it is rolled back and calls get [`crate::Error::TransactionClosed`].
    pub timeout: Option<Duration>,
    /// How long it may stay open while no call runs; it is noticed after twice that at the latest. After that it is rolled back and
    /// calls get [`crate::Error::TransactionClosed`].
    pub idle_timeout: Option<Duration>,
}

setters!(TransactionOptions { isolation: Isolation, read_only: bool, timeout? Duration, idle_timeout? Duration });

/// How one statement runs. The numbers are guest-controlled; the host's own limits hold as well.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct RunOptions {
    /// How long it may take: the statement, and each later batch of its cursor. The database's own setting holds where it
    /// is lower.
    pub timeout: Option<Duration>,
    /// How many rows it may return before it fails.
    pub max_rows: Option<u64>,
    /// How many bytes all rows together may have where they come at once, without a cursor: those of
    /// [`crate::Session::load`], [`crate::Session::flush`] and [`crate::Session::insert_many`].
    pub max_bytes: Option<u64>,
    /// How many rows the first batch has at most. 1,024 by default.
    pub batch_rows: Option<u32>,
    /// How many bytes the first batch has, about. 256 KiB by default.
    pub batch_bytes: Option<u32>,
}

setters!(RunOptions {
    timeout? Duration,
    max_rows? u64,
    max_bytes? u64,
    batch_rows? u32,
    batch_bytes? u32,
});

impl RunOptions {
    /// Rows of a first batch where nothing is said: more gains no speed and grows guest memory that never shrinks.
    pub const BATCH_ROWS: u32 = 1_024;
    /// Bytes of a first batch where nothing is said.
    pub const BATCH_BYTES: u32 = 256 << 10;
}
