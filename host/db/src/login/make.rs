//! Makes a login of its own for a tenant. What is there already is told and left as it is.

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

/// How often a login is tried to be made while others change the same rights, and how long it waits in between.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);

/// What PostgreSQL says then ("tuple concurrently updated"), which has no code of its own.
const CONCURRENTLY: &str = "XX000";

/// What a database has of a name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Existing {
    /// A login.
    pub login: bool,
    /// A schema, on MySQL and MariaDB a database.
    pub place: bool,
}

impl Existing {
    /// Whether there is nothing.
    #[must_use]
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

/// What came of making a login.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Made {
    /// What was there before. Where it is something, nothing was done.
    pub existing: Existing,
    /// The statements that were run, without the password; those that would be run, where that was only planned.
    pub statements: Vec<String>,
}

/// What a backend does to make a login.
pub(crate) trait Logins {
    /// What there is of the name, and the statements that make the rest.
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
    /// Makes a login with the rights of its own place and no others: on PostgreSQL a role with a schema, on MySQL and MariaDB a user
    /// with a database. This database's own login has to be allowed to. Where there is a login or a place of the name already, nothing
    /// is done.
    ///
    /// All happens or nothing; on MySQL and MariaDB what was made before an error is dropped again, as far as that can be done. No
    /// observer is told of the statements, and no error holds the password. What the server itself logs is its own matter, but where the
    /// login is a superuser of PostgreSQL's, which logs none of it.
    ///
    /// # Errors
    ///
    /// [`Error::Denied`] where this database's login may not; [`Error::Statement`] on SQLite, which has no logins; and what the
    /// database says.
    pub async fn make_login(&self, login: NewLogin) -> Result<Made> {
        self.work_on_login(login, true).await
    }

    /// Says what [`make_login`](Self::make_login) would do, and does nothing.
    ///
    /// # Errors
    ///
    /// Those of [`make_login`](Self::make_login).
    pub async fn plan_login(&self, login: NewLogin) -> Result<Made> {
        self.work_on_login(login, false).await
    }

    async fn work_on_login(&self, login: NewLogin, runs: bool) -> Result<Made> {
        let (dialect, settings) = (self.identify().await?, self.inner.settings.clone());
        self.with_connection(move |mut held| async move {
            // No observer is told of these statements: one of them has the password.
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

/// Runs the statements, again where others change the same rights just now: of two that do, PostgreSQL refuses one.
async fn run<L: Logins>(admin: &mut AdminConnection<'_>, login: &NewLogin, steps: &[LoginStep]) -> Result<()> {
    for _ in 1..TRIES {
        match L::run(admin, login, steps).await {
            Err(Error::Operational(said)) if said.sqlstate.as_deref() == Some(CONCURRENTLY) => sleep(PAUSE).await,
            ran => return ran,
        }
    }
    L::run(admin, login, steps).await
}

/// The error, or another one where it repeats the secret: a server that does not understand a statement quotes it.
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

/// The URL by which a new login connects: that of the administrator with another user, password and, on MySQL and MariaDB, database.
/// What identifies the administrator besides (a client's certificate) is left out.
///
/// # Errors
///
/// [`Error::Url`] where the administrator's is none of a server.
pub fn url_of(administrator: &str, login: &NewLogin) -> Result<String> {
    // Read as a database's is, so that what comes of it is one.
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
