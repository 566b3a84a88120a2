//! The records of table owners, as one kind of database keeps them.

use sqlservice_sql::schema::Table;

use crate::{error::Result, operation::admin::AdminConnection};

/// The records of one kind of database. Callers hold the lock of `TableChanger::enter`: no other host changes tables meanwhile.
pub(crate) trait OwnershipRecords {
    /// The statement that creates the host's table.
    const MAKE: &'static str;
    /// Whether a record distinguishes its table from a later one of the same name. A change without an owner then leaves the records
    /// alone, as they may be those of another login.
    const TELLS_APART: bool = false;

    /// Records the owner of these tables, in place of earlier records of their names.
    fn record(
        &self,
        admin: &mut AdminConnection<'_>,
        tables: &[&Table],
        owner: &str,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Returns the owners of these tables; nothing where none is recorded, or where the record is known to be of another table of that
    /// name.
    fn owners(
        &self,
        admin: &mut AdminConnection<'_>,
        tables: &[&Table],
    ) -> impl Future<Output = Result<Vec<Option<String>>>> + Send;

    /// Deletes the records of these tables.
    fn forget(&self, admin: &mut AdminConnection<'_>, tables: &[&Table]) -> impl Future<Output = Result<()>> + Send;
}
