//! What a guest's own SQL text may not say, as far as its beginning tells.

use sqlservice_sql::{Dialect, Error};

use crate::Result;

/// Words that begin a statement which would change the transaction behind the host's back.
const TRANSACTION_WORDS: [&str; 11] =
    ["BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE", "XA", "LOCK", "UNLOCK"];

/// Words that begin a program on MySQL and MariaDB, or run a text that nobody has looked at; either can end a transaction.
const PROGRAM_WORDS: [&str; 9] = ["CALL", "CASE", "EXECUTE", "FOR", "IF", "LOOP", "PREPARE", "REPEAT", "WHILE"];

/// Refuses texts that hold no statement, and statements that begin or end transactions: the host has to know which one is open.
pub(crate) fn check(sql: &str, dialect: Dialect) -> Result<()> {
    if sql.contains('\0') {
        return Err(Error::invalid("the text has a NUL character").into());
    }
    let start = statement(sql, dialect)?;
    if start.is_empty() {
        return Err(Error::invalid("the text holds no statement").into());
    }
    let (first, rest) = split_word(start);
    let first = first.to_ascii_uppercase();
    if first.is_empty() {
        return Err(Error::invalid("the text does not begin with a word of SQL").into());
    }
    let (second, _) = split_word(statement(rest, dialect)?);
    if is_transaction_control(&first, &second.to_ascii_uppercase()) {
        return Err(Error::Denied("transaction control in SQL text".into()).into());
    }
    if is_mysql(dialect) && first == "SET" && rest.to_ascii_uppercase().contains("AUTOCOMMIT") {
        // It has many spellings, and to turn it on commits what is open.
        return Err(Error::Denied("transaction control in SQL text".into()).into());
    }
    if first == "COPY" {
        // The server would wait for a stream, or send one, and everything after it on the connection would wait with it.
        return Err(Error::Denied("COPY in SQL text: use statements, or bulk inserts".into()).into());
    }
    if is_mysql(dialect) && (PROGRAM_WORDS.contains(&first.as_str()) || is_label(rest)) {
        return Err(Error::Denied("a program in SQL text: it can end the transaction".into()).into());
    }
    Ok(())
}

fn is_mysql(dialect: Dialect) -> bool {
    matches!(dialect, Dialect::Mysql | Dialect::Mariadb)
}

fn is_transaction_control(first: &str, second: &str) -> bool {
    match first {
        "PREPARE" => second == "TRANSACTION",
        "SET" => matches!(second, "TRANSACTION" | "AUTOCOMMIT"),
        first => TRANSACTION_WORDS.contains(&first),
    }
}

/// Whether this follows a name that is a label: `x: BEGIN`.
fn is_label(rest: &str) -> bool {
    rest.trim_start().starts_with(':')
}

/// The text from its first word on: without the blanks, comments, semicolons and parentheses before it.
fn statement(mut sql: &str, dialect: Dialect) -> Result<&str> {
    loop {
        sql = sql.trim_start_matches(|c: char| c.is_whitespace() || c == ';' || c == '(' || c == '\u{feff}');
        let rest = if is_line_comment(sql, dialect) {
            sql.split_once('\n').map_or("", |(_, rest)| rest)
        } else if sql.starts_with("/*") {
            if is_mysql(dialect) && (sql.starts_with("/*!") || sql.starts_with("/*M!")) {
                return Err(Error::Denied("SQL text in a comment that is run".into()).into());
            }
            block_comment(sql, dialect)
        } else {
            return Ok(sql);
        };
        sql = rest;
    }
}

fn is_line_comment(sql: &str, dialect: Dialect) -> bool {
    match sql.strip_prefix("--") {
        // There, two signs are minus twice unless a blank follows.
        Some(rest) => !is_mysql(dialect) || rest.chars().next().is_none_or(|c| c.is_whitespace() || c.is_control()),
        None => is_mysql(dialect) && sql.starts_with('#'),
    }
}

/// What follows a comment that begins here. PostgreSQL's can be in each other; an end that is missing is the text's.
fn block_comment(sql: &str, dialect: Dialect) -> &str {
    let (mut rest, mut depth) = (sql.get(2..).unwrap_or_default(), 1_usize);
    while depth > 0 {
        let Some(at) = rest.find(['/', '*']) else { return "" };
        let found = rest.get(at..).unwrap_or_default();
        let width = if found.starts_with("*/") {
            depth -= 1;
            2
        } else if found.starts_with("/*") && dialect == Dialect::Postgres {
            depth += 1;
            2
        } else {
            1
        };
        rest = found.get(width..).unwrap_or_default();
    }
    rest
}

/// The word at the start, and what follows.
fn split_word(sql: &str) -> (&str, &str) {
    let end = sql.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(sql.len());
    sql.split_at_checked(end).unwrap_or((sql, ""))
}

/// Whether nothing but blanks, comments and semicolons is left.
pub(crate) fn is_blank(mut rest: &str) -> bool {
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ';');
        rest = if rest.is_empty() {
            return true;
        } else if let Some(comment) = rest.strip_prefix("--") {
            comment.split_once('\n').map_or("", |(_, rest)| rest)
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/").map_or("", |(_, rest)| rest)
        } else {
            return false;
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Dialect; 4] = [Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql, Dialect::Mariadb];

    fn denied(sql: &str, dialect: Dialect) -> bool {
        matches!(check(sql, dialect), Err(crate::Error::Statement(Error::Denied(_))))
    }

    #[test]
    fn transaction_control_is_denied() {
        for sql in [
            "begin",
            " \n/* x */ -- y\n COMMIT;",
            "rollback to s1",
            "SAVEPOINT a",
            "release a",
            "start transaction",
            "end",
            "set transaction isolation level serializable",
            "prepare transaction 'x'",
            "SET autocommit=0",
            "xa start 'x'",
            ";commit",
            "\u{feff}commit",
            "/***/commit",
            "/*/ */commit",
        ] {
            for dialect in ALL {
                assert!(denied(sql, dialect), "{sql} {dialect:?}");
            }
        }
    }

    #[test]
    fn no_spelling_of_autocommit_passes() {
        for sql in ["set @@autocommit = 1", "SET SESSION AutoCommit = on", "set x = 1, @@session.`autocommit` = 1"] {
            assert!(denied(sql, Dialect::Mariadb) && denied(sql, Dialect::Mysql), "{sql}");
        }
    }

    #[test]
    fn each_database_has_comments_of_its_own() {
        assert!(denied("/* /* */ */ commit", Dialect::Postgres));
        assert!(denied("/* /* */ commit", Dialect::Sqlite));
        assert!(denied("# x\ncommit", Dialect::Mariadb));
        for sql in
            ["/*! commit */", "/*M!100100 commit */", " /* */ /*!99999 x */ commit", "--\ncommit", "--\u{1}\ncommit"]
        {
            assert!(denied(sql, Dialect::Mariadb) && denied(sql, Dialect::Mysql), "{sql}");
        }
        assert!(check("--1\nselect 1", Dialect::Mysql).is_err());
        assert!(check("--1\nselect 1", Dialect::Sqlite).is_ok());
    }

    #[test]
    fn programs_are_denied_where_they_can_end_a_transaction() {
        for sql in
            ["if 1 then commit; end if", "execute immediate 'commit'", "x: begin not atomic commit; end", "call p()"]
        {
            assert!(denied(sql, Dialect::Mariadb), "{sql}");
        }
        assert!(check("call p()", Dialect::Postgres).is_ok());
    }

    #[test]
    fn streams_of_the_server_are_denied() {
        for sql in ["copy t from stdin", "/* */ COPY t TO '/etc/x'", "copy (select 1) to program 'x'"] {
            assert!(denied(sql, Dialect::Postgres), "{sql}");
        }
    }

    #[test]
    fn a_text_without_a_statement_is_invalid() {
        for dialect in ALL {
            for sql in ["", " ;; ", "-- begin", "/* select 1", "select\0 1", "()", "'x'", "/* */"] {
                let error = check(sql, dialect);
                assert!(matches!(error, Err(crate::Error::Statement(Error::Invalid { .. }))), "{sql}: {error:?}");
            }
        }
    }

    #[test]
    fn other_text_passes() {
        for sql in ["select 1", "insert into begin values (1)", "set x = 1", "(select 1)", "-- x\nselect '/*'"] {
            for dialect in ALL {
                assert!(check(sql, dialect).is_ok(), "{sql}");
            }
        }
        assert!(check("prepare x as select 1", Dialect::Postgres).is_ok());
    }

    #[test]
    fn t28_only_blanks_may_follow_a_statement() {
        for rest in ["", " ;\n", "-- x", "/* select 1; */ ; -- y\n", "/* open"] {
            assert!(is_blank(rest), "{rest}");
        }
        for rest in ["select 1", "; drop table t", "/* */ x", "\0", "-- x\ny"] {
            assert!(!is_blank(rest), "{rest}");
        }
    }
}
