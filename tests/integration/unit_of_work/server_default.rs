//! B26: values that the database generates are returned with the row.

use sqlservice_tests::{Backend, Fixture, for_each_database};

use super::assert_saw;

/// They are returned by the call that writes the row. MariaDB's updates return no rows, so that call selects the values.
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
