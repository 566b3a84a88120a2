//! D02, D10, D13: changes from queries, changes with other sources, upserts.

use sqlservice_tests::{Fixture, for_each_database};

use super::{assert_saw, where_it_can};

/// The contract's changes have no common table expressions of their own; a query with some is a source or part of the filter
/// of the change.
#[test]
fn d02_an_update_reads_other_rows() {
    for_each_database(async |fixture: &Fixture| {
        let to_five =
            r#"3: [(1, "d1", None), (2, "d2", Some(5)), (3, "d3", Some(5)), (4, "d4", Some(5)), (5, "d5", Some(3))]"#;
        let expected = [
            to_five,
            to_five,
            r#"2: [(1, "d1", None), (2, "d2!", Some(20)), (3, "d3!", Some(30)), (4, "d4", Some(3)), (5, "d5", Some(3))]"#,
            r#"4: [(1, "d1", None), (2, "d1", Some(1)), (3, "d1", Some(1)), (4, "d3", Some(3)), (5, "d3", Some(3))]"#,
            r#"2: [(1, "d1", Some(2)), (2, "d2", Some(1)), (3, "d3", Some(2)), (4, "d4", Some(3)), (5, "d5", Some(3))]"#,
            r#"5: [(1, "1", None), (2, "2", Some(3)), (3, "3", Some(4)), (4, "4", Some(7)), (5, "5", Some(8))]"#,
        ];
        assert_saw(fixture, "d02-update", &expected).await;
    });
}

#[test]
fn d02_a_delete_reads_other_rows() {
    for_each_database(async |fixture: &Fixture| {
        let with_source = |seen| where_it_can(fixture.capabilities().delete_source, seen, "unsupported delete-source");
        let ends = r#"3: [(1, "d1", None), (5, "d5", Some(3))]"#;
        let expected = [
            with_source(ends),
            ends,
            with_source(r#"2: [(1, "d1", None), (2, "d2", Some(1)), (3, "d3", Some(1))]"#),
            with_source(r#"2: [(2, "d2", Some(1)), (4, "d4", Some(3)), (5, "d5", Some(3))]"#),
            r#"3: [(1, "d1", None), (3, "d3", Some(1))]"#,
        ];
        assert_saw(fixture, "d02-delete", &expected).await;
    });
}

#[test]
fn d10_rows_of_a_query_are_inserted_with_defaults() {
    for_each_database(async |fixture: &Fixture| {
        let all =
            r#"[(1, "data1", 5, 4), (2, "data2", 5, 4), (7, "data2", 5, 4), (3, "data3", 5, 4), (8, "data3", 5, 4)]"#;
        let returned = r#"[(21, "data1+", 5)]"#;
        let returned = where_it_can(fixture.capabilities().insert_returning, returned, "unsupported insert-returning");
        assert_saw(fixture, "d10-insert-from-select", &["2", all, "0", returned]).await;
    });
}

#[test]
fn d13_rows_that_are_there_are_changed_or_left() {
    for_each_database(async |fixture: &Fixture| {
        let exact = fixture.capabilities().conflict_target;
        let (replaced, left) = (r#"[(1, "ONE", 1), (2, "two", 2)]"#, r#"[(1, "one", 10), (2, "two", 2)]"#);
        let (renamed, added) = (r#"[(1, "ONE", 10), (2, "two", 2)]"#, r#"[(1, "ONE", 11), (2, "two", 2)]"#);
        let (new, old) = (r#"[(2, "two", 2)]"#, r#"[(1, "one", 10)]"#);
        let done = |rows: &str| format!("done: {rows}");
        let filtered = if exact { done(left) } else { format!("unsupported conflict-filter: {old}") };
        let expected = [
            &done(replaced),
            replaced,
            &done(left),
            where_it_can(exact, new, "unsupported conflict-returning"),
            &done(renamed),
            renamed,
            &done(added),
            added,
            &filtered,
            where_it_can(exact, new, "unsupported conflict-filter"),
            r#"[(1, "one?", 10)]"#,
        ];
        assert_saw(fixture, "d13-upserts", &expected).await;
    });
}
