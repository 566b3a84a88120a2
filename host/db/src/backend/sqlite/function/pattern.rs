//! `LIKE` and `GLOB`: matching without recursion, which goes back to the last wildcard only, and can be ended at any step.

use rusqlite::Result;

use super::{Call, FunctionResult, Meter, PATTERN_BYTES, character, failed, stopped, until_nul};

/// After how many steps of a match it is asked whether to go on.
const STEPS: usize = 4_096;

/// What the characters of a pattern mean.
#[derive(Clone, Copy)]
pub(super) struct Rules {
    /// Stands for any characters.
    many: Option<u32>,
    /// Stands for any one.
    one: Option<u32>,
    /// Whether `[` begins a set.
    has_sets: bool,
    ignores_case: bool,
    /// Makes the next character stand for itself.
    escape: Option<u32>,
}

impl Rules {
    pub(super) const LIKE: Self =
        Self { many: Some('%' as u32), one: Some('_' as u32), has_sets: false, ignores_case: true, escape: None };
    pub(super) const GLOB: Self =
        Self { many: Some('*' as u32), one: Some('?' as u32), has_sets: true, ignores_case: false, escape: None };

    /// With an escape, which is no wildcard even if it was one.
    fn escaped(self, escape: u32) -> Self {
        let keep = |wildcard: Option<u32>| wildcard.filter(|wildcard| *wildcard != escape);
        Self { many: keep(self.many), one: keep(self.one), escape: Some(escape), ..self }
    }

    fn are_same(self, one: u32, other: u32) -> bool {
        one == other || self.ignores_case && folded(one).is_some_and(|one| folded(other) == Some(one))
    }
}

/// What stands in a pattern.
#[derive(Clone, Copy)]
enum Token<'p> {
    Many,
    One,
    Character(u32),
    /// What stands between the brackets.
    Set(&'p [u8]),
    /// An escape without a character, or a set without an end.
    Broken,
}

impl Call<'_> {
    /// Whether the second argument matches the first one, with the third one as escape.
    pub(super) fn pattern(&self, mut rules: Rules) -> Result<FunctionResult> {
        let pattern = self.text(0)?;
        let length = pattern.as_ref().map_or(0, |pattern| pattern.len());
        if i32::try_from(length).map_or(true, |length| length > PATTERN_BYTES) {
            return Err(failed("LIKE or GLOB pattern too complex"));
        }
        if self.context.len() == 3 {
            let Some(escape) = self.text(2)? else { return Ok(FunctionResult::Null) };
            let escape = until_nul(&escape);
            match character(escape) {
                Some((escape_is, length)) if length == escape.len() => rules = rules.escaped(escape_is),
                _ => return Err(failed("ESCAPE expression must be a single character")),
            }
        }
        let (Some(pattern), Some(text)) = (pattern, self.text(1)?) else { return Ok(FunctionResult::Null) };
        let mut matching = Matching { rules, meter: self.meter, steps: 0 };
        let is_match = matching.run(until_nul(&pattern), until_nul(&text)).map_err(|Stopped| stopped())?;
        Ok(FunctionResult::Integer(is_match.into()))
    }
}

/// The hooks said not to go on. Small, as each step of a match can return it.
struct Stopped;

type Going<T> = std::result::Result<T, Stopped>;

/// A match on its way.
struct Matching<'m> {
    rules: Rules,
    meter: &'m Meter,
    /// Steps since it was asked whether to go on.
    steps: usize,
}

impl Matching<'_> {
    /// Whether a text matches a pattern. Every token but `Many` takes exactly one character, so it is enough to let the last
    /// `Many` take more, and where the text ends before the pattern nothing can help.
    fn run(&mut self, pattern: &[u8], text: &[u8]) -> Going<bool> {
        let (mut pattern_rest, mut text_rest) = (pattern, text);
        let mut last: Option<(&[u8], &[u8])> = None;
        loop {
            self.step(1)?;
            let matched = match self.token(pattern_rest) {
                None if text_rest.is_empty() => return self.end(true),
                None => None,
                Some((Token::Many, [])) => return self.end(true),
                Some((Token::Many, after)) => {
                    pattern_rest = after;
                    let Some(at) = self.skip(after, text_rest)? else { return self.end(false) };
                    text_rest = at;
                    last = Some((after, at));
                    continue;
                }
                Some((Token::Broken, _)) => return self.end(false),
                Some((token, after)) => {
                    let Some((read, length)) = character(text_rest) else { return self.end(false) };
                    let rest = text_rest.get(length..).unwrap_or_default();
                    self.takes(token, read)?.then_some((after, rest))
                }
            };
            if let Some(rests) = matched {
                (pattern_rest, text_rest) = rests;
                continue;
            }
            let Some((after, at)) = last else { return self.end(false) };
            let next = character(at).and_then(|(_, length)| at.get(length..)).unwrap_or_default();
            let Some(at) = self.skip(after, next)? else { return self.end(false) };
            (pattern_rest, text_rest) = (after, at);
            last = Some((after, at));
        }
    }

    /// The first place in a text where the first token of a pattern can match; nothing where there is none.
    fn skip<'t>(&mut self, pattern: &[u8], text: &'t [u8]) -> Going<Option<&'t [u8]>> {
        let Some((Token::Character(wanted), _)) = self.token(pattern) else { return Ok(Some(text)) };
        // Only a character of one byte is looked for by its byte.
        let Some(byte) = u8::try_from(wanted).ok().filter(u8::is_ascii) else { return Ok(Some(text)) };
        let found = if self.rules.ignores_case {
            memchr::memchr2(byte.to_ascii_lowercase(), byte.to_ascii_uppercase(), text)
        } else {
            memchr::memchr(byte, text)
        };
        self.step(found.unwrap_or(text.len()) / 16)?;
        Ok(found.and_then(|at| text.get(at..)))
    }

    /// The first token of a pattern, and the rest of it.
    #[inline]
    fn token<'p>(&self, pattern: &'p [u8]) -> Option<(Token<'p>, &'p [u8])> {
        let (read, length) = character(pattern)?;
        let rest = pattern.get(length..).unwrap_or_default();
        let is = |mark: Option<u32>| mark == Some(read);
        Some(if is(self.rules.many) {
            (Token::Many, rest)
        } else if is(self.rules.escape) {
            match character(rest) {
                Some((escaped, length)) => (Token::Character(escaped), rest.get(length..).unwrap_or_default()),
                None => (Token::Broken, rest),
            }
        } else if self.rules.has_sets && read == u32::from(b'[') {
            match set_end(rest) {
                Some(end) => (
                    Token::Set(rest.get(..end).unwrap_or_default()),
                    rest.get(end.saturating_add(1)..).unwrap_or_default(),
                ),
                None => (Token::Broken, rest),
            }
        } else if is(self.rules.one) {
            (Token::One, rest)
        } else {
            (Token::Character(read), rest)
        })
    }

    #[inline]
    fn takes(&mut self, token: Token<'_>, read: u32) -> Going<bool> {
        Ok(match token {
            Token::One => true,
            Token::Character(wanted) => self.rules.are_same(wanted, read),
            Token::Set(set) => {
                self.step(set.len())?;
                has(set, read)
            }
            Token::Many | Token::Broken => false,
        })
    }

    #[inline]
    fn step(&mut self, steps: usize) -> Going<()> {
        self.steps = self.steps.saturating_add(steps);
        if self.steps < STEPS { Ok(()) } else { self.charge() }
    }

    fn end(&mut self, is_match: bool) -> Going<bool> {
        self.charge()?;
        Ok(is_match)
    }

    fn charge(&mut self) -> Going<()> {
        if self.meter.hooks.charge(std::mem::take(&mut self.steps)) { Ok(()) } else { Err(Stopped) }
    }
}

/// An ASCII character in lower case.
fn folded(character: u32) -> Option<u8> {
    u8::try_from(character).ok().filter(u8::is_ascii).map(|byte| byte.to_ascii_lowercase())
}

/// Where the set ends that begins here: a bracket that stands first, before or after `^`, is one of its characters.
fn set_end(rest: &[u8]) -> Option<usize> {
    let first = usize::from(rest.first() == Some(&b'^'));
    let first = first + usize::from(rest.get(first) == Some(&b']'));
    let mut at = first;
    // What a range ends with is read with it, though it were a bracket.
    let mut before = None;
    loop {
        let (read, length) = character(rest.get(at..)?)?;
        if read == u32::from(b']') {
            return Some(at);
        }
        let next = at.checked_add(length)?;
        let begins_range = read == u32::from(b'-') && before.is_some() && !matches!(rest.get(next)?, b']');
        if begins_range {
            let (_, length) = character(rest.get(next..)?)?;
            at = next.checked_add(length)?;
            before = None;
        } else {
            at = next;
            before = Some(read);
        }
    }
}

/// Whether a set has a character.
fn has(set: &[u8], wanted: u32) -> bool {
    let (inverted, mut rest) = match set.split_first() {
        Some((b'^', rest)) => (true, rest),
        _ => (false, set),
    };
    let mut seen = false;
    if let Some((b']', after)) = rest.split_first() {
        seen = wanted == u32::from(b']');
        rest = after;
    }
    // What can begin a range: the character before, unless it ended one itself.
    let mut before = None;
    while let Some((read, length)) = character(rest) {
        rest = rest.get(length..).unwrap_or_default();
        match (read, before, character(rest)) {
            (DASH, Some(from), Some((to, length))) => {
                seen |= (from..=to).contains(&wanted);
                rest = rest.get(length..).unwrap_or_default();
                before = None;
            }
            _ => {
                seen |= read == wanted;
                before = Some(read);
            }
        }
    }
    seen != inverted
}

const DASH: u32 = '-' as u32;
