//! B27: a flush that the database refuses is undone, and its objects can be corrected.

use sqlservice_tests::{Fixture, for_each_database};

use super::saw;
use crate::scene::text;

/// Only the flush is undone, and the next one computes its changes from the objects again: they can be set back, corrected
/// and written, or rolled back with the transaction.
#[test]
fn b27_a_violation_undoes_its_flush_and_leaves_the_rest_to_be_mended() {
    let told = "integrity unique table=steps";
    let states = "Transient Transient Persistent true";
    let known = r#"[("t1", Some("known")), ("t2", Some("known"))]"#;
    for_each_database(async |fixture: &Fixture| {
        let (saw, sent) = saw(fixture, "unit-made-mended", &[text("back")]).await;
        let rows = format!(r#"["before", "known", "other"] [("s1", "known")] {known}"#);
        assert_eq!(saw, [told, states, "0 2 0", &rows, "known Persistent Transient"], "on {}", fixture.backend());
        assert_eq!(sent[1], "", "nothing differs on {}", fixture.backend());
    });
    for_each_database(async |fixture: &Fixture| {
        let (saw, _) = saw(fixture, "unit-made-mended", &[text("mend")]).await;
        let rows = r#"["before", "other", "renamed"] [("s2", "renamed"), ("s3", "renamed"), ("s4", "other")] [("t1", None), ("t2", Some("other"))]"#;
        assert_eq!(saw, [told, states, "0 2 0", rows, "renamed Detached Persistent"], "on {}", fixture.backend());
    });
    for_each_database(async |fixture: &Fixture| {
        let (saw, _) = saw(fixture, "unit-made-mended", &[text("roll back")]).await;
        let rows = format!(r#"["known", "other"] [("s1", "known")] {known}"#);
        assert_eq!(saw, [told, states, "0 2 0", &rows, "known Persistent Transient"], "on {}", fixture.backend());
    });
}
