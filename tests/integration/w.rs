//! What a flush writes: unique values that rows hand on, keys that change, values that nobody gave.

mod natural;
mod unique;
mod unset;

use crate::u::{assert_saw, saw};
