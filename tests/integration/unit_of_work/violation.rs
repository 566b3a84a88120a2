//! B27: what the database refuses is undone and can be mended.

use sqlservice_tests::{Fixture, for_each_database};

use super::saw;
use crate::scene::text;

/// The flush alone is undone, and what follows from the objects is found again: they can go back to what they were, be
/// mended and written, or be rolled back with everything.
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
