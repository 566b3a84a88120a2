//! Helpers that the tests share: fresh databases, connections independent of the host, components, and the project's sources.
//!
//! Tests may panic, so this crate unwraps where the host's crates must return errors.

pub mod backend;
pub mod fixture;
pub mod guest;
pub mod languages;
pub mod outside;
pub mod servers;
pub mod source;
pub mod stand_in;

/// Files of the components that `build.rs` built, one constant a guest: `PLUGIN_USERS`, `GUEST_CONFORMANCE`, …
pub mod component {
    include!(concat!(env!("OUT_DIR"), "/component.rs"));
}

pub use backend::Backend;
pub use fixture::{Fixture, for_each, for_each_database, for_each_server, for_each_within};
pub use outside::Outside;
