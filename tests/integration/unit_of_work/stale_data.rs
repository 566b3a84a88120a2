//! B20: rows that another session deleted.

use sqlservice_host::Val;
use sqlservice_tests::{Fixture, for_each_database};

use super::{assert_saw, saw};

#[test]
fn b20_an_update_of_a_row_that_is_gone_is_stale_and_writes_nothing() {
    for (is_versioned, table) in [(false, "plain_rows"), (true, "versioned_rows")] {
        for_each_database(async |fixture: &Fixture| {
            let (saw, _) = saw(fixture, "b20-update", &[Val::Bool(is_versioned)]).await;
            let expected = [
                &format!("stale {table} 2 of 3"),
                r#"[(1, "p1"), (3, "p3")] [(1, 1, "v1"), (3, 1, "v3")]"#,
                "p1 v1 1",
                r#"[(1, "after"), (3, "p3")] [(1, 2, "after"), (3, 1, "v3")]"#,
            ];
            assert_eq!(saw, expected, "on {}", fixture.backend());
        });
    }
}

/// The row is gone, as the delete wants. A row with a version may have been changed before it was deleted, so its delete is stale.
#[test]
fn b20_a_delete_of_a_row_that_is_gone_is_done_unless_it_has_a_version() {
    for_each_database(async |fixture: &Fixture| {
        let expected = ["ok", r#"[(3, "p3")] [(1, 1, "v1"), (3, 1, "v3")]"#, "Detached Persistent"];
        assert_saw(fixture, "b20-delete", &[Val::Bool(false)], &expected, &[""]).await;
    });
    for_each_database(async |fixture: &Fixture| {
        let rows = r#"[(1, "p1"), (3, "p3")] [(1, 1, "v1"), (3, 1, "v3")]"#;
        let expected = ["stale versioned_rows 1 of 2", rows, "Persistent Persistent"];
        assert_saw(fixture, "b20-delete", &[Val::Bool(true)], &expected, &[""]).await;
    });
}
