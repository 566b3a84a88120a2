//! Records the owners of tables in MySQL and MariaDB, in a table of the same database. Every statement commits, so a record is
//! written before its table is created.
//!
//! Many alterations of a table change its creation time. So a table that was created again behind the host's back cannot be
//! distinguished from the earlier one.

use sqlservice_sql::{SqlWriter, schema::Table};

use super::tables::MysqlTables;
use crate::{
    error::Result,
    operation::{admin::AdminConnection, ddl::record::OwnershipRecords},
};

impl OwnershipRecords for MysqlTables {
    const MAKE: &'static str = "\
        CREATE TABLE sqlservice_tables (\
        table_schema VARCHAR(64) NOT NULL, table_name VARCHAR(64) NOT NULL, owner TEXT NOT NULL, \
        made_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (table_schema, table_name)) \
        ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin";

    async fn record(&self, admin: &mut AdminConnection<'_>, tables: &[&Table], owner: &str) -> Result<()> {
        let names = self.names(tables);
        let texts: Vec<&str> = names.iter().flat_map(|name| [name.as_str(), owner]).collect();
        let mut sql = SqlWriter::new(admin.dialect);
        sql.push("REPLACE INTO sqlservice_tables (table_schema, table_name, owner) VALUES ");
        sql.list(&names, ", ", |sql, _| {
            sql.push("('', ?, ?)");
        });
        admin.rows(sql.finish(), &texts, 0, |_| Ok(())).await
    }

    async fn owners(&self, admin: &mut AdminConnection<'_>, tables: &[&Table]) -> Result<Vec<Option<String>>> {
        let names = self.names(tables);
        let texts: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut sql = SqlWriter::new(admin.dialect);
        sql.push("SELECT table_name, owner FROM sqlservice_tables WHERE table_schema = '' AND table_name IN (");
        sql.placeholders(names.len()).push(")");
        let mut owners = vec![None; tables.len()];
        admin
            .rows(sql.finish(), &texts, 2, |cells| {
                let (found, owner) = (cells.text(), cells.text());
                for (name, of) in names.iter().zip(&mut owners) {
                    if *name == found {
                        *of = Some(owner.clone());
                    }
                }
                Ok(())
            })
            .await?;
        Ok(owners)
    }

    async fn forget(&self, admin: &mut AdminConnection<'_>, tables: &[&Table]) -> Result<()> {
        let names = self.names(tables);
        let texts: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut sql = SqlWriter::new(admin.dialect);
        sql.push("DELETE FROM sqlservice_tables WHERE table_schema = '' AND table_name IN (");
        sql.placeholders(names.len()).push(")");
        admin.rows(sql.finish(), &texts, 0, |_| Ok(())).await
    }
}

impl MysqlTables {
    fn names(&self, tables: &[&Table]) -> Vec<String> {
        tables.iter().map(|table| self.folded(&table.name)).collect()
    }
}
