//! The unit of work of sessions with objects, as a plugin's author uses it: the rows that a flush writes, their order and statements.

mod batch;
mod delete_orphan;
mod key;
mod many_rows;
mod many_to_many;
mod many_to_many_of_one_table;
mod natural_key;
mod net_change;
mod one_to_many;
mod passive_deletes;
mod post_update;
mod random;
mod row_switch;
mod self_reference;
mod server_default;
mod stale_data;
mod synchronize;
mod unique_value;
mod unset_value;
mod violation;

use sqlservice_host::Val;
use sqlservice_tests::Fixture;

use crate::scene::Scene;

/// Returns the lines of an export, and the statements of each of its marked steps.
pub async fn saw(fixture: &Fixture, function: &str, arguments: &[Val]) -> (Vec<String>, Vec<String>) {
    let scene = Scene::new(fixture);
    let sent = scene.record();
    let saw = scene.saw(function, arguments).await;
    // A step has a mark before it and one after it; statements between two steps are left out.
    let steps = sent.between_marks().into_iter().step_by(2).collect();
    (saw, steps)
}

/// Fails unless an export returns these lines and its steps send these statements.
pub async fn assert_saw(fixture: &Fixture, function: &str, arguments: &[Val], expected: &[&str], steps: &[&str]) {
    let (saw, sent) = saw(fixture, function, arguments).await;
    let backend = fixture.backend();
    assert_eq!(saw, expected, "{function} {arguments:?} on {backend}; it sent {sent:?}");
    assert_eq!(sent, steps, "{function} {arguments:?} on {backend}");
}
