//! SQL's three-valued logic, with a fourth value for results that the host does not know.

use super::KnownValue;
use crate::value::ScalarRef;

/// The result of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Truth {
    True,
    False,
    /// SQL's null, which an operand causes.
    Null,
    /// Unknown to the host: it may be any of the others.
    Unknown,
}

impl From<bool> for Truth {
    fn from(truth: bool) -> Self {
        if truth { Self::True } else { Self::False }
    }
}

impl Truth {
    /// The truth of a value. A value of another type than boolean is unknown.
    pub(super) fn of(value: Option<&KnownValue<'_>>) -> Self {
        match value.and_then(KnownValue::scalar) {
            Some(ScalarRef::Boolean(truth)) => truth.into(),
            Some(ScalarRef::Null) => Self::Null,
            _ => Self::Unknown,
        }
    }

    /// Returns the truth as a value; `None` where it is unknown.
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

    /// The conjunction. One false condition makes it false; an unknown one takes precedence over a null.
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

    /// The disjunction. One true condition makes it true; an unknown one takes precedence over a null.
    pub(super) fn any(conditions: impl Iterator<Item = Self>) -> Self {
        Self::all(conditions.map(Self::not)).not()
    }
}
