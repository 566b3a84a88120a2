//! Database URLs, which only the host sees: read into typed options without any I/O, and never shown.

use crate::{
    Error, Result,
    backend::{server::Server, sqlite::SqliteFile},
};
use sqlservice_sql::Dialect;

/// What a URL points to.
pub(crate) enum Target {
    Sqlite(SqliteFile),
    Postgres(Server),
    /// MySQL or MariaDB, as the scheme says.
    Mysql(Server, Dialect),
}

impl Target {
    /// Reads a URL. Its errors repeat the scheme at most, as the rest may hold secrets.
    pub(crate) fn parse(url: &str) -> Result<Self> {
        let scheme = url.split(':').next().unwrap_or_default();
        match scheme {
            "sqlite" => Ok(Self::Sqlite(SqliteFile::parse(url)?)),
            "postgres" | "postgresql" => Ok(Self::Postgres(Server::parse(url, 5432)?)),
            "mysql" => Ok(Self::Mysql(Server::parse(url, 3306)?, Dialect::Mysql)),
            "mariadb" => Ok(Self::Mysql(Server::parse(url, 3306)?, Dialect::Mariadb)),
            _ => Err(Error::Url(format!(
                "{:?} is no scheme of a database URL; there are sqlite, postgres, postgresql, mysql and mariadb",
                scheme.chars().take(16).collect::<String>()
            ))),
        }
    }

    /// The kind of database.
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
            Self::Mysql(_, dialect) => *dialect,
        }
    }
}
