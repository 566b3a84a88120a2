//! The actions on tables, and the names of tables in results and errors.

use sqlservice_sql::schema::Table;

/// An action on tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TableAction {
    Create,
    Drop,
}

/// Returns the name of a table for results and errors.
pub(super) fn label(table: &Table) -> String {
    table.schema.as_ref().map_or_else(|| table.name.clone(), |schema| format!("{schema}.{}", table.name))
}
