//! Whose tables are whose, as one kind of database keeps it.

use sqlservice_sql::schema::Table;

use crate::{error::Result, operation::admin::AdminConnection};

/// The records of one kind of database. Those who come here have entered: no other host changes tables meanwhile.
pub(crate) trait OwnershipRecords {
    /// What makes the host's table.
    const MAKE: &'static str;
    /// Whether a record tells its table from a later one of the same name. Then a change without an owner leaves the records alone,
    /// which are perhaps those of another login.
    const TELLS_APART: bool = false;

    /// Writes down whose these tables are, in place of what was said of tables of their names before.
    fn record(
        &self,
        admin: &mut AdminConnection<'_>,
        tables: &[&Table],
        owner: &str,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Whose tables these are; nothing where it was not written down, or of another table of that name as far as that is known.
    fn owners(
        &self,
        admin: &mut AdminConnection<'_>,
        tables: &[&Table],
    ) -> impl Future<Output = Result<Vec<Option<String>>>> + Send;

    /// Forgets what was said of these tables.
    fn forget(&self, admin: &mut AdminConnection<'_>, tables: &[&Table]) -> impl Future<Output = Result<()>> + Send;
}
