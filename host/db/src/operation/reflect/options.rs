//! The options of a reflection.

use crate::error::{Error, LimitKind, Result};

/// The most tables that one reflection reads.
pub(crate) const TABLES: usize = 10_000;

/// Selects the tables that a reflection reads.
///
/// A reflected table equals the declared table that created it, with these exceptions, which no database stores:
/// - Keys, constraints and indexes are sorted by name, as no database keeps another order.
/// - An index that its columns do not describe is left out: one of expressions, of a part of the rows, of prefixes, or of a kind such as
///   full text. So are the index that MySQL creates for a foreign key and the one behind a primary key.
/// - MySQL and MariaDB do not distinguish unique indexes from unique constraints: both come as `uniques`. Their primary keys have no name
///   of their own, and MariaDB does not distinguish `RESTRICT` from `NO ACTION`; both come as
///   [`sqlservice_sql::schema::Action::NoAction`].
/// - SQLite generates the values of every lone `INTEGER PRIMARY KEY`, so its default is
///   [`sqlservice_sql::schema::DefaultValue::GeneratedKey`]; it keeps no comments.
/// - A default that is neither a constant nor the time is an [`sqlservice_sql::schema::DefaultValue::Expression`] with the database's own
///   text; checks and computed columns have the database's text, too.
/// - `version_column` belongs to models; no database stores it.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ReflectOptions {
    /// Only these tables, by exact name; all where empty. Missing tables are an error that names them.
    pub only: Vec<String>,
    /// The schema; the default one where it is `None`. A database with only one schema accepts its name or `None`.
    pub schema: Option<String>,
    /// Whether views are read too.
    pub views: bool,
}

sqlservice_sql::setters!(ReflectOptions { only: Vec<String>, schema? String, views: bool });

impl ReflectOptions {
    /// Refuses too many names, which are guest-controlled.
    pub(crate) fn check(&self) -> Result<()> {
        if self.only.len() > TABLES {
            return Err(Error::Limit { kind: LimitKind::Rows, allowed: TABLES as u64 });
        }
        Ok(())
    }
}
