//! B33: the two sides of a relationship agree after a flush, also where they differed before it.

use sqlservice_tests::{Fixture, for_each_database};

use super::assert_saw;

use crate::scene::text;

/// Objects and rows agree, whichever side was edited last. Where only one side of a pair was edited, that edit is written, even if
/// the list of the other side has edits of other pairs.
#[test]
fn b33_both_sides_agree_after_a_flush() {
    let cases = [
        ("kept and cleared", "a1:0 a2:1 a3:1"),
        ("kept and moved", "a1:2 a2:1 a3:1"),
        ("kept and moved by its key", "a1:2 a2:1 a3:1"),
        ("pushed and deleted", "a1:1 a2:1"),
        ("kept and deleted", "a2:1 a3:1"),
    ];
    for (what, expected) in cases {
        for_each_database(async |fixture: &Fixture| {
            assert_saw(fixture, "session-both-sides", &[text(what)], &[expected], &[]).await;
        });
    }
}

/// Contradictory edits have no right result, but one of the allowed results is written, and all objects and rows agree on it.
#[test]
fn b33_both_sides_agree_where_they_contradicted_each_other() {
    let cases = [
        ("pushed and cleared", &["a1:1 a2:1 a3:0", "a1:1 a2:1 a3:1"]),
        ("pushed twice", &["a1:1 a2:1 a3:1", "a1:1 a2:1 a3:2"]),
        ("new and cleared", &["a1:1 a2:1 a3:0 a4:0", "a1:1 a2:1 a3:0 a4:1"]),
        ("removed and set", &["a1:0 a2:1 a3:0", "a1:1 a2:1 a3:0"]),
    ];
    for (what, allowed) in cases {
        for_each_database(async |fixture: &Fixture| {
            let saw = crate::scene::Scene::new(fixture).saw("session-both-sides", &[text(what)]).await;
            assert!(allowed.contains(&saw[0].as_str()), "{what} on {}: {saw:?}", fixture.backend());
        });
    }
}
