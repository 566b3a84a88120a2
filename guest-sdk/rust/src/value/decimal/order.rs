//! Equality, order and hash of decimals, by their values without leading and trailing zeros.

use std::{
    cmp::Ordering,
    hash::{Hash, Hasher},
};

use super::Decimal;

/// The parts of a decimal that determine its value.
struct Parts<'t> {
    negative: bool,
    /// Without zeros at the beginning.
    whole: &'t str,
    /// Without zeros at the end.
    fraction: &'t str,
}

impl Decimal {
    fn parts(&self) -> Parts<'_> {
        let digits = self.0.strip_prefix(['-', '+']).unwrap_or(&self.0);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        let is_zero = whole.is_empty() && fraction.is_empty();
        Parts { negative: self.0.starts_with('-') && !is_zero, whole, fraction }
    }

    /// A text that is the same for all decimals of one value.
    pub(crate) fn shortest(&self) -> String {
        let Parts { negative, whole, fraction } = self.parts();
        let sign = if negative { "-" } else { "" };
        format!("{sign}{whole}.{fraction}")
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let (left, right) = (self.parts(), other.parts());
        // Whole parts of equal length, and fractions of any length, compare like their texts.
        let magnitude = |one: &Parts<'_>, other: &Parts<'_>| {
            let whole = one.whole.len().cmp(&other.whole.len()).then_with(|| one.whole.cmp(other.whole));
            whole.then_with(|| one.fraction.cmp(other.fraction))
        };
        match (left.negative, right.negative) {
            (false, false) => magnitude(&left, &right),
            (true, true) => magnitude(&right, &left),
            (negative, _) => {
                if negative {
                    Ordering::Less
                } else {
                    Ordering::Greater
                }
            }
        }
    }
}

impl Hash for Decimal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Parts { negative, whole, fraction } = self.parts();
        (negative, whole, fraction).hash(state);
    }
}
