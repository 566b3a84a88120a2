//! What becomes of objects: those that move, that lose their owners, that are taken out of a session, and long chains of them.

mod cascade;
mod event_handler;
mod long_chain;
mod moved_child;
mod orphan;

use sqlservice_host::Val;
use sqlservice_tests::{Fixture, component::GUEST_LIFE};

use crate::scene::Scene;

/// What an export of the guest saw.
async fn saw(fixture: &Fixture, function: &str, arguments: &[Val]) -> Vec<String> {
    let said = Scene::new(fixture).said(GUEST_LIFE, function, arguments).await;
    said.unwrap_or_else(|error| {
        panic!("{function} {arguments:?} on {}: the guest failed with {error}", fixture.backend())
    })
}

/// Fails unless an export saw this.
async fn assert_saw(fixture: &Fixture, function: &str, arguments: &[Val], expected: &[&str]) {
    let saw = saw(fixture, function, arguments).await;
    assert_eq!(saw, expected, "{function} {arguments:?} on {}", fixture.backend());
}
