//! Places in the file, and how they are shown: their line with a caret, and never a secret.

use std::{ops::Range, path::PathBuf, sync::Arc};

use crate::{
    exit::Exit,
    failure::{Excerpt, Failure},
    output, secret,
};

/// A range of bytes of the file.
pub(crate) type Span = Range<usize>;

/// A problem of the file, with its place and help. It holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) place: Span,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl Problem {
    pub(crate) fn new(place: Span, message: impl Into<String>) -> Self {
        Self { place, message: message.into(), help: None }
    }

    /// Adds the help.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The file: its text, and the parts that are never shown.
#[derive(Clone, Debug)]
pub(crate) struct SourceText {
    /// Its name, as the user gave it.
    pub(crate) name: String,
    /// Its directory, against which its paths are resolved; empty where that is the working directory.
    pub(crate) dir: PathBuf,
    pub(crate) text: Arc<str>,
    /// The places that may be secrets.
    pub(crate) hidden: Vec<Span>,
}

impl SourceText {
    /// Returns a place's line and column, counted from 1, in characters.
    pub(crate) fn position(&self, place: &Span) -> (usize, usize) {
        let start = self.within(place).start;
        let before = self.text.get(..start).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        (before.matches('\n').count() + 1, line.chars().count() + 1)
    }

    /// Makes the command's failure of a problem.
    pub(crate) fn failure(&self, problem: Problem) -> Failure {
        let (line, column) = self.position(&problem.place);
        let place = self.within(&problem.place);
        let excerpt = Excerpt { file: self.name.clone(), text: self.shown(), place, line, column };
        let failure = Failure::new(Exit::Usage, self.clean(problem.message)).excerpt(excerpt);
        problem.help.into_iter().fold(failure, |failure, help| failure.help(self.clean(help)))
    }

    /// Removes the file's passwords from a message, as it may repeat a misplaced value.
    fn clean(&self, words: String) -> String {
        let urls =
            self.hidden.iter().filter_map(|place| self.text.get(place.clone())).filter(|text| secret::is_in(text));
        urls.fold(words, |words, url| secret::scrub(&words, url.trim_matches(['"', '\''])))
    }

    /// Returns the part of a place that is on its first line. The end of the file counts to the last line.
    fn within(&self, place: &Span) -> Span {
        let last = self.text.strip_suffix('\n').unwrap_or(&self.text).len();
        let start = self.boundary(place.start.min(last));
        let line =
            self.text.get(start..).and_then(|rest| rest.find(['\n', '\r'])).map_or(self.text.len(), |n| start + n);
        start..self.boundary(place.end.clamp(start, line.max(start)))
    }

    /// Returns the next offset at which a character begins.
    fn boundary(&self, mut at: usize) -> usize {
        while at < self.text.len() && !self.text.is_char_boundary(at) {
            at += 1;
        }
        at
    }

    /// Returns the text as it may be shown; byte offsets stay the same.
    fn shown(&self) -> String {
        let mut bytes = self.text.as_bytes().to_vec();
        for place in &self.hidden {
            let secret = bytes.get_mut(place.clone()).into_iter().flatten();
            secret.filter(|byte| !byte.is_ascii_whitespace()).for_each(|byte| *byte = b'*');
        }
        let mut shown = String::with_capacity(bytes.len());
        for c in String::from_utf8_lossy(&bytes).chars() {
            match c {
                '\r' => shown.push(' '),
                c if output::steers(c) => shown.extend(std::iter::repeat_n('?', c.len_utf8())),
                c => shown.push(c),
            }
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> SourceText {
        SourceText { name: "f.toml".to_owned(), dir: PathBuf::new(), text: text.into(), hidden: Vec::new() }
    }

    #[test]
    fn a_place_is_on_a_line_that_there_is() {
        let source = source("a = 1\nä = ü\n");
        assert_eq!(source.position(&(0..1)), (1, 1));
        assert_eq!(source.position(&(11..13)), (2, 5));
        assert_eq!(source.position(&(900..901)), (2, 6));
        assert_eq!(source.within(&(4..9)), 4..5);
        assert_eq!(self::source("").position(&(3..4)), (1, 1));
    }

    #[test]
    fn what_is_hidden_is_not_shown() {
        let mut source = source("a = \"ge heim\"\r\nb = \"\u{202e}\"\n");
        source.hidden.push(5..12);
        assert_eq!(source.shown(), "a = \"** ****\" \nb = \"???\"\n");
    }
}
