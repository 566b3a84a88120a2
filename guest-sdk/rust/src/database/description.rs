//! What a database tells of itself, in the contract's words: those that this SDK knows, and those of a newer host.

use std::fmt;

use crate::bindings::sqlservice::database::databases::Limit;

/// The kind of a database, for what only one of them can do. Ask [`Capabilities`] first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgresql,
    /// MySQL.
    Mysql,
    /// MariaDB.
    Mariadb,
    /// One that this SDK does not know: the host is newer.
    Other,
}

impl Dialect {
    pub(super) fn from_contract(word: &str) -> Self {
        match word {
            "sqlite" => Self::Sqlite,
            "postgresql" => Self::Postgresql,
            "mysql" => Self::Mysql,
            "mariadb" => Self::Mariadb,
            _ => Self::Other,
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Sqlite => "SQLite",
            Self::Postgresql => "PostgreSQL",
            Self::Mysql => "MySQL",
            Self::Mariadb => "MariaDB",
            Self::Other => "another database",
        })
    }
}

/// What a database can do, of what databases differ in: `db.capabilities().contains(Capabilities::ROW_LOCKING)`. What it cannot
/// is refused with [`Error::Unsupported`](crate::Error::Unsupported) before anything is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities(Vec<String>);

impl Capabilities {
    /// `returning` of inserts.
    pub const INSERT_RETURNING: &'static str = "insert-returning";
    /// `returning` of updates.
    pub const UPDATE_RETURNING: &'static str = "update-returning";
    /// `returning` of deletes.
    pub const DELETE_RETURNING: &'static str = "delete-returning";
    /// Full joins.
    pub const FULL_JOIN: &'static str = "full-join";
    /// Lateral subqueries.
    pub const LATERAL: &'static str = "lateral";
    /// Locking of rows by a select.
    pub const ROW_LOCKING: &'static str = "row-locking";
    /// `no-wait` and `skip-locked`.
    pub const LOCK_OPTIONS: &'static str = "lock-options";
    /// An upsert that names its unique key.
    pub const CONFLICT_TARGET: &'static str = "conflict-target";
    /// `filter` of aggregates.
    pub const AGGREGATE_FILTER: &'static str = "aggregate-filter";
    /// Frames that count groups.
    pub const FRAME_GROUPS: &'static str = "frame-groups";
    /// `nulls-first` of orderings.
    pub const NULLS_ORDER: &'static str = "nulls-order";
    /// Arrays.
    pub const ARRAYS: &'static str = "arrays";
    /// Schemas within a database.
    pub const SCHEMAS: &'static str = "schemas";
    /// Comments of tables and columns.
    pub const COMMENTS: &'static str = "comments";
    /// DDL that a rollback undoes.
    pub const TRANSACTIONAL_DDL: &'static str = "transactional-ddl";
    /// Isolation levels other than `serializable`.
    pub const ISOLATION_LEVELS: &'static str = "isolation-levels";
    /// `update` with other sources.
    pub const UPDATE_SOURCE: &'static str = "update-source";
    /// `delete` with other sources.
    pub const DELETE_SOURCE: &'static str = "delete-source";
    /// Columns of other sources among what an update or a delete returns.
    pub const SOURCE_RETURNING: &'static str = "source-returning";

    pub(super) const fn from_contract(words: Vec<String>) -> Self {
        Self(words)
    }

    /// Whether the database has one of these.
    pub fn contains(&self, capability: &str) -> bool {
        self.0.iter().any(|word| word == capability)
    }

    /// All that it has, in the contract's words; a newer host may have others than the constants here.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// The limits that hold for this plugin. 0 means none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Rows of one result.
    pub rows: u64,
    /// Bytes of one result that comes at once, without a cursor: what a load, a flush or a bulk insert returns.
    pub result_bytes: u64,
    /// Milliseconds of one statement.
    pub statement_ms: u64,
    /// Milliseconds of one transaction.
    pub transaction_ms: u64,
    /// Open connections and sessions.
    pub sessions: u64,
    /// Parameters of one statement.
    pub parameters: u64,
    /// Bytes of one statement's text.
    pub statement_bytes: u64,
}

impl Limits {
    pub(super) fn from_contract(all: Vec<Limit>) -> Self {
        let mut limits = Self::default();
        for Limit { name, value } in all {
            let place = match name.as_str() {
                "rows" => &mut limits.rows,
                "result-bytes" => &mut limits.result_bytes,
                "statement-ms" => &mut limits.statement_ms,
                "transaction-ms" => &mut limits.transaction_ms,
                "sessions" => &mut limits.sessions,
                "parameters" => &mut limits.parameters,
                "statement-bytes" => &mut limits.statement_bytes,
                // A newer host has more of them.
                _ => continue,
            };
            *place = value;
        }
        limits
    }
}
