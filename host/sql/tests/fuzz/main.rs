//! Random input of every kind that a guest can send: the host has to return a correct result or an error.
//!
//! Each target is a property of bytes: a generator reads the bytes as decisions, so that most of its output is nearly valid
//! and reaches deep code, and some of it is garbage. A plain `cargo test` runs all targets for some seconds;
//! `SQLSERVICE_FUZZ_SECONDS` sets the time of all targets together. The bytes are random and not
//! guided by coverage; many short runs make up for it. A failure prints its input and its seed, and is reproduced by
//!
//! ```text
//! ARBTEST_SEED=0x… cargo test -p sqlservice-sql --test fuzz <target>
//! ```
//!
//! Each failure that was found becomes a named test in `tests/statement`, as a seed makes another input once a generator
//! changes.
//!
//! For guidance by coverage, libFuzzer takes the same properties of bytes: `cargo fuzz init` makes a crate for it, which needs
//! this crate, its development dependencies, the modules below (linked into the folder of its target), and as its target
//!
//! ```text
//! fuzz_target!(|bytes: &[u8]| drop(renderer::property(&mut Unstructured::new(bytes))));
//! ```
//!
//! `cargo fuzz run --sanitizer none` needs no nightly Rust.

// Each test binary uses only a part of this module.
#[allow(dead_code, reason = "it is shared with the other tests")]
#[path = "../statement/build.rs"]
mod build;

mod arena;
mod batches;
mod definitions;
mod dice;
mod flush;
mod grammar;
mod harness;
mod inserts;
mod lexer;
mod load;
mod models;
mod names;
mod policy;
mod renderer;
mod rewriter;
mod token;
mod validator;
mod values;
