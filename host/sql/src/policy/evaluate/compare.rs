//! The order of two values. Numbers of all kinds are compared by their exact values, and texts byte by byte.

use std::{borrow::Cow, cmp::Ordering};

use crate::{decimal, value::ScalarRef};

/// The most digits after the point of a float. Formatted with this many, its text is exact.
const FLOAT_DIGITS: usize = 1_074;

/// The order of two values that are not null; `None` for kinds that cannot be compared, and for NaN.
pub(super) fn order(left: ScalarRef<'_>, right: ScalarRef<'_>) -> Option<Ordering> {
    match (left, right) {
        (ScalarRef::Boolean(left), ScalarRef::Boolean(right)) => Some(left.cmp(&right)),
        (ScalarRef::Text(left), ScalarRef::Text(right)) => Some(left.as_bytes().cmp(right.as_bytes())),
        (ScalarRef::Bytes(left), ScalarRef::Bytes(right)) => Some(left.cmp(right)),
        (ScalarRef::Uuid(high, low), ScalarRef::Uuid(other_high, other_low)) => {
            Some((high, low).cmp(&(other_high, other_low)))
        }
        (ScalarRef::Date(left), ScalarRef::Date(right)) => Some(left.cmp(&right)),
        (ScalarRef::Time(left), ScalarRef::Time(right))
        | (ScalarRef::Timestamp(left), ScalarRef::Timestamp(right))
        | (ScalarRef::TimestampTz(left), ScalarRef::TimestampTz(right)) => Some(left.cmp(&right)),
        (ScalarRef::Float(left), ScalarRef::Float(right)) => left.partial_cmp(&right),
        (ScalarRef::Float(left), right) if left.is_infinite() => number(right).map(|_| 0.0.partial_cmp(&-left))?,
        (left, ScalarRef::Float(right)) if right.is_infinite() => number(left).map(|_| 0.0.partial_cmp(&right))?,
        _ => match (integer(left), integer(right)) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            _ => Some(decimal::compare(&number(left)?, &number(right)?)),
        },
    }
}

/// An integer of either kind.
pub(super) fn integer(value: ScalarRef<'_>) -> Option<i128> {
    match value {
        ScalarRef::Integer(value) => Some(value.into()),
        ScalarRef::Unsigned(value) => Some(value.into()),
        _ => None,
    }
}

/// A finite number as a decimal of exactly the same value.
fn number(value: ScalarRef<'_>) -> Option<Cow<'_, str>> {
    match value {
        ScalarRef::Decimal(text) => decimal::is_plain(text).then_some(Cow::Borrowed(text)),
        ScalarRef::Float(value) => value.is_finite().then(|| Cow::Owned(format!("{value:.FLOAT_DIGITS$}"))),
        value => integer(value).map(|value| Cow::Owned(value.to_string())),
    }
}
