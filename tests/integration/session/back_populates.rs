//! B33: what both sides of a relationship say after a flush, where they said different things before it.

use sqlservice_tests::{Fixture, for_each_database};

use super::assert_saw;

use crate::scene::text;

/// Whichever side has the last word, objects and rows say the same. Where it is plain what is meant, it is what is written: a side
/// that was not touched has nothing to say.
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

/// What contradicts itself has no right answer; some answer it has, and everybody gives it.
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
