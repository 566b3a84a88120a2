//! Untrusted text in a log or on a terminal: escaped so that it controls neither, and cut to a bearable length.

use std::fmt::{self, Display, Write};

/// The most characters of a text in a line of the log.
const LINE: usize = 1_000;

/// A text on one line: control characters, including line ends, and characters that change the direction of text are escaped, and the
/// text is cut after `most` characters.
#[derive(Clone, Copy, Debug)]
pub struct Escaped<T> {
    text: T,
    most: usize,
}

impl<T: Display> Escaped<T> {
    /// Creates a text for a line of the log.
    pub const fn new(text: T) -> Self {
        Self { text, most: LINE }
    }
}

impl<T: Display> Display for Escaped<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = Line { to: f, left: self.most };
        write!(line, "{}", self.text)
    }
}

/// Writes a line until it is full, and drops the rest.
struct Line<'a, 'f> {
    to: &'a mut fmt::Formatter<'f>,
    left: usize,
}

impl Write for Line<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            let Some(left) = self.left.checked_sub(1) else { return Ok(()) };
            self.left = left;
            match c {
                _ if left == 0 => self.to.write_char('…')?,
                '\n' => self.to.write_str("\\n")?,
                _ if steers(c) || c == '\t' => write!(self.to, "{}", c.escape_unicode())?,
                _ => self.to.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// Returns a text that is safe on a terminal: control characters and those that change the direction of text are escaped, but not line
/// ends and tabs.
#[must_use]
pub fn harmless(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        if steers(c) { clean.extend(c.escape_unicode()) } else { clean.push(c) }
    }
    clean
}

/// Whether a character controls a terminal, or changes the direction of the text after it. Tabs and line ends do not.
#[must_use]
pub fn steers(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{2028}' | '\u{2029}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t73_a_text_is_one_line_that_steers_nothing() {
        let said = Escaped::new("a\n2026 ERROR forged\r\u{1b}[2J\u{9b}31m\u{202e}gpj\u{2028}x\tö😀").to_string();
        assert_eq!(said, r"a\n2026 ERROR forged\u{d}\u{1b}[2J\u{9b}31m\u{202e}gpj\u{2028}x\u{9}ö😀");
    }

    #[test]
    fn t73_a_long_text_is_cut() {
        let long = "é".repeat(10_000_000);
        let said = Escaped::new(&long).to_string();
        assert_eq!((said.chars().count(), said.ends_with("é…")), (LINE, true));
        let exact = "x".repeat(LINE - 1);
        assert_eq!(Escaped::new(&exact).to_string(), exact);
    }
}
