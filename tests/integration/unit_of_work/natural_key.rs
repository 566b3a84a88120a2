//! B23 and T-67: natural keys that change, and the foreign keys that follow them.

use sqlservice_tests::{Fixture, for_each_database};

use super::{assert_saw, saw};

#[test]
fn b23_objects_follow_a_key_that_changes() {
    for_each_database(async |fixture: &Fixture| {
        let with = |first: &str, users: [&str; 3]| {
            let [one, two, three] = users;
            format!(
                r#"[("{first}", Some("{one}")), ("2", Some("{two}")), ("3", Some("{three}")), ("4", Some("fred"))] []"#
            )
        };
        let expected = [
            "ed ed ed fred".to_owned(),
            with("1", ["ed"; 3]),
            "true true".to_owned(),
            "0".to_owned(),
            "wendy fred wendy fred".to_owned(),
            with("0", ["wendy", "fred", "wendy"]),
            r#""03""#.to_owned(),
            "x fred x fred".to_owned(),
            "wendy fred wendy fred".to_owned(),
            with("0", ["wendy", "fred", "wendy"]),
            "integrity".to_owned(),
            "wendy fred wendy fred".to_owned(),
            "wendy fred wendy fred".to_owned(),
        ];
        let (saw, sent) = saw(fixture, "natural-followed", &[]).await;
        let backend = fixture.backend();
        assert_eq!(saw.len(), expected.len(), "{saw:?} on {backend}");
        for (at, (saw, expected)) in saw.iter().zip(&expected).enumerate() {
            // Another test checks the text of the refusal.
            assert!(
                saw == expected || at == 10 && saw != "ok",
                "{at}: {saw} is not {expected} on {backend}; it sent {sent:?}"
            );
        }
        // The database's `ON UPDATE CASCADE` takes no statement of the flush.
        assert_eq!(sent[1..], ["update users", "update users, update addresses, update addresses"], "on {backend}");
    });
}

#[test]
fn b23_keys_swap_and_rows_go_with_them() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            "fred jack",
            r#"[("1", Some("fred")), ("2", Some("jack"))] []"#,
            r#"[("fred", "jack"), ("jack", "fred")]"#,
        ];
        let sent = ["insert users, insert addresses", "update users, update users"];
        assert_saw(fixture, "natural-swapped", &[], &expected, &sent).await;
    });
}

#[test]
fn b23_rows_between_two_tables_follow() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            r#"[] [("ed", "1"), ("ed", "9"), ("fred", "9")]"#,
            "ed 9",
            "true",
            r#"[] [("fred", "9"), ("wendy", "3"), ("wendy", "9")]"#,
            r#""93" "9""#,
        ];
        let (saw, sent) = saw(fixture, "natural-between", &[]).await;
        assert_eq!(saw, expected, "on {}; it sent {sent:?}", fixture.backend());
    });
}

#[test]
fn b23_a_chain_of_keys_follows() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            "ya yb ya ya yb",
            r#"[("y", "a", "A"), ("y", "b", "")] [(Some("y"), Some("a")), (Some("y"), Some("a")), (Some("y"), Some("b"))]"#,
            "true",
            "ya yc ya ya yc",
            "za za za yc",
            r#"[("z", "a", "A")] [(Some("z"), Some("a")), (Some("z"), Some("a"))]"#,
        ];
        let (saw, sent) = saw(fixture, "natural-chain", &[]).await;
        assert_eq!(saw, expected, "on {}; it sent {sent:?}", fixture.backend());
    });
}

#[test]
fn b23_the_flush_updates_what_the_database_does_not() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            r#"[("m1", None), ("n11", Some("m1")), ("n12", Some("m1"))] [Some("jo"), Some("jo")]"#,
            "m1 m1",
            r#"[("n1", None), ("n11", None), ("n12", Some("n1"))] [Some("jo"), Some("jo")]"#,
        ];
        let (saw, sent) = saw(fixture, "natural-updated", &[]).await;
        assert_eq!(saw, expected, "on {}; it sent {sent:?}", fixture.backend());
    });
}

#[test]
fn t67_a_changed_key_is_an_update_of_it() {
    for_each_database(async |fixture: &Fixture| {
        let (saw, _) = saw(fixture, "t67-key", &[]).await;
        assert!(saw[0].starts_with("integrity unique table=users"), "{saw:?} on {}", fixture.backend());
        assert_eq!(saw[1..], ["ok", "true true", "jo ed"], "on {}", fixture.backend());
    });
}
