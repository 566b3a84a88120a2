//! What a database does for those who create and drop tables.

use sqlservice_sql::schema::Table;

use super::{record::OwnershipRecords, table_action::TableAction};
use crate::{error::Result, operation::admin::AdminConnection};

/// How one database keeps those apart who create and drop, and what it can undo.
pub(crate) trait TableChanger: OwnershipRecords + Sized + Send {
    /// The SQLSTATE that says that a table is there already.
    const EXISTS: Option<&'static str>;
    /// How many statements are sent at once.
    const TOGETHER: usize = 1;

    /// Waits, within the lock timeout, until no other host creates or drops, and begins. After an error the connection is as
    /// it was before, or the error is [`Error::Disconnected`].
    fn enter(admin: &mut AdminConnection<'_>, change: TableAction) -> impl Future<Output = Result<Self>> + Send;

    /// Which of these tables, or views of that name, are there.
    fn existing(
        &self,
        admin: &mut AdminConnection<'_>,
        tables: &[Table],
    ) -> impl Future<Output = Result<Vec<bool>>> + Send;

    /// Refuses what would fail halfway, where half cannot be rolled back.
    fn foresee(
        &self,
        _ask: &mut AdminConnection<'_>,
        _change: TableAction,
        _wanted: &[Table],
    ) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// Fits tables that are to be created to those that are there already.
    fn adapt(&self, _ask: &mut AdminConnection<'_>, _wanted: &mut [Table]) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// Undoes what cannot be rolled back, as far as it can be.
    fn undo(&self, _ask: &mut AdminConnection<'_>, _created: &[&Table]) -> impl Future<Output = ()> + Send {
        async {}
    }

    /// Checks what no statement checked.
    fn settle(
        &self,
        _ask: &mut AdminConnection<'_>,
        _change: TableAction,
        _changed: &[&Table],
    ) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// Commits or rolls back, lets others in and leaves the connection as it was before. An error means that it could not.
    fn leave(self, admin: &mut AdminConnection<'_>, keep: bool) -> impl Future<Output = Result<()>> + Send;
}
