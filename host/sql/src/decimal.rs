//! Exact decimals: what a database computes with that has no type for them, as PostgreSQL's `numeric` would.
//!
//! Sums, differences and remainders have as many digits after the point as the operand with more, products as many as both
//! together, quotients at least 16 that count. What has no room is an error; nothing is cut but where SQL rounds, which is
//! halves away from 0. Texts, exponents and scales are guest-controlled: a limit of digits is met before anything grows.

mod compare;
#[cfg(test)]
mod tests;

use std::fmt;

use num_bigint::{BigInt, Sign};

pub use self::compare::{compare, is_plain, shortest};

/// The most digits before the point, and the most after it.
pub const MOST_DIGITS: u32 = 1_000;
/// Bits of 1,000 decimal digits are fewer than these thousandths of them.
const BITS_IN_THOUSAND: u64 = 3_321;

/// An exact decimal: an integer and how many of its digits stand after the point.
#[derive(Clone, Debug, Default)]
pub struct Decimal {
    digits: BigInt,
    scale: u32,
}

/// Why there is no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// A text, a float or bytes that are no decimal.
    #[error("a value is no decimal number")]
    NotDecimal,
    /// More digits than there is room for.
    #[error("a decimal number is out of range")]
    OutOfRange,
    /// A quotient or remainder by 0.
    #[error("division by zero")]
    DivisionByZero,
}

impl DecimalError {
    /// Its SQLSTATE.
    #[must_use]
    pub const fn sqlstate(self) -> &'static str {
        match self {
            Self::NotDecimal => "22P02",
            Self::OutOfRange => "22003",
            Self::DivisionByZero => "22012",
        }
    }
}

type Result<T> = std::result::Result<T, DecimalError>;

impl From<i64> for Decimal {
    fn from(value: i64) -> Self {
        Self { digits: value.into(), scale: 0 }
    }
}

impl Decimal {
    /// Reads an optional sign, digits with an optional point, and an optional exponent, with blanks around.
    ///
    /// # Errors
    ///
    /// What is no decimal, or has more than [`MOST_DIGITS`] digits before or after the point.
    pub fn parse(text: &str) -> Result<Self> {
        let parts = compare::Parts::of(text.trim_ascii()).ok_or(DecimalError::NotDecimal)?;
        // Looked at before anything is written: the exponent is guest-controlled.
        let scale = (parts.fraction.len() as i64 - i64::from(parts.exponent)).max(0);
        if parts.whole_digits() > i64::from(MOST_DIGITS) || scale > i64::from(MOST_DIGITS) {
            return Err(DecimalError::OutOfRange);
        }
        let mut digits = Vec::with_capacity(parts.whole.len() + parts.fraction.len());
        digits.extend_from_slice(parts.whole);
        digits.extend_from_slice(parts.fraction);
        let magnitude = match digits.iter().position(|digit| *digit != b'0') {
            None => BigInt::ZERO,
            Some(first) => {
                let digits = digits.get(first..).unwrap_or_default();
                let value = BigInt::parse_bytes(digits, 10).ok_or(DecimalError::NotDecimal)?;
                let missing = i64::from(parts.exponent) - parts.fraction.len() as i64;
                if missing > 0 { value * power(u32::try_from(missing).unwrap_or(0)) } else { value }
            }
        };
        let digits = if parts.negative { -magnitude } else { magnitude };
        Ok(Self { digits, scale: u32::try_from(scale).unwrap_or(MOST_DIGITS) })
    }

    /// The shortest decimal that is read back as this float.
    ///
    /// # Errors
    ///
    /// What is no number, or infinite.
    pub fn from_float(value: f64) -> Result<Self> {
        if !value.is_finite() {
            return Err(DecimalError::NotDecimal);
        }
        Self::parse(&format!("{value:e}"))
    }

    fn new(digits: BigInt, scale: u32) -> Result<Self> {
        let room = u64::from(MOST_DIGITS) + u64::from(scale);
        let fits = digits.bits() <= room * BITS_IN_THOUSAND / 1_000
            || digits.magnitude() < power(MOST_DIGITS.saturating_add(scale)).magnitude();
        if fits && scale <= MOST_DIGITS { Ok(Self { digits, scale }) } else { Err(DecimalError::OutOfRange) }
    }

    /// Both with the digits after the point of the one that has more.
    fn aligned(&self, other: &Self) -> (BigInt, BigInt, u32) {
        let scale = self.scale.max(other.scale);
        (self.scaled(scale), other.scaled(scale), scale)
    }

    /// The integer that it is with so many digits after the point; not fewer than it has.
    fn scaled(&self, scale: u32) -> BigInt {
        match scale.saturating_sub(self.scale) {
            0 => self.digits.clone(),
            more => &self.digits * power(more),
        }
    }

    /// The sum.
    pub fn add(&self, other: &Self) -> Result<Self> {
        let (left, right, scale) = self.aligned(other);
        Self::new(left + right, scale)
    }

    /// The difference.
    pub fn subtract(&self, other: &Self) -> Result<Self> {
        let (left, right, scale) = self.aligned(other);
        Self::new(left - right, scale)
    }

    /// The product.
    pub fn multiply(&self, other: &Self) -> Result<Self> {
        Self::new(&self.digits * &other.digits, self.scale.saturating_add(other.scale))
    }

    /// The quotient, rounded to as many digits as PostgreSQL gives it.
    pub fn divide(&self, other: &Self) -> Result<Self> {
        if other.is_zero() {
            return Err(DecimalError::DivisionByZero);
        }
        let scale = self.quotient_scale(other);
        // As integers of one scale, both count the same unit, and their quotient none.
        let (left, right, _) = self.aligned(other);
        Self::new(quotient(&(left * power(scale)), &right), scale)
    }

    /// The remainder of a quotient cut to an integer; its sign is that of the dividend.
    pub fn remainder(&self, other: &Self) -> Result<Self> {
        if other.is_zero() {
            return Err(DecimalError::DivisionByZero);
        }
        let (left, right, scale) = self.aligned(other);
        Self::new(left % right, scale)
    }

    /// At least 16 digits of the quotient that count, and no fewer after the point than an operand has. PostgreSQL counts in
    /// groups of four digits on either side of the point, and so does this.
    fn quotient_scale(&self, other: &Self) -> u32 {
        let (weight, first) = self.leading_group();
        let (other_weight, other_first) = other.leading_group();
        let quotient_weight = weight - other_weight - i64::from(first <= other_first);
        let scale = (16 - quotient_weight * 4).max(self.scale.into()).max(other.scale.into());
        u32::try_from(scale.min(MOST_DIGITS.into())).unwrap_or(0)
    }

    /// Which group of four digits is the first that counts, from the point on, and its value.
    fn leading_group(&self) -> (i64, u32) {
        if self.is_zero() {
            return (0, 0);
        }
        let digits = self.digits.magnitude().to_str_radix(10);
        let position = digits.len() as i64 - 1 - i64::from(self.scale);
        let count = usize::try_from(position.rem_euclid(4) + 1).unwrap_or(1);
        let group = digits.chars().chain(std::iter::repeat('0')).take(count);
        (position.div_euclid(4), group.fold(0, |value, digit| value * 10 + digit.to_digit(10).unwrap_or(0)))
    }

    /// Whether it is 0.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.digits.sign() == Sign::NoSign
    }

    /// With the other sign.
    #[must_use]
    pub fn negated(&self) -> Self {
        Self { digits: -&self.digits, scale: self.scale }
    }

    /// Without the sign.
    #[must_use]
    pub fn absolute(&self) -> Self {
        Self { digits: self.digits.magnitude().clone().into(), scale: self.scale }
    }

    /// -1, 0 or 1.
    #[must_use]
    pub fn signum(&self) -> i64 {
        match self.digits.sign() {
            Sign::Minus => -1,
            Sign::NoSign => 0,
            Sign::Plus => 1,
        }
    }

    /// Rounded to so many digits after the point, or before it where the number is negative.
    pub fn round(&self, digits: i64) -> Result<Self> {
        let most = i64::from(MOST_DIGITS);
        let digits = digits.clamp(-most - 1, most);
        let scale = u32::try_from(digits.max(0)).unwrap_or(0);
        if i64::from(self.scale) <= digits {
            return Self::new(self.scaled(scale), scale);
        }
        let lost = u32::try_from(i64::from(self.scale) - digits).unwrap_or(u32::MAX);
        let rounded = quotient(&self.digits, &power(lost));
        let before = u32::try_from(-digits.min(0)).unwrap_or(0);
        Self::new(rounded * power(before), scale)
    }

    /// The next integer below.
    pub fn floor(&self) -> Result<Self> {
        self.toward(false)
    }

    /// The next integer above.
    pub fn ceil(&self) -> Result<Self> {
        self.toward(true)
    }

    fn toward(&self, up: bool) -> Result<Self> {
        let unit = power(self.scale);
        let (whole, rest) = (&self.digits / &unit, &self.digits % &unit);
        let away = if up { Sign::Plus } else { Sign::Minus };
        let step = i64::from(rest.sign() == away);
        Self::new(if up { whole + step } else { whole - step }, 0)
    }

    /// Rounded to a column's digits after the point. An error where it has more before the point than the column.
    pub fn fit(&self, precision: u32, scale: u32) -> Result<Self> {
        let rounded = self.round(scale.into())?;
        let fits = rounded.digits.magnitude() < power(precision.min(2 * MOST_DIGITS)).magnitude();
        if fits { Ok(rounded) } else { Err(DecimalError::OutOfRange) }
    }

    /// The nearest 64-bit integer.
    pub fn to_integer(&self) -> Result<i64> {
        i64::try_from(self.round(0)?.digits).map_err(|_| DecimalError::OutOfRange)
    }

    /// The nearest float.
    #[must_use]
    pub fn to_float(&self) -> f64 {
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    /// The nearest float to a part of it, as a mean is one. Nothing of no parts.
    #[must_use]
    pub fn mean(&self, count: i64) -> Option<f64> {
        // More digits than any float has, whatever the count.
        const MORE: u32 = 40;
        if count == 0 {
            return None;
        }
        let quotient = &self.digits * power(MORE) / count;
        format!("{quotient}e-{}", self.scale.saturating_add(MORE)).parse().ok()
    }
}

/// All digits, as many after the point as it has.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.digits.sign() == Sign::Minus { "-" } else { "" };
        let digits = self.digits.magnitude().to_str_radix(10);
        if self.scale == 0 {
            return write!(f, "{sign}{digits}");
        }
        let width = self.scale as usize + 1;
        let digits = format!("{digits:0>width$}");
        let (whole, fraction) = digits.split_at_checked(digits.len() - self.scale as usize).unwrap_or((&digits, ""));
        write!(f, "{sign}{whole}.{fraction}")
    }
}

/// A power of ten. Exponents have met the limit of digits before.
fn power(exponent: u32) -> BigInt {
    match 10_u64.checked_pow(exponent) {
        Some(power) => power.into(),
        None => BigInt::from(10).pow(exponent.min(4 * MOST_DIGITS)),
    }
}

/// The quotient of two integers, rounded with halves away from 0. The divisor is not 0.
fn quotient(dividend: &BigInt, divisor: &BigInt) -> BigInt {
    let whole = dividend / divisor;
    let rest: BigInt = dividend % divisor;
    if rest.magnitude() * 2_u32 < *divisor.magnitude() {
        return whole;
    }
    if dividend.sign() == divisor.sign() { whole + 1 } else { whole - 1 }
}
