//! C06 to C09 and T-64: savepoints, and the states to which they restore objects.

use sqlservice_host::Val;
use sqlservice_tests::{Fixture, for_each_database};

use super::assert_saw;

use crate::scene::text;

#[test]
fn c06_a_savepoint_gives_objects_back_what_they_were() {
    for (end, is_flushed) in [("rollback", true), ("rollback", false), ("drop", true), ("drop", false)] {
        for_each_database(async |fixture: &Fixture| {
            let inside = is_flushed.then_some("edward jackward wendy fred");
            let after = ["ed jack Transient Transient", "false 0", "ed jack", "ed jack"];
            let expected: Vec<&str> = inside.into_iter().chain(after).collect();
            assert_saw(fixture, "c06-new-and-renamed", &[text(end), Val::Bool(is_flushed)], &expected, &[]).await;
        });
    }
}

#[test]
fn c07_what_a_kept_savepoint_did_is_committed() {
    for is_flushed in [true, false] {
        for_each_database(async |fixture: &Fixture| {
            let all = "edward jackward wendy fred";
            let after = ["edward jackward Persistent Persistent", "true 0", all, all];
            let expected: Vec<&str> = is_flushed.then_some(all).into_iter().chain(after).collect();
            let arguments = [text("release"), Val::Bool(is_flushed)];
            assert_saw(fixture, "c06-new-and-renamed", &arguments, &expected, &[]).await;
        });
    }
}

#[test]
fn c07_each_savepoint_gives_back_what_was_at_its_own_beginning() {
    for is_flushed in [true, false] {
        for_each_database(async |fixture: &Fixture| {
            let expected = ["c c", "c c", "a a Persistent", "0 Transient", ""];
            assert_saw(fixture, "c07-nested", &[Val::Bool(is_flushed)], &expected, &[]).await;
        });
    }
}

#[test]
fn c08_relationships_go_back_on_both_sides() {
    for is_flushed in [true, false] {
        for_each_database(async |fixture: &Fixture| {
            let inside = r#"["a3"] ["a2"] nobody u2"#;
            let after = [
                r#"["a1", "a2"] [] u1 u1"#,
                "Transient 0 None",
                "Some(1) Some(1) 0",
                r#"["a1", "a2", "a3"] a1:1 a2:1 a3:1"#,
            ];
            let expected: Vec<&str> = is_flushed.then_some(inside).into_iter().chain(after).collect();
            assert_saw(fixture, "c08-collections", &[Val::Bool(is_flushed)], &expected, &[]).await;
        });
    }
}

/// Values read inside may be the savepoint's own changes, so a rollback restores the objects to their state before it.
#[test]
fn c08_what_was_read_inside_of_a_savepoint_goes_with_it() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [r#"changed ["a1", "a2"]"#, "u1 unloaded addresses", r#"["a1"]"#];
        assert_saw(fixture, "c08-read-inside", &[], &expected, &[]).await;
    });
}

#[test]
fn c09_what_was_deleted_in_a_savepoint_is_there_again() {
    for is_flushed in [true, false] {
        for_each_database(async |fixture: &Fixture| {
            let expected =
                ["Deleted false", "Persistent true 0", r#"ed ["a1"]"#, "true", "ed jack a1:1", "Persistent true"];
            assert_saw(fixture, "c09-deleted", &[Val::Bool(is_flushed)], &expected, &[]).await;
        });
    }
}

#[test]
fn t64_a_savepoint_that_outlived_its_transaction_undoes_nothing() {
    for (end, told) in [("drop", "dropped"), ("rollback", "transaction-closed"), ("release", "transaction-closed")] {
        for_each_database(async |fixture: &Fixture| {
            let expected = [told, "edward Persistent true Some(7)", "edward flushed new"];
            assert_saw(fixture, "t64-outlived", &[text(end)], &expected, &[]).await;
        });
    }
}

#[test]
fn t64_savepoints_that_end_out_of_their_order_are_undone() {
    for end in ["release", "rollback"] {
        for_each_database(async |fixture: &Fixture| {
            let after = "ed Some(7) Transient";
            let expected = ["invalid", after, "transaction-closed", after, "ed", "ed"];
            assert_saw(fixture, "t64-out-of-order", &[text(end)], &expected, &[]).await;
        });
    }
}
