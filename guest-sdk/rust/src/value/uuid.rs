//! UUIDs.

use std::{fmt, str::FromStr};

/// A UUID.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid(u128);

impl Uuid {
    /// The UUID of these 128 bits.
    pub const fn from_u128(bits: u128) -> Self {
        Self(bits)
    }

    /// Its 128 bits.
    pub const fn as_u128(self) -> u128 {
        self.0
    }

    #[allow(clippy::cast_possible_truncation, reason = "the low half is what is wanted")]
    pub(crate) const fn halves(self) -> (u64, u64) {
        ((self.0 >> 64) as u64, self.0 as u64)
    }

    pub(crate) const fn from_halves((high, low): (u64, u64)) -> Self {
        Self((high as u128) << 64 | low as u128)
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.0;
        let (a, b, c) = (bits >> 96, bits >> 80 & 0xffff, bits >> 64 & 0xffff);
        let (d, e) = (bits >> 48 & 0xffff, bits & 0xffff_ffff_ffff);
        write!(f, "{a:08x}-{b:04x}-{c:04x}-{d:04x}-{e:012x}")
    }
}

/// A text that is no UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotUuid;

impl fmt::Display for NotUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a UUID is 32 hexadecimal digits, with or without hyphens")
    }
}

impl std::error::Error for NotUuid {}

impl FromStr for Uuid {
    type Err = NotUuid;

    fn from_str(text: &str) -> Result<Self, NotUuid> {
        let mut bits = 0_u128;
        let mut digits = 0;
        for (at, character) in text.char_indices() {
            if character == '-' && text.len() == 36 && matches!(at, 8 | 13 | 18 | 23) {
                continue;
            }
            bits = bits << 4 | u128::from(character.to_digit(16).ok_or(NotUuid)?);
            digits += 1;
        }
        if digits == 32 && matches!(text.len(), 32 | 36) { Ok(Self(bits)) } else { Err(NotUuid) }
    }
}
