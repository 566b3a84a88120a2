//! The life cycle of objects: moves to another owner, orphans, expunged objects, and long chains of objects.

mod cascade;
mod event_handler;
mod long_chain;
mod moved_child;
mod orphan;

use sqlservice_host::Val;
use sqlservice_tests::{Fixture, component::GUEST_LIFE};

use crate::scene::Scene;

/// Calls an export of the guest and returns the lines that it saw.
async fn saw(fixture: &Fixture, function: &str, arguments: &[Val]) -> Vec<String> {
    let said = Scene::new(fixture).said(GUEST_LIFE, function, arguments).await;
    said.unwrap_or_else(|error| {
        panic!("{function} {arguments:?} on {}: the guest failed with {error}", fixture.backend())
    })
}

/// Asserts the lines that an export saw.
async fn assert_saw(fixture: &Fixture, function: &str, arguments: &[Val], expected: &[&str]) {
    let saw = saw(fixture, function, arguments).await;
    assert_eq!(saw, expected, "{function} {arguments:?} on {}", fixture.backend());
}
