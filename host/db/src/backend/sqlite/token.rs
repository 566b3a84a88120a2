//! SQLite's tokens, as far as the text of a `CREATE TABLE` needs them: where each begins and ends, and what it is.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A word that nobody quoted: a keyword or a name.
    Word,
    /// A name in `"…"`, `` `…` `` or `[…]`, or a text in `'…'`, which SQLite takes for a name where one has to be.
    Quoted,
    /// `(`.
    Open,
    /// `)`.
    Close,
    /// `,`.
    Comma,
    /// Anything else.
    Other,
}

/// A token and its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    pub start: usize,
    pub end: usize,
}

impl Token<'_> {
    /// Whether it is this keyword.
    pub(super) fn is(&self, keyword: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(keyword)
    }

    /// The name that it stands for.
    pub(super) fn name(&self) -> String {
        let inner = || self.text.get(1..self.text.len().saturating_sub(1)).unwrap_or_default();
        match self.text.as_bytes().first() {
            Some(b'"') => inner().replace("\"\"", "\""),
            Some(b'`') => inner().replace("``", "`"),
            Some(b'\'') => inner().replace("''", "'"),
            Some(b'[') => inner().to_owned(),
            _ => self.text.to_owned(),
        }
    }
}

/// Cuts a text into tokens; blanks and comments are none. An unfinished text, name or comment reaches to the end.
pub(super) fn tokens(sql: &str) -> Vec<Token<'_>> {
    let bytes = sql.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        let kind = match byte {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0c => {
                at += 1;
                continue;
            }
            b'-' if bytes.get(at + 1) == Some(&b'-') => {
                at = past(bytes, at + 2, b"\n");
                continue;
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at = past(bytes, at + 2, b"*/");
                continue;
            }
            b'\'' | b'"' | b'`' => {
                at = past_quote(bytes, at, byte);
                Kind::Quoted
            }
            b'[' => {
                at = past(bytes, at + 1, b"]");
                Kind::Quoted
            }
            b'(' => one(&mut at, Kind::Open),
            b')' => one(&mut at, Kind::Close),
            b',' => one(&mut at, Kind::Comma),
            _ if is_word(byte) => {
                while bytes.get(at).is_some_and(|byte| is_word(*byte)) {
                    at += 1;
                }
                Kind::Word
            }
            _ => one(&mut at, Kind::Other),
        };
        // Every cut is before or after an ASCII byte, so it never splits a character.
        found.push(Token { kind, text: sql.get(start..at).unwrap_or_default(), start, end: at });
    }
    found
}

fn one(at: &mut usize, kind: Kind) -> Kind {
    *at += 1;
    kind
}

/// Letters, digits, `_`, `$` and all that is not ASCII. A number is a word too; nobody asks which.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

/// The place after the next `end`.
fn past(bytes: &[u8], from: usize, end: &[u8]) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    rest.windows(end.len()).position(|window| window == end).map_or(bytes.len(), |found| from + found + end.len())
}

/// The place after a quoted text, in which a doubled quote stands for one.
fn past_quote(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        if byte == quote {
            if bytes.get(at) != Some(&quote) {
                return at;
            }
            at += 1;
        }
    }
    bytes.len()
}
