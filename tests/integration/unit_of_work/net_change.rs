//! B14: changes without a net effect.

use sqlservice_tests::{Fixture, for_each_database};

use super::assert_saw;

/// This includes bytes, fractions, and a child that was removed from a relationship and added again.
#[test]
fn b14_what_is_the_same_afterwards_is_not_written() {
    for_each_database(async |fixture: &Fixture| {
        let expected =
            ["false", "true false", r#"[(1, "a", Some("new"), Some("k")), (2, "b", None, Some("k"))]"#, "true"];
        let sent = ["insert things", "", "", "update things", ""];
        assert_saw(fixture, "b14-net-changes", &[], &expected, &sent).await;
    });
}
