//! Exact decimals, kept as the text that the contract carries.

mod arithmetic;
mod number;
mod order;
#[cfg(test)]
mod tests;

use std::{fmt, str::FromStr};

use crate::Error;

/// An exact decimal of any number of digits, which it keeps as they were written: an optional sign, digits, an optional point and
/// digits.
///
/// Equality, order and hash depend on its value: `1.5` equals `1.50`. `+`, `-`, `*` and `%` are exact. `/` rounds, halves away
/// from 0, to at least 16 significant digits, as PostgreSQL and SQLite do; like `%` it panics where the divisor is 0, and
/// [`checked_div`](Self::checked_div) does not. The right operand may be an `i64`.
///
/// ```
/// # use sqlservice_sdk::prelude::*;
/// # fn main() -> Result<(), Error> {
/// let price: Decimal = "19.90".parse()?;
/// let total = price * 3 + "0.3".parse::<Decimal>()?;
/// assert_eq!(total.to_string(), "60.00");
/// assert_eq!(total, Decimal::from(60));
/// assert_eq!((total / 7).round(2).to_string(), "8.57");
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Decimal(String);

impl Decimal {
    /// The text with all digits, trailing zeros included.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A decimal that the database wrote.
    pub(crate) const fn unchecked(text: String) -> Self {
        Self(text)
    }
}

impl Default for Decimal {
    fn default() -> Self {
        Self("0".to_owned())
    }
}

/// The error for a text that is no decimal. `?` converts it to an [`Error`], or to a `String`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotDecimal;

impl fmt::Display for NotDecimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a decimal is an optional sign, digits, an optional point and digits")
    }
}

impl std::error::Error for NotDecimal {}

impl From<NotDecimal> for Error {
    fn from(error: NotDecimal) -> Self {
        Self::invalid(error.to_string())
    }
}

impl From<NotDecimal> for String {
    fn from(error: NotDecimal) -> Self {
        error.to_string()
    }
}

impl FromStr for Decimal {
    type Err = NotDecimal;

    fn from_str(text: &str) -> Result<Self, NotDecimal> {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let only_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if only_digits(whole) && only_digits(fraction) { Ok(Self(text.to_owned())) } else { Err(NotDecimal) }
    }
}

macro_rules! from_integers {
    ($($integer:ty)*) => {$(
        impl From<$integer> for Decimal {
            fn from(value: $integer) -> Self {
                Self(value.to_string())
            }
        }
    )*};
}

from_integers!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
