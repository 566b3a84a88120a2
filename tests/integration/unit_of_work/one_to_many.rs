//! B01 to B05: parents and their children, from both sides.

use sqlservice_host::Val;
use sqlservice_tests::{Fixture, for_each_database};

use super::assert_saw;

const MADE: &str = r#"["u1"] [("a1", Some("u1")), ("a2", Some("u1"))]"#;

const WITHOUT: &str = r#"[] [("a1", None), ("a2", None)]"#;

const INSERTS: &str = "insert users, insert addresses";

/// A flush is one statement for each table, children keep their order, and both sides refer to each other.
#[test]
fn b01_children_come_after_their_parent_with_its_key() {
    for_each_database(async |fixture: &Fixture| {
        assert_saw(fixture, "b01-save", &[], &[MADE, "true true", "true"], &[INSERTS]).await;
    });
}

/// Both sides of a relationship agree after a flush, also where only the foreign key was changed.
#[test]
fn b01_both_sides_say_what_one_of_them_was_told() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            r#"["u1"] [("b", Some("u1")), ("a", Some("u1"))]"#,
            r#"true ["b", "a"]"#,
            r#"["u1", "u2"] [("b", Some("u2")), ("a", Some("u1"))]"#,
            r#"["a"] ["b"]"#,
            r#"["u1", "u2"] [("b", Some("u1")), ("a", Some("u1"))]"#,
            r#"["a", "b"] []"#,
            "true",
        ];
        let sent = [INSERTS, "insert users, update addresses", "update addresses"];
        assert_saw(fixture, "b01-from-the-child", &[], &expected, &sent).await;
    });
}

/// Children that are not in the session yet are read first.
#[test]
fn b02_children_stay_without_their_parent() {
    for_each_database(async |fixture: &Fixture| {
        let children = "[None, None] [Ok(true), Ok(true)] Detached";
        let known = [INSERTS, "update addresses, delete users"];
        assert_saw(fixture, "b02-delete-parent", &[Val::Bool(true)], &[WITHOUT, children], &known).await;
    });
    for_each_database(async |fixture: &Fixture| {
        let unknown = [INSERTS, "select addresses, update addresses, delete users"];
        assert_saw(fixture, "b02-delete-parent", &[Val::Bool(false)], &[WITHOUT], &unknown).await;
    });
}

/// Adding and removing need no loaded relationship; replacing its contents reads it first.
#[test]
fn b02_what_is_unloaded_can_be_changed() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            r#"["u1"] [("a1", None), ("a2", Some("u1")), ("a3", Some("u1"))]"#,
            "unloaded addresses",
            r#"["a2", "a3"]"#,
            r#"["u1"] [("a1", None), ("a2", None), ("a3", None), ("a5", Some("u1")), ("a4", Some("u1"))]"#,
            r#"["a5", "a4"]"#,
            r#"["a4", "a5"]"#,
        ];
        let sent =
            [INSERTS, "insert addresses, update addresses", "select addresses", "insert addresses, update addresses"];
        assert_saw(fixture, "b02-change-unloaded", &[], &expected, &sent).await;
    });
}

#[test]
fn b03_children_go_before_their_parent() {
    for_each_database(async |fixture: &Fixture| {
        let sent = [INSERTS, "delete addresses, delete users"];
        assert_saw(fixture, "b03-delete-all", &[], &["[] []"], &sent).await;
    });
}

#[test]
fn b04_a_parent_goes_when_its_children_were_told() {
    for_each_database(async |fixture: &Fixture| {
        let sent = [INSERTS, "update addresses, delete users"];
        assert_saw(fixture, "b04-many-to-one", &[], &[WITHOUT], &sent).await;
    });
}

/// No relationship connects the objects; a foreign key connects their tables.
#[test]
fn b05_unconnected_rows_come_in_the_order_of_their_tables() {
    for child_first in [false, true] {
        for_each_database(async |fixture: &Fixture| {
            let expected = [r#"["u1"] [("a1", Some("u1"))]"#, "[] []"];
            let sent = [INSERTS, "delete addresses, delete users"];
            assert_saw(fixture, "b05-unconnected", &[Val::Bool(child_first)], &expected, &sent).await;
        });
    }
}
