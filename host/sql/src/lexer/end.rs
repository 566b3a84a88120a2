//! Finds the end of a token that begins at a byte. Non-ASCII bytes are parts of words on every database.

use crate::Dialect;

/// U+FEFF, which SQLite treats as a blank.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Returns the position after the blanks that begin here; `None` if there are none.
pub(super) fn blanks(bytes: &[u8], from: usize, dialect: Dialect) -> Option<usize> {
    let mut at = from;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        at += match rest.first() {
            Some(b' ' | b'\t' | b'\n' | b'\r' | 0x0c) => 1,
            // SQLite accepts a vertical tab only after another blank; PostgreSQL before version 16 refuses it.
            Some(0x0b) if dialect != Dialect::Sqlite || at > from => 1,
            Some(_) if dialect == Dialect::Sqlite && rest.starts_with(BYTE_ORDER_MARK) => BYTE_ORDER_MARK.len(),
            _ => return (at > from).then_some(at),
        };
    }
}

/// Returns the position after a line comment. Only PostgreSQL ends it at a carriage return.
pub(super) fn line(bytes: &[u8], from: usize, dialect: Dialect) -> usize {
    let ends = |byte: &u8| *byte == b'\n' || (*byte == b'\r' && dialect == Dialect::Postgres);
    let rest = bytes.get(from..).unwrap_or_default();
    rest.iter().position(ends).map_or(bytes.len(), |found| from + found + 1)
}

/// Returns the position after a block comment whose content begins here. PostgreSQL's comments nest.
pub(super) fn block_comment(bytes: &[u8], from: usize, is_nested: bool) -> Option<usize> {
    let (mut at, mut depth) = (from, 1_usize);
    loop {
        match (bytes.get(at)?, bytes.get(at + 1)?) {
            (b'*', b'/') if depth == 1 => return Some(at + 2),
            (b'*', b'/') => {
                depth -= 1;
                at += 2;
            }
            (b'/', b'*') if is_nested => {
                depth += 1;
                at += 2;
            }
            _ => at += 1,
        }
    }
}

/// Returns the length of the prefix before a quote: `E'`, `X'`, `U&"`.
pub(super) fn prefix(bytes: &[u8], from: usize, dialect: Dialect) -> usize {
    let at = |offset: usize| bytes.get(from + offset).copied().unwrap_or_default();
    match (at(0).to_ascii_lowercase(), at(1)) {
        (b'x', b'\'') => 1,
        (b'b' | b'n', b'\'') if dialect != Dialect::Sqlite => 1,
        (b'e', b'\'') if dialect == Dialect::Postgres => 1,
        (b'u', b'&') if dialect == Dialect::Postgres && matches!(at(2), b'\'' | b'"') => 2,
        _ => 0,
    }
}

/// Returns the position after a quoted text that begins here. A doubled quote is part of it, and so is one after a backslash that escapes.
pub(super) fn quote(bytes: &[u8], from: usize, quote: u8, escapes: bool) -> Option<usize> {
    let mut at = from + 1;
    loop {
        let byte = *bytes.get(at)?;
        at += 1;
        if byte == b'\\' && escapes {
            // This skips the first byte of a multi-byte character; its other bytes are never a quote or a backslash.
            at += 1;
        } else if byte == quote {
            if bytes.get(at) != Some(&quote) {
                return Some(at);
            }
            at += 1;
        }
    }
}

/// Returns the position after the next occurrence of `end`.
pub(super) fn past(bytes: &[u8], from: usize, end: &[u8]) -> Option<usize> {
    let first = *end.first()?;
    let mut at = from;
    loop {
        let rest = bytes.get(at..)?;
        at += rest.iter().position(|byte| *byte == first)?;
        if bytes.get(at..).is_some_and(|rest| rest.starts_with(end)) {
            return Some(at + end.len());
        }
        at += 1;
    }
}

/// Returns `$$` or `$tag$`, where a dollar-quoted text begins here.
pub(super) fn dollar_tag(bytes: &[u8], from: usize) -> Option<&[u8]> {
    let rest = bytes.get(from + 1..)?;
    let length = rest.iter().position(|byte| !(begins_word(*byte) || byte.is_ascii_digit()))?;
    let is_tag = rest.get(length) == Some(&b'$') && !rest.first().is_some_and(u8::is_ascii_digit);
    if is_tag { bytes.get(from..from + length + 2) } else { None }
}

/// Returns the position after a parameter that begins here.
pub(super) fn parameter(bytes: &[u8], from: usize, dialect: Dialect) -> Option<usize> {
    let digits = |from: usize| while_true(bytes, from, |byte| byte.is_ascii_digit());
    match (bytes.get(from)?, dialect) {
        (b'?', Dialect::Sqlite) => Some(digits(from + 1)),
        (b'?', Dialect::Mysql | Dialect::Mariadb) => Some(from + 1),
        (b'$', Dialect::Postgres) => Some(digits(from + 1)).filter(|end| *end > from + 1),
        (b'$' | b'@' | b':' | b'#', Dialect::Sqlite) => named_parameter(bytes, from),
        _ => None,
    }
}

/// Finds the end of `:name`, `@name`, `#name` or `$name`, which may continue with `::name` and end with `(…)` without a blank in it.
fn named_parameter(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = word(bytes, from + 1);
    if at == from + 1 {
        return None;
    }
    while bytes.get(at..).is_some_and(|rest| rest.starts_with(b"::")) {
        at = word(bytes, at + 2);
    }
    if bytes.get(at) == Some(&b'(') {
        let end = while_true(bytes, at, |byte| byte != b')' && !byte.is_ascii_whitespace() && byte != 0x0b);
        at = if bytes.get(end) == Some(&b')') { end + 1 } else { end };
    }
    Some(at)
}

/// Returns the position after a number that begins here, and whether it is a name instead. Two points after digits are
/// PostgreSQL's `..`. Letters directly after a number are part of it: an error on most databases, but on MySQL `1a` is a name.
pub(super) fn number(bytes: &[u8], from: usize, is_mysql: bool) -> (usize, bool) {
    let digits = |from: usize| while_true(bytes, from, |byte| byte.is_ascii_digit() || (byte == b'_' && !is_mysql));
    let mut at = digits(from);
    let whole = at;
    if bytes.get(at) == Some(&b'.') && bytes.get(at + 1) != Some(&b'.') {
        at = digits(at + 1);
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        if bytes.get(at + 1 + sign).is_some_and(u8::is_ascii_digit) {
            at = digits(at + 1 + sign);
        }
    }
    if is_mysql && at > whole {
        return (at, false);
    }
    let end = word(bytes, at);
    (end, is_mysql && end > at && !is_coded(bytes.get(from..end).unwrap_or_default()))
}

/// Whether a token is a literal such as `0x1f` or `0b1`.
fn is_coded(token: &[u8]) -> bool {
    let is = |mark: u8, is_digit: fn(&u8) -> bool| {
        token.strip_prefix(&[b'0', mark]).is_some_and(|rest| !rest.is_empty() && rest.iter().all(is_digit))
    };
    is(b'x', u8::is_ascii_hexdigit) || is(b'b', |byte| matches!(byte, b'0' | b'1'))
}

pub(super) const fn begins_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

pub(super) const fn is_word_part(byte: u8) -> bool {
    begins_word(byte) || byte.is_ascii_digit() || byte == b'$'
}

/// Returns the position after the word that begins here.
pub(super) fn word(bytes: &[u8], from: usize) -> usize {
    while_true(bytes, from, is_word_part)
}

fn while_true(bytes: &[u8], from: usize, is_part: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from + rest.iter().position(|byte| !is_part(*byte)).unwrap_or(rest.len())
}
