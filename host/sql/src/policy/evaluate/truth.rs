//! SQL's logic, with a fourth answer.

use super::KnownValue;
use crate::value::ScalarRef;

/// What is known of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Truth {
    True,
    False,
    /// SQL's null: a part of it is null.
    Null,
    /// The host cannot tell: any of the others.
    Unknown,
}

impl From<bool> for Truth {
    fn from(truth: bool) -> Self {
        if truth { Self::True } else { Self::False }
    }
}

impl Truth {
    /// Whether a value is true. What is no truth value is not known to be one.
    pub(super) fn of(value: Option<&KnownValue<'_>>) -> Self {
        match value.and_then(KnownValue::scalar) {
            Some(ScalarRef::Boolean(truth)) => truth.into(),
            Some(ScalarRef::Null) => Self::Null,
            _ => Self::Unknown,
        }
    }

    /// As a value; nothing where the host cannot tell.
    pub(super) fn value<'v>(self) -> Option<KnownValue<'v>> {
        match self {
            Self::True => Some(KnownValue::of(ScalarRef::Boolean(true))),
            Self::False => Some(KnownValue::of(ScalarRef::Boolean(false))),
            Self::Null => Some(KnownValue::NULL),
            Self::Unknown => None,
        }
    }

    pub(super) fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            other => other,
        }
    }

    /// One that is false is enough; one that is not known hides a null.
    pub(super) fn all(conditions: impl Iterator<Item = Self>) -> Self {
        let mut all = Self::True;
        for condition in conditions {
            all = match (all, condition) {
                (_, Self::False) => return Self::False,
                (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
                (Self::Null, _) | (_, Self::Null) => Self::Null,
                _ => Self::True,
            };
        }
        all
    }

    /// One that is true is enough; one that is not known hides a null.
    pub(super) fn any(conditions: impl Iterator<Item = Self>) -> Self {
        Self::all(conditions.map(Self::not)).not()
    }
}
