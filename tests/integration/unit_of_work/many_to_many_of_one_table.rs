//! B09: many-to-many between objects of one model.

use sqlservice_tests::{Fixture, for_each_database};

use super::assert_saw;

/// The favorite comes by an update of its own; the roads come last, go first, and are the same from either end.
#[test]
fn b09_a_graph_over_one_table() {
    for_each_database(async |fixture: &Fixture| {
        let sides = r#"[("bc", "c"), ("c", "ae"), ("a", "ab"), ("de", "d"), ("b", "d")]"#;
        // An end that both ends of a road know of is known in the order in which it was told.
        let told = r#"[("bc", "c"), ("c", "ea"), ("a", "ab"), ("de", "d"), ("b", "d")]"#;
        let expected = [
            r#"5 ["ab", "ac", "bc", "ca", "dd", "de", "eb"] ["a:e"]"#,
            told,
            sides,
            r#"4 ["ab", "dd", "de", "eb"] ["a:e"]"#,
            r#"["b"] []"#,
            "0 [] []",
        ];
        let sent = [
            "insert places, update places, insert roads",
            "delete roads, delete places",
            // A favorite between two rows that go is opened first.
            "update places, delete roads, delete places",
        ];
        assert_saw(fixture, "b09-graph", &[], &expected, &sent).await;
    });
}
