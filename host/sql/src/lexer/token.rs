//! A token of SQL text: its kind, position and content.

use std::borrow::Cow;

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Blanks and line ends.
    Blank,
    /// A comment; a line comment includes its line end.
    Comment,
    /// `/*! … */` or `/*M! … */`, which MySQL or MariaDB run, depending on their version. It ends at the first `*/`; a server that
    /// runs it may see another end, so the tokens after it are not reliable.
    Executable,
    /// A keyword or a name without quotes.
    Word,
    /// A name in `"…"`, `` `…` `` or `[…]`.
    Name,
    /// A text constant in `'…'`, on MySQL also in `"…"`, on PostgreSQL also in `$$…$$`, with a prefix such as `E`, `X` or `N`.
    Text,
    /// A number, with the letters that follow it directly.
    Number,
    /// A parameter.
    Parameter,
    /// Any other character.
    Sign,
}

/// A token and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// The kind.
    pub kind: Kind,
    /// The whole token, quotes included.
    pub text: &'a str,
    /// The byte at which it begins.
    pub start: usize,
    /// Whether it is terminated: false for a comment, name or text that reaches the end of the text without its closing mark.
    pub is_closed: bool,
    pub(super) escapes: bool,
}

impl<'a> Token<'a> {
    /// Returns the position after the token.
    #[must_use]
    pub const fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Whether it only separates other tokens, which a comment that is run does not.
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

    /// Returns the prefix before the quote of a text: `E`, `X`, `B`, `N`, `U&` or nothing.
    #[must_use]
    pub fn prefix(&self) -> &'a str {
        let end = self.text.find(['\'', '"', '`', '[', '$']).unwrap_or(0);
        if matches!(self.kind, Kind::Text | Kind::Name) { self.text.get(..end).unwrap_or_default() } else { "" }
    }

    /// Returns the content of a name or a text, without quotes and escapes. Any other token is its own content. An escape that
    /// gives a character by its number, which only PostgreSQL has, just loses its backslash.
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

/// Cuts `width` bytes off the start of a text, and off its end if it is closed.
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

/// Returns the character that an escape stands for.
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
