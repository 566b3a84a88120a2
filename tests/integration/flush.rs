//! The contract's flush: the host orders and writes the changes of a unit of work in one crossing.

use std::time::Duration;

use sqlservice_host::{Settings, TenantLimits, Val};
use sqlservice_tests::{Fixture, for_each_database};

use crate::scene::Scene;

async fn saw(fixture: &Fixture, function: &str, arguments: &[Val]) -> Vec<String> {
    Scene::new(fixture).saw(function, arguments).await
}

/// B01 to B05: children are inserted after their parents, with the parents' keys, and deleted before them.
#[test]
fn b01_a_graph_is_written_parents_first_and_removed_children_first() {
    for_each_database(async |fixture: &Fixture| {
        let expected =
            [r#"[("a", Some("jo")), ("b", Some("ed")), ("c", Some("jo"))]"#, "true", "[2, 2, 1]", r#"[("b", None)]"#];
        assert_eq!(saw(fixture, "b01-graph", &[]).await, expected, "on {}", fixture.backend());
    });
}

/// B06, B07 and B10: rows that reference rows of the same table.
#[test]
fn b07_rows_of_one_table_come_after_those_that_they_need() {
    for_each_database(async |fixture: &Fixture| {
        let rows = [
            r#"(Some(0), Some(1), "child")"#,
            r#"(Some(1), None, "root")"#,
            r#"(Some(2), Some(0), "grandchild")"#,
            r#"(Some(3), Some(1), "other child")"#,
        ];
        let expected = [&format!("[{}]", rows.join(", ")), "1", r#"circular ["nodes"]"#, "7"];
        assert_eq!(saw(fixture, "flush-b07-tree", &[]).await, expected, "on {}", fixture.backend());
    });
}

/// C10 and C11: versions are incremented, and a change of a row with another version is stale.
#[test]
fn c10_versions_count_up_and_stale_rows_are_told() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            "[7, 7, 7]",
            "[2, 2] [3, 1]",
            r#"[(1, 2, "new", 7), (2, 1, "b", 7), (3, 2, "new", 7)]"#,
            "stale pages 1 of 2, change Some(1)",
            "stale pages 1 of 2, change Some(0)",
            "done",
            r#"[(1, 2, "new", 7), (2, 1, "b", 7)]"#,
        ];
        assert_eq!(saw(fixture, "c10-versions", &[]).await, expected, "on {}", fixture.backend());
    });
}

/// A violation names the failed change, and only its flush is rolled back.
#[test]
fn b27_a_violation_undoes_its_flush_alone() {
    for_each_database(async |fixture: &Fixture| {
        let saw = saw(fixture, "flush-violation", &[]).await;
        let backend = fixture.backend();
        assert!(saw[0].starts_with("integrity unique table=makers columns=name"), "{saw:?} on {backend}");
        assert!(saw[0].ends_with(" of change Some(1)"), "{saw:?} on {backend}");
        assert!(saw[1].starts_with("integrity foreign-key table=parts"), "{saw:?} on {backend}");
        assert!(saw[1].ends_with(" of change Some(1)"), "{saw:?} on {backend}");
        assert_eq!(saw[2..], [r#"["after", "before"]"#, "[]"], "on {backend}");
    });
}

/// B21: three thousand children get the keys of a thousand parents.
#[test]
fn b21_keys_reach_every_child() {
    for_each_database(async |fixture: &Fixture| {
        assert_eq!(saw(fixture, "flush-b21-many", &[Val::U32(1_000)]).await, ["3000"], "on {}", fixture.backend());
    });
}

/// T-68: false row counts and duplicate key references are refused before memory is allocated; the session stays usable.
#[test]
fn t68_changes_that_lie_are_refused() {
    for_each_database(async |fixture: &Fixture| {
        let saw = saw(fixture, "t68-changes", &[]).await;
        let most = "limit LimitKind::Rows 500000";
        assert_eq!(saw[..3], [most; 3], "on {}", fixture.backend());
        assert!(saw[3..7].iter().all(|refused| refused.starts_with("invalid: ")), "{saw:?} on {}", fixture.backend());
        assert_eq!(saw[7..], ["done", r#"["c"]"#], "on {}", fixture.backend());
    });
}

/// T-32: the results of a unit of work count towards the host's limit of bytes.
#[test]
fn t32_a_unit_of_work_ends_at_the_hosts_limit_of_bytes() {
    for_each_database(async |fixture: &Fixture| {
        let mut limits = TenantLimits::default();
        limits.sql.answer_bytes = 30_000;
        let scene = Scene::with(fixture, Settings::default(), limits);
        let saw = scene.saw("t32-change-bytes", &[Val::U32(1_000)]).await;
        assert_eq!(saw, ["limit LimitKind::Bytes 30000", "done", "[2]"], "on {}", fixture.backend());
    });
}

/// T-31: the host's time limit holds for all statements of a unit of work together.
#[test]
fn t31_a_unit_of_work_ends_at_the_hosts_limit_of_time() {
    for_each_database(async |fixture: &Fixture| {
        let mut limits = TenantLimits::default();
        limits.sql.statement_time = Some(Duration::from_millis(50));
        let scene = Scene::with(fixture, Settings::default(), limits);
        let saw = scene.saw("t32-change-time", &[Val::U32(10_000)]).await;
        assert_eq!(saw, ["timeout", "done", r#"["c"]"#], "on {}", fixture.backend());
    });
}
