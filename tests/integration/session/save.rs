//! A10 to A15: `save`, which updates the row of the object's key or inserts one.

use sqlservice_host::Val;
use sqlservice_tests::{Fixture, for_each_database};

use super::{assert_saw, sorted};

use crate::scene::Scene;

#[test]
fn a10_a_row_that_is_there_gets_what_differs() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        let sent = scene.record();
        let saw = scene.saw("a10-existing", &[]).await;
        assert_eq!(saw, ["b", "true", "true Transient c", "true true", "c new seven 2"], "on {}", fixture.backend());
        let steps: Vec<String> = sent.between_marks().into_iter().step_by(2).collect();
        let expected = ["select users, update users", "update users"];
        assert_eq!(steps[..2], expected, "on {}", fixture.backend());
        let texts: Vec<Vec<String>> = sent.texts_between_marks().into_iter().step_by(2).collect();
        let update = &texts[0][1];
        assert!(update.contains("name") && !update.contains("age"), "only what differs is written: {update}");
    });
}

#[test]
fn a11_what_is_not_given_stays() {
    for_each_database(async |fixture: &Fixture| {
        let expected = ["a Some(7)", "b Some(7)", "b None b", "2 None b new"];
        let steps = ["select users", "update users", "update users"];
        assert_saw(fixture, "a11-partial", &[], &expected, &steps).await;
    });
}

/// A refused `save` sends nothing and does not flush pending objects.
#[test]
fn a12_what_makes_no_sense_sends_nothing() {
    for_each_database(async |fixture: &Fixture| {
        assert_saw(fixture, "a12-refused", &[], &["invalid invalid invalid Pending", "a"], &[""]).await;
    });
}

/// The results are the session's objects where their rows exist (`k`), and the given objects otherwise (`g`).
#[test]
fn a13_several_models_are_asked_for_once_each() {
    for_each_database(async |fixture: &Fixture| {
        let names = |one: &str| (1..=6).map(|id| format!("{one} {id}")).collect::<Vec<_>>().join(" ");
        let expected = ["kkkkkkgggggg", &names("user"), &names("group")];
        let steps = ["select groups, select users", "insert groups, insert users, update groups, update users"];
        let scene = Scene::new(fixture);
        let sent = scene.record();
        assert_eq!(scene.saw("a13-mixed", &[]).await, expected, "on {}", fixture.backend());
        let sent: Vec<String> = sent.between_marks().iter().step_by(2).map(|step| sorted(step)).collect();
        assert_eq!(sent, steps, "on {}", fixture.backend());
    });
}

#[test]
fn a14_thousands_are_saved_on_every_database() {
    for_each_database(async |fixture: &Fixture| {
        assert_saw(fixture, "a14-many", &[Val::S64(5_000)], &["true 5000 true"], &[]).await;
    });
}

#[test]
fn a15_a_row_that_was_deleted_is_inserted_again() {
    for_each_database(async |fixture: &Fixture| {
        let expected = ["true Persistent a b", "false AlreadyAttached"];
        assert_saw(fixture, "a15-deleted-behind", &[], &expected, &["select users, insert users"]).await;
    });
}

/// A saved list keeps the child that it names by its key, adds the new one, and unlinks the one that it does not name.
#[test]
fn a10_what_a_row_has_is_saved_with_it() {
    for is_known in [true, false] {
        for_each_database(async |fixture: &Fixture| {
            let expected = [
                "renamed a2:0 a3:1 changed:1",
                r#"["changed", "a3"] true"#,
                "again a2:1 a3:1 changed:1 again",
                r#"last a2:1 a3:1 a4:1 changed:1 ["a2", "a3", "changed", "a4"]"#,
                "a2:1 a3:1 a4:1 a5:1 changed:1",
            ];
            let scene = Scene::new(fixture);
            let saw = scene.saw("a10-graph", &[Val::Bool(is_known)]).await;
            assert_eq!(saw, expected, "on {}", fixture.backend());
        });
    }
}
