//! Sessions with objects, as a plugin's author uses them.

mod attach;
mod autoflush;
mod back_populates;
mod event;
mod failed_flush;
mod identity_map;
mod lost_connection;
mod row_lock;
mod save;
mod savepoint;
mod to_dict;
mod transaction;
mod unloaded;
mod version;

pub use crate::unit_of_work::assert_saw;

/// Sorts the statements of a step, for tests that allow any order.
fn sorted(step: &str) -> String {
    let mut parts: Vec<&str> = step.split(", ").collect();
    parts.sort_unstable();
    parts.join(", ")
}
