//! A17: the events of models.

use sqlservice_host::Val;
use sqlservice_tests::{Fixture, for_each_database};

use super::assert_saw;

use crate::scene::text;

#[test]
fn a17_events_come_in_the_order_of_what_happens() {
    for_each_database(async |fixture: &Fixture| {
        let inserted = "before-save plain one, before-insert plain one, before-save plain two, before-insert plain two, \
                        after-save plain one, after-insert plain one true, after-save plain two, \
                        after-insert plain two true";
        let expected = [
            // A struct literal sets every column, so `add` fires a `set` event for each.
            "set 1-1",
            inserted,
            "",
            "before-save plain 1, before-update plain 1, after-save plain 1, after-update plain 1",
            "load plain 1, load plain two",
            "load plain 1",
            "",
            "before-delete plain 1, after-delete plain 1",
        ];
        assert_saw(fixture, "a17-order", &[], &expected, &[]).await;
    });
}

#[test]
fn a17_a_value_that_is_set_is_replaced() {
    for_each_database(async |fixture: &Fixture| {
        let row = |phone: &str| format!(r#"[("plain", "{phone}", 0)] []"#);
        let expected = ["5558675309", &row("5558675309"), "5558675309", &row("12"), &row("34"), "5/6 load plain"];
        assert_saw(fixture, "a17-replaced", &[], &expected, &[""]).await;
    });
}

#[test]
fn a17_handlers_change_their_objects_add_others_and_ask() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            r#"1 [("audited", "", 1)] [("new", None)]"#,
            r#"[("audited", "1", 2)] [("new", None)]"#,
            "known 1",
            "1",
            "true",
        ];
        let steps = ["insert contacts, insert audits", "update contacts"];
        assert_saw(fixture, "a17-handlers", &[], &expected, &steps).await;
    });
}

#[test]
fn a17_a_handler_that_fails_leaves_everything_to_be_written() {
    for (name, told) in [("refused", "Other(\"refused\")"), ("commits", "invalid"), ("rolls back", "invalid")] {
        for_each_database(async |fixture: &Fixture| {
            let expected = [told, "Pending 0 Pending 2", "[] []", "Persistent Persistent", "plain, plain too"];
            assert_saw(fixture, "a17-refused", &[text(name)], &expected, &[]).await;
        });
    }
}

#[test]
fn a17_a_handler_that_fails_afterwards_leaves_the_transaction_to_the_caller() {
    for (is_kept, after) in [(true, "refused after refused after"), (false, "plain plain")] {
        for_each_database(async |fixture: &Fixture| {
            let expected = ["Other(\"refused\")", "true false", after];
            assert_saw(fixture, "a17-refused-after", &[Val::Bool(is_kept)], &expected, &[]).await;
        });
    }
}

/// The rollback of a handler's own savepoint undoes nothing of the flush.
#[test]
fn a17_a_delete_is_refused_and_a_savepoint_in_a_handler_is_its_own() {
    for_each_database(async |fixture: &Fixture| {
        let expected = ["Other(\"kept\")", "Persistent", "nested true", "kept, plain, nests"];
        assert_saw(fixture, "a17-kept", &[], &expected, &[]).await;
    });
}
