//! Statements in, text out: the whole statement language on every dialect, and what is refused.

mod build;
mod cases;
mod flush;
mod insert_many;
mod load;
mod policy;
mod refuse;
mod text;
mod vectors;
