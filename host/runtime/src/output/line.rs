//! Lines as they are printed, piece by piece: none is longer than it may be, and none steers a terminal.

use std::borrow::Cow;

use sqlservice_db::observe::harmless;

/// How far the line of a stream has come.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// Its bytes until now, those that were dropped included.
    length: usize,
    /// The beginning of a character whose other bytes have not come: three of them at most.
    begun: Vec<u8>,
}

impl Line {
    /// The bytes of a piece that fit lines of `most` bytes. The ends of lines always do.
    pub(super) fn fit<'b>(&mut self, piece: &'b [u8], most: Option<usize>) -> Cow<'b, [u8]> {
        let Some(most) = most else { return Cow::Borrowed(piece) };
        let mut fitting = Vec::with_capacity(piece.len());
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            let text = part.strip_suffix(b"\n").unwrap_or(part);
            let room = most.saturating_sub(self.length).min(text.len());
            fitting.extend_from_slice(text.get(..room).unwrap_or_default());
            self.length = self.length.saturating_add(text.len());
            if text.len() < part.len() {
                fitting.push(b'\n');
                self.length = 0;
            }
        }
        Cow::Owned(fitting)
    }

    /// A piece as a terminal may be shown it: text, without what would steer it.
    pub(super) fn escape(&mut self, piece: &[u8]) -> String {
        let mut bytes = std::mem::take(&mut self.begun);
        bytes.extend_from_slice(piece);
        let mut shown = String::with_capacity(bytes.len());
        let mut chunks = bytes.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            shown.push_str(&harmless(chunk.valid()));
            match std::str::from_utf8(chunk.invalid()) {
                Ok(_) => {}
                Err(error) if error.error_len().is_none() && chunks.peek().is_none() => {
                    self.begun = chunk.invalid().to_vec();
                }
                Err(_) => shown.push(char::REPLACEMENT_CHARACTER),
            }
        }
        shown
    }
}
