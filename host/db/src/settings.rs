//! The settings of a database's pool: sqlservice's `DatabaseSettings` as far as they have a meaning here.

use std::{fmt, str::FromStr, time::Duration};

use sqlservice_sql::setters;

use crate::ServerLimit;

/// The isolation level of a transaction.
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
    /// Returns SQL's keywords for it.
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
    /// All isolation levels that any database has.
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

/// The durability of an acknowledged commit to a SQLite file when the machine loses power. If only the process ends, in any way, every
/// commit is kept with both.
///
/// The file is in WAL mode, so with neither can a power failure corrupt it or leave half of a transaction. Servers have settings of their
/// own for this (`synchronous_commit`, `innodb_flush_log_at_trx_commit`), which are left unchanged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Durability {
    /// The log is synced at each commit (`synchronous = FULL`): an acknowledged commit survives a power failure, as far as the disk
    /// honours a sync. Loses nothing; each commit waits for the disk.
    #[default]
    Full,
    /// The log is synced only before its pages go into the file (`synchronous = NORMAL`): a power failure may lose the last commits,
    /// whole ones from the end, all since the last checkpoint at most. Commits do not wait for the disk.
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
    /// The age at which a connection is replaced when it is next taken. 30 minutes by default: the memory that a server keeps for a
    /// connection grows with the tables that it was used for, and is freed with it.
    pub pool_recycle: Option<Duration>,
    /// Whether a connection is tested before it is handed out, and replaced where it is lost. Off by default.
    pub pool_pre_ping: bool,
    /// The limit of connections that all pools of this database's server have together, including those of other logins and databases.
    /// Without a value it is that of the URL's address ([`ServerLimit::of`]), so 80 by default. No effect on a SQLite database.
    pub server_limit: Option<ServerLimit>,
    /// The isolation level of transactions that request none.
    pub isolation_level: Isolation,
    /// The durability of commits to a SQLite file when the machine loses power. Full by default.
    pub durability: Durability,
    /// The most bytes that the database may have; statements beyond that fail as on a full disk (SQLSTATE 53100). None by default.
    ///
    /// A SQLite file is limited itself, in whole pages; its log beside it (`-wal`) grows with the largest transaction and is not counted.
    /// On a server the host measures the tables every five seconds while rows are changed, and refuses to insert or update rows while the
    /// limit is exceeded: so it can be exceeded by the writes of that time. On PostgreSQL these are all tables that the login may insert
    /// into, including deleted rows that are not yet freed (`VACUUM`); on MySQL and MariaDB all tables of the URL's database, as the
    /// server estimates them.
    pub storage_bytes: Option<u64>,
    /// The time limit of one statement. None by default.
    pub statement_timeout: Option<Duration>,
    /// How long a statement waits for a lock. 5 seconds by default.
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

/// The options of a transaction.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct TransactionOptions {
    /// Its isolation level.
    pub isolation: Isolation,
    /// Whether changes are refused.
    pub read_only: bool,
    /// How long it may stay open. After that it is rolled back and calls get [`crate::Error::TransactionClosed`].
    pub timeout: Option<Duration>,
    /// How long it may stay open while no call runs; that is detected after twice that time at the latest. After that it is rolled back
    /// and calls get [`crate::Error::TransactionClosed`].
    pub idle_timeout: Option<Duration>,
}

setters!(TransactionOptions { isolation: Isolation, read_only: bool, timeout? Duration, idle_timeout? Duration });

/// The options of one statement. The numbers are guest-controlled; the host's own limits apply as well.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct RunOptions {
    /// The time limit of the statement, and of each later batch of its cursor. The database's own setting applies where it is lower.
    pub timeout: Option<Duration>,
    /// The most rows that it may return before it fails.
    pub max_rows: Option<u64>,
    /// The most bytes of all rows together where they come at once, without a cursor: those of [`crate::Session::load`],
    /// [`crate::Session::flush`] and [`crate::Session::insert_many`].
    pub max_bytes: Option<u64>,
    /// The most rows of the first batch. 1,024 by default.
    pub batch_rows: Option<u32>,
    /// The bytes of the first batch, approximately. 256 KiB by default.
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
    /// The default rows of a first batch: more gains no speed and grows guest memory that never shrinks.
    pub const BATCH_ROWS: u32 = 1_024;
    /// The default bytes of a first batch.
    pub const BATCH_BYTES: u32 = 256 << 10;
}
