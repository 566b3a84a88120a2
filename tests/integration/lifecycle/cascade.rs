//! C21: cascades of an object that is expunged, expired, refreshed or merged.

use sqlservice_tests::{Fixture, for_each_database};

use super::assert_saw;

use crate::scene::text;

#[test]
fn c21_what_was_taken_out_of_a_session_stays_out() {
    let (out, rows) = ("Detached", "Persistent");
    let all = |statuses: [&str; 4]| format!("[{}]", statuses.join(", "));
    let cases = [
        ("device", "jo d:1 d key:1 edited too:1 p:1", all([rows, out, out, rows])),
        ("user", "ed d:1 d key:1 edited too:1 p:1", all([out, out, out, rows])),
        ("added again", "jo edited:1 d key:1 edited too:1 p:1", all([rows; 4])),
        ("pushed again", "jo edited:1 d key:1 edited too:1 p:1", all([rows; 4])),
        ("all", "ed d:1 d key:1 n:1 p:1", all([out; 4])),
        ("new", "ed d:1 d key:1 n:1 other:1 p:1", "Transient 1".to_owned()),
        ("new to one", "ed d:1 d key:1 n:1 p:1", "true Transient".to_owned()),
        ("new in a group", "ed d:1 d key:1 n:1 p:1 kept:1", "Transient 1".to_owned()),
        ("rolled back", "ed d:1 d key:1 n:1 p:1", "true".to_owned()),
    ];
    for (way, rows, statuses) in cases {
        for_each_database(async |fixture: &Fixture| {
            assert_saw(fixture, "out", &[text(way)], &[rows, &statuses]).await;
        });
    }
}

/// Expire and refresh cascade to devices and their keys, but not to notes.
#[test]
fn c21_what_is_read_again_with_an_object() {
    let cases: [(&str, &[&str]); 3] = [
        ("expire: ", &["theirs their key n"]),
        (
            "refresh: ",
            &["ed theirs their key my note", "Persistent Transient false", "ed theirs:1 their key:1 my note:1 p:1"],
        ),
        ("refresh: gone", &["ed d d key my note", "Deleted Transient false", "ed my note:1 p:1"]),
    ];
    for (way, expected) in cases {
        for_each_database(async |fixture: &Fixture| assert_saw(fixture, "out", &[text(way)], expected).await);
    }
}

/// Devices cascade `all`; notes declare no cascade, so that the default includes merge; pets cascade save-update only.
#[test]
fn c21_what_is_merged_with_an_object() {
    let cases = [
        ("merge: ", "given given device:1 d key:1 given note:1 p:1"),
        ("merge: save", "given given device:1 d key:1 given note:1 given pet:1"),
    ];
    for (way, rows) in cases {
        for_each_database(async |fixture: &Fixture| assert_saw(fixture, "out", &[text(way)], &[rows, "true"]).await);
    }
}
