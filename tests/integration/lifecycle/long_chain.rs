//! B32: the SDK never recurses on data, so a chain of objects may be longer than a guest's stack is deep.

use sqlservice_host::Val;
use sqlservice_tests::{Backend, Fixture, for_each, for_each_database};

use super::assert_saw;

use crate::scene::text;

#[test]
fn b32_a_chain_of_objects_is_dropped_and_walked() {
    for_each(&[Backend::Sqlite], async |fixture: &Fixture| {
        for length in [2_000, 100_000] {
            assert_saw(fixture, "chain", &[text("dropped"), Val::U32(length)], &["dropped"]).await;
            assert_saw(fixture, "chain", &[text("walked"), Val::U32(length)], &["[true, true, true] true"]).await;
        }
    });
}

#[test]
fn b32_a_chain_of_rows_is_written_changed_and_deleted() {
    for_each_database(async |fixture: &Fixture| {
        let length = if fixture.backend() == Backend::Sqlite { 5_000 } else { 2_000 };
        let (all, late) = (length.to_string(), (length - 300).to_string());
        let cases: [(&str, &[&str]); 9] = [
            ("expunged before it is written", &["0"]),
            ("deleted", &[&all, "0"]),
            ("deleted unread", &[&all, &late]),
            ("deleted after it was read", &[&all, "0"]),
            ("rolled back", &[&all, "Persistent", &all]),
            ("refreshed", &[&all, &all]),
            ("expunged", &[&all, "Some(Persistent)", &all]),
            ("saved", &[&all, &all]),
            ("kept", &[&all, &all]),
        ];
        for (way, expected) in cases {
            assert_saw(fixture, "chain", &[text(way), Val::U32(length)], expected).await;
            let mut outside = fixture.outside().await;
            outside.execute("UPDATE links SET before_id = NULL").await;
            outside.execute("DELETE FROM links").await;
            outside.close().await;
        }
    });
}
