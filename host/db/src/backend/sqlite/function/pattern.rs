//! `LIKE` and `GLOB`: matching without recursion, which backtracks to the last wildcard only and can be interrupted at any step.

use rusqlite::Result;

use super::{Call, FunctionResult, Meter, PATTERN_BYTES, character, failed, stopped, until_nul};

/// The steps of a match between two checks whether to go on.
const STEPS: usize = 4_096;

/// The wildcards and rules of a pattern language.
#[derive(Clone, Copy)]
pub(super) struct Rules {
    /// Matches any number of characters.
    many: Option<u32>,
    /// Matches any one character.
    one: Option<u32>,
    /// Whether `[` begins a set.
    has_sets: bool,
    ignores_case: bool,
    /// Makes the next character a literal.
    escape: Option<u32>,
}

impl Rules {
    pub(super) const LIKE: Self =
        Self { many: Some('%' as u32), one: Some('_' as u32), has_sets: false, ignores_case: true, escape: None };
    pub(super) const GLOB: Self =
        Self { many: Some('*' as u32), one: Some('?' as u32), has_sets: true, ignores_case: false, escape: None };

    /// These rules with an escape character, which is no longer a wildcard.
    fn escaped(self, escape: u32) -> Self {
        let keep = |wildcard: Option<u32>| wildcard.filter(|wildcard| *wildcard != escape);
        Self { many: keep(self.many), one: keep(self.one), escape: Some(escape), ..self }
    }

    fn are_same(self, one: u32, other: u32) -> bool {
        one == other || self.ignores_case && folded(one).is_some_and(|one| folded(other) == Some(one))
    }
}

/// A token of a pattern.
#[derive(Clone, Copy)]
enum Token<'p> {
    Many,
    One,
    Character(u32),
    /// The bytes between the brackets.
    Set(&'p [u8]),
    /// An escape without a character after it, or a set without a closing bracket.
    Broken,
}

impl Call<'_> {
    /// Whether the second argument matches the pattern in the first one; the third one is the escape character.
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

/// The error for a match that the hooks interrupt. Zero-sized, as each step of a match can return it.
struct Stopped;

type Going<T> = std::result::Result<T, Stopped>;

/// A running match.
struct Matching<'m> {
    rules: Rules,
    meter: &'m Meter,
    /// The steps since the last check whether to go on.
    steps: usize,
}

impl Matching<'_> {
    /// Whether a text matches a pattern. Every token but `Many` matches exactly one character. So backtracking to the last `Many` is
    /// enough, and a text that ends before its pattern cannot match.
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

    /// Skips to the first character of a text that can match the first token of a pattern; none where no character can.
    fn skip<'t>(&mut self, pattern: &[u8], text: &'t [u8]) -> Going<Option<&'t [u8]>> {
        let Some((Token::Character(wanted), _)) = self.token(pattern) else { return Ok(Some(text)) };
        // `memchr` finds only characters of one byte.
        let Some(byte) = u8::try_from(wanted).ok().filter(u8::is_ascii) else { return Ok(Some(text)) };
        let found = if self.rules.ignores_case {
            memchr::memchr2(byte.to_ascii_lowercase(), byte.to_ascii_uppercase(), text)
        } else {
            memchr::memchr(byte, text)
        };
        self.step(found.unwrap_or(text.len()) / 16)?;
        Ok(found.and_then(|at| text.get(at..)))
    }

    /// The first token of a pattern, and the rest of the pattern.
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

/// An ASCII character in lower case; none for others.
fn folded(character: u32) -> Option<u8> {
    u8::try_from(character).ok().filter(u8::is_ascii).map(|byte| byte.to_ascii_lowercase())
}

/// The offset of the bracket that closes a set. A closing bracket right after the opening one or after `^` is a member of the set.
fn set_end(rest: &[u8]) -> Option<usize> {
    let first = usize::from(rest.first() == Some(&b'^'));
    let first = first + usize::from(rest.get(first) == Some(&b']'));
    let mut at = first;
    // The upper end of a range is read together with the range, even if it is a bracket.
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

/// Whether a set contains a character.
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
    // The possible lower end of a range: the previous character, unless it ended a range itself.
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
