//! Everything that a guest can send, made at random: what comes back is an answer or an error, and never more than that.
//!
//! Each target is a property of bytes: a generator reads them as decisions, so that most of what it makes is nearly right
//! and reaches deep, and some of it is garbage. A plain `cargo test` runs all of them for some seconds;
//! `SQLSERVICE_FUZZ_SECONDS` says for how many, all targets together. The bytes are random, and what stable Rust has no
//! coverage guidance for, many short runs make up. A failure prints its input and its seed, and is seen again with
//!
//! ```text
//! ARBTEST_SEED=0x… cargo test -p sqlservice-sql --test fuzz <target>
//! ```
//!
//! What was found and mended becomes a test with a name in `tests/pure`, as seeds mean something else once a generator
//! changes.
//!
//! For guidance by coverage, `cargo fuzz` takes the same properties: make a crate with `cargo fuzz init`, give it this
//! crate's development dependencies, include this file as a module with `#[path]`, and let a `fuzz_target!` of bytes call
//! `renderer::property(&mut Unstructured::new(bytes))`. It runs on nightly Rust, and on stable with `--sanitizer none`.

// Each binary of tests uses a part of it.
#[allow(dead_code, reason = "it is shared with the other tests")]
#[path = "../pure/build.rs"]
mod build;

mod arena;
mod batches;
mod definitions;
mod dice;
mod grammar;
mod models;
mod names;
mod renderer;
mod token;
mod validator;
mod values;

use std::{env, fmt::Debug, thread, time::Duration};

use arbtest::{arbitrary, arbtest};

/// How many functions call [`fuzz`]: they share the time.
const TARGETS: u32 = 6;
/// The time of all targets together where nothing is said, in seconds.
const SECONDS: u32 = 15;
/// The bytes that one input is made of at most.
const SIZE: u32 = 1_536;

/// Runs a property with random bytes until its share of the time is over.
fn fuzz(property: fn(&mut arbitrary::Unstructured<'_>) -> arbitrary::Result<()>) {
    let seconds = env::var("SQLSERVICE_FUZZ_SECONDS").ok().map(|text| text.parse().expect("a number of seconds"));
    let budget = Duration::from_secs(u64::from(seconds.unwrap_or(SECONDS))) / TARGETS;
    arbtest(property).size_max(SIZE).budget(budget).run();
}

/// An input that is printed when the property does not hold for it.
struct Shown<'a, T: Debug>(&'a T);

impl<T: Debug> Drop for Shown<'_, T> {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("the input was {:#?}", self.0);
        }
    }
}
