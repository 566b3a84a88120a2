//! D18 and C16: joins of all kinds, subqueries in all positions, groups and locks.

use sqlservice_tests::{Fixture, for_each_database};

use super::{assert_saw, where_it_can};

#[test]
fn d18_joins_of_every_kind() {
    for_each_database(async |fixture: &Fixture| {
        let partners = r#"(Some("ann"), Some(1)), (Some("bob"), Some(2)), (Some("bob"), Some(3))"#;
        let full = format!(r#"[(None, Some(4)), {partners}, (Some("cyd"), None)]"#);
        let expected = [
            r#"[("ann", 1), ("bob", 2), ("bob", 3)]"#,
            &format!(r#"[{partners}, (Some("cyd"), None)]"#),
            &format!("[(None, Some(4)), {partners}]"),
            where_it_can(fixture.capabilities().full_join, &full, "unsupported full-join"),
            "12",
            r#"[("ann", None), ("bob", Some("ann")), ("cyd", Some("ann"))]"#,
            r#"[("bob", "north", "ann"), ("bob", "south", "ann")]"#,
            r#"[("ann", None), ("bob", Some(3)), ("cyd", None)]"#,
        ];
        assert_saw(fixture, "statement-joins", &expected).await;
    });
}

#[test]
fn d18_subqueries_in_every_place() {
    for_each_database(async |fixture: &Fixture| {
        let lateral = |seen| where_it_can(fixture.capabilities().lateral, seen, "unsupported lateral");
        let expected = [
            r#"[("ann", Some(1)), ("bob", Some(2)), ("cyd", Some(0))]"#,
            r#"[("ann", Some(1)), ("bob", Some(2)), ("cyd", None)]"#,
            r#"["ann", "bob"]"#,
            r#"["cyd"]"#,
            r#"["ann", "bob"]"#,
            r#"["ann"]"#,
            r#"[("north", 2), ("south", 2)]"#,
            lateral(r#"[("ann", 1), ("bob", 3)]"#),
            lateral(r#"[("ann", Some(1)), ("bob", Some(3)), ("cyd", None)]"#),
        ];
        assert_saw(fixture, "statement-subqueries", &expected).await;
    });
}

#[test]
fn d18_groups_choices_and_casts() {
    for_each_database(async |fixture: &Fixture| {
        let filtered = where_it_can(fixture.capabilities().aggregate_filter, "[1]", "unsupported aggregate-filter");
        let expected = [
            r#"[("ann", 1), ("bob", 2), ("cyd", 0)]"#,
            r#"[("bob", 2), ("ann", 1)]"#,
            r#"[(3, Some(70), Some("ann"), Some("cyd"), Some(23.333333333333332), 2)]"#,
            "[(0, None)]",
            "[20, 30]",
            r#"[("north", Some(1)), ("north", Some(2)), ("south", Some(2))]"#,
            r#"[("ann", "high", None), ("bob", "mid", Some(20)), ("cyd", "mid", None)]"#,
            "[(0, 2), (1, 1)]",
            r#"[("20", 2.5, 42, Date(19782), 3, Some("1"))]"#,
            filtered,
        ];
        assert_saw(fixture, "statement-groups", &expected).await;
    });
}

#[test]
fn c16_locked_rows_are_waited_for_refused_or_passed_over() {
    for_each_database(async |fixture: &Fixture| {
        let can = fixture.capabilities();
        if !can.row_locking {
            let refused = "unsupported row-locking";
            let mut expected = [refused; 9];
            expected[2] = "ann";
            return assert_saw(fixture, "statement-locks", &expected).await;
        }
        // The contract lists no capability `lock-tables`; the databases with it are those with `lateral`.
        let of = |seen| where_it_can(can.lateral, seen, "unsupported lock-tables");
        let expected = [
            "ann",
            r#"["bob", "cyd"]"#,
            "ann",
            "invalid: a lock is not waited for or passed over, not both",
            of(r#"[("ann", 1), ("bob", 2), ("bob", 3)]"#),
            "cyd",
            of("invalid: the lock names the source 'nobody', which is not there"),
            "lock-not-available",
            "ann",
        ];
        assert_saw(fixture, "statement-locks", &expected).await;
    });
}
