//! T-18, T-19, T-21, T-25, T-28, T-29: batches, names, nodes and SQL text that no SDK makes.

use sqlservice_tests::{Fixture, for_each_database};

use crate::scene::Scene;

#[test]
fn t18_forged_batches_are_refused() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let saw = scene.hostile("forged-batches", &[]).await;
        assert_eq!(saw.len(), 15);
        for line in &saw {
            let (case, told) = line.split_once(": ").expect("a case");
            let refused = ["invalid: ", "limit ", "type-mismatch ", "no-such-"];
            assert!(refused.iter().any(|start| told.starts_with(start)), "{case}: {told}");
        }
        assert_eq!(scene.ids().await, [1, 2, 3]);
    });
}

#[test]
fn t25_forged_names_are_only_names() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let saw = scene.hostile("forged-names", &[]).await;
        let (refused, kept) = saw.split_at(18);
        for told in refused.chunks(3) {
            assert_eq!(told, ["no-such-table <table>", "no-such-column <column>", "denied"], "{saw:?}");
        }
        assert_eq!(kept, ["label kept true, Some(1)", "label kept true, Some(1)", "1", "true", "1"]);
        assert_eq!(scene.ids().await, [1, 2, 3]);
    });
}

#[test]
fn t19_t21_forged_nodes_are_refused() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let saw = scene.hostile("forged-nodes", &[]).await;
        assert_eq!(saw.len(), 23);
        for line in &saw {
            let (case, told) = line.split_once(": ").expect("a case");
            let refused = ["invalid: ", "limit ", "type-mismatch ", "no-such-", "unsupported ", "denied"];
            assert!(refused.iter().any(|start| told.starts_with(start)), "{case}: {told}");
        }
        assert_eq!(scene.ids().await, [1, 2, 3]);
    });
}

#[test]
fn t28_t29_forged_text_ends_no_transaction() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let saw = scene.hostile("forged-text", &[]).await;
        for line in &saw {
            assert!(line.ends_with(": refused"), "{line} on {}", fixture.backend());
        }
        assert_eq!(scene.ids().await, [1, 2, 3], "something was committed");
        scene.assert_clean(500, "forged text").await;
    });
}
