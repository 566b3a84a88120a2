//! The kind, the capabilities and the limits of a database, by the contract's names. A newer host may have further names.

use std::fmt;

use crate::bindings::sqlservice::database::databases::Limit;

/// The kind of a database, for features of one kind alone. Prefer a check of [`Capabilities`].
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
    /// A kind that this SDK does not know: the host is newer.
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

/// The capabilities of a database, in which databases differ: `db.capabilities().contains(Capabilities::ROW_LOCKING)`. A use of a
/// missing one is refused with [`Error::Unsupported`](crate::Error::Unsupported) before anything is sent.
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
    /// Columns of other sources in the `returning` of an update or a delete.
    pub const SOURCE_RETURNING: &'static str = "source-returning";

    pub(super) const fn from_contract(words: Vec<String>) -> Self {
        Self(words)
    }

    /// Whether the database has this capability.
    pub fn contains(&self, capability: &str) -> bool {
        self.0.iter().any(|word| word == capability)
    }

    /// All capabilities of the database, by the contract's names. A newer host may have others than the constants here.
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
    /// Bytes of one result that is returned at once, without a cursor: the result of a load, a flush or a bulk insert.
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
                // A limit that only a newer host has.
                _ => continue,
            };
            *place = value;
        }
        limits
    }
}
