//! Exact decimals for databases without a type for them, computed as PostgreSQL's `numeric` would be.
//!
//! Sums, differences and remainders have the greater scale of the operands, products the sum of both scales, quotients at
//! least 16 significant digits. A result beyond the limits is an error; digits are only dropped where SQL rounds, halves
//! away from 0. Texts, exponents and scales are guest-controlled: the limit of digits is checked before anything grows.

mod compare;
#[cfg(test)]
mod tests;

use std::fmt;

use num_bigint::{BigInt, Sign};

pub use self::compare::{compare, is_plain, shortest};

/// The most digits before the point, and the most after it.
pub const MOST_DIGITS: u32 = 1_000;
/// Thousandths of a bit per decimal digit, rounded down: an integer with no more bits than this certainly has that few digits.
const BITS_IN_THOUSAND: u64 = 3_321;

/// An exact decimal: an integer and its scale, the number of digits after the point.
#[derive(Clone, Debug, Default)]
pub struct Decimal {
    digits: BigInt,
    scale: u32,
}

/// The reason why there is no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// A text, a float or bytes that are not a decimal.
    #[error("a value is no decimal number")]
    NotDecimal,
    /// More digits than the limit allows.
    #[error("a decimal number is out of range")]
    OutOfRange,
    /// A quotient or remainder by 0.
    #[error("division by zero")]
    DivisionByZero,
}

impl DecimalError {
    /// Returns its SQLSTATE.
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
    /// Parses an optional sign, digits with an optional point, and an optional exponent, surrounded by optional blanks.
    ///
    /// # Errors
    ///
    /// A text that is no decimal, or has more than [`MOST_DIGITS`] digits before or after the point.
    pub fn parse(text: &str) -> Result<Self> {
        let parts = compare::Parts::of(text.trim_ascii()).ok_or(DecimalError::NotDecimal)?;
        // Checked before anything is allocated: the exponent is guest-controlled.
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

    /// Returns the shortest decimal that parses to this float.
    ///
    /// # Errors
    ///
    /// A value that is infinite or not a number.
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

    /// Returns both as integers of the greater scale, and that scale.
    fn aligned(&self, other: &Self) -> (BigInt, BigInt, u32) {
        let scale = self.scale.max(other.scale);
        (self.scaled(scale), other.scaled(scale), scale)
    }

    /// Returns the digits as an integer of this scale, which is at least its own.
    fn scaled(&self, scale: u32) -> BigInt {
        match scale.saturating_sub(self.scale) {
            0 => self.digits.clone(),
            more => &self.digits * power(more),
        }
    }

    /// Returns the sum.
    pub fn add(&self, other: &Self) -> Result<Self> {
        let (left, right, scale) = self.aligned(other);
        Self::new(left + right, scale)
    }

    /// Returns the difference.
    pub fn subtract(&self, other: &Self) -> Result<Self> {
        let (left, right, scale) = self.aligned(other);
        Self::new(left - right, scale)
    }

    /// Returns the product.
    pub fn multiply(&self, other: &Self) -> Result<Self> {
        Self::new(&self.digits * &other.digits, self.scale.saturating_add(other.scale))
    }

    /// Returns the quotient, rounded to the scale that PostgreSQL would give it.
    pub fn divide(&self, other: &Self) -> Result<Self> {
        if other.is_zero() {
            return Err(DecimalError::DivisionByZero);
        }
        let scale = self.quotient_scale(other);
        // As integers of the same scale, their quotient has the scale 0.
        let (left, right, _) = self.aligned(other);
        Self::new(quotient(&(left * power(scale)), &right), scale)
    }

    /// Returns the remainder of the truncated quotient, with the dividend's sign.
    pub fn remainder(&self, other: &Self) -> Result<Self> {
        if other.is_zero() {
            return Err(DecimalError::DivisionByZero);
        }
        let (left, right, scale) = self.aligned(other);
        Self::new(left % right, scale)
    }

    /// Returns the scale of a quotient: for at least 16 significant digits, and not below either operand's scale. Like
    /// PostgreSQL, it counts groups of four digits on either side of the point.
    fn quotient_scale(&self, other: &Self) -> u32 {
        let (weight, first) = self.leading_group();
        let (other_weight, other_first) = other.leading_group();
        let quotient_weight = weight - other_weight - i64::from(first <= other_first);
        let scale = (16 - quotient_weight * 4).max(self.scale.into()).max(other.scale.into());
        u32::try_from(scale.min(MOST_DIGITS.into())).unwrap_or(0)
    }

    /// Returns the position of the first significant group of four digits, counted from the point, and its value.
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

    /// Returns the value with the opposite sign.
    #[must_use]
    pub fn negated(&self) -> Self {
        Self { digits: -&self.digits, scale: self.scale }
    }

    /// Returns the absolute value.
    #[must_use]
    pub fn absolute(&self) -> Self {
        Self { digits: self.digits.magnitude().clone().into(), scale: self.scale }
    }

    /// Returns the sign: -1, 0 or 1.
    #[must_use]
    pub fn signum(&self) -> i64 {
        match self.digits.sign() {
            Sign::Minus => -1,
            Sign::NoSign => 0,
            Sign::Plus => 1,
        }
    }

    /// Rounds to this number of digits after the point, or before it where the number is negative.
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

    /// Rounds down to an integer.
    pub fn floor(&self) -> Result<Self> {
        self.toward(false)
    }

    /// Rounds up to an integer.
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

    /// Rounds to a column's scale. Refuses a value with more digits before the point than the column has.
    pub fn fit(&self, precision: u32, scale: u32) -> Result<Self> {
        let rounded = self.round(scale.into())?;
        let fits = rounded.digits.magnitude() < power(precision.min(2 * MOST_DIGITS)).magnitude();
        if fits { Ok(rounded) } else { Err(DecimalError::OutOfRange) }
    }

    /// Rounds to the nearest 64-bit integer.
    pub fn to_integer(&self) -> Result<i64> {
        i64::try_from(self.round(0)?.digits).map_err(|_| DecimalError::OutOfRange)
    }

    /// Returns the nearest float.
    #[must_use]
    pub fn to_float(&self) -> f64 {
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    /// Returns the float nearest to the value divided by `count`, for a mean; `None` if `count` is 0.
    #[must_use]
    pub fn mean(&self, count: i64) -> Option<f64> {
        // More digits than any float has, for every `count`.
        const MORE: u32 = 40;
        if count == 0 {
            return None;
        }
        let quotient = &self.digits * power(MORE) / count;
        format!("{quotient}e-{}", self.scale.saturating_add(MORE)).parse().ok()
    }
}

/// Writes all digits, `scale` of them after the point.
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

/// Returns a power of ten. Exponents were checked against the limit of digits before.
fn power(exponent: u32) -> BigInt {
    match 10_u64.checked_pow(exponent) {
        Some(power) => power.into(),
        None => BigInt::from(10).pow(exponent.min(4 * MOST_DIGITS)),
    }
}

/// Returns the quotient of two integers, rounded with halves away from 0. The divisor is not 0.
fn quotient(dividend: &BigInt, divisor: &BigInt) -> BigInt {
    let whole = dividend / divisor;
    let rest: BigInt = dividend % divisor;
    if rest.magnitude() * 2_u32 < *divisor.magnitude() {
        return whole;
    }
    if dividend.sign() == divisor.sign() { whole + 1 } else { whole - 1 }
}
