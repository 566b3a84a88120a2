//! Creates and drops tables in PostgreSQL in one transaction, under an advisory lock that excludes other hosts.
//!
//! The connection's own `lock_timeout` limits every wait in it, also that for the advisory lock.

use sqlservice_sql::schema::Table;

use super::reflect::array;
use crate::{
    Result,
    backend::Begin,
    operation::{
        admin::AdminConnection,
        ddl::{table_action::TableAction, tables::TableChanger},
    },
    settings::Isolation,
};

/// Without the lock two hosts could both find a table missing. The number is `sqlservi` in ASCII; each database has its own locks.
pub(super) const LOCK: &str = "SELECT pg_advisory_xact_lock(x'73716c7365727669'::bigint)::text";

/// Tables of these names in any schema, and whether that schema is the default one.
const EXISTING: &str = "\
    SELECT (n.nspname = current_schema())::text, n.nspname::text, c.relname::text \
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname::text = ANY ($1::text::text[])";

/// A transaction that changes tables.
pub(crate) struct PostgresTables;

impl TableChanger for PostgresTables {
    const EXISTS: Option<&'static str> = Some("42P07");
    const TOGETHER: usize = 64;

    async fn enter(admin: &mut AdminConnection<'_>, _change: TableAction) -> Result<Self> {
        // A level with one snapshot would not see the tables that were created while this waited for the lock.
        admin
            .begin(Begin { isolation: Isolation::ReadCommitted, read_only: false, writes: true, ..Begin::default() })
            .await?;
        let locked = admin.one(LOCK, &[], 1).await;
        if locked.is_err() {
            admin.end(false).await?;
        }
        locked.map(|_| Self)
    }

    async fn existing(&self, admin: &mut AdminConnection<'_>, tables: &[Table]) -> Result<Vec<bool>> {
        let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
        let mut exist = vec![false; tables.len()];
        admin
            .rows(EXISTING, &[&array(&names)], 3, |cells| {
                let (is_default, schema, name) = (cells.flag(), cells.text(), cells.text());
                for (table, exists) in tables.iter().zip(&mut exist) {
                    *exists |=
                        table.name == name && table.schema.as_ref().map_or(is_default, |wanted| *wanted == schema);
                }
                Ok(())
            })
            .await?;
        Ok(exist)
    }

    async fn leave(self, admin: &mut AdminConnection<'_>, keep: bool) -> Result<()> {
        admin.end(keep).await
    }
}
