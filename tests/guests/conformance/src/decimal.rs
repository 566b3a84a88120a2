//! Decimals: random expressions in every position of a statement against an exact model, and decimals as keys and values.

mod expression;
mod position;
mod stored;

pub use self::{
    position::decimal_expressions,
    stored::{decimal_errors, decimal_keys, decimal_objects, decimal_values},
};
