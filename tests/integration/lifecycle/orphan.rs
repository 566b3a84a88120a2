//! B31: orphans: an object that was never written is not inserted, and the row of a written one is deleted.

use sqlservice_tests::{Fixture, for_each_database};

use super::assert_saw;

use crate::scene::text;

#[test]
fn b31_an_orphan_that_was_never_written_is_not_written() {
    let lost = ["first! second |  | ", "Transient Transient false"];
    let cases = [
        ("pushed and removed", lost),
        ("in one edit", lost),
        ("unloaded", lost),
        ("all taken away", lost),
        ("cleared by itself", lost),
        ("of a flush that fails", lost),
        ("replaced", ["first! second | other:first! | other", "Transient Transient false"]),
        ("of one that is deleted", ["second |  | ", "Transient Transient false"]),
        ("of one that is new", ["first! new second |  | ", "Transient Transient false"]),
        ("with a toy that another takes", ["first! second | other:second | other other", "Transient Transient false"]),
    ];
    for (way, expected) in cases {
        for_each_database(async |fixture: &Fixture| assert_saw(fixture, "orphan", &[text(way)], &expected).await);
    }
}

#[test]
fn b31_what_has_an_owner_when_the_flush_comes_is_no_orphan() {
    let of = |parent: &str| format!("first! second | orphan:{parent} | orphan");
    let cases = [
        ("taken by another", of("second")),
        ("pushed again", of("first!")),
        ("with a key of its own", of("second")),
        ("comes back", of("second")),
    ];
    for (way, expected) in cases {
        for_each_database(async |fixture: &Fixture| {
            let expected = [expected.as_str(), "Persistent Persistent true"];
            assert_saw(fixture, "orphan", &[text(way)], &expected).await;
        });
    }
}

#[test]
fn b31_a_row_without_an_owner_is_written_where_that_was_asked_for_and_goes_where_it_was_lost() {
    let cases = [
        ("team: alone", "alone:None old:Some(1) alone:None old:Some(1)"),
        ("team: removed", "old:Some(1) old:Some(1)"),
        ("team: replaced", "old:Some(1) second:Some(1)"),
        ("team: replaced and back", "old:Some(1) old:Some(1)"),
        ("team: left", "old:Some(1)"),
        ("team: left unloaded", "old:Some(1)"),
        ("team: left by its key", "old:None old:Some(1)"),
        ("team: without one", "loner:None old:Some(1) old:Some(1)"),
        ("team: left and taken", "old:Some(2) old:Some(1)"),
    ];
    for (way, expected) in cases {
        for_each_database(async |fixture: &Fixture| assert_saw(fixture, "orphan", &[text(way)], &[expected]).await);
    }
}
