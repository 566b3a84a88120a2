//! Detects SQL text that administers the server, its roles, files or other sessions, by its words.
//!
//! The check gives an early and clear error, but stops no attacker: a function can assemble the same text at run time.
//! The actual protection is that the guest's login lacks the privileges.

use crate::{
    Dialect,
    lexer::{Lexer, Token},
};

/// Describes the effect of an administrative statement; `None` for other statements. `rest` is the text after the first word.
pub(super) fn of(first: Token<'_>, second: Option<Token<'_>>, rest: &str, dialect: Dialect) -> Option<&'static str> {
    let is_first = |words: &[&str]| words.iter().any(|word| first.is_word(word));
    let is_second = |words: &[&str]| second.is_some_and(|token| words.iter().any(|word| token.is_word(word)));
    let names = |words: &[&str]| Lexer::new(rest, dialect).any(|token| words.iter().any(|word| token.is_word(word)));
    match dialect {
        // SQLite's authorizer refuses such statements, regardless of their words.
        Dialect::Sqlite => None,
        Dialect::Postgres => {
            let is_role = is_first(&["ALTER", "CREATE", "DROP"]) && is_second(&["ROLE", "USER", "GROUP"]);
            let is_server = is_first(&["ALTER"]) && is_second(&["SYSTEM", "DATABASE"]);
            if is_role || is_server {
                return Some("a change of roles or of the server");
            }
            names(&POSTGRES_FUNCTIONS).then_some("a function that reaches other sessions or files")
        }
        Dialect::Mysql | Dialect::Mariadb => {
            let is_role = is_first(&["ALTER", "CREATE", "DROP", "RENAME"]) && is_second(&["ROLE", "USER", "SERVER"]);
            let is_set = first.is_word("SET") && names(&["GLOBAL", "PERSIST", "PERSIST_ONLY", "PASSWORD"]);
            if is_role || is_set || is_first(&MYSQL_STATEMENTS) {
                return Some("a change of roles or of the server");
            }
            names(&MYSQL_FILES).then_some("a file of the server's")
        }
    }
}

const POSTGRES_FUNCTIONS: [&str; 13] = [
    "lo_export",
    "lo_import",
    "pg_cancel_backend",
    "pg_ls_dir",
    "pg_promote",
    "pg_read_binary_file",
    "pg_read_file",
    "pg_reload_conf",
    "pg_rotate_logfile",
    "pg_stat_file",
    "pg_switch_wal",
    "pg_terminate_backend",
    "query_to_xml",
];

/// First words of statements about the server, its files or its other sessions.
const MYSQL_STATEMENTS: [&str; 11] =
    ["BINLOG", "CHANGE", "FLUSH", "HANDLER", "INSTALL", "KILL", "LOAD", "PURGE", "RESET", "SHUTDOWN", "UNINSTALL"];

/// Keywords and functions that read or write a file.
const MYSQL_FILES: [&str; 3] = ["DUMPFILE", "LOAD_FILE", "OUTFILE"];

#[cfg(test)]
mod tests {
    use crate::{Dialect, Error, raw};

    fn denied(sql: &str, dialect: Dialect) -> bool {
        matches!(raw::check(sql, dialect), Err(Error::Denied(_)))
    }

    #[test]
    fn t46_roles_and_the_server_are_no_matter_of_a_text() {
        for sql in [
            "alter role current_user password 'x'",
            "ALTER /* */ USER x valid until 'now'",
            "create role x",
            "drop user x",
            "alter system set x = 1",
            "alter database x set y = 1",
        ] {
            assert!(denied(sql, Dialect::Postgres), "{sql}");
        }
    }

    #[test]
    fn t52_functions_that_reach_other_sessions_or_files_are_denied() {
        for sql in [
            "select pg_terminate_backend(1)",
            "with a as (select PG_Cancel_Backend(1)) select 1",
            "select pg_catalog . pg_read_file('/etc/passwd')",
            "insert into t select lo_import('x')",
        ] {
            assert!(denied(sql, Dialect::Postgres), "{sql}");
        }
        for sql in ["select 'pg_terminate_backend(1)'", "select 1 -- pg_read_file", "select pg_sleep(0)"] {
            assert!(raw::check(sql, Dialect::Postgres).is_ok(), "{sql}");
        }
    }

    #[test]
    fn t55_the_server_of_mariadb_and_its_files_are_no_matter_of_a_text() {
        for sql in [
            "select * from t into outfile '/tmp/x'",
            "select 1 into /* */ dumpfile '/tmp/x'",
            "select load_file('/etc/passwd')",
            "load data local infile 'x' into table t",
            "set global max_connections = 1",
            "set @x = 1, @@global.max_connections = 1",
            "set password = 'x'",
            "flush privileges",
            "kill 7",
            "handler t open",
            "create user x",
            "rename user a to b",
            "install plugin x soname 'y'",
        ] {
            assert!(denied(sql, Dialect::Mariadb) && denied(sql, Dialect::Mysql), "{sql}");
        }
        for sql in ["select 'load_file'", "select `outfile` from t", "set @x = 'global'", "create table roles (a int)"]
        {
            assert!(raw::check(sql, Dialect::Mariadb).is_ok(), "{sql}");
        }
    }
}
