//! What a statement's text does, as far as its own words tell: for counting, for caching, and to see what a borrower may have changed.

/// The first word that says what a statement does, in upper case; for `WITH`, that of the statement after it.
/// Empty where a text begins with something else. Never trusted for rights: only for counting, caching and cleaning.
pub(crate) fn verb(sql: &str) -> String {
    let mut words = Words { rest: sql, depth: 0 };
    let first = words.next().unwrap_or_default();
    if first != "WITH" {
        return first;
    }
    words
        .find(|word| matches!(word.as_str(), "SELECT" | "INSERT" | "UPDATE" | "DELETE" | "MERGE" | "VALUES"))
        .unwrap_or(first)
}

/// Whether a verb changes rows, so that the number of them means something.
pub(crate) fn changes_rows(verb: &str) -> bool {
    matches!(verb, "INSERT" | "UPDATE" | "DELETE" | "MERGE" | "REPLACE")
}

/// Whether a verb puts rows in.
pub(crate) fn is_insert(verb: &str) -> bool {
    matches!(verb, "INSERT" | "REPLACE")
}

/// Whether a statement puts rows in. Asked of each change, so most texts are known by their first word where it stands.
pub(crate) fn inserts(sql: &str) -> bool {
    let end = sql.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(sql.len());
    let is = |word: &str| sql.get(..end).is_some_and(|first| first.eq_ignore_ascii_case(word));
    is("INSERT") || is("REPLACE") || ((is("") || is("WITH")) && is_insert(&verb(sql)))
}

/// Whether a statement of this verb is worth a place in the connection's cache of prepared statements.
pub(crate) fn is_cached(verb: &str, sql: &str) -> bool {
    // A text is guest-controlled, and the server keeps what is cached.
    sql.len() <= 32 << 10 && (changes_rows(verb) || matches!(verb, "SELECT" | "VALUES"))
}

/// The words outside of parentheses, quotes and comments.
struct Words<'a> {
    rest: &'a str,
    depth: usize,
}

impl Iterator for Words<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        loop {
            let next = self.rest.chars().next()?;
            match next {
                '(' => self.depth += 1,
                ')' => self.depth = self.depth.saturating_sub(1),
                '\'' | '"' | '`' => {
                    self.skip_past(next);
                    continue;
                }
                '-' if self.rest.starts_with("--") => {
                    self.skip_to("\n");
                    continue;
                }
                '/' if self.rest.starts_with("/*") => {
                    // What MySQL runs inside of a comment is no word that we know.
                    if self.rest.starts_with("/*!") || self.rest.starts_with("/*M!") {
                        return Some(String::new());
                    }
                    self.skip_to("*/");
                    continue;
                }
                c if c.is_alphabetic() || c == '_' => {
                    let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest.len());
                    let (word, rest) = self.rest.split_at(end);
                    self.rest = rest;
                    if self.depth == 0 {
                        return Some(word.to_ascii_uppercase());
                    }
                    continue;
                }
                _ => {}
            }
            self.rest = self.rest.get(next.len_utf8()..)?;
        }
    }
}

impl Words<'_> {
    /// Leaves a quoted text behind; a doubled quote just begins another one.
    fn skip_past(&mut self, quote: char) {
        let inside = self.rest.get(1..).unwrap_or_default();
        self.rest = inside.split_once(quote).map_or("", |(_, rest)| rest);
    }

    fn skip_to(&mut self, end: &str) {
        self.rest = self.rest.split_once(end).map_or("", |(_, rest)| rest);
    }
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
            ("/*!50000 drop table t */", ""),
            ("", ""),
            ("'", ""),
            ("set x = 1", "SET"),
            ("with", "WITH"),
        ];
        for (sql, expected) in cases {
            assert_eq!(verb(sql), expected, "{sql}");
            assert!(!inserts(sql), "{sql}");
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
