//! Database URLs, which only the host sees: read into typed options without any I/O, and never shown.

use std::sync::{Arc, OnceLock};

use sqlservice_sql::Dialect;

use crate::{
    Error, Result,
    backend::{server::Server, sqlite::SqliteFile},
};

/// What a URL points to.
#[derive(Clone)]
pub(crate) enum Target {
    Sqlite(SqliteFile),
    Postgres(Server),
    /// MySQL or MariaDB.
    Mysql(Server, Kind),
}

/// What kind a database is, as far as its URL and its server have said.
#[derive(Clone, Debug)]
pub(crate) struct Kind {
    declared: Dialect,
    /// What the server said, where the URL leaves it open.
    asked: Option<Arc<OnceLock<Dialect>>>,
}

impl Kind {
    /// The URL says it.
    fn declared(dialect: Dialect) -> Self {
        Self { declared: dialect, asked: None }
    }

    /// MySQL until a server says what it is.
    fn asked() -> Self {
        Self { declared: Dialect::Mysql, asked: Some(Arc::default()) }
    }

    /// The kind as far as it is known.
    pub(crate) fn dialect(&self) -> Dialect {
        self.asked.as_ref().and_then(|asked| asked.get()).copied().unwrap_or(self.declared)
    }

    /// Whether nothing that a server says can change it.
    pub(crate) fn is_known(&self) -> bool {
        self.asked.as_ref().is_none_or(|asked| asked.get().is_some())
    }

    /// Takes what a server says. Whether that is what the URL or a server before it said.
    pub(crate) fn meets(&self, server: Dialect) -> bool {
        *self.asked.as_ref().map_or(&self.declared, |asked| asked.get_or_init(|| server)) == server
    }
}

impl Target {
    /// Reads a URL. Its errors repeat the scheme at most, as the rest may hold secrets.
    pub(crate) fn parse(url: &str) -> Result<Self> {
        let scheme = url.split(':').next().unwrap_or_default();
        match scheme {
            "sqlite" => Ok(Self::Sqlite(SqliteFile::parse(url)?)),
            "postgres" | "postgresql" => Ok(Self::Postgres(Server::parse(url, 5432)?)),
            // MariaDB answers under this scheme, too, and most URLs of it say so.
            "mysql" => Ok(Self::Mysql(Server::parse(url, 3306)?, Kind::asked())),
            "mariadb" => Ok(Self::Mysql(Server::parse(url, 3306)?, Kind::declared(Dialect::Mariadb))),
            _ => Err(Error::Url(format!(
                "{:?} is no scheme of a database URL; there are sqlite, postgres, postgresql, mysql and mariadb",
                scheme.chars().take(16).collect::<String>()
            ))),
        }
    }

    /// The kind of database.
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
