//! Records the owners of tables in a table of the host's own, and keeps the records correct as tables are created and dropped.
//!
//! Where a rollback undoes a creation, it undoes the record too. Elsewhere the record is written first: a host that ends halfway leaves a
//! record of a table that does not exist, which the next creation replaces, and never a table without a record.

use std::sync::Arc;

use sqlservice_sql::{ddl::RECORDS, schema::Table};
use tracing::Level;

use super::{
    table_action::{TableAction, label},
    tables::TableChanger,
};
use crate::{
    error::{DatabaseError, Error, Result},
    operation::admin::AdminConnection,
};

/// The ownership records, for one change.
pub(super) struct TableOwnership {
    /// The owner of created tables. It may drop no others.
    owner: Option<Arc<str>>,
    /// Whether the table of records exists.
    is_there: bool,
    /// Whether a rollback undoes created tables and written records.
    is_undone: bool,
}

impl TableOwnership {
    /// Finds out whether the table of records exists, and which of the tables do.
    pub(super) async fn find<T: TableChanger>(
        room: &T,
        admin: &mut AdminConnection<'_>,
        tables: &mut Vec<Table>,
        owner: Option<Arc<str>>,
    ) -> Result<(Self, Vec<bool>)> {
        tables.push(table());
        let mut exist = room.existing(admin, tables).await?;
        tables.pop();
        let is_there = exist.pop().unwrap_or_default();
        let is_undone = admin.dialect.capabilities().transactional_ddl;
        Ok((Self { owner, is_there, is_undone }, exist))
    }

    /// Refuses to drop tables that are not the owner's.
    pub(super) async fn check<T: TableChanger>(
        &self,
        room: &T,
        admin: &mut AdminConnection<'_>,
        wanted: &[Table],
    ) -> Result<()> {
        let Some(owner) = self.owner.as_deref().filter(|_| !wanted.is_empty()) else { return Ok(()) };
        let wanted: Vec<&Table> = wanted.iter().collect();
        let owners = if self.is_there { room.owners(admin, &wanted).await? } else { vec![None; wanted.len()] };
        let others = wanted.iter().zip(&owners).filter(|(_, of)| of.as_deref() != Some(owner));
        let names: Vec<String> = others.map(|(table, _)| label(table)).collect();
        if names.is_empty() {
            return Ok(());
        }
        let message = format!("dropping tables that others made: {}", names.join(", "));
        Err(Error::Denied(DatabaseError { sqlstate: None, message, source: None }))
    }

    /// Updates the records that have to be right before tables are created.
    pub(super) async fn before<T: TableChanger>(
        &mut self,
        room: &T,
        admin: &mut AdminConnection<'_>,
        change: TableAction,
        wanted: &[&Table],
    ) -> Result<()> {
        match (change, &self.owner) {
            (TableAction::Create, Some(_)) if !self.is_undone => self.record(room, admin, wanted).await,
            // A table that is created without an owner must not be taken for that of an earlier owner.
            (TableAction::Create, None) => self.forget(room, admin, wanted).await,
            _ => Ok(()),
        }
    }

    /// Updates the records for the tables that were changed.
    pub(super) async fn after<T: TableChanger>(
        &mut self,
        room: &T,
        admin: &mut AdminConnection<'_>,
        change: TableAction,
        changed: &[&Table],
    ) -> Result<()> {
        match change {
            TableAction::Create if self.is_undone => self.record(room, admin, changed).await,
            TableAction::Create => Ok(()),
            TableAction::Drop => self.forget(room, admin, changed).await,
        }
    }

    /// Corrects the records after a failure that no rollback undoes.
    pub(super) async fn amend<T: TableChanger>(
        &self,
        room: &T,
        admin: &mut AdminConnection<'_>,
        change: TableAction,
        wanted: &[&Table],
        changed: &[&Table],
    ) {
        if self.is_undone || (change == TableAction::Create && self.owner.is_none()) {
            return;
        }
        let amended = async {
            let tables: Vec<Table> = wanted.iter().copied().cloned().collect();
            let exist = room.existing(admin, &tables).await?;
            // An existing table that this change did not create is that of another client, which was faster and uses no host.
            let is_made =
                |table: &Table| change == TableAction::Drop || changed.iter().any(|made| std::ptr::eq(*made, table));
            let gone = wanted.iter().zip(exist).filter(|(table, exists)| !exists || !is_made(table));
            let gone: Vec<&Table> = gone.map(|(table, _)| *table).collect();
            self.forget(room, admin, &gone).await
        };
        if let Err(error) = amended.await {
            let line = "what was written down of tables that could not be changed is not true any more";
            admin.log(Level::WARN, line, &error);
        }
    }

    /// Records the tables as the owner's. Creates the table of records where it does not exist.
    async fn record<T: TableChanger>(
        &mut self,
        room: &T,
        admin: &mut AdminConnection<'_>,
        tables: &[&Table],
    ) -> Result<()> {
        let Some(owner) = self.owner.as_deref().filter(|_| !tables.is_empty()) else { return Ok(()) };
        if !self.is_there {
            admin.run(T::MAKE).await?;
            self.is_there = true;
        }
        room.record(admin, tables, owner).await
    }

    async fn forget<T: TableChanger>(
        &self,
        room: &T,
        admin: &mut AdminConnection<'_>,
        tables: &[&Table],
    ) -> Result<()> {
        let is_needed = self.owner.is_some() || !T::TELLS_APART;
        if is_needed && self.is_there && !tables.is_empty() { room.forget(admin, tables).await } else { Ok(()) }
    }
}

/// Returns the host's table by name only, for methods that take tables.
fn table() -> Table {
    Table::new(RECORDS, Vec::new())
}
