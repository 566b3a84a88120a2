//! Records the owners of SQLite tables in a table of the host's own, in the transaction that changes them.
//!
//! Every statement names the schema, as a temporary table would hide one of the same name. SQLite keeps no permanent number or
//! creation time of a table, so a table that another program dropped and created again has the previous one's owner.

use sqlservice_sql::schema::Table;

use super::tables::SqliteTables;
use crate::{
    error::Result,
    operation::{admin::AdminConnection, ddl::record::OwnershipRecords},
};

const RECORD: &str =
    "INSERT OR REPLACE INTO main.sqlservice_tables (table_schema, table_name, owner) VALUES ('', ?, ?)";
const OWNERS: &str = "SELECT table_name, owner FROM main.sqlservice_tables WHERE table_schema = ''";
const FORGET: &str = "DELETE FROM main.sqlservice_tables WHERE table_schema = '' AND table_name = ?";

impl OwnershipRecords for SqliteTables {
    const MAKE: &'static str = "\
        CREATE TABLE main.sqlservice_tables (\
        table_schema TEXT NOT NULL, table_name TEXT NOT NULL COLLATE NOCASE, owner TEXT NOT NULL, \
        made_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (table_schema, table_name))";

    async fn record(&self, admin: &mut AdminConnection<'_>, tables: &[&Table], owner: &str) -> Result<()> {
        for table in tables {
            admin.rows(RECORD, &[&table.name, owner], 0, |_| Ok(())).await?;
        }
        Ok(())
    }

    async fn owners(&self, admin: &mut AdminConnection<'_>, tables: &[&Table]) -> Result<Vec<Option<String>>> {
        let mut owners = vec![None; tables.len()];
        admin
            .rows(OWNERS, &[], 2, |cells| {
                let (name, owner) = (cells.text(), cells.text());
                for (table, of) in tables.iter().zip(&mut owners) {
                    if table.name.eq_ignore_ascii_case(&name) {
                        *of = Some(owner.clone());
                    }
                }
                Ok(())
            })
            .await?;
        Ok(owners)
    }

    async fn forget(&self, admin: &mut AdminConnection<'_>, tables: &[&Table]) -> Result<()> {
        for table in tables {
            admin.rows(FORGET, &[&table.name], 0, |_| Ok(())).await?;
        }
        Ok(())
    }
}
