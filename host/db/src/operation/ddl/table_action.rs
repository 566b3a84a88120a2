//! What is done to tables, and how they are told to callers.

use sqlservice_sql::schema::Table;

/// What is done to tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TableAction {
    Create,
    Drop,
}

/// The name by which a table is told to the caller.
pub(super) fn label(table: &Table) -> String {
    table.schema.as_ref().map_or_else(|| table.name.clone(), |schema| format!("{schema}.{}", table.name))
}
