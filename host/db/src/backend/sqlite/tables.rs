//! Creates and drops tables in SQLite, in one transaction that takes the write lock when it begins.
//!
//! With foreign keys enforced, SQLite deletes a table's rows before it drops it, which fires `ON DELETE` actions in other tables,
//! and fails for circular keys. So enforcement is off for a drop, and dangling references are checked before the commit.
//! SQLite allows that switch only outside of a transaction.

use std::collections::HashSet;

use sqlservice_sql::schema::Table;

use crate::{
    Error, Result,
    backend::Begin,
    error::{ConstraintKind, Violation},
    operation::{
        admin::AdminConnection,
        ddl::{table_action::TableAction, tables::TableChanger},
    },
};

/// A transaction that changes tables.
pub(crate) struct SqliteTables {
    /// Whether foreign keys must be enforced again afterwards.
    turn_on: bool,
}

impl TableChanger for SqliteTables {
    const EXISTS: Option<&'static str> = None;

    async fn enter(admin: &mut AdminConnection<'_>, change: TableAction) -> Result<Self> {
        // The transaction's first statement takes the write lock, and may wait for it.
        let turn_on = change == TableAction::Drop && is_enforced(admin).await?;
        if turn_on {
            admin.run("PRAGMA foreign_keys = OFF").await?;
        }
        let begun = admin.begin(Begin { writes: true, ..Begin::default() }).await;
        if begun.is_err() {
            restore(admin, turn_on).await?;
        }
        begun.map(|()| Self { turn_on })
    }

    async fn existing(&self, admin: &mut AdminConnection<'_>, tables: &[Table]) -> Result<Vec<bool>> {
        let wanted: HashSet<String> = tables.iter().map(|table| table.name.to_ascii_lowercase()).collect();
        let mut found = HashSet::new();
        admin
            .rows("SELECT name FROM main.sqlite_schema WHERE type IN ('table', 'view')", &[], 1, |cells| {
                // SQLite compares identifiers regardless of ASCII case.
                let name = cells.text().to_ascii_lowercase();
                if wanted.contains(&name) {
                    found.insert(name);
                }
                Ok(())
            })
            .await?;
        Ok(tables.iter().map(|table| found.contains(&table.name.to_ascii_lowercase())).collect())
    }

    async fn settle(&self, admin: &mut AdminConnection<'_>, change: TableAction, changed: &[&Table]) -> Result<()> {
        if change == TableAction::Create || !self.turn_on {
            return Ok(());
        }
        let dropped: HashSet<String> = changed.iter().map(|table| table.name.to_ascii_lowercase()).collect();
        let mut referring = HashSet::new();
        let referring_tables = "SELECT m.name, f.\"table\" FROM main.sqlite_schema AS m \
             JOIN pragma_foreign_key_list(m.name, 'main') AS f WHERE m.type = 'table'";
        admin
            .rows(referring_tables, &[], 2, |cells| {
                let (table, parent) = (cells.text(), cells.text());
                if dropped.contains(&parent.to_ascii_lowercase()) {
                    referring.insert(table);
                }
                Ok(())
            })
            .await?;
        for table in referring {
            let mut dangling = false;
            admin
                .rows("SELECT DISTINCT parent FROM pragma_foreign_key_check(?, 'main')", &[&table], 1, |cells| {
                    dangling |= dropped.contains(&cells.text().to_ascii_lowercase());
                    Ok(())
                })
                .await?;
            if dangling {
                let kind = ConstraintKind::ForeignKey;
                return Err(Error::Integrity(Violation {
                    kind,
                    constraint: None,
                    table: Some(table),
                    columns: Vec::new(),
                }));
            }
        }
        Ok(())
    }

    async fn leave(self, admin: &mut AdminConnection<'_>, keep: bool) -> Result<()> {
        let ended = admin.end(keep).await;
        if ended.is_err() && keep {
            // A failed commit leaves the transaction open, in which the pragma has no effect.
            admin.end(false).await.map_err(lost)?;
        }
        restore(admin, self.turn_on).await?;
        ended
    }
}

async fn is_enforced(admin: &mut AdminConnection<'_>) -> Result<bool> {
    let value = admin.one("SELECT CAST(foreign_keys AS TEXT) FROM pragma_foreign_keys", &[], 1).await?;
    Ok(matches!(value.as_slice(), [Some(on)] if on == "1"))
}

/// Enforces foreign keys again and checks the setting, as SQLite silently ignores the pragma within a transaction.
async fn restore(admin: &mut AdminConnection<'_>, turn_on: bool) -> Result<()> {
    if turn_on {
        admin.run("PRAGMA foreign_keys = ON").await.map_err(lost)?;
        if !is_enforced(admin).await.map_err(lost)? {
            return Err(Error::Disconnected(None));
        }
    }
    Ok(())
}

/// Converts an error to a lost connection: one that does not enforce foreign keys must not be used again.
fn lost(error: Error) -> Error {
    Error::Disconnected(Some(Box::new(error)))
}
