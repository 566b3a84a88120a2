//! Writes pattern matches with `%` and `_`, case-sensitive or not as the statement requires, on every database.

use super::Writer;
use crate::{
    Dialect, Scalar, Value,
    compiled::ValueSource,
    resolved::{Bind, Expr, Like, Typed},
    schema::TypeKind,
};

impl Writer {
    pub(super) fn like(&mut self, like: &Like<'_>) {
        match (self.dialect, like.ignore_case) {
            // SQLite's `LIKE` ignores case, and its `GLOB` is case-sensitive.
            (Dialect::Sqlite, false) => self.glob(like),
            (Dialect::Sqlite, true) => {
                self.operand(&like.value);
                self.push(if like.negated { " NOT LIKE " } else { " LIKE " });
                self.operand(&like.pattern);
                if like.escape.is_some() {
                    self.escape(like.escape);
                }
            }
            (Dialect::Postgres, _) => {
                self.text(&like.value);
                self.push(match (like.negated, like.ignore_case) {
                    (false, false) => " LIKE ",
                    (true, false) => " NOT LIKE ",
                    (false, true) => " ILIKE ",
                    (true, true) => " NOT ILIKE ",
                });
                self.text(&like.pattern);
                self.escape(like.escape);
            }
            (Dialect::Mysql | Dialect::Mariadb, ignore_case) => {
                let (before, after) = if ignore_case { ("LOWER(", ")") } else { ("", "") };
                self.push(before);
                self.operand(&like.value);
                self.push(after);
                self.push(if like.negated { " NOT LIKE " } else { " LIKE " });
                self.push(before);
                // There is always an escape, by default the backslash, even with `ESCAPE ''`. So another escape is set,
                // and doubled in the pattern, so that it never escapes.
                if like.escape.is_some() {
                    self.operand(&like.pattern);
                } else {
                    self.push("REPLACE(");
                    self.value(&like.pattern);
                    self.push(", '|', '||')");
                }
                self.push(after);
                self.escape(like.escape.or(Some('|')));
            }
        }
    }

    /// Writes the `ESCAPE` clause, empty without an escape, as PostgreSQL's default is the backslash. The escape is
    /// a mark that `check` has validated. It is part of the statement's form, not a bind value.
    fn escape(&mut self, escape: Option<char>) {
        let escape = escape.map(String::from).unwrap_or_default();
        self.sql.push(" ESCAPE ").text(&escape);
    }

    /// Writes an operand that has to be a text, with a cast where it is not.
    fn text(&mut self, value: &Typed<'_>) {
        let text = matches!(value.kind(), None | Some(TypeKind::Text | TypeKind::Varchar | TypeKind::Enumeration));
        if text { self.operand(value) } else { self.cast_to(value, "TEXT") }
    }

    fn glob(&mut self, like: &Like<'_>) {
        self.operand(&like.value);
        self.push(if like.negated { " NOT GLOB " } else { " GLOB " });
        match &like.pattern.expr {
            Expr::Bind(Bind {
                source: ValueSource::Literal(Value::Scalar(Scalar::Text(pattern))), kind, node, ..
            }) => {
                let pattern = ValueSource::Literal(Scalar::Text(glob_of(pattern, like.escape)).into());
                self.placeholder(&pattern, *kind, *node, None);
            }
            _ => self.glob_of_value(&like.pattern, like.escape),
        }
    }

    /// Converts a `LIKE` pattern that is unknown before the statement runs to a `GLOB` pattern, by nested `replace` calls that run
    /// from the innermost to the outermost. Meanwhile, characters of the private use area stand for escaped characters.
    fn glob_of_value(&mut self, pattern: &Typed<'_>, escape: Option<char>) {
        let mut steps: Vec<(String, String)> = Vec::new();
        let mut step = |from: String, to: &str| steps.push((from, to.to_owned()));
        if let Some(escape) = escape {
            step(format!("{escape}{escape}"), PARKED_ESCAPE);
            step(format!("{escape}%"), PARKED_PERCENT);
            step(format!("{escape}_"), PARKED_LINE);
            step(escape.to_string(), "");
        }
        for (from, to) in [("[", "[[]"), ("*", "[*]"), ("?", "[?]"), ("%", "*"), ("_", "?")] {
            step(from.to_owned(), to);
        }
        if let Some(escape) = escape {
            step(PARKED_LINE.into(), "_");
            step(PARKED_PERCENT.into(), "%");
            step(PARKED_ESCAPE.into(), &glob_literal(escape));
        }
        steps.iter().for_each(|_| self.push("replace("));
        self.value(pattern);
        for (from, to) in steps {
            self.sql.push(", ").text(&from).push(", ").text(&to).push(")");
        }
    }
}

const PARKED_ESCAPE: &str = "\u{e000}";
const PARKED_PERCENT: &str = "\u{e001}";
const PARKED_LINE: &str = "\u{e002}";

/// Quotes a character so that `GLOB` matches it literally.
fn glob_literal(character: char) -> String {
    if matches!(character, '*' | '?' | '[') { format!("[{character}]") } else { character.to_string() }
}

/// Converts a `LIKE` pattern to a `GLOB` pattern.
fn glob_of(pattern: &str, escape: Option<char>) -> String {
    let mut glob = String::with_capacity(pattern.len() + 8);
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            _ if Some(character) == escape => glob.extend(characters.next().map(glob_literal)),
            '%' => glob.push('*'),
            '_' => glob.push('?'),
            other => glob.push_str(&glob_literal(other)),
        }
    }
    glob
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d06_patterns_become_globs() {
        let cases = [
            ("ab%", None, "ab*"),
            ("a_c", None, "a?c"),
            ("a*[?]%", None, "a[*][[][?]]*"),
            ("a/%b%", Some('/'), "a%b*"),
            ("a//b/_", Some('/'), "a/b_"),
            ("end/", Some('/'), "end"),
            ("**%", Some('*'), "[*]*"),
        ];
        for (pattern, escape, glob) in cases {
            assert_eq!(glob_of(pattern, escape), glob, "{pattern}");
        }
    }
}
