//! G08: tables that are altered while statements on them are cached.

use sqlservice_tests::{Fixture, for_each_database};

use crate::scene::Scene;

#[test]
fn g08_a_table_that_changes_costs_one_retry_at_most() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let saw = scene.saw("g08-altered", &[]).await;
        let changes = if fixture.capabilities().embedded { 2 } else { 3 };
        assert_eq!(saw.len(), 1 + changes, "{saw:?}");
        for line in saw {
            // The results of a statement that the guest prepared, and of one that the host found cached.
            let fine =
                |part: &str| part == "u2" || part == "again u2" || part == "u1 u2 u3" || part == "again u1 u2 u3";
            assert!(line.split("; ").all(fine), "{} saw {line:?}", fixture.backend());
            assert_eq!(line.split("; ").count(), 2);
        }
    });
}

#[test]
fn g08_a_column_that_is_gone_is_named_and_the_session_works_on() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let saw = scene.saw("g08-dropped", &[]).await;
        assert_eq!(saw[0], "3", "{saw:?}");
        assert!(saw[1].starts_with("no-such-column"), "{} saw {saw:?}", fixture.backend());
        assert_eq!(saw[2], "u1 u2 u3");
    });
}
