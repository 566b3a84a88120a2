//! Checks a guest's own SQL text, and refuses statements that it may not run, by their first words.
//!
//! A text holds one statement: PostgreSQL, MySQL and MariaDB refuse to prepare two, and on SQLite [`is_blank`] checks that nothing
//! follows. So its first words determine its effect, unless it contains another statement.

mod administration;

use crate::{
    Dialect, Error, Result,
    lexer::{Kind, Lexer, Token},
};

/// First words of statements that would begin or end a transaction without the host's knowledge.
const TRANSACTION_WORDS: [&str; 11] =
    ["BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE", "XA", "LOCK", "UNLOCK"];

/// First words, on MySQL and MariaDB, of programs and of statements that execute unchecked text; either can end a transaction.
const PROGRAM_WORDS: [&str; 10] =
    ["CALL", "CASE", "DECLARE", "EXECUTE", "FOR", "IF", "LOOP", "PREPARE", "REPEAT", "WHILE"];

/// Refuses text without a statement, administration, `COPY`, and control of transactions: the host has to track which one is open.
///
/// # Errors
///
/// [`Error::Invalid`] and [`Error::Denied`].
pub fn check(sql: &str, dialect: Dialect) -> Result<()> {
    if sql.contains('\0') {
        return Err(Error::invalid("the text has a NUL character"));
    }
    // Only SQLite skips a byte order mark. Stripping it on all databases is safe, since the text after it is checked.
    let sql = sql.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let mut tokens = Lexer::new(sql, dialect).meaningful();
    let first = next(&mut tokens)?.ok_or_else(|| Error::invalid("the text holds no statement"))?;
    if first.kind != Kind::Word {
        return Err(Error::invalid("the text does not begin with a word of SQL"));
    }
    let is_label = is_mysql(dialect) && tokens.clone().next().is_some_and(|token| token.is_sign(":"));
    let second = next(&mut tokens)?;
    let rest = sql.get(first.end()..).unwrap_or_default();
    if is_transaction_control(first, second, &mut tokens, dialect)
        || (is_mysql(dialect) && sets_autocommit(first, rest))
    {
        return Err(Error::Denied("transaction control in SQL text".into()));
    }
    if first.is_word("COPY") {
        // The server would read or send a stream, which blocks all later statements on the connection.
        return Err(Error::Denied("COPY in SQL text: use statements, or bulk inserts".into()));
    }
    if let Some(what) = administration::of(first, second, rest, dialect) {
        return Err(Error::Denied(format!("{what} in SQL text")));
    }
    if is_mysql(dialect) && (is_label || is_program(first, second)) {
        return Err(Error::Denied("a program in SQL text: it can end the transaction".into()));
    }
    Ok(())
}

/// Whether only blanks, comments and semicolons are left.
#[must_use]
pub fn is_blank(rest: &str, dialect: Dialect) -> bool {
    Lexer::new(rest, dialect).meaningful().all(|token| token.is_sign(";"))
}

const fn is_mysql(dialect: Dialect) -> bool {
    matches!(dialect, Dialect::Mysql | Dialect::Mariadb)
}

/// The next token that is neither a semicolon nor an opening parenthesis.
fn next<'a>(tokens: &mut impl Iterator<Item = Token<'a>>) -> Result<Option<Token<'a>>> {
    match tokens.find(|token| !token.is_sign(";") && !token.is_sign("(")) {
        Some(Token { kind: Kind::Executable, .. }) => Err(Error::Denied("SQL text in a comment that is run".into())),
        found => Ok(found),
    }
}

fn is_transaction_control<'a>(
    first: Token<'a>,
    second: Option<Token<'a>>,
    rest: &mut impl Iterator<Item = Token<'a>>,
    dialect: Dialect,
) -> bool {
    let is_second = |word: &str| second.is_some_and(|token| token.is_word(word));
    if first.is_word("PREPARE") {
        return is_second("TRANSACTION");
    }
    if first.is_word("SET") {
        // PostgreSQL treats `SET LOCAL` and `SET SESSION TRANSACTION` like `SET TRANSACTION`; on MySQL they affect later transactions only.
        let is_scoped = dialect == Dialect::Postgres && (is_second("LOCAL") || is_second("SESSION"));
        return is_second("TRANSACTION")
            || is_second("AUTOCOMMIT")
            || (is_scoped && rest.next().is_some_and(|token| token.is_word("TRANSACTION")));
    }
    TRANSACTION_WORDS.iter().any(|word| first.is_word(word))
}

/// Whether it is a `SET` that may name `autocommit`: turning it on commits the open transaction. The variable has many spellings, and
/// an earlier `SET sql_mode` can change where literals and comments end, so the name counts in any position.
fn sets_autocommit(first: Token<'_>, rest: &str) -> bool {
    first.is_word("SET") && names_autocommit(rest)
}

/// Whether a text contains the name. The server looks up variables by an accent-insensitive collation, so `ãutocommit` matches, too.
fn names_autocommit(text: &str) -> bool {
    let is_same = |found: char, wanted: char| found.eq_ignore_ascii_case(&wanted) || is_accented(found);
    text.char_indices().any(|(at, _)| {
        let mut found = text.get(at..).unwrap_or_default().chars();
        "autocommit".chars().all(|wanted| found.next().is_some_and(|found| is_same(found, wanted)))
    })
}

/// Whether a character is in the Unicode blocks of Latin letters outside of ASCII.
const fn is_accented(character: char) -> bool {
    matches!(character, '\u{80}'..='\u{2ff}' | '\u{1e00}'..='\u{1eff}')
}

/// Whether a statement on MySQL or MariaDB is a program, or contains another statement (`SET STATEMENT … FOR COMMIT`).
fn is_program(first: Token<'_>, second: Option<Token<'_>>) -> bool {
    PROGRAM_WORDS.iter().any(|word| first.is_word(word))
        || (first.is_word("SET") && second.is_some_and(|token| token.is_word("STATEMENT")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Dialect; 4] = [Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql, Dialect::Mariadb];

    fn denied(sql: &str, dialect: Dialect) -> bool {
        matches!(check(sql, dialect), Err(Error::Denied(_)))
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
                assert!(matches!(error, Err(Error::Invalid { .. })), "{sql}: {error:?}");
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
            for dialect in ALL {
                assert!(is_blank(rest, dialect), "{rest}");
            }
        }
        for rest in ["select 1", "; drop table t", "/* */ x", "\0", "-- x\ny"] {
            for dialect in ALL {
                assert!(!is_blank(rest, dialect), "{rest}");
            }
        }
        assert!(is_blank("/* /* */ */", Dialect::Postgres) && !is_blank("/* /* */ */", Dialect::Sqlite));
        assert!(!is_blank("/*! commit */", Dialect::Mariadb));
    }

    #[test]
    fn a_comment_ends_where_its_database_says() {
        // The server would run the COMMIT and treat the rest as a comment.
        assert!(denied("-- x\rcommit /*\n select 1 */", Dialect::Postgres));
        assert!(check("-- x\rcommit\n select 1", Dialect::Sqlite).is_ok());
    }

    #[test]
    fn a_label_is_one_however_it_is_written() {
        for sql in ["x /* */ : begin not atomic commit; end", "x$ : begin not atomic commit; end", "1x:begin end"] {
            assert!(denied(sql, Dialect::Mariadb) && denied(sql, Dialect::Mysql), "{sql}");
        }
    }

    #[test]
    fn a_statement_that_takes_another_along_is_denied() {
        for sql in ["set statement max_statement_time = 1 for commit", "declare x int; begin commit; end"] {
            assert!(denied(sql, Dialect::Mariadb) && denied(sql, Dialect::Mysql), "{sql}");
        }
        assert!(denied("set local transaction read write", Dialect::Postgres));
        assert!(denied("set session /* */ transaction read write", Dialect::Postgres));
        assert!(check("set session characteristics as transaction read only", Dialect::Postgres).is_ok());
    }

    #[test]
    fn an_accent_hides_no_variable() {
        for sql in ["set \u{e3}utocommit = 1", "set @@áútócómmít = 1", "set x = 'é', @@autocomm\u{131}t = 1"] {
            assert!(denied(sql, Dialect::Mariadb) && denied(sql, Dialect::Mysql), "{sql}");
        }
        assert!(check("set @x = 'été, 自動コミット, auto commit'", Dialect::Mariadb).is_ok());
    }

    #[test]
    fn what_is_quoted_is_no_first_word() {
        for sql in ["$$x$$; commit", "\"a\" commit", "E'\\'' commit", "1 commit"] {
            assert!(check(sql, Dialect::Postgres).is_err(), "{sql}");
        }
    }
}
