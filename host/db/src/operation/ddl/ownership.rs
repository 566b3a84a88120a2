//! Whose tables are whose: a table of the host's own, which is kept true as tables are created and dropped.
//!
//! Where a rollback undoes a creation, the record goes with it. Elsewhere the record is there first: a host that ends halfway leaves a
//! record of a table that is not there, which the next creation replaces, and never a table without one.

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

/// The records as one change needs them.
pub(super) struct TableOwnership {
    /// Whose tables are created, and who may drop no others.
    owner: Option<Arc<str>>,
    /// Whether there is a table of records.
    is_there: bool,
    /// Whether a rollback undoes what is created and written.
    is_undone: bool,
}

impl TableOwnership {
    /// Looks for the records, and which of the tables are there.
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

    /// Refuses to drop what is not the owner's.
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

    /// Writes what has to be there before tables are created.
    pub(super) async fn before<T: TableChanger>(
        &mut self,
        room: &T,
        admin: &mut AdminConnection<'_>,
        change: TableAction,
        wanted: &[&Table],
    ) -> Result<()> {
        match (change, &self.owner) {
            (TableAction::Create, Some(_)) if !self.is_undone => self.record(room, admin, wanted).await,
            // What is created without an owner must not be taken for that of an earlier one.
            (TableAction::Create, None) => self.forget(room, admin, wanted).await,
            _ => Ok(()),
        }
    }

    /// Writes what has become of the tables.
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

    /// Makes the records true again after a failure that no rollback undoes.
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
            // A table that is there and that this change did not create is another's, who was faster and knows no host.
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

    /// Writes down that tables are the owner's, in a table that is made where it is not there.
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

/// The name of the host's table, for what asks by tables.
fn table() -> Table {
    Table::new(RECORDS, Vec::new())
}
