//! Runs properties of random bytes for their share of the time, and prints the input of a property that fails.

use std::{
    env,
    fmt::Debug,
    thread,
    time::{Duration, Instant},
};

use arbtest::{arbitrary, arbtest};

/// The number of functions that call [`fuzz`] and share the time.
const TARGETS: u32 = 13;
/// The default time of all targets together, in seconds.
const SECONDS: u32 = 15;
/// The maximum size of the random bytes of one input.
const SIZE: u32 = 1_536;

/// Runs a property with random bytes until its share of the time is over.
pub fn fuzz(property: fn(&mut arbitrary::Unstructured<'_>) -> arbitrary::Result<()>) {
    let seconds = env::var("SQLSERVICE_FUZZ_SECONDS").ok().map(|text| text.parse().expect("a number of seconds"));
    let budget = Duration::from_secs(u64::from(seconds.unwrap_or(SECONDS))) / TARGETS;
    let (start, mut runs) = (Instant::now(), 0_u64);
    arbtest(|bytes| {
        runs += 1;
        property(bytes)
    })
    .size_max(SIZE)
    .budget(budget)
    .run();
    eprintln!("{runs} inputs in {:.1} s", start.elapsed().as_secs_f64());
}

/// An input that is printed when its property panics.
pub struct Shown<'a, T: Debug>(pub &'a T);

impl<T: Debug> Drop for Shown<'_, T> {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("the input was {:#?}", self.0);
        }
    }
}
