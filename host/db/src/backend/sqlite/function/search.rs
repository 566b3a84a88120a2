//! `instr`, `replace`, `trim` and `unhex`: searches for a substring, and for characters of a list.

use std::borrow::Cow;

use memchr::memmem;
use rusqlite::{Result, types::ValueRef};

use super::{Call, FunctionResult, MOST_BYTES, Meter, character, is_continuation, too_long, until_nul};

/// The ends of a text that are trimmed.
#[derive(Clone, Copy)]
pub(super) struct TrimSides {
    pub left: bool,
    pub right: bool,
}

impl Call<'_> {
    /// `instr`: the position of the first match of a substring, in characters, or in bytes where both arguments are blobs.
    pub(super) fn instr(&self) -> Result<FunctionResult> {
        let both = (self.context.get_raw(0), self.context.get_raw(1));
        let (Some(text), Some(part)) = (self.text(0)?, self.text(1)?) else { return Ok(FunctionResult::Null) };
        self.meter.charge(text.len().saturating_add(part.len()))?;
        let are_bytes = matches!(both, (ValueRef::Blob(_), ValueRef::Blob(_)));
        // A match never begins inside of a character.
        let begins_inside = !are_bytes && part.first().is_some_and(|first| is_continuation(*first));
        let found = if begins_inside { text.starts_with(&part).then_some(0) } else { memmem::find(&text, &part) };
        let Some(at) = found else { return Ok(FunctionResult::Integer(0)) };
        let before = text.get(..at).unwrap_or_default();
        let passed = match before.split_first() {
            None => 0,
            Some(_) if are_bytes => before.len(),
            // The first byte counts as a character, even a continuation byte.
            Some((_, rest)) => 1 + rest.iter().filter(|byte| !is_continuation(**byte)).count(),
        };
        Ok(FunctionResult::Integer(i64::try_from(passed).unwrap_or(i64::MAX).saturating_add(1)))
    }

    /// `replace`: a text with each match of a substring replaced.
    pub(super) fn replace(&self) -> Result<FunctionResult> {
        let (Some(text), Some(part)) = (self.text(0)?, self.text(1)?) else { return Ok(FunctionResult::Null) };
        if matches!(part.first(), None | Some(0)) {
            return Ok(self.unchanged(text));
        }
        let Some(by) = self.text(2)? else { return Ok(FunctionResult::Null) };
        self.meter.charge(text.len().saturating_add(part.len()))?;
        let finder = memmem::Finder::new(&*part);
        let mut replaced = Vec::with_capacity(text.len());
        let mut done = 0;
        for at in finder.find_iter(&text) {
            let kept = text.get(done..at).unwrap_or_default();
            // A result that is too long is refused before it is allocated.
            check_length(replaced.len().saturating_add(kept.len()).saturating_add(by.len()))?;
            self.meter.charge(kept.len().saturating_add(by.len()).saturating_add(16))?;
            replaced.extend_from_slice(kept);
            replaced.extend_from_slice(&by);
            done = at.saturating_add(part.len());
        }
        if done == 0 {
            return Ok(self.unchanged(text));
        }
        let rest = text.get(done..).unwrap_or_default();
        check_length(replaced.len().saturating_add(rest.len()))?;
        replaced.extend_from_slice(rest);
        Ok(FunctionResult::Text(replaced))
    }

    /// Returns the first argument as a text.
    fn unchanged(&self, text: Cow<'_, [u8]>) -> FunctionResult {
        match self.context.get_raw(0) {
            ValueRef::Text(_) => FunctionResult::Argument(0),
            _ => FunctionResult::Text(text.into_owned()),
        }
    }

    /// `trim`: a text without the listed characters at its ends.
    pub(super) fn trim(&self, ends: TrimSides) -> Result<FunctionResult> {
        let (Some(text), Some(list)) = (self.text(0)?, self.text(1)?) else { return Ok(FunctionResult::Null) };
        let list = until_nul(&list);
        self.meter.charge(text.len().saturating_add(list.len()))?;
        let rest = if list.is_ascii() { trimmed(&text, list, ends) } else { self.trimmed(&text, list, ends)? };
        if rest.len() == text.len() {
            return Ok(self.unchanged(Cow::Borrowed(rest)));
        }
        Ok(FunctionResult::Text(rest.to_vec()))
    }

    /// Trims listed characters of any length in bytes.
    fn trimmed<'t>(&self, text: &'t [u8], list: &[u8], ends: TrimSides) -> Result<&'t [u8]> {
        let characters: Vec<&[u8]> = Characters(list).collect();
        let mut rest = text;
        while ends.left
            && let Some(cut) = first_of(&characters, self.meter, |character| rest.strip_prefix(character))?
        {
            rest = cut;
        }
        while ends.right
            && let Some(cut) = first_of(&characters, self.meter, |character| rest.strip_suffix(character))?
        {
            rest = cut;
        }
        Ok(rest)
    }

    /// `unhex`: decodes pairs of hexadecimal digits; null where a character between the pairs is not in the list, or a digit is alone.
    pub(super) fn unhex(&self) -> Result<FunctionResult> {
        let (Some(text), Some(list)) = (self.text(0)?, self.text(1)?) else { return Ok(FunctionResult::Null) };
        let text = until_nul(&text);
        self.meter.charge(text.len().saturating_add(list.len().saturating_mul(8)))?;
        let mut passed: Vec<u32> = Characters(&list).filter_map(character).map(|(read, _)| read).collect();
        passed.sort_unstable();
        let mut bytes = Vec::with_capacity(text.len() / 2);
        let mut rest = text;
        while let Some((first, after)) = rest.split_first() {
            let Some(high) = digit(*first) else {
                let Some((read, length)) = character(rest) else { break };
                if passed.binary_search(&read).is_err() {
                    return Ok(FunctionResult::Null);
                }
                self.meter.charge(16)?;
                rest = rest.get(length..).unwrap_or_default();
                continue;
            };
            let Some((low, after)) = after.split_first().and_then(|(low, after)| Some((digit(*low)?, after))) else {
                return Ok(FunctionResult::Null);
            };
            bytes.push(high << 4 | low);
            rest = after;
        }
        Ok(FunctionResult::Blob(bytes))
    }
}

/// Trims listed characters that are single bytes.
fn trimmed<'t>(text: &'t [u8], list: &[u8], ends: TrimSides) -> &'t [u8] {
    let mut is_listed = [false; 256];
    for byte in list {
        if let Some(is_listed) = is_listed.get_mut(usize::from(*byte)) {
            *is_listed = true;
        }
    }
    let stays = |byte: &u8| !is_listed.get(usize::from(*byte)).is_some_and(|is_listed| *is_listed);
    let first = if ends.left { text.iter().position(stays).unwrap_or(text.len()) } else { 0 };
    let rest = text.get(first..).unwrap_or_default();
    let last = if ends.right { rest.iter().rposition(stays).map_or(0, |last| last + 1) } else { rest.len() };
    rest.get(..last).unwrap_or_default()
}

/// Returns what `cut` leaves for the first listed character that it can cut off; none where it can cut none.
fn first_of<'t>(
    characters: &[&[u8]],
    meter: &Meter,
    cut: impl Fn(&[u8]) -> Option<&'t [u8]>,
) -> Result<Option<&'t [u8]>> {
    let mut looked = 0;
    let found = characters.iter().find_map(|character| {
        looked += 1;
        cut(character)
    });
    meter.charge(looked)?;
    Ok(found)
}

/// Iterates over the characters of a text as byte slices.
struct Characters<'t>(&'t [u8]);

impl<'t> Iterator for Characters<'t> {
    type Item = &'t [u8];

    fn next(&mut self) -> Option<&'t [u8]> {
        let (_, length) = character(self.0)?;
        let (one, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(one)
    }
}

fn check_length(length: usize) -> Result<()> {
    if i32::try_from(length).is_ok_and(|length| length <= MOST_BYTES) { Ok(()) } else { Err(too_long()) }
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
