//! What a login may do beyond its own data: asked before SQL text of strangers runs under it.
//!
//! A database's login is the only wall around SQL text on a server, so what is too much of it has a name, a sentence and a remedy.

mod finding;
mod make;

use std::sync::Arc;

use sqlservice_sql::Dialect;

use crate::{
    Database, Result,
    backend::{Begin, mysql, postgres, sqlite},
    operation::admin::AdminConnection,
    settings::Isolation,
};

pub(crate) use finding::OfNames;
pub use finding::{Finding, Severity};
pub(crate) use make::Logins;
pub use make::{Existing, Made, url_of};

/// How many names a finding shows; catalogs are asked for one more.
pub(crate) const SHOWN: usize = 8;

impl Database {
    /// Asks the server what this database's login may do that SQL text of a stranger must not: the worst findings come first, and none
    /// means that the login is confined as far as the host can tell. SQLite has no logins, so it finds nothing there.
    ///
    /// No observer is told of the questions. Code that grants SQL text calls it before, and refuses where a finding is [`Severity::Dangerous`]. It says what is so now: rights
    /// that are granted afterwards are found by the next call. It looks at rights alone, not at how the server is reached.
    ///
    /// # Errors
    ///
    /// Those of [`Database::connect`], and what the database says. What could not be asked has not been checked.
    pub async fn check_login(&self) -> Result<Vec<Finding>> {
        let (dialect, settings) = (self.identify().await?, self.inner.settings.clone());
        self.with_connection(move |mut held| async move {
            let instruments = Arc::default();
            let mut admin = AdminConnection::new(&mut held, dialect, &settings, &instruments);
            let found = check(&mut admin).await.map(|mut findings| {
                findings.sort();
                findings.dedup();
                findings
            });
            (held, found)
        })
        .await
    }
}

/// Asks in a transaction that only reads and is rolled back: what is set for the questions goes with it.
async fn check(admin: &mut AdminConnection<'_>) -> Result<Vec<Finding>> {
    let isolation = match admin.dialect {
        Dialect::Sqlite => Isolation::Default,
        Dialect::Postgres | Dialect::Mysql | Dialect::Mariadb => Isolation::ReadCommitted,
    };
    admin.begin(Begin { isolation, read_only: true, ..Begin::default() }).await?;
    let found = match admin.dialect {
        Dialect::Sqlite => sqlite::login::check(admin).await,
        Dialect::Postgres => postgres::login::check(admin).await,
        Dialect::Mysql | Dialect::Mariadb => mysql::login::check(admin).await,
    };
    admin.end(false).await?;
    found
}
