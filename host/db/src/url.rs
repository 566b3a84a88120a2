//! Parses database URLs into typed options, without any I/O. Only the host sees a URL, and it is never shown.

use std::sync::{Arc, OnceLock};

use sqlservice_sql::Dialect;

use crate::{
    Error, Result,
    backend::{server::Server, sqlite::SqliteFile},
};

/// The database that a URL points to.
#[derive(Clone)]
pub(crate) enum Target {
    Sqlite(SqliteFile),
    Postgres(Server),
    /// MySQL or MariaDB.
    Mysql(Server, Kind),
}

/// The kind of a database, as far as its URL and its server have determined it.
#[derive(Clone, Debug)]
pub(crate) struct Kind {
    declared: Dialect,
    /// The kind that the server reported, where the URL leaves it open.
    asked: Option<Arc<OnceLock<Dialect>>>,
}

impl Kind {
    /// A kind that the URL determines.
    fn declared(dialect: Dialect) -> Self {
        Self { declared: dialect, asked: None }
    }

    /// MySQL until a server reports its kind.
    fn asked() -> Self {
        Self { declared: Dialect::Mysql, asked: Some(Arc::default()) }
    }

    /// Returns the kind as far as it is known.
    pub(crate) fn dialect(&self) -> Dialect {
        self.asked.as_ref().and_then(|asked| asked.get()).copied().unwrap_or(self.declared)
    }

    /// Whether the kind is final: given by the URL, or reported by a server.
    pub(crate) fn is_known(&self) -> bool {
        self.asked.as_ref().is_none_or(|asked| asked.get().is_some())
    }

    /// Records the kind that a server reports. Returns whether it equals that of the URL or of an earlier server.
    pub(crate) fn meets(&self, server: Dialect) -> bool {
        *self.asked.as_ref().map_or(&self.declared, |asked| asked.get_or_init(|| server)) == server
    }
}

impl Target {
    /// Parses a URL. Errors repeat the scheme at most, as the rest may contain secrets.
    pub(crate) fn parse(url: &str) -> Result<Self> {
        let scheme = url.split(':').next().unwrap_or_default();
        match scheme {
            "sqlite" => Ok(Self::Sqlite(SqliteFile::parse(url)?)),
            "postgres" | "postgresql" => Ok(Self::Postgres(Server::parse(url, 5432)?)),
            // MariaDB accepts this scheme, too, and most of its URLs use it.
            "mysql" => Ok(Self::Mysql(Server::parse(url, 3306)?, Kind::asked())),
            "mariadb" => Ok(Self::Mysql(Server::parse(url, 3306)?, Kind::declared(Dialect::Mariadb))),
            _ => Err(Error::Url(format!(
                "{:?} is no scheme of a database URL; there are sqlite, postgres, postgresql, mysql and mariadb",
                scheme.chars().take(16).collect::<String>()
            ))),
        }
    }

    /// Returns the kind of database.
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Sqlite(_) => Kind::declared(Dialect::Sqlite),
            Self::Postgres(_) => Kind::declared(Dialect::Postgres),
            Self::Mysql(_, kind) => kind.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a19_a_server_says_what_it_is_where_the_url_does_not() {
        let kind = |url: &str| Target::parse(url).expect("a url").kind();
        let open = kind("mysql://u@h/d");
        assert_eq!((open.dialect(), open.is_known()), (Dialect::Mysql, false));
        assert!(open.meets(Dialect::Mariadb));
        assert_eq!((open.clone().dialect(), open.is_known()), (Dialect::Mariadb, true));
        assert!(!open.meets(Dialect::Mysql), "another server than before");
        let said = kind("mariadb://u@h/d");
        assert!(said.is_known() && said.meets(Dialect::Mariadb) && !said.meets(Dialect::Mysql));
        assert!(kind("postgres://u@h/d").is_known() && kind("sqlite:a.db").is_known());
    }
}
