//! B09: many-to-many between objects of one model.

use sqlservice_tests::{Fixture, for_each_database};

use super::assert_saw;

/// The favorite is a post-update. Roads are inserted last and deleted before the places, and both ends of a road agree.
#[test]
fn b09_a_graph_over_one_table() {
    for_each_database(async |fixture: &Fixture| {
        let sides = r#"[("bc", "c"), ("c", "ae"), ("a", "ab"), ("de", "d"), ("b", "d")]"#;
        // The list of `b` that this session built has the road added to it first, then the one added at its other end.
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
            // A favorite between two deleted rows is set to null first.
            "update places, delete roads, delete places",
        ];
        assert_saw(fixture, "b09-graph", &[], &expected, &sent).await;
    });
}
