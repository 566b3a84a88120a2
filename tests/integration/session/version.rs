//! C10 to C13 and T-67: versions of rows.

use sqlservice_tests::{Fixture, for_each_database};

use super::{assert_saw, sorted};
use crate::{
    scene::{Scene, text},
    unit_of_work::saw,
};

#[test]
fn c10_versions_count_from_one_and_updates_ask_for_the_one_they_know() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        let sent = scene.record();
        let saw = scene.saw("c10-counted", &[]).await;
        let expected = ["1 1:1:first", "2 1:2:second", "3 1:3:third", "3", "4", "3 third", "1:4:fourth", ""];
        assert_eq!(saw, expected, "on {}", fixture.backend());
        let steps: Vec<Vec<String>> = sent.texts_between_marks().into_iter().step_by(2).collect();
        let verbs: Vec<String> = steps.iter().map(|step| step.iter().map(|sql| &sql[..6]).collect()).collect();
        assert_eq!(verbs, ["INSERT", "UPDATE", "UPDATE", "", "DELETE"], "on {}", fixture.backend());
        for sql in [&steps[1][0], &steps[2][0], &steps[4][0]] {
            // An update names the version twice: the new value, and the old one in its condition.
            let times = sql.matches("version").count();
            assert!(times >= 2 - usize::from(sql.starts_with("DELETE")), "{sql}");
        }
    });
}

#[test]
fn c11_who_knows_an_old_version_is_told_and_writes_nothing() {
    for_each_database(async |fixture: &Fixture| {
        // The changes that were not written are still pending.
        let expected = ["stale documents 1 of 2", "Pending 2 slow", "3 fast", "1:3:slow 2:3:fast"];
        assert_saw(fixture, "c11-stale", &[text("update")], &expected, &[]).await;
    });
    for_each_database(async |fixture: &Fixture| {
        let expected = ["stale documents 1 of 2", "Pending 2 second", "Persistent Persistent", "1:2:second"];
        assert_saw(fixture, "c11-stale", &[text("delete")], &expected, &[]).await;
    });
}

#[test]
fn c12_a_model_that_is_merged_says_which_version_it_is_of() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            "stale documents 0 of 1",
            "3 3 1:3:unset 2:3:right 3:2:second",
            "1:3:unset 2:4:detached 3:2:second",
            "stale documents 0 of 1",
            "1:3:unset 2:4:detached 3:2:second",
        ];
        assert_saw(fixture, "c12-merge", &[], &expected, &[]).await;
    });
}

#[test]
fn c13_what_others_say_of_a_row_is_no_new_version() {
    for_each_database(async |fixture: &Fixture| {
        let expected = ["1:2:second 2:2:second", "1:2:second 2:3:third"];
        let steps = ["insert pages", "update pages", "update pages", "update documents, update pages"];
        let scene = Scene::new(fixture);
        let sent = scene.record();
        let saw = scene.saw("c13-collection", &[]).await;
        assert_eq!(saw, expected, "on {}", fixture.backend());
        // No row depends on another one, so any order is right.
        let sent: Vec<String> = sent.between_marks().iter().step_by(2).map(|step| sorted(step)).collect();
        assert_eq!(sent, steps, "on {}", fixture.backend());
    });
}

#[test]
fn t67_a_version_that_is_set_by_hand_is_refused() {
    for_each_database(async |fixture: &Fixture| {
        let (saw, _) = saw(fixture, "t67-version", &[]).await;
        assert!(saw[0].starts_with("invalid: "), "{saw:?} on {}", fixture.backend());
        let expected = [r#"[(1, 2, "kept?"), (2, 2, "new")]"#, "stale drafts 0 of 1", "kept? 2"];
        assert_eq!(saw[1..], expected, "on {}", fixture.backend());
    });
}
