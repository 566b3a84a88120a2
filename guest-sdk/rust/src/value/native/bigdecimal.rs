//! The crate `bigdecimal`: decimals of any number of digits, so every decimal of every database fits.

use ::bigdecimal::{BigDecimal, Zero as _};

use super::{Carried, carried};
use crate::value::Decimal;

/// The most digits after the point, or zeros before it, that are written out. Without a limit, a short number with a huge
/// exponent would fill the memory.
const MOST: u64 = 1_000;

impl Carried for BigDecimal {
    type By = Decimal;

    fn encode_value(&self) -> Result<Decimal, &'static str> {
        match self.misfit() {
            None => Ok(Decimal::unchecked(self.to_plain_string())),
            Some(why) => Err(why),
        }
    }

    fn decode_value(by: &Decimal) -> Option<Self> {
        match by.as_str() {
            // The text at a null.
            "" => Some(Self::zero()),
            text => text.parse().ok(),
        }
    }

    fn misfit(&self) -> Option<&'static str> {
        (self.fractional_digit_count().unsigned_abs() > MOST).then_some("a decimal with a greater exponent")
    }
}

carried!(BigDecimal);
