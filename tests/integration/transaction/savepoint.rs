//! C04 to C07: failed statements, and savepoints in a transaction.

use sqlservice_tests::{Fixture, for_each_database};

use crate::scene::Scene;

#[test]
fn c04_a_failed_statement_asks_for_a_rollback() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let saw = scene.saw("c04-pending-rollback", &[]).await;
        assert!(saw[1].starts_with("integrity unique "), "{saw:?}");
        assert_eq!(saw[0], "1");
        assert_eq!(saw[2..], ["pending-rollback", "pending-rollback", "true", "u1 u2 u3", "1"]);
        assert_eq!(scene.ids().await, [1, 2, 3, 11]);
    });
}

#[test]
fn c05_a_savepoint_mends_the_transaction() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let saw = scene.saw("c05-pending-rollback-in-savepoint", &[]).await;
        assert!(saw[1].starts_with("integrity unique "), "{saw:?}");
        assert_eq!(saw[2..4], ["pending-rollback", "u1 u2 u3 ten"]);
        assert!(saw[4].starts_with("integrity unique "), "{saw:?}");
        assert_eq!(saw[5], "1");
        assert_eq!(scene.ids().await, [1, 2, 3, 10, 13]);
    });
}

#[test]
fn c06_a_savepoint_rolls_back_what_came_after_it() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(2).await;
        let saw = scene.saw("c06-savepoint-rolled-back", &[]).await;
        assert_eq!(saw, ["2", "u1x u2x u3", "u1 u2", "u1 u2"]);
        assert_eq!(scene.ids().await, [1, 2]);
    });
}

#[test]
fn c07_savepoints_nest() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(2).await;
        let saw = scene.saw("c07-savepoints-nest", &[]).await;
        assert_eq!(saw[..2], ["u1 u2 u3 u4", "u1 u2 u3 u4"]);
        assert_ne!(saw[2], "ok", "a savepoint of a transaction that is gone was released");
        assert_eq!(saw[3], "u1 u2 u3 u4");
        assert_eq!(scene.ids().await, [1, 2, 3, 4]);
    });
}
