//! B22: values of unique keys that one row frees and another row takes in one flush.

use sqlservice_tests::{Fixture, for_each_database};

use super::{assert_saw, saw};

#[test]
fn b22_what_an_update_or_a_delete_frees_is_taken() {
    for_each_database(async |fixture: &Fixture| {
        let expected = ["al:1:2 jo:2:1 ed:3:1", "al:1:2 ed:3:1 jo:2:1", "jo:1:3 ed:3:1"];
        let sent = [
            "insert people",
            "update people, insert people",
            // Other tables refer to people, but none of their rows is in this flush.
            "delete people, insert people",
            "select badges, select lockers, delete people, update people",
        ];
        assert_saw(fixture, "unique-freed", &[], &expected, &sent).await;
    });
}

#[test]
fn b22_rows_swap_unique_values() {
    for_each_database(async |fixture: &Fixture| {
        let (saw, sent) = saw(fixture, "unique-swapped", &[]).await;
        let expected = [
            "b:1:2 a:2:2 c:3:1",
            "b:2 a:2 c:1",
            "c:2:3 b:3:3 a:1:2",
            "c:3 b:3 a:2",
            "d:3:4 c:4:4 b:5:3",
            "d:4 c:4 b:3",
            "dcb",
            "d:3:4 c:4:4 b:5:3",
        ];
        assert_eq!(saw, expected, "on {}; it sent {sent:?}", fixture.backend());
        // At most one more statement for each column.
        let statements: Vec<usize> = sent.iter().map(|step| step.split(", ").count()).collect();
        assert_eq!(statements[..2], [1, 2], "on {}: {sent:?}", fixture.backend());
        assert!(statements[2..].iter().all(|count| *count <= 4), "on {}: {sent:?}", fixture.backend());
    });
}

#[test]
fn b22_values_that_are_not_free_are_refused() {
    for_each_database(async |fixture: &Fixture| {
        let (saw, _) = saw(fixture, "unique-kept", &[]).await;
        assert_eq!(saw[2], "ed:1:1 jo:2:1", "on {}", fixture.backend());
        assert!(saw[..2].iter().all(|told| told.to_lowercase().contains("unique")), "{saw:?}");
    });
}

#[test]
fn b22_what_there_is_one_of_is_replaced() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            r#"[("2", 2), ("3", 1)] [("1", None), ("2", Some(2)), ("3", Some(1))]"#,
            r#"[("2", 2), ("3", 1)] [("1", None), ("2", Some(1)), ("3", Some(2))]"#,
            r#"Some("2")"#,
        ];
        let sent = [
            "insert people, insert badges, insert lockers",
            "delete badges, insert badges, update lockers, insert lockers",
            "update lockers, update lockers",
        ];
        assert_saw(fixture, "unique-replaced", &[], &expected, &sent).await;
    });
}

#[test]
fn b22_positions_move_on() {
    for_each_database(async |fixture: &Fixture| {
        let (saw, sent) = saw(fixture, "unique-positions", &[]).await;
        assert_eq!(saw, ["xabcdabcd", "xdabcabcd"], "on {}; it sent {sent:?}", fixture.backend());
        assert!(sent.iter().all(|step| step.split(", ").count() <= 5), "on {}: {sent:?}", fixture.backend());
    });
}

#[test]
fn b22_primary_keys_are_handed_on() {
    for_each_database(async |fixture: &Fixture| {
        let (saw, sent) = saw(fixture, "unique-keys", &[]).await;
        let expected = [
            r#"[(1, "e"), (3, "p")] e - p"#,
            r#"[(1, "p"), (2, "e")] p e -"#,
            r#"[(1, "e"), (2, "p")] e p -"#,
            r#"2 1 [(1, "e"), (2, "p")] e p -"#,
            r#"[(1, "p")] p - -"#,
        ];
        assert_eq!(saw, expected, "on {}; it sent {sent:?}", fixture.backend());
    });
}
