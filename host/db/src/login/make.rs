//! Creates a login for a tenant. Objects that exist already are reported and left unchanged.

use std::{error::Error as _, sync::Arc, time::Duration};

use sqlservice_sql::{
    Dialect, Error as StatementError,
    login::{LoginStep, Name, NewLogin},
};
use tokio::time::sleep;
use url::Url;

use crate::{
    Database, Error, Result,
    backend::{mysql, postgres},
    error::DatabaseError,
    operation::admin::AdminConnection,
    settings::Settings,
};

/// How often the host tries to create a login while others change the same rights, and the pause between two tries.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);

/// PostgreSQL's SQLSTATE of such a conflict ("tuple concurrently updated"), which has no code of its own.
const CONCURRENTLY: &str = "XX000";

/// The objects of one name that a database has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Existing {
    /// A login.
    pub login: bool,
    /// A schema, on MySQL and MariaDB a database.
    pub place: bool,
}

impl Existing {
    /// Whether there are none.
    #[must_use]
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

/// The result of creating a login.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Made {
    /// The objects that existed before. If there were any, nothing was done.
    pub existing: Existing,
    /// The statements that were run, without the password; for a plan, those that would be run.
    pub statements: Vec<String>,
}

/// The part of creating a login that differs between backends.
pub(crate) trait Logins {
    /// Returns the objects of the name that exist, and the statements that create the missing ones.
    fn plan(
        admin: &mut AdminConnection<'_>,
        login: &NewLogin,
    ) -> impl Future<Output = Result<(Existing, Vec<LoginStep>)>> + Send;

    /// Runs the statements, all or none.
    fn run(
        admin: &mut AdminConnection<'_>,
        login: &NewLogin,
        steps: &[LoginStep],
    ) -> impl Future<Output = Result<()>> + Send;
}

impl Database {
    /// Creates a login with the rights of its own schema or database and no others: on PostgreSQL a role with a schema, on MySQL and
    /// MariaDB a user with a database. This database's own login needs the rights for that. Where an object of the name exists already,
    /// nothing is done.
    ///
    /// All is created or nothing; on MySQL and MariaDB, objects that were created before an error are dropped again as far as possible.
    /// No observer receives the statements, and no error contains the password. The host does not control whether the server logs the
    /// statements, except that a superuser of PostgreSQL's has it log none of them.
    ///
    /// # Errors
    ///
    /// [`Error::Denied`] where this database's login lacks the rights; [`Error::Statement`] on SQLite, which has no logins; and the
    /// errors of the database.
    pub async fn make_login(&self, login: NewLogin) -> Result<Made> {
        self.work_on_login(login, true).await
    }

    /// Returns the plan of [`make_login`](Self::make_login) without running it.
    ///
    /// # Errors
    ///
    /// The errors of [`make_login`](Self::make_login).
    pub async fn plan_login(&self, login: NewLogin) -> Result<Made> {
        self.work_on_login(login, false).await
    }

    async fn work_on_login(&self, login: NewLogin, runs: bool) -> Result<Made> {
        let (dialect, settings) = (self.identify().await?, self.inner.settings.clone());
        self.with_connection(move |mut held| async move {
            // No observer receives these statements: one of them contains the password.
            let instruments = Arc::default();
            let mut admin = AdminConnection::new(&mut held, dialect, &settings, &instruments);
            let made = match dialect {
                Dialect::Sqlite => Err(no_logins()),
                Dialect::Postgres => make::<postgres::login::PostgresLogins>(&mut admin, &login, runs).await,
                Dialect::Mysql | Dialect::Mariadb => make::<mysql::login::MysqlLogins>(&mut admin, &login, runs).await,
            };
            (held, made.map_err(|error| without(error, login.password.reveal())))
        })
        .await
    }
}

fn no_logins() -> Error {
    let message = "SQLite has no logins; what keeps tenants apart is a file for each".to_owned();
    StatementError::Unsupported { capability: "logins", message }.into()
}

async fn make<L: Logins>(admin: &mut AdminConnection<'_>, login: &NewLogin, runs: bool) -> Result<Made> {
    let (existing, steps) = L::plan(admin, login).await?;
    if !existing.is_nothing() {
        return Ok(Made { existing, statements: Vec::new() });
    }
    if runs {
        run::<L>(admin, login, &steps).await?;
    }
    Ok(Made { existing, statements: steps.into_iter().map(|step| step.shown).collect() })
}

/// Runs the statements, again where others change the same rights just now: PostgreSQL refuses one of two such changes.
async fn run<L: Logins>(admin: &mut AdminConnection<'_>, login: &NewLogin, steps: &[LoginStep]) -> Result<()> {
    for _ in 1..TRIES {
        match L::run(admin, login, steps).await {
            Err(Error::Operational(said)) if said.sqlstate.as_deref() == Some(CONCURRENTLY) => sleep(PAUSE).await,
            ran => return ran,
        }
    }
    L::run(admin, login, steps).await
}

/// Returns the error, or another one where it contains the secret: a server that cannot parse a statement quotes it.
fn without(error: Error, secret: &str) -> Error {
    let mut texts = vec![format!("{error} {error:?}")];
    let mut cause = error.source();
    while let Some(error) = cause {
        texts.push(format!("{error} {error:?}"));
        cause = error.source();
    }
    if texts.iter().any(|text| text.contains(secret)) {
        let message = "the database could not run the statement that makes the login".to_owned();
        return Error::Operational(DatabaseError { sqlstate: None, message, source: None });
    }
    error
}

/// Returns the URL by which a new login connects: that of the administrator with another user, password and, on MySQL and MariaDB,
/// database. Parameters that identify the administrator (a client certificate, the application's name) are left out.
///
/// # Errors
///
/// [`Error::Url`] where the administrator's URL is not one of a server.
pub fn url_of(administrator: &str, login: &NewLogin) -> Result<String> {
    // Parsed as a database URL first, so that the result is one.
    drop(Database::new(administrator, Settings::default())?);
    let wrong = || Error::Url("the database URL is not one of a server with logins".to_owned());
    let mut url = Url::parse(administrator).map_err(|_| wrong())?;
    let name: &Name = &login.name;
    url.set_username(name.as_str()).map_err(|()| wrong())?;
    url.set_password(Some(login.password.reveal())).map_err(|()| wrong())?;
    if !url.scheme().starts_with("postgres") {
        url.set_path(name.as_str());
    }
    let own = |key: &str| ["sslcert", "sslkey", "applicationname"].contains(&key.replace(['-', '_'], "").as_str());
    let kept: Vec<(String, String)> =
        url.query_pairs().filter(|(key, _)| !own(key)).map(|(key, value)| (key.into(), value.into())).collect();
    url.set_query(None);
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
    }
    Ok(url.into())
}

#[cfg(test)]
mod tests {
    use sqlservice_sql::login::Password;

    use super::*;

    fn login() -> NewLogin {
        let (name, password) = (Name::new("a-b").expect("a name"), Password::of(&[0; 32]));
        NewLogin { name, password, connections: 1, schema: true, harden: false }
    }

    #[test]
    fn a_new_login_has_nothing_of_the_administrators() {
        let secret = "A".repeat(43);
        let url = |text: &str| url_of(text, &login()).expect("a url");
        let postgres = url("postgres://root:s3cret@[::1]:7/d%20b?sslmode=disable&sslcert=c&sslkey=k");
        assert_eq!(postgres, format!("postgres://a-b:{secret}@[::1]:7/d%20b?sslmode=disable"));
        assert_eq!(url("mariadb://root:s3cret@h/mysql"), format!("mariadb://a-b:{secret}@h/a-b"));
        assert_eq!(url("postgres://root@%2Ftmp/d"), format!("postgres://a-b:{secret}@%2Ftmp/d"));
        assert!(url_of("sqlite:a.db", &login()).is_err());
    }

    #[test]
    fn t74_an_error_that_quotes_the_password_is_another_one() {
        let said = |message: &str, source: Option<&str>| {
            let source = source.map(Into::into);
            Error::Operational(DatabaseError { sqlstate: None, message: message.to_owned(), source })
        };
        for error in [said("near 'AAA'", None), said("a statement", Some("near 'AAA'"))] {
            let error = without(error, "AAA");
            assert!(!format!("{error:?}").contains("AAA"), "{error:?}");
        }
        assert_eq!(without(said("role exists", None), "AAA").to_string(), "role exists");
    }
}
