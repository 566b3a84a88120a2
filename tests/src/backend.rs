//! The databases that a case can run on.

use std::fmt;

use sqlservice_sql::Dialect;

/// A database that a case can run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backend {
    /// SQLite in a file.
    Sqlite,
    /// SQLite in memory: a single connection, so no other one can read it.
    SqliteMemory,
    /// PostgreSQL.
    Postgres,
    /// MariaDB.
    MariaDb,
}

impl Backend {
    /// The databases that every case runs on.
    pub const ALL: [Self; 3] = [Self::Sqlite, Self::Postgres, Self::MariaDb];
    /// The databases with a server, whose connections can be killed.
    pub const SERVERS: [Self; 2] = [Self::Postgres, Self::MariaDb];

    /// Its dialect.
    pub fn dialect(self) -> Dialect {
        match self {
            Self::Sqlite | Self::SqliteMemory => Dialect::Sqlite,
            Self::Postgres => Dialect::Postgres,
            Self::MariaDb => Dialect::Mariadb,
        }
    }

    /// Quotes a name, by hand: what a test asserts must not come from the code that it tests.
    pub fn quoted(self, name: &str) -> String {
        match self {
            Self::MariaDb => format!("`{}`", name.replace('`', "``")),
            _ => format!("\"{}\"", name.replace('"', "\"\"")),
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::SqliteMemory => "SQLite in memory",
            Self::Postgres => "PostgreSQL",
            Self::MariaDb => "MariaDB",
        })
    }
}
