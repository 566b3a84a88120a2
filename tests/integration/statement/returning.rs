//! D11 and D12: the rows that updates and deletes return, and their counts of matched rows.

use sqlservice_tests::{Fixture, for_each_database};

use crate::scene::Scene;

#[test]
fn d11_an_update_returns_what_it_changed() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let saw = scene.saw("d11-update", &[]).await;
        if fixture.capabilities().update_returning {
            assert_eq!(saw, [r#"[(2, "u2_new")]"#, "[]", "[]", "u1 u2_new u3"]);
        } else {
            let refused = "unsupported update-returning";
            assert_eq!(saw, [refused, refused, refused, "u1 u2 u3"]);
        }
    });
}

#[test]
fn d11_a_delete_returns_what_it_took_away() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let saw = scene.saw("d11-delete", &[]).await;
        if fixture.capabilities().delete_returning {
            assert_eq!(saw, [r#"[(2, "u2")]"#, "[]", "[]", "u1 u3"]);
            assert_eq!(scene.ids().await, [1, 3]);
        } else {
            let refused = "unsupported delete-returning";
            assert_eq!(saw, [refused, refused, refused, "u1 u2 u3"]);
        }
    });
}

#[test]
fn d12_rows_that_matched_are_counted_changed_or_not() {
    for_each_database(async |fixture: &Fixture| {
        let saw = Scene::new(fixture).saw("d12-matched", &[]).await;
        assert_eq!(saw, ["8", "3", "3", "3", "0", "3", "0"]);
        assert_eq!(fixture.outside().await.count("employees").await, 5);
    });
}
