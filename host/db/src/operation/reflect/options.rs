//! What is asked for of a database's tables.

use crate::error::{Error, LimitKind, Result};

/// How many tables one reflection reads at most.
pub(crate) const TABLES: usize = 10_000;

/// What is read from a database.
///
/// A reflected table equals the declared one that made it, but for what a database does not keep:
/// - Keys, constraints and indexes come in the order of their names, as no database keeps another one.
/// - An index that its columns do not describe is left out: of expressions, of a part of the rows, of prefixes, or of a
///   kind such as full text. So is the index that MySQL makes for a foreign key and the one behind a primary key.
/// - MySQL and MariaDB do not tell unique indexes from unique constraints: both come as `uniques`. Their primary keys have
///   no name of their own, and MariaDB does not tell `RESTRICT` from `NO ACTION`; both come as [`sqlservice_sql::schema::Action::NoAction`].
/// - SQLite counts up every lone `INTEGER PRIMARY KEY`, so its default is [`sqlservice_sql::schema::DefaultValue::GeneratedKey`]; it keeps no comments.
/// - A default that is no constant, nor the time, is an [`sqlservice_sql::schema::DefaultValue::Expression`] in the database's own words; so is
///   the text of a check and of a computed column.
/// - `version_column` is a matter of models; no database knows it.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ReflectOptions {
    /// Only these tables, verbatim; all where empty. Those that are not there are an error that names them.
    pub only: Vec<String>,
    /// The schema; the default one where nothing is said. Where there is only one, its name or nothing.
    pub schema: Option<String>,
    /// Whether views are read too.
    pub views: bool,
}

sqlservice_sql::setters!(ReflectOptions { only: Vec<String>, schema? String, views: bool });

impl ReflectOptions {
    /// Refuses what would be too much to ask for. The names are guest-controlled.
    pub(crate) fn check(&self) -> Result<()> {
        if self.only.len() > TABLES {
            return Err(Error::Limit { kind: LimitKind::Rows, allowed: TABLES as u64 });
        }
        Ok(())
    }
}
