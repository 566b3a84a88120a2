//! The names of the database's own types. Such a name is SQL text that goes into definitions, so it may only consist of
//! the name of a type, its arguments and its modifiers.

use crate::{Error, Result};

/// The most bytes of a name; enumerations of MySQL name all of their labels.
const MAX_NATIVE: usize = 16_384;

/// Keywords that belong to a column and not to its type.
const COLUMN_WORDS: [&str; 18] = [
    "AS",
    "AUTO_INCREMENT",
    "AUTOINCREMENT",
    "CHECK",
    "COMMENT",
    "CONSTRAINT",
    "DEFAULT",
    "EXCLUDE",
    "FOREIGN",
    "GENERATED",
    "KEY",
    "NOT",
    "NULL",
    "ON",
    "PRIMARY",
    "REFERENCES",
    "UNIQUE",
    "USING",
];

/// Checks a name: words, quoted names, numbers and texts, with points, and commas in parentheses and brackets that match.
pub(super) fn check(native: &str) -> Result<()> {
    if native.trim().is_empty() || native.contains('\0') || native.len() > MAX_NATIVE {
        return Err(Error::invalid(format!("the native name of a type has 1 to {MAX_NATIVE} bytes, none of them 0")));
    }
    let mut rest = native;
    let mut open = Vec::new();
    while let Some(next) = rest.chars().next() {
        let width = match next {
            '(' | '[' => {
                open.push(next);
                1
            }
            ')' | ']' => {
                if open.pop() != Some(if next == ')' { '(' } else { '[' }) {
                    return Err(refused("its parentheses do not match"));
                }
                1
            }
            ',' if open.is_empty() => return Err(refused("it has a comma outside of parentheses")),
            ' ' | ',' | '.' => 1,
            '\'' | '"' | '`' => quoted(rest, next)?,
            c if c.is_alphanumeric() || c == '_' => word(rest)?,
            _ => return Err(refused(&format!("it has the character {next:?}"))),
        };
        rest = rest.get(width..).unwrap_or_default();
    }
    if open.is_empty() { Ok(()) } else { Err(refused("its parentheses do not match")) }
}

/// Returns the length of a quoted part in bytes. A backslash would mean something else on each database.
fn quoted(text: &str, quote: char) -> Result<usize> {
    let inside = text.get(1..).unwrap_or_default();
    match inside.find([quote, '\\']) {
        Some(at) if inside.get(at..).is_some_and(|end| end.starts_with(quote)) => Ok(at + 2),
        Some(_) => Err(refused("it has a backslash")),
        None => Err(refused("a quoted part has no end")),
    }
}

fn word(text: &str) -> Result<usize> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(text.len());
    let word = text.get(..end).unwrap_or(text).to_uppercase();
    if COLUMN_WORDS.contains(&word.as_str()) {
        return Err(refused(&format!("{word} belongs to a column and not to its type")));
    }
    Ok(end)
}

fn refused(why: &str) -> Error {
    Error::invalid(format!("the native name of a type is not one: {why}"))
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn names_of_types_pass() {
        for native in [
            "money",
            "double precision",
            "numeric(10, 2)",
            "character varying(20)[]",
            "\"Schema\".\"My \"\"type\"",
            "enum('a','it''s')",
            "varchar(10) character set utf8mb4 collate utf8mb4_bin",
            "geometry(Point,4326)",
            "int unsigned",
            "integer[3][]",
        ] {
            assert!(check(native).is_ok(), "{native}: {:?}", check(native));
        }
    }

    #[test]
    fn t26_a_type_is_no_more_than_a_type() {
        for native in [
            "",
            " ",
            "text); DROP TABLE users; --",
            "text, x integer",
            "text -- ",
            "text /* */",
            "int default 1",
            "int Primary key",
            "int check(1)",
            "int references users",
            "enum('a\\')",
            "enum('a",
            "numeric(1]",
            "numeric)",
            "text;",
            "a\0b",
            "enum('a\0')",
            "text\nnot null",
        ] {
            assert!(check(native).is_err(), "{native}");
        }
    }
}
