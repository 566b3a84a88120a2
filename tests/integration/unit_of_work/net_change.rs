//! B14: changes that are none.

use sqlservice_tests::{Fixture, for_each_database};

use super::assert_saw;

/// Also of bytes, of fractions, and of what was taken out of a relationship and put back.
#[test]
fn b14_what_is_the_same_afterwards_is_not_written() {
    for_each_database(async |fixture: &Fixture| {
        let expected =
            ["false", "true false", r#"[(1, "a", Some("new"), Some("k")), (2, "b", None, Some("k"))]"#, "true"];
        let sent = ["insert things", "", "", "update things", ""];
        assert_saw(fixture, "b14-net-changes", &[], &expected, &sent).await;
    });
}
