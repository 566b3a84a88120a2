//! Paragraphs of a Debian control file, read one at a time, with only the requested fields in memory. Crates for the
//! format read whole paragraphs of UTF-8 and report no line numbers.

use std::io::{self, BufRead};

/// The maximum bytes of a wanted field. The longest descriptions have some kilobytes.
const FIELD_BYTES: usize = 1 << 20;

/// A paragraph: the wanted fields that it has.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Paragraph {
    /// The line on which it starts, from 1.
    pub line: u64,
    fields: Vec<(&'static str, String)>,
}

impl Paragraph {
    /// A field's text, its lines joined by newlines, without white space at its ends.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| *field == name).map(|(_, value)| value.as_str())
    }
}

/// Reads paragraphs and keeps only the fields in `wanted`, under the names written there.
pub struct Paragraphs<R> {
    input: R,
    wanted: &'static [&'static str],
    line: u64,
}

/// The kind of a line.
enum Line {
    /// Only white space: the paragraph ends.
    Blank,
    /// A continuation of the field before.
    More(String),
    /// A wanted field.
    Field(&'static str, String),
    /// Another field.
    Unwanted,
}

impl<R: BufRead> Paragraphs<R> {
    /// Creates a reader of paragraphs.
    pub fn new(input: R, wanted: &'static [&'static str]) -> Self {
        Self { input, wanted, line: 0 }
    }

    /// Returns the next paragraph, or nothing at the end.
    ///
    /// # Errors
    /// A description of what is wrong, and on which line.
    pub fn next(&mut self) -> Result<Option<Paragraph>, String> {
        let mut paragraph = Paragraph::default();
        let mut started = false;
        // Whether continuation lines belong to a wanted field.
        let mut keeping = false;
        while let Some(line) = self.line(started, keeping)? {
            if !matches!(line, Line::Blank) && !started {
                started = true;
                paragraph.line = self.line;
            }
            match line {
                Line::Blank if started => break,
                Line::Blank => {}
                Line::Unwanted => keeping = false,
                Line::More(text) => {
                    if let Some((_, value)) = paragraph.fields.last_mut() {
                        value.push('\n');
                        value.push_str(&text);
                        self.check_length(value.len())?;
                    }
                }
                Line::Field(name, text) => {
                    if paragraph.get(name).is_some() {
                        return Err(self.complaint(&format!("the paragraph has {name} twice")));
                    }
                    paragraph.fields.push((name, text));
                    keeping = true;
                }
            }
        }
        for (_, value) in &mut paragraph.fields {
            value.truncate(value.trim_end().len());
        }
        Ok(started.then_some(paragraph))
    }

    /// Returns the next line, or nothing at the end of the input.
    fn line(&mut self, started: bool, keeping: bool) -> Result<Option<Line>, String> {
        let mut head = Vec::new();
        // As much as a field's name can have: the rest of an unwanted line is never held in memory.
        let ended = match self.read_until_newline(&mut head, 128)? {
            None => return Ok(None),
            Some(ended) => ended,
        };
        self.line += 1;
        let is_more = matches!(head.first(), Some(b' ' | b'\t'));
        if is_more && ended && head.iter().all(u8::is_ascii_whitespace) || head.trim_ascii().is_empty() && ended {
            return Ok(Some(Line::Blank));
        }
        if is_more {
            if !started {
                return Err(self.complaint("a line is continued, but no field was begun"));
            }
            if !keeping {
                self.skip_line(ended)?;
                return Ok(Some(Line::Unwanted));
            }
            self.rest_of_line(&mut head, ended)?;
            return Ok(Some(Line::More(text(&head[1..]).trim_end().to_owned())));
        }
        let colon = head.iter().position(|&byte| byte == b':');
        let colon = colon.ok_or_else(|| self.complaint("neither a field nor more of one: there is no colon"))?;
        let name = head[..colon].trim_ascii();
        if name.is_empty() {
            return Err(self.complaint("a field has no name"));
        }
        // Field names are case-insensitive.
        match self.wanted.iter().find(|wanted| wanted.as_bytes().eq_ignore_ascii_case(name)) {
            Some(&name) => {
                self.rest_of_line(&mut head, ended)?;
                Ok(Some(Line::Field(name, text(&head[colon + 1..]).trim().to_owned())))
            }
            None => {
                self.skip_line(ended)?;
                Ok(Some(Line::Unwanted))
            }
        }
    }

    /// Appends to `line` up to a newline or the limit. Returns whether the line has ended, or nothing at the input's end.
    fn read_until_newline(&mut self, line: &mut Vec<u8>, limit: usize) -> Result<Option<bool>, String> {
        let mut any = false;
        while line.len() < limit {
            let buffer = match self.input.fill_buf() {
                Ok(buffer) => buffer,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.complaint(&format!("reading fails: {error}"))),
            };
            if buffer.is_empty() {
                return Ok(any.then_some(true));
            }
            any = true;
            let take = buffer.len().min(limit - line.len());
            let newline = buffer[..take].iter().position(|&byte| byte == b'\n');
            line.extend_from_slice(&buffer[..newline.unwrap_or(take)]);
            self.input.consume(newline.map_or(take, |at| at + 1));
            if newline.is_some() {
                return Ok(Some(true));
            }
        }
        Ok(Some(false))
    }

    fn rest_of_line(&mut self, line: &mut Vec<u8>, ended: bool) -> Result<(), String> {
        if !ended && self.read_until_newline(line, FIELD_BYTES + 1)? == Some(false) {
            self.check_length(line.len())?;
        }
        Ok(())
    }

    fn skip_line(&mut self, mut ended: bool) -> Result<(), String> {
        let mut dropped = Vec::new();
        while !ended {
            dropped.clear();
            ended = self.read_until_newline(&mut dropped, 4096)?.unwrap_or(true);
        }
        Ok(())
    }

    fn check_length(&self, length: usize) -> Result<(), String> {
        if length <= FIELD_BYTES {
            return Ok(());
        }
        Err(self.complaint(&format!("a field has more than {FIELD_BYTES} bytes")))
    }

    fn complaint(&self, what: &str) -> String {
        format!("line {}: {what}", self.line)
    }
}

/// Bytes as text that every database can store: invalid UTF-8 and NUL become replacement characters.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\0', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: &[&str] = &["Package", "Version", "Description"];

    fn read(input: &[u8]) -> Result<Vec<Vec<(&'static str, String)>>, String> {
        // A buffer of five bytes: lines and names cross its boundaries.
        let mut paragraphs = Paragraphs::new(io::BufReader::with_capacity(5, input), WANTED);
        let mut all = Vec::new();
        while let Some(paragraph) = paragraphs.next()? {
            all.push(paragraph.fields);
        }
        Ok(all)
    }

    #[test]
    fn keeps_wanted_fields_of_every_paragraph() {
        let all = read(b"\n\nPackage: a\nConffiles:\n /etc/a 1\n /etc/b 2\nversion:1\n\n \nPackage:b\n").unwrap();
        assert_eq!(
            all,
            [vec![("Package", "a".to_owned()), ("Version", "1".to_owned())], vec![("Package", "b".to_owned())]]
        );
    }

    #[test]
    fn folds_and_takes_an_end_without_a_newline() {
        let all = read(b"Description: one\n two\n .\n\tthree  \nX: y\n z").unwrap();
        assert_eq!(all, [vec![("Description", "one\ntwo\n.\nthree".to_owned())]]);
        assert_eq!(read(b"Package: last").unwrap(), [vec![("Package", "last".to_owned())]]);
        assert_eq!(read(b"Description:\n only here").unwrap(), [vec![("Description", "\nonly here".to_owned())]]);
        assert_eq!(read(b"").unwrap(), Vec::<Vec<_>>::new());
        assert_eq!(read(b"\n\n").unwrap(), Vec::<Vec<_>>::new());
    }

    #[test]
    fn knows_the_line_of_a_paragraph_and_of_a_mistake() {
        let mut paragraphs = Paragraphs::new(&b"Package: a\n\n\nX: 1\nPackage: b\n"[..], WANTED);
        assert_eq!(paragraphs.next().unwrap().unwrap().line, 1);
        assert_eq!(paragraphs.next().unwrap().unwrap().line, 4);
        assert!(paragraphs.next().unwrap().is_none());
        assert!(read(b"Package: a\nno field\n").unwrap_err().starts_with("line 2: "));
        assert!(read(b" more\n").unwrap_err().starts_with("line 1: "));
        assert!(read(b"Package: a\n: b\n").unwrap_err().contains("no name"));
        assert!(read(b"Package: a\nPACKAGE: b\n").unwrap_err().contains("twice"));
    }

    #[test]
    fn passes_over_what_is_huge_and_unwanted_and_refuses_what_is_huge_and_wanted() {
        let huge = "x".repeat(3 * FIELD_BYTES);
        let all = read(format!("Package: a\nTags: {huge}\n {huge}\nVersion: 1\n").as_bytes()).unwrap();
        assert_eq!(all, [vec![("Package", "a".to_owned()), ("Version", "1".to_owned())]]);
        assert!(read(format!("Version: {huge}\n").as_bytes()).unwrap_err().contains("more than"));
        let long = "x".repeat(FIELD_BYTES / 2);
        assert!(read(format!("Description: {long}\n {long}\n").as_bytes()).unwrap_err().contains("line 2"));
        let fits = read(format!("Description: {long}\n").as_bytes()).unwrap();
        assert_eq!(fits[0][0].1.len(), long.len());
    }

    #[test]
    fn replaces_what_is_no_text() {
        assert_eq!(read(b"Package: \xe9\0\r\n").unwrap(), [vec![("Package", "\u{fffd}\u{fffd}".to_owned())]]);
    }
}
