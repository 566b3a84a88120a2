//! B24: columns that a new row does not set: one rule for all ways to insert.

use sqlservice_host::Val;
use sqlservice_tests::{Fixture, for_each_database};

use super::saw;

#[test]
fn b24_a_row_that_says_nothing_gets_the_defaults_by_each_way_in() {
    for_each_database(async |fixture: &Fixture| {
        for way in ["add", "save", "insert", "many", "mixed", "values", "upsert", "initial"] {
            if way == "insert" && !fixture.capabilities().insert_returning {
                continue;
            }
            let (saw, sent) = saw(fixture, "unset-ways", &[Val::String(way.to_owned())]).await;
            let plain = if way == "initial" { 5 } else { 0 };
            let expected =
                [format!("1 Some(true) new 7 true {plain} None"), "2 Some(false) x 0 false 1 Some(2)".to_owned()];
            assert_eq!(saw, expected, "{way} on {}; it sent {sent:?}", fixture.backend());
            fixture.outside().await.execute("DROP TABLE tasks").await;
        }
    });
}

#[test]
fn b24_rows_that_differ_in_the_time_are_inserted_apart() {
    for_each_database(async |fixture: &Fixture| {
        let (saw, _) = saw(fixture, "unset-mixed", &[]).await;
        for told in &saw[..2] {
            assert!(told.contains("made"), "{told} on {}", fixture.backend());
        }
        assert_eq!(saw[2], "2");
    });
}

#[test]
fn b24_a_forgotten_value_is_refused_by_its_column_and_nothing_is_sent() {
    for_each_database(async |fixture: &Fixture| {
        let (saw, sent) = saw(fixture, "unset-forgotten", &[]).await;
        let (pet, kind) = (r#"Some("pets") ["owner_id"]"#, r#"Some("kinds") ["name"]"#);
        assert_eq!(saw, ["1", pet, pet, pet, pet, pet, kind, kind, "true", "2"], "on {}", fixture.backend());
        assert_eq!(sent, [""], "on {}", fixture.backend());
    });
}
