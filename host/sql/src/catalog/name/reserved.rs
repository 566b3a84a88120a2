//! Names that a database or the host reserves: tables outside of guests' schemas, and functions that can be called like columns.

use crate::{Dialect, ddl::is_records};

/// Whether a table of this name, unqualified or in a guest's schema, may belong to the database or the host. It would be found where
/// the guest's table does not exist, and show files, other sessions, the schema itself, or who owns which tables.
pub(super) fn is_table(name: &str, dialect: Dialect) -> bool {
    // Refused on every database, so that a model is valid on all of them or on none.
    if begins(name, "sqlite_") || begins(name, "pg_") || is_records(name) {
        return true;
    }
    match dialect {
        // A table for each pragma, and the eponymous tables of modules.
        Dialect::Sqlite => begins(name, "pragma_") || MODULES.iter().any(|module| name.eq_ignore_ascii_case(module)),
        // Everything in `pg_catalog` begins with `pg_`, and no other schema is searched implicitly.
        Dialect::Postgres => false,
        // File names, and temporary tables of alterations in progress.
        Dialect::Mysql | Dialect::Mariadb => {
            begins(name, "#mysql50#") || begins(name, "#sql") || (dialect == Dialect::Mariadb && is_sequence(name))
        }
    }
}

/// Whether a schema is one of the database's own.
pub(super) fn is_schema(name: &str) -> bool {
    begins(name, "pg_") || begins(name, "sqlite_") || name.eq_ignore_ascii_case("information_schema")
}

/// Whether a column of this name may be taken for a function or is a system column: `PostgreSQL` reads `t.f` as `f(t)` where `t` has
/// no column `f`, so a function that takes any row would show all of it, including undeclared columns. Functions that fail when called
/// so, as they need a window or an order, and `count` are allowed.
pub(super) fn is_column(name: &str, dialect: Dialect) -> bool {
    dialect == Dialect::Postgres && (ROW_FUNCTIONS.contains(&name) || SYSTEM_COLUMNS.contains(&name))
}

/// `SQLite` modules with an eponymous table, including those that only some builds have. Others begin with `sqlite_`.
const MODULES: [&str; 14] = [
    "bytecode",
    "carray",
    "completion",
    "dbstat",
    "fsdir",
    "fts3tokenize",
    "fts4aux",
    "fts5vocab",
    "generate_series",
    "json_each",
    "json_tree",
    "jsonb_each",
    "jsonb_tree",
    "tables_used",
];

/// `PostgreSQL` functions that take a row of any table.
const ROW_FUNCTIONS: [&str; 31] = [
    "any_out",
    "any_value",
    "anycompatible_out",
    "anycompatiblenonarray_out",
    "anyelement_out",
    "anynonarray_out",
    "array_agg",
    "concat",
    "hash_record",
    "json_agg",
    "json_agg_strict",
    "json_build_array",
    "json_build_object",
    "jsonb_agg",
    "jsonb_agg_strict",
    "jsonb_build_array",
    "jsonb_build_object",
    "num_nonnulls",
    "num_nulls",
    "pg_collation_for",
    "pg_column_compression",
    "pg_column_size",
    "pg_column_toast_chunk_id",
    "pg_typeof",
    "quote_literal",
    "quote_nullable",
    "record_out",
    "record_send",
    "row_to_json",
    "to_json",
    "to_jsonb",
];

/// System columns that every `PostgreSQL` table has. No column of such a name can be created.
const SYSTEM_COLUMNS: [&str; 6] = ["cmax", "cmin", "ctid", "tableoid", "xmax", "xmin"];

/// Whether `MariaDB` may provide a table of numbers of this name: `seq_1_to_9`, `seq_1_to_9_step_2`.
fn is_sequence(name: &str) -> bool {
    let rest = if begins(name, "seq_") { name.get(4..) } else { None };
    rest.is_some_and(|rest| {
        rest.starts_with(|first: char| !first.is_alphabetic()) && rest.to_ascii_lowercase().contains("_to_")
    })
}

/// Whether a name begins with a prefix, in any ASCII case.
fn begins(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t30_names_of_the_databases_own_are_known_in_any_case() {
        for name in ["sqlite_Master", "PG_class", "pg_temp", "SQLservice_Tables"] {
            for dialect in [Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql, Dialect::Mariadb] {
                assert!(is_table(name, dialect), "{name} {dialect:?}");
            }
        }
        for name in ["pragma_database_list", "Pragma_x", "JSON_each", "dbstat", "fts5vocab"] {
            assert!(is_table(name, Dialect::Sqlite) && !is_table(name, Dialect::Postgres), "{name}");
        }
        for name in ["seq_1_to_9", "SEQ_1_to_9_step_2", "seq_ 1_to_9", "seq_+1_TO_9", "#SQL-1", "#mysql50#../x"] {
            assert!(is_table(name, Dialect::Mariadb), "{name}");
        }
        assert!(is_schema("INFORMATION_schema") && is_schema("Pg_Toast") && !is_schema("public"));
        assert!(is_column("to_json", Dialect::Postgres) && !is_column("to_json", Dialect::Sqlite));
    }

    #[test]
    fn names_like_those_are_free() {
        for name in [
            "sqlservice",
            "pragma",
            "pragmatic",
            "seq",
            "seq_a_to_b",
            "seq_1",
            "pg",
            "page",
            "json",
            "größe",
            "série",
            "ﬁ",
        ] {
            for dialect in [Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql, Dialect::Mariadb] {
                assert!(!is_table(name, dialect) && !is_schema(name), "{name} {dialect:?}");
            }
        }
        assert!(!is_table("seq_1_to_9", Dialect::Mysql) && !is_column("count", Dialect::Postgres));
    }
}
