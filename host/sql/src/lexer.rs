//! The only lexer of SQL text: finds where each token begins and ends, by the rules of the database that will run the text.
//!
//! All code that inspects SQL text uses it: the check of a guest's own text ([`crate::raw`]), the analysis of a statement, and
//! reflection of definitions. The text is guest-controlled: the lexer never fails, allocates nothing, visits each byte a bounded
//! number of times, and extends an unterminated token to the end of the text.
//!
//! It assumes the settings that the host gives its connections. In a session whose owner changed them (`NO_BACKSLASH_ESCAPES`,
//! `standard_conforming_strings`), quoted texts end elsewhere, so no refusal may depend on a token behind one.

mod end;
mod token;

pub use token::{Kind, Token};

use crate::Dialect;

/// Splits a text into tokens, which cover all of it in order.
#[derive(Clone, Debug)]
pub struct Lexer<'a> {
    sql: &'a str,
    at: usize,
    dialect: Dialect,
    /// Whether a name ended here, or a name and a point: MySQL reads digits after the point as a name.
    after_name: bool,
    after_point: bool,
    /// Whether the next text continues the last one.
    continued: Continued,
}

/// PostgreSQL joins texts separated only by blanks, a line end and line comments, and reads the whole by the rules of the first.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Continued {
    /// No text with escapes came before.
    No,
    /// An `E'…'` ended on this line.
    OnNextLine,
    /// An `E'…'` ended on an earlier line.
    Now,
}

/// A token found at a position: its kind, the position after it, whether it is terminated, and whether a backslash escapes in it.
#[derive(Clone, Copy)]
struct Cut {
    kind: Kind,
    end: usize,
    is_closed: bool,
    escapes: bool,
}

impl Cut {
    const fn plain(kind: Kind, end: usize) -> Self {
        Self { kind, end, is_closed: true, escapes: false }
    }

    /// Makes a token that ends at the position found, or at the end of the text.
    fn until(kind: Kind, found: Option<usize>, bytes: &[u8]) -> Self {
        Self { kind, end: found.unwrap_or(bytes.len()), is_closed: found.is_some(), escapes: false }
    }
}

impl<'a> Lexer<'a> {
    /// Starts at the beginning of a text.
    #[must_use]
    pub const fn new(sql: &'a str, dialect: Dialect) -> Self {
        Self { sql, at: 0, dialect, after_name: false, after_point: false, continued: Continued::No }
    }

    /// Returns the tokens without blanks and comments. A comment that MySQL or MariaDB runs is kept.
    pub fn meaningful(self) -> impl Iterator<Item = Token<'a>> + Clone {
        self.filter(|token| !token.is_blank())
    }

    fn is_mysql(&self) -> bool {
        matches!(self.dialect, Dialect::Mysql | Dialect::Mariadb)
    }

    fn cut(&self, bytes: &[u8], first: u8) -> Cut {
        let second = bytes.get(self.at + 1).copied();
        if let Some(end) = end::blanks(bytes, self.at, self.dialect) {
            return Cut::plain(Kind::Blank, end);
        }
        if let Some(cut) = self.comment(bytes, first, second).or_else(|| self.quoted(bytes, first)) {
            return cut;
        }
        if let Some(end) = end::parameter(bytes, self.at, self.dialect) {
            return Cut::plain(Kind::Parameter, end);
        }
        let is_number = first.is_ascii_digit()
            || (first == b'.' && !(self.after_name && self.is_mysql()) && second.is_some_and(|b| b.is_ascii_digit()));
        if self.after_point && end::is_word_part(first) {
            return Cut::plain(Kind::Word, end::word(bytes, self.at));
        }
        if is_number {
            let (end, is_name) = end::number(bytes, self.at, self.is_mysql());
            return Cut::plain(if is_name { Kind::Word } else { Kind::Number }, end);
        }
        if end::begins_word(first) || (first == b'$' && self.is_mysql()) {
            return Cut::plain(Kind::Word, end::word(bytes, self.at));
        }
        Cut::plain(Kind::Sign, self.at + 1)
    }

    fn comment(&self, bytes: &[u8], first: u8, second: Option<u8>) -> Option<Cut> {
        let is_line = match (first, second) {
            // On MySQL, `--` is two minus signs unless a blank, a control character or the end of the text follows.
            (b'-', Some(b'-')) if self.is_mysql() => {
                bytes.get(self.at + 2).is_none_or(|byte| *byte == b' ' || byte.is_ascii_control())
            }
            (b'-', Some(b'-')) => true,
            (b'#', _) => self.is_mysql(),
            _ => false,
        };
        if is_line {
            return Some(Cut::plain(Kind::Comment, end::line(bytes, self.at, self.dialect)));
        }
        if (first, second) != (b'/', Some(b'*')) {
            return None;
        }
        let found = end::block_comment(bytes, self.at + 2, self.dialect == Dialect::Postgres);
        let inside = bytes.get(self.at + 2..).unwrap_or_default();
        let is_run = self.is_mysql() && (inside.starts_with(b"!") || inside.starts_with(b"M!"));
        Some(Cut::until(if is_run { Kind::Executable } else { Kind::Comment }, found, bytes))
    }

    /// Finds a quoted text or name, with its prefix.
    fn quoted(&self, bytes: &[u8], first: u8) -> Option<Cut> {
        let prefix = end::prefix(bytes, self.at, self.dialect);
        let from = self.at + prefix;
        let quote = *bytes.get(from)?;
        let kind = match quote {
            b'\'' => Kind::Text,
            b'"' if self.is_mysql() => Kind::Text,
            b'"' => Kind::Name,
            b'`' if self.dialect != Dialect::Postgres => Kind::Name,
            b'[' if self.dialect == Dialect::Sqlite => {
                return Some(Cut::until(Kind::Name, end::past(bytes, from + 1, b"]"), bytes));
            }
            b'$' if self.dialect == Dialect::Postgres => {
                return end::dollar_tag(bytes, from)
                    .map(|tag| Cut::until(Kind::Text, end::past(bytes, from + tag.len(), tag), bytes));
            }
            _ => return None,
        };
        if prefix == 1 && matches!(first, b'x' | b'X' | b'b' | b'B') {
            // It contains digits only and no doubled quotes: a quote after its end begins another text.
            return Some(Cut::until(kind, end::past(bytes, from + 1, b"'"), bytes));
        }
        let escapes = kind == Kind::Text
            && match self.dialect {
                Dialect::Sqlite => false,
                Dialect::Postgres => matches!(first, b'e' | b'E') || (prefix == 0 && self.continued == Continued::Now),
                Dialect::Mysql | Dialect::Mariadb => true,
            };
        Some(Cut { escapes, ..Cut::until(kind, end::quote(bytes, from, quote, escapes), bytes) })
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let bytes = self.sql.as_bytes();
        let cut = self.cut(bytes, *bytes.get(self.at)?);
        let start = std::mem::replace(&mut self.at, cut.end);
        self.after_point = self.after_name && self.is_mysql() && bytes.get(start) == Some(&b'.');
        self.after_name = matches!(cut.kind, Kind::Word | Kind::Name);
        // Every token ends next to an ASCII byte or between characters, so it never splits a character.
        let text = self.sql.get(start..cut.end).unwrap_or_default();
        self.continued = match (cut.kind, self.continued) {
            (_, Continued::No) | (Kind::Text, _) if !cut.escapes => Continued::No,
            (Kind::Text, _) => Continued::OnNextLine,
            (Kind::Blank, Continued::OnNextLine) if !text.contains(['\n', '\r']) => Continued::OnNextLine,
            (Kind::Blank, _) => Continued::Now,
            (Kind::Comment, _) if text.starts_with("--") => Continued::Now,
            _ => Continued::No,
        };
        Some(Token { kind: cut.kind, text, start, is_closed: cut.is_closed, escapes: cut.escapes })
    }
}

#[cfg(test)]
mod tests;
