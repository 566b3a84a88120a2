//! Checks the rights that a login has beyond its own data, before SQL text of strangers runs under it.
//!
//! On a server, a database's login is the only barrier around SQL text, so each excessive right has a name, a sentence and a remedy.

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

/// How many names a finding shows; catalogs are queried for one more.
pub(crate) const SHOWN: usize = 8;

impl Database {
    /// Reads from the server the rights of this database's login that SQL text of a stranger must not have: the worst findings come
    /// first, and none means that the login is confined as far as the host can tell. SQLite has no logins, so there are no findings.
    ///
    /// No observer receives these queries. Code that grants SQL text calls it first, and refuses where a finding is
    /// [`Severity::Dangerous`]. It reports the current state: rights that are granted later are found by the next call. It checks rights
    /// alone, not how the server is reached.
    ///
    /// # Errors
    ///
    /// The errors of [`Database::connect`] and of the database. After an error the login counts as unchecked.
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

/// Checks in a read-only transaction that is rolled back, so that settings made for the queries go with it.
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
