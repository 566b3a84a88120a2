//! A unit of work's changes.

use sqlservice_sql::flush as ours;

use super::take_fields;
use crate::bindings::sqlservice::database::{rows::Batch, sessions as wit};

take_fields!(wit::KeyReference => ours::KeyReference, { row, column, of_change, of_row });
take_fields!(wit::Inserts => ours::Inserts, { table, columns, rows, returning; lists links });
take_fields!(wit::KnownRows => ours::KnownRows, { columns, rows });
take_fields!(wit::Updates => ours::Updates, {
    table, keys, columns, rows, returning; options versions, stored; lists links
});
take_fields!(wit::Deletes => ours::Deletes, { table, keys, strict; options versions, stored });

impl From<wit::Change> for ours::Change {
    fn from(change: wit::Change) -> Self {
        match change {
            wit::Change::Inserts(inserts) => Self::Inserts(inserts.into()),
            wit::Change::Updates(updates) => Self::Updates(updates.into()),
            wit::Change::Deletes(deletes) => Self::Deletes(deletes.into()),
        }
    }
}

/// Makes the inserts of one batch, which refer to no other change.
pub(crate) fn inserts(table: String, columns: Vec<String>, rows: Batch, returning: Vec<String>) -> ours::Inserts {
    ours::Inserts { table, columns, rows: rows.into(), links: Vec::new(), returning }
}
