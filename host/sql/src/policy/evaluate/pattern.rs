//! Matches a text with a `LIKE` pattern, without recursion.

use std::str::Chars;

/// The most steps before the result is unknown. The text is guest-controlled, and a pattern with many `%` backtracks over it again
/// and again.
const MOST_STEPS: usize = 1 << 24;

/// A part of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PatternPart {
    /// `%`: any text.
    Any,
    /// `_`: any character.
    One,
    /// This character.
    Is(char),
}

impl PatternPart {
    fn takes(self, character: char) -> bool {
        match self {
            Self::Is(wanted) => wanted == character,
            Self::Any | Self::One => true,
        }
    }
}

/// Whether a text matches. `None` where the pattern ends with its escape, or matching takes too many steps.
pub(super) fn matches(text: &str, pattern: &str, escape: Option<char>, ignore_case: bool) -> Option<bool> {
    if ignore_case {
        // Lower-cases each character alone: `str::to_lowercase` writes a final sigma at a word's end, where the pattern has another.
        let lower = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<String>();
        let (text, pattern) = (lower(text), lower(pattern));
        return is_match(&text, &parts(&pattern, escape)?);
    }
    is_match(text, &parts(pattern, escape)?)
}

fn parts(pattern: &str, escape: Option<char>) -> Option<Vec<PatternPart>> {
    let (mut parts, mut characters) = (Vec::new(), pattern.chars());
    while let Some(character) = characters.next() {
        parts.push(match character {
            _ if Some(character) == escape => PatternPart::Is(characters.next()?),
            '%' => PatternPart::Any,
            '_' => PatternPart::One,
            other => PatternPart::Is(other),
        });
    }
    Some(parts)
}

/// Matches as few characters as possible with each `%`. On a mismatch, the last `%` takes one character more.
fn is_match(text: &str, parts: &[PatternPart]) -> Option<bool> {
    let (mut rest, mut at) = (text.chars(), 0);
    let mut last: Option<(Chars<'_>, usize)> = None;
    for _ in 0..MOST_STEPS {
        let mut next = rest.clone();
        let matched = match (parts.get(at), next.next()) {
            (Some(PatternPart::Any), _) => {
                last = Some((rest.clone(), at + 1));
                at += 1;
                continue;
            }
            (Some(_), None) => return Some(false),
            (Some(part), Some(character)) => part.takes(character),
            (None, None) => return Some(true),
            (None, Some(_)) => false,
        };
        if matched {
            (rest, at) = (next, at + 1);
            continue;
        }
        let Some((from, after)) = &mut last else { return Some(false) };
        from.next();
        (rest, at) = (from.clone(), *after);
    }
    None
}
