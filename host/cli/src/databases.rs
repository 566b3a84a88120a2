//! The databases that a plugin is granted: their names and URLs, and checks that they answer.

use std::{collections::BTreeSet, env};

use sqlservice_host::{Grant, Settings, Tenant, db::Error};

use crate::{
    args::Grants,
    exit::Exit,
    failure::{Failure, Result},
    login, secret,
};

/// The URL of the database where no option names one.
const EMBEDDED: &str = "sqlite:sqlservice.db";
/// The default name of a database.
const DEFAULT: &str = "default";
/// The name that stands for all databases in a grant of raw SQL.
const ALL: &str = "*";

/// A database that an option or a configuration file names.
pub(crate) struct NamedDatabase {
    pub(crate) name: String,
    url: String,
    /// Whether it was named explicitly. The embedded file needs no option, and is created at first use.
    asked: bool,
    /// Whether only its login's rights limit an untrusted plugin's SQL text.
    is_wall: bool,
}

impl NamedDatabase {
    /// A database that a configuration file grants, with SQL text or without.
    pub(crate) fn configured(name: &str, url: String, raw_sql: bool) -> Self {
        Self { name: name.to_owned(), url, asked: true, is_wall: raw_sql }
    }

    /// Reads `[NAME=]URL` and `[NAME=]env:VARIABLE`. No error repeats a URL.
    fn parse(text: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let is_name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c));
        let (name, url) = text.split_once('=').filter(|(name, _)| is_name(name)).unwrap_or((DEFAULT, text));
        let url = match url.strip_prefix("env:") {
            Some(name) => variable(name).ok_or_else(|| {
                let message =
                    format!("--database takes a URL from the environment variable {name:?}, which is not set");
                Failure::new(Exit::Usage, message).help("`export` it where this command runs")
            })?,
            None => url.to_owned(),
        };
        Ok(Self { name: name.to_owned(), url, asked: true, is_wall: false })
    }

    /// Makes the grant.
    pub(crate) fn grant(&self, grants: &Grants, settings: Settings) -> Result<Grant> {
        let grant = Grant::open(&self.url, settings).map_err(|error| {
            let text = secret::scrub(&error.to_string(), &self.url);
            Failure::new(Exit::Database, format!("database {:?}: {text}", self.name)).help(
                "a URL is sqlite:FILE, sqlite::memory:, postgresql://USER:PASSWORD@HOST/DATABASE, mysql://… or mariadb://…",
            )
        })?;
        let raw = grants.raw_sql.iter().any(|name| name == ALL || *name == self.name);
        Ok(grant.raw_sql(raw).schema_changes(!grants.no_schema_changes))
    }

    /// Pings the database, if it was named explicitly, and checks its login's rights where an untrusted plugin sends SQL text.
    pub(crate) async fn check(&self, tenant: &Tenant) -> Result<()> {
        let Some(database) = tenant.database(&self.name).filter(|_| self.asked) else { return Ok(()) };
        let failed = |error: Error| {
            let (place, words) = (secret::location(&self.url), login::words(&error, &self.url));
            Failure::new(Exit::Database, format!("database {:?} at {place}: {words}", self.name))
                .help("nothing was called")
        };
        database.ping().await.map_err(failed)?;
        if self.is_wall {
            login::admit(&self.name, &database.check_login().await.map_err(failed)?)?;
        }
        Ok(())
    }
}

/// Returns all databases that options name, or the embedded one.
pub(crate) fn named(grants: &Grants) -> Result<Vec<NamedDatabase>> {
    let read = |text: &String| NamedDatabase::parse(text, |name| env::var(name).ok());
    let mut named = grants.databases.iter().map(read).collect::<Result<Vec<_>>>()?;
    if named.is_empty() {
        named.push(NamedDatabase { name: DEFAULT.to_owned(), url: EMBEDDED.to_owned(), asked: false, is_wall: false });
    }
    let names: BTreeSet<&str> = named.iter().map(|database| database.name.as_str()).collect();
    if let Some(unknown) = grants.raw_sql.iter().find(|name| *name != ALL && !names.contains(name.as_str())) {
        let names: Vec<&str> = names.into_iter().collect();
        return Err(Failure::new(Exit::Usage, format!("--raw-sql names {unknown:?}, which is no database"))
            .help(format!("there are: {}", names.join(", "))));
    }
    Ok(named)
}

#[cfg(test)]
mod tests {
    use super::NamedDatabase;

    fn parse(text: &str) -> (String, String) {
        let variable = |name: &str| (name == "URL").then(|| "postgres://u:p@h/d".to_owned());
        NamedDatabase::parse(text, variable)
            .map_or_else(|error| (String::new(), error.to_string()), |n| (n.name, n.url))
    }

    #[test]
    fn a_name_is_optional_and_never_part_of_a_url() {
        let same = |text: &str, name: &str, url: &str| assert_eq!(parse(text), (name.to_owned(), url.to_owned()));
        same("x=sqlite:a.db", "x", "sqlite:a.db");
        same("sqlite:a.db?mode=ro", "default", "sqlite:a.db?mode=ro");
        same("postgres://u:p=q@h/d", "default", "postgres://u:p=q@h/d");
        same("x=env:URL", "x", "postgres://u:p@h/d");
        same("env:URL", "default", "postgres://u:p@h/d");
        assert!(parse("x=env:NO").1.contains("\"NO\""));
    }
}
