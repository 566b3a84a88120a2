//! Reads what a database has into the contract's tables: what the three backends have in common.
//!
//! A reflected table equals the declared one that made it, but for what a database does not keep:
//! - Keys, constraints and indexes come in the order of their names, as no database keeps another one.
//! - An index that its columns do not describe is left out: of expressions, of a part of the rows, of prefixes, or of a
//!   kind such as full text. So is the index that MySQL makes for a foreign key and the one behind a primary key.
//! - MySQL and MariaDB do not tell unique indexes from unique constraints: both come as `uniques`. Their primary keys have
//!   no name of their own, and MariaDB does not tell `RESTRICT` from `NO ACTION`; both come as [`Action::NoAction`].
//! - SQLite counts up every lone `INTEGER PRIMARY KEY`, so its default is [`sqlservice_sql::schema::DefaultValue::GeneratedKey`]; it keeps no comments.
//! - A default that is no constant, nor the time, is an [`sqlservice_sql::schema::DefaultValue::Expression`] in the database's own words; so is
//!   the text of a check and of a computed column.
//! - `version_column` is a matter of models; no database knows it.

mod assembly;
mod default;

use sqlservice_sql::{
    Dialect,
    schema::{Action, Table},
};

use crate::{
    Database, Error, Result,
    ask::Asker,
    backend::{mysql, postgres, sqlite},
    error::LimitKind,
};

pub(crate) use assembly::{Assembly, Keys, MAX_TEXT, TABLES};
pub(crate) use default::{constant, default_value, unwrapped};

/// What is read from a database.
#[derive(Clone, Debug, Default)]
pub struct ReflectOptions {
    /// Only these tables, verbatim; all where empty. Those that are not there are an error that names them.
    pub only: Vec<String>,
    /// The schema; the default one where nothing is said. Where there is only one, its name or nothing.
    pub schema: Option<String>,
    /// Whether views are read too.
    pub views: bool,
}

/// What a foreign key does, from SQL's words for it. A word that is none of them does nothing of its own.
pub(crate) fn action(text: &str) -> Action {
    match text {
        "CASCADE" => Action::Cascade,
        "SET NULL" => Action::SetNull,
        "SET DEFAULT" => Action::SetDefault,
        "RESTRICT" => Action::Restrict,
        _ => Action::NoAction,
    }
}

impl Database {
    /// Reads tables, and views when asked, with all that holds them together, in the order of their names. System tables are
    /// never read. What differs from a declared table is listed in this module's doc.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchTable`] names the tables of `only` that do not exist; [`Error::Limit`] where there are more than 10,000
    /// tables, a text of more than 1 MiB or more than 64 MiB in all.
    pub async fn reflect(&self, options: ReflectOptions) -> Result<Vec<Table>> {
        if options.only.len() > TABLES {
            return Err(Error::Limit { kind: LimitKind::Rows, allowed: TABLES as u64 });
        }
        let (dialect, settings) = (self.identify().await?, self.inner.settings.clone());
        self.with_connection(move |mut held| async move {
            let mut ask = Asker::new(&mut held, dialect, &settings);
            let assembly = match dialect {
                Dialect::Sqlite => sqlite::reflect::read(&mut ask, &options).await,
                Dialect::Postgres => postgres::reflect::read(&mut ask, &options).await,
                Dialect::Mysql | Dialect::Mariadb => mysql::reflect::read(&mut ask, &options).await,
            };
            (held, assembly.and_then(|assembly| assembly.finish(&options)))
        })
        .await
    }
}
