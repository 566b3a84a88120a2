//! Decimals for arithmetic: an integer, and the number of its digits after the point.

use num_bigint::{BigInt, Sign};

use super::Decimal;

/// The most digits that rounding and quotients have after the point.
pub(super) const MOST: u32 = 1_000;

pub(super) struct Number {
    pub(super) digits: BigInt,
    pub(super) scale: u32,
}

impl From<&Decimal> for Number {
    fn from(decimal: &Decimal) -> Self {
        let (whole, fraction) = decimal.as_str().split_once('.').unwrap_or((decimal.as_str(), ""));
        // The text at a null is empty, and is read as 0.
        let digits = format!("{whole}{fraction}").parse().unwrap_or_default();
        Self { digits, scale: u32::try_from(fraction.len()).unwrap_or(u32::MAX) }
    }
}

impl From<Number> for Decimal {
    fn from(Number { digits, scale }: Number) -> Self {
        let sign = if digits.sign() == Sign::Minus { "-" } else { "" };
        let digits = digits.magnitude().to_string();
        if scale == 0 {
            return Self(format!("{sign}{digits}"));
        }
        let width = scale as usize + 1;
        let digits = format!("{digits:0>width$}");
        let (whole, fraction) = digits.split_at(digits.len() - scale as usize);
        Self(format!("{sign}{whole}.{fraction}"))
    }
}

impl Number {
    /// Both numbers as integers of one scale, which is the greater of theirs.
    pub(super) fn aligned(mut self, mut other: Self) -> (BigInt, BigInt, u32) {
        let scale = self.scale.max(other.scale);
        for number in [&mut self, &mut other] {
            if number.scale < scale {
                number.digits *= power(scale - number.scale);
            }
        }
        (self.digits, other.digits, scale)
    }

    /// The quotient; nothing where the divisor is 0.
    pub(super) fn quotient(self, other: Self) -> Option<Self> {
        if other.digits.sign() == Sign::NoSign {
            return None;
        }
        let scale = self.quotient_scale(&other);
        let (left, right, _) = self.aligned(other);
        Some(Self { digits: rounded(&(left * power(scale)), &right), scale })
    }

    /// The scale of a quotient: at least 16 significant digits, and no fewer after the point than an operand has. Digits are
    /// counted in groups of four on either side of the point, as PostgreSQL does.
    fn quotient_scale(&self, other: &Self) -> u32 {
        let ((weight, first), (other_weight, other_first)) = (self.leading_group(), other.leading_group());
        let quotient_weight = weight - other_weight - i64::from(first <= other_first);
        let scale = (16 - quotient_weight * 4).max(self.scale.into()).max(other.scale.into());
        u32::try_from(scale).unwrap_or(0).min(MOST.max(self.scale).max(other.scale))
    }

    /// The position, counted from the point, and the value of the first significant group of four digits.
    fn leading_group(&self) -> (i64, u32) {
        let digits = self.digits.magnitude().to_string();
        if digits == "0" {
            return (0, 0);
        }
        let position = digits.len() as i64 - 1 - i64::from(self.scale);
        let count = usize::try_from(position.rem_euclid(4) + 1).unwrap_or(1);
        let group = digits.chars().chain(std::iter::repeat('0')).take(count);
        (position.div_euclid(4), group.fold(0, |value, digit| value * 10 + digit.to_digit(10).unwrap_or(0)))
    }

    /// Rounds to `digits` digits after the point, or before it where `digits` is negative.
    pub(super) fn round(mut self, digits: i32) -> Self {
        // Rounding by more digits than the number has gives 0 anyway.
        let most = i64::from(MOST.max(self.scale));
        let fewest = -(self.digits.bits() as i64) - 1;
        let digits = i64::from(digits).clamp(fewest, most);
        let scale = u32::try_from(digits.max(0)).unwrap_or(0);
        match u32::try_from(i64::from(self.scale) - digits) {
            Ok(lost) => self.digits = rounded(&self.digits, &power(lost)),
            Err(_) => self.digits *= power(scale - self.scale),
        }
        if let Ok(before @ 1..) = u32::try_from(-digits) {
            self.digits *= power(before);
        }
        Self { digits: self.digits, scale }
    }
}

/// A power of ten.
pub(super) fn power(exponent: u32) -> BigInt {
    BigInt::from(10).pow(exponent)
}

/// The quotient of two integers, halves away from 0. The divisor is not 0.
fn rounded(dividend: &BigInt, divisor: &BigInt) -> BigInt {
    let (whole, rest): (BigInt, BigInt) = (dividend / divisor, dividend % divisor);
    match rest.magnitude() * 2_u32 < *divisor.magnitude() {
        true => whole,
        false if dividend.sign() == divisor.sign() => whole + 1,
        false => whole - 1,
    }
}
