//! The SQL of statements: the whole statement language on every dialect, and the statements that are refused.

mod build;
mod cases;
mod flush;
mod insert_many;
mod load;
mod policy;
mod refuse;
mod text;
mod vectors;
