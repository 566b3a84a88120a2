//! What a flush writes: unique values that rows hand on, keys that change, values that nobody gave.

mod natural;
mod unique;
mod unset;

pub use self::{natural::*, unique::*, unset::*};
use crate::u::{commit, mark, told};
