//! B26: what the database makes of a row comes back with it.

use sqlservice_tests::{Backend, Fixture, for_each_database};

use super::assert_saw;

/// In the crossing that writes the row. MariaDB returns nothing of updates, so it is asked.
#[test]
fn b26_what_the_database_makes_comes_back_with_the_row() {
    for_each_database(async |fixture: &Fixture| {
        let expected =
            [r#"Some(7) Some("open") true"#, r#"Some(1) Some("done") true"#, "false None", "true", "true true", "None"];
        let update = if fixture.backend() == Backend::MariaDb { "update tasks, select tasks" } else { "update tasks" };
        assert_saw(
            fixture,
            "unit-made-by-the-database",
            &[],
            &expected,
            &["insert tasks, insert tasks", update, update],
        )
        .await;
    });
}
