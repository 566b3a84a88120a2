//! D09: inserted rows are returned in their order.

use sqlservice_host::Val;
use sqlservice_tests::{Backend, Fixture, for_each_database};

use crate::scene::Scene;

#[test]
fn d09_inserted_rows_come_back_in_their_order() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        let saw = scene.saw("d09-few", &[]).await;
        if !fixture.capabilities().insert_returning {
            assert_eq!(saw, ["unsupported insert-returning"]);
            return;
        }
        assert_eq!(saw, ["1 d0", "2 d1", "3 d2", "4 d3", "5 d4"]);
        let rows = fixture.outside().await.rows("SELECT id, data FROM items ORDER BY id").await;
        let rows: Vec<String> =
            rows.into_iter().map(|row| row.into_iter().flatten().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(rows, saw);
    });
}

#[test]
fn d09_many_rows_take_few_statements_and_come_back_in_their_order() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        let saw = scene.saw("d09-many", &[Val::U32(2500)]).await;
        if !fixture.capabilities().insert_returning {
            assert_eq!(saw, ["unsupported insert-returning"]);
            return;
        }
        assert_eq!(saw[..2], ["2500 returned, 2500 in order, 2499 steps up", "2500 of 2500 stored as returned"]);
        let statements: u32 = saw[2].parse().expect("a number");
        // SQLite has no counter of inserts, so the guest returns 0.
        let counted = fixture.backend() != Backend::Sqlite;
        assert!(statements <= 3 && (statements > 0) == counted, "{statements} statements on {}", fixture.backend());
        assert_eq!(fixture.outside().await.count("items").await, 2500);
    });
}
