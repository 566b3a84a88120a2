//! The rights of a SQLite statement by the author of its text, as allow-lists. Every other action is denied.

use std::ffi::c_int;

use libsqlite3_sys as ffi;
use sqlservice_sql::{Author, Dialect, Sql, ddl::is_records};

use super::function;
use crate::backend::verb;

/// The rights of a statement: its author, and the access to the schema table that it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Rights {
    author: Author,
    defines: Defines,
}

/// How a statement changes the schema, by its first word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Defines {
    /// It changes no schema.
    Nothing,
    /// It creates an object: SQLite inserts a row into the schema table, and finds it again by its rowid.
    Creates,
    /// It alters or drops an object, or collects statistics: SQLite reads its own tables for that. No such statement contains a
    /// query of its author's.
    Alters,
}

impl Rights {
    /// The rights of the host.
    pub(in super::super) const HOST: Self = Self { author: Author::Host, defines: Defines::Nothing };

    /// Returns the rights of a statement.
    pub(in super::super) fn of(sql: &Sql) -> Self {
        let defines = match sql.author() {
            Author::Host => Defines::Nothing,
            Author::Compiler | Author::Guest => match verb::verb(sql, Dialect::Sqlite).as_str() {
                "CREATE" => Defines::Creates,
                "ALTER" | "DROP" | "ANALYZE" | "REINDEX" => Defines::Alters,
                _ => Defines::Nothing,
            },
        };
        Self { author: sql.author(), defines }
    }

    /// Encodes the rights as a number.
    pub(super) const fn code(self) -> u8 {
        self.author as u8 * 4 + self.defines as u8
    }

    /// Decodes the rights from their number. An unknown author is taken for a guest.
    pub(super) const fn of_code(code: u8) -> Self {
        let author = match code / 4 {
            HOST => Author::Host,
            COMPILER => Author::Compiler,
            _ => Author::Guest,
        };
        let defines = match code % 4 {
            1 => Defines::Creates,
            2 => Defines::Alters,
            _ => Defines::Nothing,
        };
        Self { author, defines }
    }

    /// Whether a statement may perform an action, with the arguments of SQLite's authorizer.
    pub(super) fn allow(self, action: c_int, first: &str, second: &str) -> bool {
        if self.author == Author::Host {
            return true;
        }
        if is_about_records(action, first, second) {
            return false;
        }
        match action {
            ffi::SQLITE_SELECT | ffi::SQLITE_RECURSIVE => true,
            ffi::SQLITE_READ => self.may_read(first, second),
            ffi::SQLITE_INSERT | ffi::SQLITE_UPDATE | ffi::SQLITE_DELETE => self.may_change(first),
            ffi::SQLITE_FUNCTION => self.may_call(second),
            // Full-text indexes run this pragma themselves; it only reads a counter.
            ffi::SQLITE_PRAGMA if first.eq_ignore_ascii_case("data_version") => second.is_empty(),
            // A new rtree index reads it to size its nodes.
            ffi::SQLITE_PRAGMA if first.eq_ignore_ascii_case("page_size") => {
                second.is_empty() && self.defines == Defines::Creates
            }
            ffi::SQLITE_PRAGMA => self.checks() && first.eq_ignore_ascii_case("quick_check"),
            // Not allowed are attached files, transactions, which the host tracks, and temporary objects, which the connection's
            // next borrower would still see.
            _ => self.defines != Defines::Nothing && self.may_define(action, second),
        }
    }

    /// Whether it may read a column of a table. Some built-in virtual tables expose the file, the process or the connection. Their
    /// modules are removed ([`MODULES`]), but SQLite creates those of pragmas on first use, so these are refused by name. The
    /// remaining ones, such as `json_each`, read nothing but their arguments.
    fn may_read(self, table: &str, column: &str) -> bool {
        if begins(table, "pragma_") {
            return self.checks() && table.eq_ignore_ascii_case("pragma_quick_check");
        }
        if !begins(table, "sqlite_") {
            return true;
        }
        // An rtree reads its row count on first use, also in a guest's statement. The table has only names of tables and
        // indexes and their row counts.
        if table.eq_ignore_ascii_case("sqlite_stat1") && ["tbl", "stat"].contains(&column) {
            return true;
        }
        match self.defines {
            Defines::Nothing => false,
            Defines::Creates => is_schema(table) && column.eq_ignore_ascii_case("ROWID"),
            Defines::Alters => is_schema(table) || is_kept(table),
        }
    }

    /// Whether it may change rows of a table. SQLite itself refuses direct changes of the schema table.
    fn may_change(self, table: &str) -> bool {
        if begins(table, "sqlite_") {
            return match self.defines {
                Defines::Nothing => false,
                Defines::Creates => is_schema(table),
                Defines::Alters => is_schema(table) || is_kept(table),
            };
        }
        !begins(table, "pragma_")
    }

    /// Whether it may create, alter or drop an object. `module` is that of a virtual table.
    fn may_define(self, action: c_int, module: &str) -> bool {
        let is_index = || CREATED.iter().any(|created| created.eq_ignore_ascii_case(module));
        match action {
            ffi::SQLITE_CREATE_TABLE
            | ffi::SQLITE_CREATE_INDEX
            | ffi::SQLITE_DROP_TABLE
            | ffi::SQLITE_DROP_INDEX
            | ffi::SQLITE_REINDEX => true,
            ffi::SQLITE_DROP_VTABLE => is_index(),
            // Compiled statements need no other action.
            _ if self.author != Author::Guest => false,
            ffi::SQLITE_CREATE_VIEW
            | ffi::SQLITE_CREATE_TRIGGER
            | ffi::SQLITE_DROP_VIEW
            | ffi::SQLITE_DROP_TRIGGER
            | ffi::SQLITE_ALTER_TABLE
            | ffi::SQLITE_ANALYZE => true,
            ffi::SQLITE_CREATE_VTABLE => is_index(),
            _ => false,
        }
    }

    /// Whether SQLite's internal statements may check that a table's rows satisfy a new constraint.
    fn checks(self) -> bool {
        self.defines == Defines::Alters
    }

    /// Whether it may call a function, in its own text or in a view, trigger, default or check that it uses.
    fn may_call(self, function: &str) -> bool {
        let is_internal = || self.defines == Defines::Alters && INTERNALS.contains(&function);
        function::pace(function).is_some() || is_internal()
    }
}

const HOST: u8 = Author::Host as u8;
const COMPILER: u8 = Author::Compiler as u8;

/// Whether a name begins with a prefix, regardless of ASCII case.
fn begins(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// Whether an action concerns the table in which the host records the owners of tables.
fn is_about_records(action: c_int, first: &str, second: &str) -> bool {
    match action {
        // The second name is a column.
        ffi::SQLITE_READ | ffi::SQLITE_UPDATE => is_records(first),
        // `ANALYZE` counts the rows of all tables, but returns none of them.
        ffi::SQLITE_ANALYZE | ffi::SQLITE_FUNCTION => false,
        // The second name is a table where the first one is an index, a trigger or a file.
        _ => is_records(first) || is_records(second),
    }
}

fn is_schema(table: &str) -> bool {
    ["sqlite_master", "sqlite_schema", "sqlite_temp_master", "sqlite_temp_schema"]
        .iter()
        .any(|name| name.eq_ignore_ascii_case(table))
}

/// Whether SQLite maintains the table itself, next to a guest's tables.
fn is_kept(table: &str) -> bool {
    ["sqlite_sequence", "sqlite_stat1", "sqlite_stat4"].iter().any(|name| name.eq_ignore_ascii_case(table))
}

/// The modules of index tables, which a guest's text may create.
const CREATED: [&str; 6] = ["fts3", "fts4", "fts5", "rtree", "rtree_i32", "geopoly"];

/// The modules that a connection keeps: those of indexes, and `fts5vocab`, a view of one. All others, which show pages,
/// statements or files, are removed, also for the host.
pub(in super::super) const MODULES: [&std::ffi::CStr; 7] =
    [c"fts3", c"fts4", c"fts5", c"fts5vocab", c"rtree", c"rtree_i32", c"geopoly"];

/// The internal functions that SQLite calls to alter a table. In other statements SQLite itself does not resolve them.
const INTERNALS: [&str; 5] = [
    "sqlite_drop_column",
    "sqlite_rename_column",
    "sqlite_rename_quotefix",
    "sqlite_rename_table",
    "sqlite_rename_test",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn guest(text: &str) -> Rights {
        Rights::of(&Sql::guest(text, Dialect::Sqlite).expect("a statement"))
    }

    #[test]
    fn rights_have_numbers() {
        let all = [Author::Host, Author::Compiler, Author::Guest].into_iter().flat_map(|author| {
            [Defines::Nothing, Defines::Creates, Defines::Alters].map(|defines| Rights { author, defines })
        });
        for rights in all {
            assert_eq!(Rights::of_code(rights.code()), rights);
        }
        assert_eq!(Rights::of_code(u8::MAX).author, Author::Guest);
        assert_eq!(Rights::of_code(0), Rights::HOST);
    }

    #[test]
    fn t35_guests_reach_no_files_pragmas_or_transactions() {
        let refused = [
            (ffi::SQLITE_ATTACH, "", ""),
            (ffi::SQLITE_DETACH, "x", ""),
            (ffi::SQLITE_PRAGMA, "journal_mode", "off"),
            (ffi::SQLITE_TRANSACTION, "COMMIT", ""),
            (ffi::SQLITE_SAVEPOINT, "BEGIN", "a"),
            (ffi::SQLITE_FUNCTION, "", "load_extension"),
            (ffi::SQLITE_CREATE_VTABLE, "t", "dbstat"),
            (ffi::SQLITE_CREATE_TEMP_TABLE, "t", ""),
            (ffi::SQLITE_READ, "Pragma_Database_List", "file"),
            (ffi::SQLITE_READ, "sqlite_dbpage", "data"),
            (ffi::SQLITE_READ, "sqlite_master", "sql"),
            (ffi::SQLITE_UPDATE, "sqlite_sequence", "seq"),
            (ffi::SQLITE_READ, "SQLservice_tables", "owner"),
            (ffi::SQLITE_DELETE, "sqlservice_tables", ""),
            (ffi::SQLITE_CREATE_TRIGGER, "x", "sqlservice_tables"),
            (9_999, "", ""),
        ];
        let compiler = Rights { author: Author::Compiler, defines: Defines::Nothing };
        for (action, first, second) in refused {
            for rights in [guest("select 1"), compiler] {
                assert!(!rights.allow(action, first, second), "{action} {first} {second}");
            }
            assert!(Rights::HOST.allow(action, first, second), "{action} {first} {second}");
        }
        for action in [ffi::SQLITE_CREATE_TABLE, ffi::SQLITE_CREATE_VIEW, ffi::SQLITE_CREATE_TRIGGER] {
            assert!(!compiler.allow(action, "t", "") && !guest("select 1").allow(action, "t", ""));
            assert!(guest("create table t (a)").allow(action, "t", ""));
            let creates = Rights { defines: Defines::Creates, ..compiler };
            assert_eq!(creates.allow(action, "t", ""), action == ffi::SQLITE_CREATE_TABLE);
        }
        for rights in [guest("select 1"), compiler] {
            assert!(rights.allow(ffi::SQLITE_READ, "users", "id"));
            assert!(rights.allow(ffi::SQLITE_UPDATE, "users", "sqlservice_tables"));
            assert!(rights.allow(ffi::SQLITE_FUNCTION, "", "lower"));
        }
    }

    #[test]
    fn t30_the_schema_table_is_for_those_that_change_it() {
        let read = |text, column| guest(text).allow(ffi::SQLITE_READ, "sqlite_master", column);
        assert!(read("create table t (a)", "ROWID") && read("alter table t rename to u", "sql"));
        assert!(!read("create table t as select sql from sqlite_master", "sql"));
        assert!(!read("select 1", "ROWID") && !read("with a as (select 1) delete from t", "sql"));
    }
}
