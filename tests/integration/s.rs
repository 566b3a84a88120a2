//! C: sessions and transactions with objects, as a plugin's author uses them.

mod agree;
mod attach;
mod autoflush;
mod dict;
mod event;
mod failure;
mod identity;
mod lock;
mod lost;
mod save;
mod savepoint;
mod state;
mod threat;
mod version;

pub use crate::u::assert_saw;

/// A step's statements in the order of their names, where nobody asks for another one.
fn sorted(step: &str) -> String {
    let mut parts: Vec<&str> = step.split(", ").collect();
    parts.sort_unstable();
    parts.join(", ")
}
