//! Everything that a guest can send, made at random: what comes back is an answer or an error, and never more than that.
//!
//! Each target is a property of bytes: a generator reads them as decisions, so that most of what it makes is nearly right
//! and reaches deep, and some of it is garbage. A plain `cargo test` runs all of them for some seconds;
//! `SQLSERVICE_FUZZ_SECONDS` says for how many, all targets together. The bytes are random and
//! nothing guides them; many short runs make up for it. A failure prints its input and its seed, and is seen again with
//!
//! ```text
//! ARBTEST_SEED=0x… cargo test -p sqlservice-sql --test fuzz <target>
//! ```
//!
//! What was found and mended becomes a test with a name in `tests/statement`, as seeds mean something else once a generator
//! changes.
//!
//! For guidance by coverage, libFuzzer takes the same properties of bytes: `cargo fuzz init` makes a crate for it, which needs
//! this crate, its development dependencies, the modules below (linked into the folder of its target), and as its target
//!
//! ```text
//! fuzz_target!(|bytes: &[u8]| drop(renderer::property(&mut Unstructured::new(bytes))));
//! ```
//!
//! `cargo fuzz run --sanitizer none` does without nightly Rust.

// Each binary of tests uses a part of it.
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
