//! G07: values and relationships of objects that were not loaded.

use sqlservice_tests::{Fixture, for_each_database};

use super::assert_saw;

#[test]
fn g07_what_was_not_read_is_an_error_that_says_so() {
    for_each_database(async |fixture: &Fixture| {
        let (many, one) = ("unloaded addresses", "unloaded user");
        let expected = [many, one, many, many, many, "nobody", one, "2"];
        assert_saw(fixture, "g07-unloaded", &[], &expected, &[]).await;
    });
}

#[test]
fn g07_what_the_database_made_of_an_update_is_known() {
    for_each_database(async |fixture: &Fixture| {
        assert_saw(fixture, "g07-on-update", &[], &["true true", "true"], &[]).await;
    });
}

#[test]
fn g07_after_a_rollback_objects_say_what_was_committed_last() {
    for_each_database(async |fixture: &Fixture| {
        let expected = ["edited by a statement", "committed u2 1", "other", "other u2 new"];
        assert_saw(fixture, "g07-rolled-back", &[], &expected, &[]).await;
    });
}
