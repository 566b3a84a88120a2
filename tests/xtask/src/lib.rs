//! The parts of the project's own commands; the tests use the servers as well.
//!
//! Kept free of the project's other crates, so that `cargo xtask` answers within seconds on a cold machine.

pub mod bench;
pub mod book;
pub mod demo;
pub mod install;
pub mod languages;
pub mod program;
pub mod progress;
pub mod servers;
pub mod steps;
pub mod workspace;
