//! Classifies SQL text by its words: for counting, for caching, and to find what a borrower may have changed.

use sqlservice_sql::{
    Dialect,
    lexer::{Kind, Lexer, Token},
};

/// Returns the verb of a statement in upper case; for `WITH`, the verb of the statement after it. Empty where no word stands
/// outside of parentheses, or where the first one is a comment that MySQL runs. Never trusted for rights: only for counting,
/// caching, cleaning and the limit of storage.
pub(crate) fn verb(sql: &str, dialect: Dialect) -> String {
    let mut words = words(sql, dialect);
    let first = words.next().unwrap_or_default();
    let word = if first.eq_ignore_ascii_case("WITH") {
        let verbs = ["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "VALUES"];
        words.find(|word| verbs.iter().any(|verb| word.eq_ignore_ascii_case(verb))).unwrap_or(first)
    } else {
        first
    };
    word.to_ascii_uppercase()
}

/// Iterates over the words outside of parentheses, quotes and comments. A comment that MySQL runs counts as an empty word, because
/// its effect is unknown.
fn words(sql: &str, dialect: Dialect) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    Lexer::new(sql, dialect).filter_map(move |Token { kind, text, .. }| match (kind, text) {
        (Kind::Sign, "(") => {
            depth += 1;
            None
        }
        (Kind::Sign, ")") => {
            depth = depth.saturating_sub(1);
            None
        }
        (Kind::Word, word) if depth == 0 => Some(word),
        (Kind::Executable, _) => Some(""),
        _ => None,
    })
}

/// Whether a statement may implicitly commit the open transaction on MySQL and MariaDB. Verbs that never do are listed.
pub(crate) fn commits(sql: &str) -> bool {
    const NEVER: [&str; 14] = [
        "SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "VALUES", "SHOW", "EXPLAIN", "DESCRIBE", "DESC", "SET",
        "DO", "HANDLER", "KILL",
    ];
    if Lexer::new(sql, Dialect::Mysql).meaningful().next().is_some_and(|first| first.is_sign("(")) {
        // Only a query begins with a parenthesis.
        return false;
    }
    match verb(sql, Dialect::Mysql).as_str() {
        // `SET PASSWORD` writes a row of the server's own tables.
        "SET" => {
            Lexer::new(sql, Dialect::Mysql).any(|token| token.is_word("PASSWORD") || token.kind == Kind::Executable)
        }
        "CREATE" | "DROP" => !Lexer::new(sql, Dialect::Mysql).any(|token| token.is_word("TEMPORARY")),
        verb => !NEVER.contains(&verb),
    }
}

/// Whether a verb changes rows, so that the number of affected rows is meaningful.
pub(crate) fn changes_rows(verb: &str) -> bool {
    matches!(verb, "INSERT" | "UPDATE" | "DELETE" | "MERGE" | "REPLACE")
}

/// Whether a verb can change the schema, or the resolution of names.
pub(crate) fn changes_schema(verb: &str) -> bool {
    matches!(verb, "CREATE" | "ALTER" | "DROP" | "DO" | "CALL" | "SET" | "RESET" | "DISCARD")
}

/// Whether a verb can make a database larger.
pub(crate) fn needs_room(verb: &str) -> bool {
    matches!(verb, "INSERT" | "UPDATE" | "MERGE" | "REPLACE" | "CREATE" | "COPY" | "LOAD")
}

/// Whether a verb inserts rows.
pub(crate) fn is_insert(verb: &str) -> bool {
    matches!(verb, "INSERT" | "REPLACE")
}

/// Whether a statement inserts rows. Called for each change on SQLite, so the first word decides for most texts.
pub(crate) fn inserts(sql: &str) -> bool {
    match Lexer::new(sql, Dialect::Sqlite).meaningful().next() {
        Some(first) if first.is_word("INSERT") || first.is_word("REPLACE") => true,
        Some(first) if first.kind != Kind::Word || first.is_word("WITH") => is_insert(&verb(sql, Dialect::Sqlite)),
        _ => false,
    }
}

/// Whether the connection's cache of prepared statements keeps a statement of this verb.
pub(crate) fn is_cached(verb: &str, sql: &str) -> bool {
    // The text is guest-controlled, and the server holds memory for each cached statement.
    sql.len() <= 32 << 10 && (changes_rows(verb) || matches!(verb, "SELECT" | "VALUES"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verb_is_the_outer_statement() {
        let cases = [
            ("select 1", "SELECT"),
            ("  -- insert\n/* update */ Delete from t", "DELETE"),
            ("with a as (delete from t returning *), \"select\" as (values (1)) update t set x = 'insert'", "UPDATE"),
            ("WITH RECURSIVE c(n) AS (SELECT 1) SELECT n FROM c", "SELECT"),
            ("(select 1) union (select 2)", "UNION"),
            ("/*!50000 drop table t */ select 1", ""),
            ("", ""),
            ("'", ""),
            ("set x = 1", "SET"),
            ("with", "WITH"),
        ];
        for (sql, expected) in cases {
            assert_eq!(verb(sql, Dialect::Mysql), expected, "{sql}");
            assert!(!inserts(sql), "{sql}");
        }
    }

    #[test]
    fn quotes_and_comments_are_the_database_s_own() {
        assert_eq!(verb("with a as (select ')') -- x\rdelete from t", Dialect::Postgres), "DELETE");
        assert_eq!(verb("with a as (select $$)$$) /* /* */ */ delete from t", Dialect::Postgres), "DELETE");
        assert_eq!(verb("with a as (select '\\') select') delete from t", Dialect::Mysql), "DELETE");
        assert_eq!(verb("# insert\nselect 1", Dialect::Mariadb), "SELECT");
        assert_eq!(verb("with [a)] as (select 1) delete from t", Dialect::Sqlite), "DELETE");
    }

    #[test]
    fn t56_statements_that_commit_are_known_by_their_words() {
        for sql in ["create table t (a int)", "TRUNCATE t", "/*! x */ select 1", "set password = 'x'", "grant x to y"] {
            assert!(commits(sql), "{sql}");
        }
        for sql in [
            "create /* */ Temporary table t (a int)",
            "with a as (select 1) select 2",
            "set @x = 1",
            "do 1",
            "((select 1)) union select 2",
        ] {
            assert!(!commits(sql), "{sql}");
        }
    }

    #[test]
    fn inserts_are_known_by_their_verb() {
        for sql in [
            "insert into t values (1)",
            "REPLACE INTO t VALUES (1)",
            "Insert\nor ignore into t values (1)",
            " -- delete\ninsert into t values (1)",
            "with a as (select 1) insert into t select * from a",
        ] {
            assert!(inserts(sql), "{sql}");
        }
        for sql in [
            "inserts into t",
            "insert_ into t",
            "update t set a = 1 /* insert */",
            "with a as (select 1) delete from t",
        ] {
            assert!(!inserts(sql), "{sql}");
        }
    }

    #[test]
    fn only_small_statements_on_rows_are_cached() {
        assert!(is_cached("SELECT", "select 1"));
        assert!(!is_cached("CREATE", "create table t ()"));
        assert!(!is_cached("SELECT", &" ".repeat(40_000)));
    }
}
