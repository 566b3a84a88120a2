//! G05: several concurrent calls of one session.

use sqlservice_tests::{Fixture, for_each_database};

use crate::scene::Scene;

#[test]
fn g05_t16_three_statements_at_once_run_in_their_order() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(2).await;
        // A second scene, whose pool has no connection yet.
        let cold = Scene::new(fixture);
        let saw = cold.saw("g05-together", &[]).await;
        assert_eq!(saw, ["1", "u1 u2 ten", "1", "u1 u2 ten eleven", "u1 u2", "u1 u2", "u1 u2"]);
        assert_eq!(scene.ids().await, [1, 2]);
    });
}
