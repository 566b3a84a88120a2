//! The steps of creating and dropping tables that differ between databases.

use sqlservice_sql::schema::Table;

use super::{record::OwnershipRecords, table_action::TableAction};
use crate::{error::Result, operation::admin::AdminConnection};

/// Serialises the hosts that create and drop tables on one kind of database, and undoes failed changes as far as it can.
pub(crate) trait TableChanger: OwnershipRecords + Sized + Send {
    /// The SQLSTATE of an error about a table that exists already.
    const EXISTS: Option<&'static str>;
    /// The most statements that are sent at once.
    const TOGETHER: usize = 1;

    /// Waits, within the lock timeout, until no other host creates or drops tables, and begins. After an error the connection is as it
    /// was before, or the error is [`Error::Disconnected`].
    fn enter(admin: &mut AdminConnection<'_>, change: TableAction) -> impl Future<Output = Result<Self>> + Send;

    /// Returns which of these tables exist. Views of the same name count.
    fn existing(
        &self,
        admin: &mut AdminConnection<'_>,
        tables: &[Table],
    ) -> impl Future<Output = Result<Vec<bool>>> + Send;

    /// Refuses a change that would fail halfway, where the first half cannot be rolled back.
    fn foresee(
        &self,
        _ask: &mut AdminConnection<'_>,
        _change: TableAction,
        _wanted: &[Table],
    ) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// Adapts tables that are to be created to those that exist already.
    fn adapt(&self, _ask: &mut AdminConnection<'_>, _wanted: &mut [Table]) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// Undoes created tables that cannot be rolled back, as far as possible.
    fn undo(&self, _ask: &mut AdminConnection<'_>, _created: &[&Table]) -> impl Future<Output = ()> + Send {
        async {}
    }

    /// Checks the references that the statements themselves did not check.
    fn settle(
        &self,
        _ask: &mut AdminConnection<'_>,
        _change: TableAction,
        _changed: &[&Table],
    ) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// Commits or rolls back, lets other hosts in and restores the connection. An error means that it could not.
    fn leave(self, admin: &mut AdminConnection<'_>, keep: bool) -> impl Future<Output = Result<()>> + Send;
}
