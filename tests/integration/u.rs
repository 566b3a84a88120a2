//! B: sessions with objects, as a plugin's author uses them.

mod cycle;
mod family;
mod graph;
mod keys;
mod made;
mod many;
mod net;
mod orphan;
mod passive;
mod random;
mod stale;
mod step;
mod tags;
mod tree;

use sqlservice_host::Val;
use sqlservice_tests::Fixture;

use crate::scene::Scene;

/// What an export saw, and what each of its marked steps sent.
pub async fn saw(fixture: &Fixture, function: &str, arguments: &[Val]) -> (Vec<String>, Vec<String>) {
    let scene = Scene::new(fixture);
    let sent = scene.record();
    let saw = scene.saw(function, arguments).await;
    // A step has a mark before it and one after it; what is between two steps is not asked about.
    let steps = sent.between_marks().into_iter().step_by(2).collect();
    (saw, steps)
}

/// Fails unless an export saw and sent this.
pub async fn assert_saw(fixture: &Fixture, function: &str, arguments: &[Val], expected: &[&str], steps: &[&str]) {
    let (saw, sent) = saw(fixture, function, arguments).await;
    let backend = fixture.backend();
    assert_eq!(saw, expected, "{function} {arguments:?} on {backend}; it sent {sent:?}");
    assert_eq!(sent, steps, "{function} {arguments:?} on {backend}");
}
