//! Q03: objects in batches, each with its related objects.

use sqlservice_host::Val;
use sqlservice_tests::{Fixture, for_each_database};

use crate::unit_of_work::{assert_saw, saw};

/// Seven users in batches of three: one query for their keys, then two for each batch and its devices.
#[test]
fn q03_batches_come_with_what_they_are_related_to() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            "[3, 3, 1] true true",
            "2 1 1",
            "ed [5, 1], ed [5, 1], ed [5, 1], jo [3]",
            "ed [5, 1], jo [3], al [], bo []",
            "ok",
        ];
        let batch = "select users, select devices";
        let sent = format!("select users, {batch}, {batch}, {batch}");
        assert_saw(fixture, "query-stream", &[Val::U32(7), Val::U32(3)], &expected, &[&sent]).await;
    });
}

/// More rows than the first batch of a result set has, and more keys than one statement has.
#[test]
fn q03_three_thousand_objects_are_streamed_with_their_devices() {
    for_each_database(async |fixture: &Fixture| {
        let (saw, _) = saw(fixture, "query-stream", &[Val::U32(3_000), Val::U32(1_000)]).await;
        assert_eq!(saw[0], "[1000, 1000, 1000] true true", "on {}", fixture.backend());
    });
}
