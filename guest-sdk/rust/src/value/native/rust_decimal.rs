//! The crate `rust_decimal`: decimals of up to 28 digits. One that has more is a type mismatch, never rounded.

use super::{Carried, carried};
use crate::value::Decimal;

impl Carried for ::rust_decimal::Decimal {
    type By = Decimal;

    fn encode_value(&self) -> Result<Decimal, &'static str> {
        Ok(Decimal::unchecked(self.to_string()))
    }

    fn misfit(&self) -> Option<&'static str> {
        None
    }

    fn decode_value(by: &Decimal) -> Option<Self> {
        match by.as_str() {
            // The text at a null.
            "" => Some(Self::ZERO),
            // Trailing zeros can be dropped without a loss.
            text => Self::from_str_exact(text).ok().or_else(|| {
                let shorter = text.contains('.').then(|| text.trim_end_matches('0').trim_end_matches('.'))?;
                Self::from_str_exact(shorter).ok()
            }),
        }
    }
}

carried!(::rust_decimal::Decimal);
