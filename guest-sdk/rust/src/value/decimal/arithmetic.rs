//! Rust's own operators on decimals.

use std::{
    iter::{Product, Sum},
    ops,
};

use super::{Decimal, number::Number};

impl Decimal {
    fn number(&self) -> Number {
        self.into()
    }

    /// The quotient; nothing where the divisor is 0.
    pub fn checked_div(&self, other: impl Into<Self>) -> Option<Self> {
        self.number().quotient(other.into().number()).map(Into::into)
    }

    /// The remainder, with the sign of the dividend; nothing where the divisor is 0.
    pub fn checked_rem(&self, other: impl Into<Self>) -> Option<Self> {
        let other = other.into();
        if other.is_zero() {
            return None;
        }
        let (left, right, scale) = self.number().aligned(other.number());
        Some(Number { digits: left % right, scale }.into())
    }

    /// Rounds to `digits` digits after the point, halves away from 0, and pads with zeros. Negative `digits` round before the
    /// point. Zeros are padded to at most 1,000 digits.
    #[must_use]
    pub fn round(&self, digits: i32) -> Self {
        self.number().round(digits).into()
    }

    /// The greatest integer not above the value.
    #[must_use]
    pub fn floor(&self) -> Self {
        let part = self % &Self::from(1);
        (if part.is_negative() { self - &part - 1 } else { self - &part }).round(0)
    }

    /// The least integer not below the value.
    #[must_use]
    pub fn ceil(&self) -> Self {
        -&(-self).floor()
    }

    /// The value without its digits after the point.
    #[must_use]
    pub fn trunc(&self) -> Self {
        (self - &(self % &Self::from(1))).round(0)
    }

    /// The absolute value.
    #[must_use]
    pub fn abs(&self) -> Self {
        if self.is_negative() { -self } else { self.clone() }
    }

    /// Whether it is less than 0.
    pub fn is_negative(&self) -> bool {
        *self < Self::default()
    }

    /// Whether it is 0, of any scale.
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// The number of digits after the point.
    pub fn scale(&self) -> usize {
        self.as_str().split_once('.').map_or(0, |(_, fraction)| fraction.len())
    }

    /// The same value without trailing zeros after the point.
    #[must_use]
    pub fn normalized(&self) -> Self {
        let scale = self.as_str().split_once('.').map_or(0, |(_, fraction)| fraction.trim_end_matches('0').len());
        self.round(i32::try_from(scale).unwrap_or(i32::MAX))
    }

    /// The nearest float.
    pub fn to_f64(&self) -> f64 {
        self.as_str().parse().unwrap_or_default()
    }

    /// The nearest integer, halves away from 0; nothing past 64 bits.
    pub fn to_i64(&self) -> Option<i64> {
        i64::try_from(self.number().round(0).digits).ok()
    }
}

fn sum(left: &Decimal, right: &Decimal) -> Decimal {
    let (left, right, scale) = left.number().aligned(right.number());
    Number { digits: left + right, scale }.into()
}

fn difference(left: &Decimal, right: &Decimal) -> Decimal {
    let (left, right, scale) = left.number().aligned(right.number());
    Number { digits: left - right, scale }.into()
}

fn product(left: &Decimal, right: &Decimal) -> Decimal {
    let (left, right) = (left.number(), right.number());
    Number { digits: left.digits * right.digits, scale: left.scale + right.scale }.into()
}

#[track_caller]
fn quotient(left: &Decimal, right: &Decimal) -> Decimal {
    left.checked_div(right.clone()).expect("a decimal is divided by 0")
}

#[track_caller]
fn remainder(left: &Decimal, right: &Decimal) -> Decimal {
    left.checked_rem(right.clone()).expect("a decimal is divided by 0")
}

macro_rules! operators {
    ($($trait:ident $method:ident $assign:ident $assign_method:ident $function:ident;)*) => {$(
        impl ops::$trait<&Decimal> for &Decimal {
            type Output = Decimal;

            #[track_caller]
            fn $method(self, other: &Decimal) -> Decimal {
                $function(self, other)
            }
        }

        impl ops::$trait<&Decimal> for Decimal {
            type Output = Decimal;

            #[track_caller]
            fn $method(self, other: &Decimal) -> Decimal {
                $function(&self, other)
            }
        }

        impl ops::$trait<Decimal> for &Decimal {
            type Output = Decimal;

            #[track_caller]
            fn $method(self, other: Decimal) -> Decimal {
                $function(self, &other)
            }
        }

        impl ops::$trait<Decimal> for Decimal {
            type Output = Decimal;

            #[track_caller]
            fn $method(self, other: Decimal) -> Decimal {
                $function(&self, &other)
            }
        }

        impl ops::$trait<i64> for Decimal {
            type Output = Decimal;

            #[track_caller]
            fn $method(self, other: i64) -> Decimal {
                $function(&self, &other.into())
            }
        }

        impl ops::$trait<i64> for &Decimal {
            type Output = Decimal;

            #[track_caller]
            fn $method(self, other: i64) -> Decimal {
                $function(self, &other.into())
            }
        }

        impl<D> ops::$assign<D> for Decimal
        where
            for<'d> &'d Decimal: ops::$trait<D, Output = Decimal>,
        {
            #[track_caller]
            fn $assign_method(&mut self, other: D) {
                *self = ops::$trait::$method(&*self, other);
            }
        }
    )*};
}

operators! {
    Add add AddAssign add_assign sum;
    Sub sub SubAssign sub_assign difference;
    Mul mul MulAssign mul_assign product;
    Div div DivAssign div_assign quotient;
    Rem rem RemAssign rem_assign remainder;
}

impl ops::Neg for &Decimal {
    type Output = Decimal;

    fn neg(self) -> Decimal {
        let Number { digits, scale } = self.number();
        Number { digits: -digits, scale }.into()
    }
}

impl ops::Neg for Decimal {
    type Output = Self;

    fn neg(self) -> Self {
        -&self
    }
}

impl<D> Sum<D> for Decimal
where
    Self: ops::Add<D, Output = Self>,
{
    fn sum<I: Iterator<Item = D>>(values: I) -> Self {
        values.fold(Self::default(), |sum, value| sum + value)
    }
}

impl<D> Product<D> for Decimal
where
    Self: ops::Mul<D, Output = Self>,
{
    fn product<I: Iterator<Item = D>>(values: I) -> Self {
        values.fold(Self::from(1), |product, value| product * value)
    }
}
