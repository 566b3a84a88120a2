//! A token of SQL text: what it is, where it is, and what it stands for.

use std::borrow::Cow;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Blanks and line ends.
    Blank,
    /// A comment, with its line end where it is one of a line.
    Comment,
    /// `/*! … */` or `/*M! … */`, which MySQL or MariaDB run, depending on their version. It ends at the first `*/`; a server that
    /// runs it may see another end, so what follows it means nothing for sure.
    Executable,
    /// A keyword or a name without quotes.
    Word,
    /// A name in `"…"`, `` `…` `` or `[…]`.
    Name,
    /// A text constant in `'…'`, on MySQL also in `"…"`, on PostgreSQL also in `$$…$$`, with a prefix such as `E`, `X` or `N`.
    Text,
    /// A number, with the letters that follow it directly.
    Number,
    /// A place for a value.
    Parameter,
    /// Any other character.
    Sign,
}

/// A token and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind,
    /// All of it, quotes included.
    pub text: &'a str,
    /// The byte at which it begins.
    pub start: usize,
    /// Whether it has its end: false for a comment, name or text that reaches to the end of the text without its closing mark.
    pub is_closed: bool,
    pub(super) escapes: bool,
}

impl<'a> Token<'a> {
    /// The byte after it.
    #[must_use]
    pub const fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Whether it only separates others. A comment that is run does more than that.
    #[must_use]
    pub const fn is_blank(&self) -> bool {
        matches!(self.kind, Kind::Blank | Kind::Comment)
    }

    /// Whether it is this keyword, in any case.
    #[must_use]
    pub fn is_word(&self, keyword: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(keyword)
    }

    /// Whether it is this sign.
    #[must_use]
    pub fn is_sign(&self, sign: &str) -> bool {
        self.kind == Kind::Sign && self.text == sign
    }

    /// What stands before the quote of a text: `E`, `X`, `B`, `N`, `U&` or nothing.
    #[must_use]
    pub fn prefix(&self) -> &'a str {
        let end = self.text.find(['\'', '"', '`', '[', '$']).unwrap_or(0);
        if matches!(self.kind, Kind::Text | Kind::Name) { self.text.get(..end).unwrap_or_default() } else { "" }
    }

    /// What a name or a text stands for, without its quotes and escapes. Any other token stands for itself. An escape that names
    /// a character by its number, as only PostgreSQL has it, just loses its backslash.
    #[must_use]
    pub fn content(&self) -> Cow<'a, str> {
        if !matches!(self.kind, Kind::Text | Kind::Name) {
            return Cow::Borrowed(self.text);
        }
        let quoted = self.text.get(self.prefix().len()..).unwrap_or_default();
        let Some(quote) = quoted.chars().next() else { return Cow::Borrowed(quoted) };
        let (inside, doubled) = match quote {
            '[' => (between(quoted, 1, self.is_closed), None),
            '$' => {
                let tag = quoted.get(1..).and_then(|rest| rest.find('$')).map_or(1, |at| at + 2);
                (between(quoted, tag, self.is_closed), None)
            }
            quote => (between(quoted, 1, self.is_closed), Some(quote)),
        };
        let is_plain = !inside.chars().any(|c| Some(c) == doubled || (self.escapes && c == '\\'));
        if is_plain { Cow::Borrowed(inside) } else { Cow::Owned(unescaped(inside, doubled, self.escapes)) }
    }
}

/// A text without so many bytes at its start, and at its end where it has one.
fn between(text: &str, width: usize, is_closed: bool) -> &str {
    let end = text.len().saturating_sub(if is_closed { width } else { 0 });
    text.get(width..end).unwrap_or_default()
}

fn unescaped(inside: &str, doubled: Option<char>, escapes: bool) -> String {
    let mut content = String::with_capacity(inside.len());
    let mut characters = inside.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if escapes => content.extend(characters.next().map(escaped)),
            character => {
                if Some(character) == doubled {
                    characters.next_if_eq(&character);
                }
                content.push(character);
            }
        }
    }
    content
}

/// What a character stands for after a backslash.
const fn escaped(character: char) -> char {
    match character {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'b' => '\u{8}',
        '0' => '\0',
        'Z' => '\u{1a}',
        other => other,
    }
}
