//! Checks lines that are printed piece by piece: none exceeds its limit, and none controls a terminal.

use std::borrow::Cow;

use sqlservice_db::observe::harmless;

/// The state of a stream's current line.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// The line's bytes so far, including dropped ones.
    length: usize,
    /// The first bytes of a character whose other bytes have not arrived: three at most.
    begun: Vec<u8>,
}

impl Line {
    /// Returns the bytes of a piece that fit into lines of `most` bytes. Line ends always fit.
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

    /// Returns a piece as text for a terminal, with control characters escaped.
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
