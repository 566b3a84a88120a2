//! Records the owners of tables in PostgreSQL, in a table of the default schema, within the transaction that creates them.
//!
//! Each record has the table's OID, which no later table of the same name has.

use sqlservice_sql::schema::Table;

use super::{reflect::array, tables::PostgresTables};
use crate::{
    error::Result,
    operation::{admin::AdminConnection, ddl::record::OwnershipRecords},
};

const RECORD: &str = "\
    INSERT INTO sqlservice_tables (table_schema, table_name, owner, table_oid) \
    SELECT n.nspname::text, c.relname::text, $3::text, c.oid \
    FROM unnest($1::text::text[], $2::text::text[]) AS w (of_schema, of_name) \
        JOIN pg_catalog.pg_namespace n ON n.nspname::text = coalesce(nullif(w.of_schema, ''), current_schema()::text) \
        JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname::text = w.of_name \
    ON CONFLICT (table_schema, table_name) DO UPDATE \
        SET owner = excluded.owner, table_oid = excluded.table_oid, made_at = excluded.made_at";

/// Owners of the tables whose name, schema and OID are those of their record.
const OWNERS: &str = "\
    SELECT (n.nspname = current_schema())::text, n.nspname::text, c.relname::text, r.owner::text \
    FROM sqlservice_tables r JOIN pg_catalog.pg_class c ON c.oid = r.table_oid AND c.relname::text = r.table_name \
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND n.nspname::text = r.table_schema \
    WHERE c.relname::text = ANY ($1::text::text[])";

const FORGET: &str = "\
    DELETE FROM sqlservice_tables r USING unnest($1::text::text[], $2::text::text[]) AS w (of_schema, of_name) \
    WHERE r.table_name = w.of_name AND r.table_schema = coalesce(nullif(w.of_schema, ''), current_schema()::text)";

impl OwnershipRecords for PostgresTables {
    const TELLS_APART: bool = true;
    const MAKE: &'static str = "\
        CREATE TABLE sqlservice_tables (\
        table_schema text COLLATE \"C\" NOT NULL, table_name text COLLATE \"C\" NOT NULL, owner text NOT NULL, \
        made_at timestamptz NOT NULL DEFAULT now(), table_oid oid NOT NULL, PRIMARY KEY (table_schema, table_name))";

    async fn record(&self, admin: &mut AdminConnection<'_>, tables: &[&Table], owner: &str) -> Result<()> {
        let (schemas, names) = places(tables);
        admin.rows(RECORD, &[&schemas, &names, owner], 0, |_| Ok(())).await
    }

    async fn owners(&self, admin: &mut AdminConnection<'_>, tables: &[&Table]) -> Result<Vec<Option<String>>> {
        let (_, names) = places(tables);
        let mut owners = vec![None; tables.len()];
        admin
            .rows(OWNERS, &[&names], 4, |cells| {
                let (is_default, schema, name) = (cells.flag(), cells.text(), cells.text());
                let owner = cells.text();
                for (table, of) in tables.iter().zip(&mut owners) {
                    let is_here = table.schema.as_ref().map_or(is_default, |wanted| *wanted == schema);
                    if is_here && table.name == name {
                        *of = Some(owner.clone());
                    }
                }
                Ok(())
            })
            .await?;
        Ok(owners)
    }

    async fn forget(&self, admin: &mut AdminConnection<'_>, tables: &[&Table]) -> Result<()> {
        let (schemas, names) = places(tables);
        admin.rows(FORGET, &[&schemas, &names], 0, |_| Ok(())).await
    }
}

/// Returns the schemas, empty for the default one, and the names, each as an array literal.
fn places(tables: &[&Table]) -> (String, String) {
    let schemas: Vec<&str> = tables.iter().map(|table| table.schema.as_deref().unwrap_or_default()).collect();
    let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
    (array(&schemas), array(&names))
}
