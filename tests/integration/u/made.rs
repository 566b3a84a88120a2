//! What the database makes of a row comes back with it; what it refuses can be mended.

use sqlservice_tests::{Backend, Fixture, for_each_database};

use super::{assert_saw, saw};
use crate::scene::text;

/// In the crossing that writes the row. MariaDB returns nothing of updates, so it is asked.
#[test]
fn b_what_the_database_makes_comes_back_with_the_row() {
    for_each_database(async |fixture: &Fixture| {
        let expected =
            [r#"Some(7) Some("open") true"#, r#"Some(1) Some("done") true"#, "false None", "true", "true true", "None"];
        let update = if fixture.backend() == Backend::MariaDb { "update tasks, select tasks" } else { "update tasks" };
        assert_saw(fixture, "u-made-by-the-database", &[], &expected, &["insert tasks, insert tasks", update, update])
            .await;
    });
}

/// The flush alone is undone, and what follows from the objects is found again: they can go back to what they were, be
/// mended and written, or be rolled back with everything.
#[test]
fn b_a_violation_undoes_its_flush_and_leaves_the_rest_to_be_mended() {
    let told = "integrity unique table=steps";
    let states = "Transient Transient Persistent true";
    let known = r#"[("t1", Some("known")), ("t2", Some("known"))]"#;
    for_each_database(async |fixture: &Fixture| {
        let (saw, sent) = saw(fixture, "u-made-mended", &[text("back")]).await;
        let rows = format!(r#"["before", "known", "other"] [("s1", "known")] {known}"#);
        assert_eq!(saw, [told, states, "0 2 0", &rows, "known Persistent Transient"], "on {}", fixture.backend());
        assert_eq!(sent[1], "", "nothing differs on {}", fixture.backend());
    });
    for_each_database(async |fixture: &Fixture| {
        let (saw, _) = saw(fixture, "u-made-mended", &[text("mend")]).await;
        let rows = r#"["before", "other", "renamed"] [("s2", "renamed"), ("s3", "renamed"), ("s4", "other")] [("t1", None), ("t2", Some("other"))]"#;
        assert_eq!(saw, [told, states, "0 2 0", rows, "renamed Detached Persistent"], "on {}", fixture.backend());
    });
    for_each_database(async |fixture: &Fixture| {
        let (saw, _) = saw(fixture, "u-made-mended", &[text("roll back")]).await;
        let rows = format!(r#"["known", "other"] [("s1", "known")] {known}"#);
        assert_eq!(saw, [told, states, "0 2 0", &rows, "known Persistent Transient"], "on {}", fixture.backend());
    });
}
