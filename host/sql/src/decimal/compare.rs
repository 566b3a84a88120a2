//! Compares decimals as texts without parsing them to numbers: indexes compare very often.

use std::cmp::Ordering;

/// The parts of a decimal's text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts<'t> {
    pub(super) negative: bool,
    pub(super) whole: &'t [u8],
    pub(super) fraction: &'t [u8],
    pub(super) exponent: i32,
}

impl<'t> Parts<'t> {
    /// Splits a text into an optional sign, digits with an optional point, and an optional exponent; `None` for any other text.
    pub(super) fn of(text: &'t str) -> Option<Self> {
        let bytes = text.as_bytes();
        let (negative, bytes) = match bytes.split_first() {
            Some((b'-', rest)) => (true, rest),
            Some((b'+', rest)) => (false, rest),
            _ => (false, bytes),
        };
        let (whole, rest) = digits(bytes);
        let (fraction, rest) = match rest.split_first() {
            Some((b'.', rest)) => digits(rest),
            _ => (&[][..], rest),
        };
        let exponent = match rest.split_first() {
            None => 0,
            Some((b'e' | b'E', digits)) => exponent(digits)?,
            Some(_) => return None,
        };
        (!whole.is_empty() || !fraction.is_empty()).then_some(Self { negative, whole, fraction, exponent })
    }

    fn digits(&self) -> impl Iterator<Item = u8> + Clone + use<'t> {
        self.whole.iter().chain(self.fraction).copied()
    }

    /// Returns the number of significant digits before the point, negative for zeros after it, and the minimum for 0.
    pub(super) fn whole_digits(&self) -> i64 {
        match self.digits().position(|digit| digit != b'0') {
            None => i64::MIN,
            Some(zeros) => self.whole.len() as i64 - zeros as i64 + i64::from(self.exponent),
        }
    }

    fn signum(&self) -> i8 {
        match (self.digits().all(|digit| digit == b'0'), self.negative) {
            (true, _) => 0,
            (_, true) => -1,
            (_, false) => 1,
        }
    }

    /// Compares two decimals without their signs.
    fn compare_magnitude(&self, other: &Self) -> Ordering {
        let significant = |parts: &Self| parts.digits().skip_while(|digit| *digit == b'0');
        self.whole_digits().cmp(&other.whole_digits()).then_with(|| {
            let (mut left, mut right) = (significant(self), significant(other));
            loop {
                match (left.next(), right.next()) {
                    (None, None) => return Ordering::Equal,
                    (left, right) => match left.unwrap_or(b'0').cmp(&right.unwrap_or(b'0')) {
                        Ordering::Equal => {}
                        order => return order,
                    },
                }
            }
        })
    }
}

/// Splits off the digits at the beginning.
fn digits(bytes: &[u8]) -> (&[u8], &[u8]) {
    let count = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    bytes.split_at_checked(count).unwrap_or((bytes, &[]))
}

/// Parses an optional sign and up to six digits.
fn exponent(bytes: &[u8]) -> Option<i32> {
    let (negative, bytes) = match bytes.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, bytes),
    };
    if bytes.is_empty() || bytes.len() > 6 || !bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = bytes.iter().fold(0, |value, digit| value * 10 + i32::from(digit - b'0'));
    Some(if negative { -value } else { value })
}

/// Compares two texts: decimals by value, whatever their zeros, then all others by bytes. The order is total and must never
/// change: indexes are kept in it.
#[must_use]
pub fn compare(left: &str, right: &str) -> Ordering {
    match (Parts::of(left), Parts::of(right)) {
        (Some(one), Some(other)) => match (one.signum(), other.signum()) {
            (1, 1) => one.compare_magnitude(&other),
            (-1, -1) => other.compare_magnitude(&one),
            (one, other) => one.cmp(&other),
        },
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => left.as_bytes().cmp(right.as_bytes()),
    }
}

/// Whether the text is a decimal of the contract: an optional sign, digits and an optional point, without an exponent.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    Parts::of(text).is_some() && !text.contains(['e', 'E'])
}

/// Returns the canonical text of equal decimals: without zeros at either end, and without a sign if it is 0. A text that is
/// no plain decimal is returned unchanged.
#[must_use]
pub fn shortest(text: &str) -> String {
    let Some(parts) = Parts::of(text).filter(|_| is_plain(text)) else { return text.to_owned() };
    let ascii = |bytes: &[u8]| bytes.iter().map(|byte| char::from(*byte)).collect::<String>();
    let (whole, fraction) = (ascii(parts.whole), ascii(parts.fraction));
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let sign = if parts.signum() < 0 { "-" } else { "" };
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{fraction}")
}
